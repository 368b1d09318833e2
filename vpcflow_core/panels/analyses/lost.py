"""The analysis of packets that transit gateways lost."""

from __future__ import annotations

from vpcflow_core.panels.answer import PanelAnswer
from vpcflow_core.panels.base import PanelContext
from vpcflow_core.query.lost import REASONS

PERCENT = "share"


def lost(context: PanelContext) -> PanelAnswer:
    """Lost packets by attachment, pair and reason, with their share of all of the row's packets."""
    request, top = context.request, context.panel.query.top or 50
    result = context.logs.ask_lost(request.window, request.filters, limit=top)
    rows = result.frame.copy()
    sent = rows["packets"].astype("float64") + rows["lost"].astype("float64")
    rows.insert(5, PERCENT, 100 * rows["lost"].astype("float64") / sent.where(sent > 0))
    kept = [name for name in REASONS if len(rows) and rows[name].gt(0).any()]
    dropped = [name for name in REASONS if name not in kept]
    return context.answer(result, frame=rows.drop(columns=dropped))
