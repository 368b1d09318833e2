"""Traffic: how much, between whom, and where it is heading."""

from dashboards.ui.dashboard import Dashboard
from dashboards.ui.state import EITHER_FILTERS, FLOW_FILTERS

TRAFFIC = Dashboard(
    "traffic",
    "Traffic",
    ":material/swap_horiz:",
    "How much flows, between whom, and where is it heading?",
    filters=(*EITHER_FILTERS, *FLOW_FILTERS, "action"),
    rows=(
        (
            ("traffic/sources", 1),
            ("traffic/destinations", 1),
            ("traffic/accepted", 1),
            ("traffic/rejected", 1),
        ),
        (("traffic/flows-outliers", 1), ("traffic/flows-trend", 1)),
        (("traffic/bytes-outliers", 1), ("traffic/bytes-trend", 1)),
        (("traffic/packets-outliers", 1), ("traffic/packets-trend", 1)),
        (("traffic/source-ports", 1), ("traffic/destination-ports", 1)),
        (("traffic/ports-by-action", 1), ("traffic/interfaces-by-action", 1)),
        (("traffic/protocols-by-action", 1), ("traffic/packets-per-flow", 2)),
        (("traffic/longest-flows", 1),),
        (("traffic/paths", 1), ("traffic/next-hops", 1)),
        (("traffic/to-services", 1), ("traffic/from-services", 1)),
        (("traffic/transit-loss", 1),),
    ),
)
