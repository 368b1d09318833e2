"""Cost: what the network costs, who causes it, and what would lower it."""

from dashboards.ui.dashboard import Dashboard
from dashboards.ui.state import EITHER_FILTERS, FLOW_FILTERS

COST = Dashboard(
    "cost",
    "Cost",
    ":material/payments:",
    "What does the network cost, who causes it, and what would lower it?",
    filters=(*EITHER_FILTERS, *FLOW_FILTERS, "account_id"),
    rows=(
        (("cost/total", 1),),
        (("cost/remedies", 1),),
        (("cost/paths", 1), ("cost/over-time", 1)),
        (("cost/owners", 1), ("cost/services", 1)),
        (("cost/rules", 1),),
        (("cost/pairs", 1),),
        (("cost/collection", 1),),
    ),
)
