"""What the pages of accepted and of rejected flows share."""

from __future__ import annotations

from collections.abc import Sequence

from dashboards.ui.page import Dashboard, Row
from dashboards.ui.state import FLOW_FILTERS

ACTIONS = {"accepts": "ACCEPT", "rejects": "REJECT"}


def decision_page(page: str, title: str, question: str, own: Sequence[Row] = ()) -> Dashboard:
    """The dashboard of one decision.

    Args:
        page: First part of its panels' names.
        title: Its name.
        question: What it answers, one sentence.
        own: Rows that the other page does not have.
    """
    return Dashboard(
        title,
        question,
        filters=FLOW_FILTERS,
        rows=(
            ((f"{page}/source-locations", 1), (f"{page}/destinations", 1)),
            ((f"{page}/outliers", 1),),
            *own,
            ((f"{page}/interfaces", 1), (f"{page}/protocols", 1)),
            ((f"{page}/bytes-compared", 1), (f"{page}/packets-compared", 1)),
            ((f"{page}/sources", 1), (f"{page}/source-ports", 1)),
            ((f"{page}/destination-ports", 1), (f"{page}/trend", 1)),
        ),
        fixed={"action": ACTIONS[page]},
    )
