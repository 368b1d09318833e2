"""What the pages of accepted and of rejected flows share."""

from __future__ import annotations

from collections.abc import Sequence

from dashboards.ui.dashboard import Dashboard, Row
from dashboards.ui.state import EITHER_FILTERS, FLOW_FILTERS

ACTIONS = {"accepts": "ACCEPT", "rejects": "REJECT"}


def decision_page(
    path: str, title: str, icon: str, question: str, own: Sequence[Row] = ()
) -> Dashboard:
    """The dashboard of one decision.

    Args:
        path: Its address, which its panels' names begin with.
        title: Its name.
        icon: Its icon in the navigation.
        question: What it answers, one sentence.
        own: Rows that the other page does not have.
    """
    return Dashboard(
        path,
        title,
        icon,
        question,
        filters=(*EITHER_FILTERS, *FLOW_FILTERS),
        rows=(
            # The table is to show names of hosts whole at 1280 pixels.
            ((f"{path}/source-locations", 4), (f"{path}/destinations", 5)),
            ((f"{path}/outliers", 1),),
            ((f"{path}/sources", 1),),
            *own,
            ((f"{path}/interfaces", 1), (f"{path}/protocols", 1)),
            (
                (f"{path}/bytes-compared", 1),
                (f"{path}/packets-compared", 1),
                (f"{path}/flows-compared", 1),
            ),
            ((f"{path}/new-sources", 1), (f"{path}/new-services", 1)),
            ((f"{path}/source-ports", 1), (f"{path}/destination-ports", 1)),
            ((f"{path}/trend", 1),),
        ),
        fixed={"action": ACTIONS[path]},
    )
