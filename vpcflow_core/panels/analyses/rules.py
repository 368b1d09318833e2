"""Analyses of security groups: rules in use and unused groups; both need an EC2 snapshot."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from vpcflow_core.analysis.buckets import notes_of
from vpcflow_core.analysis.groups import with_rest
from vpcflow_core.analysis.security_groups.accepted import received
from vpcflow_core.analysis.security_groups.findings import findings
from vpcflow_core.analysis.security_groups.unused import unused_groups
from vpcflow_core.analysis.security_groups.usage import rules_in_use
from vpcflow_core.asker import both_of
from vpcflow_core.panels.answer import PanelAnswer
from vpcflow_core.panels.base import PanelContext
from vpcflow_core.rulesets.tighten import MOST_ROWS, REFUSED, hostile_of, known, matched
from vpcflow_core.units import number_of

# What a reader needs first stands first: which rule, and what it let in.
COLUMNS = [
    "security_group_id", "open", "protocol", "ports", "source", "flows", "bytes", "last", "shared",
    "seen_blocks", "seen_share", "hostile", "attached", "description", "first", "rule_id",
]  # fmt: skip
# Ports that have a colour of their own, of those that groups serve.
MOST_PORTS = 7


def rules(context: PanelContext) -> PanelAnswer:
    """What each inbound rule let in; see `analysis.security_groups.rules_in_use`.

    Raises:
        MissingDataError: There is no snapshot with rules, or the logs lack a field.
    """
    logs, request = context.logs, context.request
    # Whoever scans is hostile whatever the page's filters hide of it.
    used, refused = both_of(
        lambda: matched(logs, request.window, request.filters),
        lambda: logs.ask(REFUSED, request.window),
    )
    flows = used.result.frame
    hostile = hostile_of(context.logs, refused.frame, flows)
    frame = rules_in_use(flows, *used.tables, hostile)
    found = findings(frame, flows, used.tables[0], hostile)
    notes = [*_narrowed(context), *notes_of(frame), *used.notes]
    if frame["hostile"].any():
        notes.append(
            "Blocks seen leave out sources that were refused often or at many ports, or are on a "
            "watch list: who narrows a rule to these blocks must not let them in."
        )
    shown, none = _chosen(frame[COLUMNS], context)
    found = [*found, *none]
    return context.answer(used.result, refused, frame=shown, findings=found, notes=notes)


def outbound_rules(context: PanelContext) -> PanelAnswer:
    """What each outbound rule let out; see `analysis.security_groups.rules_in_use`.

    Raises:
        MissingDataError: There is no snapshot with rules, or the logs lack a field.
    """
    request = context.request
    used = matched(context.logs, request.window, request.filters, outgoing=True)
    frame = rules_in_use(used.result.frame, *used.tables, egress=True)
    notes = [*_narrowed(context), *notes_of(frame), *used.notes]
    frame = frame[[name for name in COLUMNS if name != "hostile"]]
    shown, none = _chosen(frame.rename(columns={"source": "destination"}), context)
    return context.answer(used.result, frame=shown, findings=none, notes=notes)


def _chosen(frame: pd.DataFrame, context: PanelContext) -> tuple[pd.DataFrame, list[str]]:
    """All rules, or the open ones; and a sentence where there are none of these."""
    if not context.request.parameters.open_only:
        return frame, []
    shown = frame[frame["open"]].reset_index(drop=True)
    if len(shown) or frame.empty:
        return shown, []
    return shown, [f"No rule is open to the world ({number_of(len(frame), 'rules')} in all)."]


def served(context: PanelContext) -> PanelAnswer:
    """The ports that the busiest groups serve, the most used ones by name.

    Accepted flows that clients sent to interfaces of the group; not the answers to what its
    interfaces asked for themselves.
    """
    query, request = context.query, context.request
    group, port = query.by
    of_members = replace(query, by=("interface_id", group), top=None, nulls=())
    members, result = both_of(
        lambda: context.ask(of_members),
        lambda: context.logs.ask_received(request.window, request.filters, limit=MOST_ROWS),
    )
    flows = received(result.frame, context.logs.known("interfaces"))
    flows = flows[~flows["reply"]].merge(members.frame[["interface_id", group]], on="interface_id")
    parts = flows.groupby([group, port], as_index=False, dropna=False)["flows"].sum()
    totals = parts.groupby(group, as_index=False)["flows"].sum()
    totals = totals.sort_values(["flows", group], ascending=[False, True]).head(query.top or 10)
    ports = parts.groupby(port)["flows"].sum().sort_values(ascending=False).head(MOST_PORTS).index
    among = parts[parts[port].isin(ports)]
    frame = with_rest(totals, among, group, port, ["flows"])
    return context.answer(result, members, frame=frame)


def unused(context: PanelContext) -> PanelAnswer:
    """Groups that no traffic passed; see `analysis.security_groups.unused_groups`.

    Raises:
        MissingDataError: There is no snapshot, or the logs lack interface-id.
    """
    groups, interfaces = known(context.logs, "security_groups"), known(context.logs, "interfaces")
    result = context.ask(context.query)
    window = context.request.window
    then = pd.Timestamp(window.start), pd.Timestamp(window.end)
    active = result.frame["interface_id"]
    frame = unused_groups(groups, interfaces, active, context.logs.known("rules"), then)
    return context.answer(result, frame=frame, notes=[*_narrowed(context), *notes_of(frame)])


def _narrowed(context: PanelContext) -> list[str]:
    """That what looks unused may be used by traffic that the page's filters hide."""
    if not len(context.request.filters):
        return []
    return ["The page's filters are in force: other traffic may use what nothing uses here."]
