"""Analyses of refusals: why connections were refused, and what network ACLs decide."""

from __future__ import annotations

from dataclasses import replace

from vpcflow_core.analysis.buckets import notes_of
from vpcflow_core.analysis.security_groups.acl_usage import entries_in_use
from vpcflow_core.errors import MissingDataError
from vpcflow_core.panels.answer import PanelAnswer
from vpcflow_core.panels.base import PanelContext
from vpcflow_core.query.filters import Filters
from vpcflow_core.refusals import KINDS, explained

TOP = 50
# Groups of flows that entries are matched with; the smallest are left out.
MOST_ROWS = 300_000
NULLABLE = ("protocol", "dstport")  # ICMP has no ports, and meets entries all the same
# What a reader needs first stands first.
SHOWN = [
    "cause", "interface_id", "way", "protocol", "port", "flows", "why", "peer", "peers", "last",
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


def acl_entries(context: PanelContext) -> PanelAnswer:
    """What each entry of a network ACL decided; see `analysis.security_groups.acl_usage`.

    Raises:
        MissingDataError: There is no snapshot with network ACLs, or the logs lack a field.
    """
    known = {kind: context.logs.known(kind) for kind in KINDS}
    if known["network_acls"].empty or known["interfaces"].empty:
        raise MissingDataError(
            "No EC2 snapshot in this store has network ACLs.",
            "vpcflow sync takes one where the role has ec2:DescribeNetworkAcls: see docs/iam.md.",
        )
    result = context.ask(replace(context.query, top=MOST_ROWS, nulls=NULLABLE))
    frame = entries_in_use(result.frame, known)
    notes = list(notes_of(frame))
    if len(result.frame) == MOST_ROWS:
        notes.append("The smallest flows are left out: there are too many different ones.")
    if len(context.request.filters):
        notes.append("The page's filters are in force: other traffic may use what is unused here.")
    return context.answer(result, frame=frame, notes=notes)
