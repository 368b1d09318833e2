"""Analyses of security groups: rules in use and unused groups; both need an EC2 snapshot."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from vpcflow_core.analysis.buckets import notes_of
from vpcflow_core.analysis.security_groups.replies import (
    EPHEMERAL,
    SERVICE_PORTS,
    SYSTEM_PORTS,
    replies,
)
from vpcflow_core.analysis.security_groups.usage import rules_in_use, unused_groups
from vpcflow_core.errors import MissingDataError
from vpcflow_core.inventory.tables import Kind
from vpcflow_core.panels.base import PanelAnswer, PanelContext
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.result import QueryResult

# What a reader needs first stands first: which rule, and what it let in.
COLUMNS = [
    "security_group_id", "protocol", "ports", "source", "flows", "bytes", "last", "shared", "open",
    "seen_blocks", "seen_share", "attached", "description", "first", "rule_id",
]  # fmt: skip
# Groups of flows that rules are matched with; more take too long, and the smallest are left out.
MOST_ROWS = 500_000
_SERVICES = f"0-{SYSTEM_PORTS - 1}, {', '.join(map(str, SERVICE_PORTS))}"
_NOT_SERVICES = ", ".join(f"!{port}" for port in _SERVICES.split(", "))


@dataclass(frozen=True, slots=True)
class _Part:
    """Some of the flows, separated by what makes an answer; four of them make up all.

    Grouping by source port would make a row of nearly every flow.

    Attributes:
        where: Its conditions.
        srcport: A source port that stands for all of them.
        dstport: Likewise; None: the part is grouped by its destination ports.
    """

    where: tuple[tuple[str, str], ...]
    srcport: int
    dstport: int | None = None

    def ask(self, context: PanelContext) -> QueryResult:
        """The part's accepted flows towards interfaces."""
        columns = context.logs.engine.columns()
        by = [name for name in context.query.by if name != "dstport" or self.dstport is None]
        flags = ("tcp_flags",) if "tcp_flags" in columns else ()
        wanted = context.request.filters & Filters.parse(self.where)
        # Logs of another format in the same store may have no flags.
        query = replace(context.query, by=(*by, *flags), nulls=flags, top=MOST_ROWS)
        return context.logs.ask(query, context.request.window, wanted)

    def completed(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The part's rows, with the ports that stand for all."""
        ports = {"srcport": self.srcport}
        ports |= {} if self.dstport is None else {"dstport": self.dstport}
        return frame.assign(**ports)


_TO_PORTS = (("protocol", "tcp, udp"),)
_PARTS = (
    _Part((*_TO_PORTS, ("srcport", _SERVICES), ("dstport", f"{EPHEMERAL}-65535")), 443, EPHEMERAL),
    _Part((*_TO_PORTS, ("srcport", _SERVICES), ("dstport", f"0-{EPHEMERAL - 1}")), 443),
    _Part((*_TO_PORTS, ("srcport", _NOT_SERVICES)), EPHEMERAL),
    _Part((("protocol", "!tcp, udp"),), 0),
)


def rules(context: PanelContext) -> PanelAnswer:
    """What each inbound rule let in; see `analysis.security_groups.rules_in_use`.

    Raises:
        MissingDataError: There is no snapshot with rules, or the logs lack a field.
    """
    rules, interfaces = _known(context, "rules"), _known(context, "interfaces")
    results = [part.ask(context) for part in _PARTS]
    parts = [part.completed(result.frame) for part, result in zip(_PARTS, results, strict=True)]
    flows = pd.concat(parts, ignore_index=True)
    flows = flows.assign(reply=replies(flows)).drop(columns="srcport")
    frame = rules_in_use(
        flows,
        interfaces,
        rules,
        context.logs.known("prefix_lists"),
        _known(context, "security_groups"),
    )
    notes = [*_narrowed(context), *notes_of(frame)]
    if any(len(result.frame) == MOST_ROWS for result in results):
        notes.append("The smallest flows are left out: there are too many different ones.")
    return context.answer(*results, frame=frame[COLUMNS], notes=notes)


def unused(context: PanelContext) -> PanelAnswer:
    """Groups that no traffic passed; see `analysis.security_groups.unused_groups`.

    Raises:
        MissingDataError: There is no snapshot, or the logs lack interface-id.
    """
    groups, interfaces = _known(context, "security_groups"), _known(context, "interfaces")
    result = context.ask(context.query)
    active = result.frame["interface_id"]
    frame = unused_groups(groups, interfaces, active, context.logs.known("rules"))
    return context.answer(result, frame=frame, notes=[*_narrowed(context), *notes_of(frame)])


def _narrowed(context: PanelContext) -> list[str]:
    """That what looks unused may be used by traffic that the page's filters hide."""
    if not len(context.request.filters):
        return []
    return ["The page's filters are in force: other traffic may use what nothing uses here."]


def _known(context: PanelContext, kind: Kind) -> pd.DataFrame:
    """A table of the snapshot that there must be."""
    table = context.logs.known(kind)
    if table.empty:
        raise MissingDataError(
            f"No EC2 snapshot in this store has {kind.replace('_', ' ')}.",
            "vpcflow sync takes one where the role may describe them: see docs/iam.md.",
        )
    return table
