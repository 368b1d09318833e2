"""What rules let through, could be narrowed to, and would have refused: of logs and snapshots.

`FlowLogs`, the panels and the page of rules use the same functions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import pandas as pd

from vpcflow_core.analysis.buckets import noted, notes_of
from vpcflow_core.analysis.security_groups.hostile import Hostile, hostile_sources
from vpcflow_core.analysis.security_groups.narrower import narrower_rules
from vpcflow_core.analysis.security_groups.replay import replayed
from vpcflow_core.analysis.security_groups.versions import changes
from vpcflow_core.errors import MissingDataError, ParameterError, closest
from vpcflow_core.inventory.tables import Kind, frame_of
from vpcflow_core.query.filters import NO_FILTERS, Filters
from vpcflow_core.query.question import Query
from vpcflow_core.query.result import QueryResult
from vpcflow_core.reference.iana import protocol_number
from vpcflow_core.times import Window

# Groups of flows that rules are matched with; more take too long, and the smallest are left out.
MOST_ROWS = 500_000
# Moments of change that part the flows; of more, some are left out.
MOST_CUTS = 200
# What was refused of each source: how often, at how many places.
REFUSED = Query(("flows", "destinations", "ports"), by=("srcaddr",), where=(("action", "REJECT"),))
# Protocols that EC2 knows by a word.
_WORDS = ("tcp", "udp", "icmp", "icmpv6")


class RuleQueries(Protocol):
    """The part of `FlowLogs` that is asked."""

    def ask(
        self, query: Query, window: Window | None = None, filters: Filters | None = None
    ) -> QueryResult:
        """Answer a question."""

    def ask_received(
        self,
        window: Window | None = None,
        filters: Filters | None = None,
        *,
        cuts: Sequence[datetime] = (),
        limit: int = MOST_ROWS,
        outgoing: bool = False,
    ) -> QueryResult:
        """What interfaces received, or sent."""

    def known(self, kind: Kind) -> pd.DataFrame:
        """A table of the EC2 snapshots."""

    def watched(self, addresses: Iterable[str]) -> Mapping[str, str]:
        """The watch list of each of the addresses that is on one."""


@dataclass(frozen=True, slots=True)
class Matched:
    """What rules are matched with.

    Attributes:
        result: The flows.
        tables: Interfaces, rules, prefix lists and security groups of the snapshots.
        notes: What was left out.
    """

    result: QueryResult
    tables: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]
    notes: tuple[str, ...]


def known(logs: RuleQueries, kind: Kind) -> pd.DataFrame:
    """A table of the snapshots that there must be.

    Raises:
        MissingDataError: There is none.
    """
    table = logs.known(kind)
    if table.empty:
        raise MissingDataError(
            f"No EC2 snapshot in this store has {kind.replace('_', ' ')}.",
            "vpcflow sync takes one where the role may describe them: see docs/iam.md.",
        )
    return table


def matched(
    logs: RuleQueries, window: Window, filters: Filters, *, outgoing: bool = False
) -> Matched:
    """The flows of a window that rules are matched with.

    Args:
        logs: What answers.
        window: When.
        filters: Conditions on the flows.
        outgoing: What interfaces sent instead of what they received.

    Raises:
        MissingDataError: No snapshot has rules, or the logs lack a field.
    """
    rules, interfaces = known(logs, "rules"), known(logs, "interfaces")
    lists, groups = logs.known("prefix_lists"), known(logs, "security_groups")
    cuts = changes(window, interfaces, rules, lists)
    kept = cuts[:: -(-len(cuts) // MOST_CUTS) or 1]
    result = logs.ask_received(window, filters, cuts=kept, limit=MOST_ROWS, outgoing=outgoing)
    notes = []
    if len(result.frame) == MOST_ROWS:
        notes.append("The smallest flows are left out: there are too many different ones.")
    if len(kept) < len(cuts):
        notes.append(
            "The network changed too often: some flows are judged by what was shortly before."
        )
    return Matched(result, (interfaces, rules, lists, groups), tuple(notes))


def hostile_of(logs: RuleQueries, refused: pd.DataFrame, accepted: pd.DataFrame) -> Hostile:
    """The hostile ones among sources, by what was refused of them, what was not, and watch lists.

    Args:
        logs: What knows the watch lists.
        refused: The answer of `REFUSED`.
        accepted: Flows that were let in: srcaddr, flows.
    """
    let_in = accepted.groupby("srcaddr")["flows"].sum()
    rejected = refused["flows"]
    flows = rejected + refused["srcaddr"].map(let_in).fillna(0).astype("int64")
    watched = logs.watched(str(address) for address in let_in.index)
    return hostile_sources(refused.assign(rejected=rejected, flows=flows), watched)


def narrower(logs: RuleQueries, window: Window, groups: Collection[str] = ()) -> pd.DataFrame:
    """What the rules of groups could be narrowed to; see `narrower_rules`.

    Args:
        logs: What answers, without filters: what these hide looks unused.
        window: When.
        groups: Ids of the groups to narrow; all if empty.

    Raises:
        MissingDataError: No snapshot has rules, or the logs lack a field.
        ParameterError: There is no such group.
    """
    _require(groups, known(logs, "security_groups"))
    frames = []
    for egress in (False, True):
        used = matched(logs, window, NO_FILTERS, outgoing=egress)
        flows = used.result.frame
        refused = logs.ask(REFUSED, window).frame
        hostile = Hostile({}) if egress else hostile_of(logs, refused, flows)
        frame = narrower_rules(flows, *used.tables, hostile, egress=egress)
        frames.append(noted(frame, *used.notes))
    found = pd.concat(frames, ignore_index=True)
    if groups:
        found = found[found["security_group_id"].isin(groups)]
    order = found["change"].map({"narrow": 0, "remove": 1, "keep": 2}).sort_values(kind="stable")
    notes = dict.fromkeys(note for frame in frames for note in notes_of(frame))
    return noted(found.loc[order.index].reset_index(drop=True), *notes)


def proposal_of(narrowed: pd.DataFrame) -> pd.DataFrame:
    """The narrower set as a table of rules, without those that are removed."""
    kept = narrowed[narrowed["change"] != "remove"]
    rows: list[dict[str, Any]] = kept.to_dict("records")  # type: ignore[assignment]
    # What came of one rule are several.
    named = [
        {**row, "rule_id": f"{row['rule_id']}/{number}", "protocol": _ec2_protocol(row["protocol"])}
        for number, row in enumerate(rows)
    ]
    return frame_of("rules", named)


def replay(
    logs: RuleQueries, window: Window, proposed: pd.DataFrame, groups: Collection[str] = ()
) -> pd.DataFrame:
    """What a proposed set of rules would have refused; see `replayed`.

    Args:
        logs: What answers, without filters.
        window: When.
        proposed: The rules: all that there are of each group and way that they name.
        groups: Groups of which they are all rules of both ways, named or not.

    Raises:
        MissingDataError: No snapshot has rules, or the logs lack a field.
        ParameterError: There is no such group.
    """
    _require({*groups, *proposed["security_group_id"]}, known(logs, "security_groups"))
    frames = []
    refused = logs.ask(REFUSED, window).frame
    for egress in (False, True):
        named = proposed.loc[proposed["egress"] == egress, "security_group_id"]
        replaced = {*groups, *named}
        if not replaced:
            continue
        used = matched(logs, window, NO_FILTERS, outgoing=egress)
        hostile = Hostile({}) if egress else hostile_of(logs, refused, used.result.frame)
        frame = replayed(
            used.result.frame, *used.tables, proposed, replaced, hostile, egress=egress
        )
        frames.append(noted(frame, *used.notes))
    made = pd.concat(frames, ignore_index=True)
    made = made.sort_values("flows", ascending=False, kind="stable", ignore_index=True)
    for name in ("let_through", "refused"):
        made.attrs[name] = sum(frame.attrs[name] for frame in frames)
    return noted(made, *dict.fromkeys(note for frame in frames for note in notes_of(frame)))


def _ec2_protocol(word: str) -> str:
    """A protocol as EC2 takes it: a word, or a number."""
    if word in _WORDS or word.isdecimal():
        return word
    number = protocol_number(word)
    return "-1" if number is None else str(number)


def _require(groups: Collection[str], there: pd.DataFrame) -> None:
    ids = set(there["security_group_id"])
    for group in sorted(set(groups) - ids):
        raise ParameterError(
            f"The snapshots of EC2 know no security group '{group}'.",
            closest(group, ids) or "vpcflow top security_group_id lists those with traffic.",
        )
