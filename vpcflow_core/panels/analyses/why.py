"""The analysis that says why connections were refused; it needs an EC2 snapshot."""

from __future__ import annotations

from vpcflow_core.panels.base import PanelAnswer, PanelContext
from vpcflow_core.query.filters import Filters
from vpcflow_core.refusals import explained

TOP = 50
# What a reader needs first stands first.
SHOWN = [
    "cause", "why", "flows", "interface_id", "way", "protocol", "port", "peer", "peers", "last",
    "missing_rule",
]  # fmt: skip


def why(context: PanelContext) -> PanelAnswer:
    """Refused connections with their reason; see `analysis.security_groups.refusals`.

    Raises:
        MissingDataError: There is no snapshot with rules, or the logs lack a field.
    """
    request = context.request
    wanted = Filters.parse(context.query.where) & request.filters
    found = explained(context.logs, request.window, wanted, context.query.top or TOP)
    return context.answer(found.result, frame=found.frame[SHOWN], notes=found.notes)
