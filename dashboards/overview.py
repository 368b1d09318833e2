"""Overview: what flows through the network."""

from dashboards.ui.dashboard import Dashboard
from dashboards.ui.state import EITHER_FILTERS, FLOW_FILTERS

OVERVIEW = Dashboard(
    "overview",
    "Overview",
    ":material/public:",
    "What flows through the network, from where, and what is let through?",
    filters=(*EITHER_FILTERS, *FLOW_FILTERS, "action"),
    rows=(
        (("overview/numbers", 1),),
        (("overview/source-locations", 2), ("overview/actions", 1)),
        (("overview/top-sources", 1), ("overview/top-destinations", 1)),
        (("overview/rejections", 1), ("overview/protocols", 1)),
        (("overview/interfaces", 1), ("overview/destination-ports", 1), ("overview/log-status", 1)),
        (("overview/accounts", 1),),
    ),
)
