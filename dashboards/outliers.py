"""Outliers: everything unusual on one page."""

from dashboards.ui.dashboard import Dashboard
from dashboards.ui.state import EITHER_FILTERS, FLOW_FILTERS, NETWORK_FILTERS

OUTLIERS = Dashboard(
    "outliers",
    "Outliers",
    ":material/troubleshoot:",
    "What was unusual, when, and how far from what was expected?",
    filters=(*EITHER_FILTERS, *FLOW_FILTERS, "action", *NETWORK_FILTERS),
    rows=(
        (("outliers/episodes", 1),),
        "Volume",
        (("outliers/bytes", 1), ("outliers/packets", 1)),
        "Decisions",
        (("outliers/accepted", 1), ("outliers/rejected", 1)),
        "Security groups",
        (("outliers/inbound-bytes", 1), ("outliers/outbound-bytes", 1)),
        (("outliers/inbound-packets", 1), ("outliers/outbound-packets", 1)),
        "Every timeslice",
        (("outliers/violations", 1),),
    ),
)
