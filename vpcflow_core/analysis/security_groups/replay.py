"""What a proposed set of rules would have refused of what was let through."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from vpcflow_core.analysis.buckets import noted
from vpcflow_core.analysis.security_groups.accepted import Accepted, own_ends
from vpcflow_core.analysis.security_groups.hostile import NONE_HOSTILE, Hostile
from vpcflow_core.analysis.security_groups.rules import Rule, Sources, shapes_of_rules
from vpcflow_core.reference.iana import protocol_keyword
from vpcflow_core.units import number_of

# The end of a flow that a rule is about, by whether it is outbound.
PEER = {False: "srcaddr", True: "dstaddr"}
WAY = {False: "in", True: "out"}
COLUMNS = (
    "way", "interface_id", "peer", "protocol", "port", "flows", "bytes", "first", "last",
    "let_through_by", "hostile",
)  # fmt: skip
_KEY = ["interface_id", "peer", "protocol", "port"]


def replayed(
    flows: pd.DataFrame,
    interfaces: pd.DataFrame,
    rules: pd.DataFrame,
    prefix_lists: pd.DataFrame,
    groups: pd.DataFrame,
    proposed: pd.DataFrame,
    replaced: Collection[str],
    hostile: Hostile = NONE_HOSTILE,
    *,
    egress: bool = False,
) -> pd.DataFrame:
    """What rules would have refused of the flows that the rules of the time let through.

    A flow is refused where a rule let it through then, and none does of the proposed ones, nor of
    the other groups of its interface. Answers need no rule. What no known rule explains is left
    out.

    Args:
        flows: As `rules_in_use` takes them, like the next four.
        interfaces: Likewise.
        rules: Likewise.
        prefix_lists: Likewise.
        groups: Likewise.
        proposed: As the table of rules; what is of the other way is left out.
        replaced: Groups whose rules of this way the proposed ones take the place of.
        hostile: Sources that are named as such.
        egress: Outbound flows and rules instead.

    Returns:
        One row for each interface, peer, protocol and port that would be refused, those of most
        flows first: way (`in`, `out`), interface_id, peer (address of the other end), protocol
        (`tcp`), port (null where there is none), flows, bytes, first, last (UTC), let_through_by
        (the rules that did), hostile (what the peer did elsewhere, or empty). `attrs` has
        `let_through` (flows that rules let through) and `refused` (of these), and `notes`.
    """
    peer = PEER[egress]
    here = flows[~own_ends(flows, interfaces, peer)].reset_index(drop=True)
    accepted = Accepted.of_all(here.rename(columns={peer: "srcaddr"}), interfaces)
    sources = Sources.of(interfaces, prefix_lists, groups)
    real = shapes_of_rules(rules, sources, egress=egress)
    before = _matches(accepted, real)
    after = _matches(accepted, [rule for rule in real if rule.group_id not in replaced])
    after |= _matches(accepted, shapes_of_rules(proposed, sources, egress=egress))
    refused = before & ~after
    rows = here[refused].rename(columns={peer: "peer", "dstport": "port"})
    frame = rows.groupby(_KEY, dropna=False, as_index=False).agg(
        flows=("flows", "sum"), bytes=("bytes", "sum"), first=("first", "min"), last=("last", "max")
    )
    frame["let_through_by"] = _by(frame, rows, _texts(accepted, real, refused))
    frame["protocol"] = [_protocol(number) for number in frame["protocol"]]
    frame["hostile"] = [hostile.why.get(str(one), "") for one in frame["peer"]]
    frame["way"] = WAY[egress]
    frame = frame.sort_values(["flows", *_KEY], ascending=[False, *[True] * 4], ignore_index=True)
    frame = frame[list(COLUMNS)]
    frame.attrs["let_through"] = int(accepted.flows[before].sum())
    frame.attrs["refused"] = int(accepted.flows[refused].sum())
    return noted(frame, sentence(frame, hostile, egress))


def sentence(frame: pd.DataFrame, hostile: Hostile, egress: bool) -> str:
    """What came out, in words."""
    all_, refused = frame.attrs["let_through"], frame.attrs["refused"]
    let_through = f"{number_of(all_, 'flows')} that rules let {'out' if egress else 'in'}"
    if not refused:
        return f"None of the {let_through} would have been refused."
    text = f"{refused:,} of the {let_through} would have been refused"
    foes = frame.loc[frame["hostile"] != "", "flows"].sum()
    if hostile.why and foes:
        some = "all" if foes == refused else f"{int(foes):,}"
        text += f", {some} of them from sources that scanned, were refused often or are watched"
    return f"{text}."


def _matches(accepted: Accepted, rules: Collection[Rule]) -> np.ndarray:
    """Which rows some rule lets through."""
    found = np.zeros(len(accepted.flows), dtype=bool)
    for rule in rules:
        found[accepted.matching(rule)] = True
    return found


def _texts(
    accepted: Accepted, rules: Collection[Rule], refused: np.ndarray
) -> Mapping[int, list[str]]:
    """The rules that let each refused row through, as people read them, by row."""
    found: dict[int, list[str]] = {}
    for rule in rules:
        rows = accepted.matching(rule)
        text = f"{rule.group_id} {rule.protocol_name} {rule.ports} {rule.source}"
        for row in rows[refused[rows]].tolist():
            if text not in (texts := found.setdefault(row, [])):
                texts.append(text)
    return found


def _by(frame: pd.DataFrame, rows: pd.DataFrame, texts: Mapping[int, list[str]]) -> list[str]:
    """The rules of each row of the answer."""
    by: dict[tuple[object, ...], dict[str, None]] = {}
    keys = rows[_KEY].astype("object").where(rows[_KEY].notna(), None)
    for key, row in zip(keys.itertuples(index=False, name=None), rows.index, strict=True):
        by.setdefault(key, {}).update(dict.fromkeys(texts.get(row, ())))
    wanted = frame[_KEY].astype("object").where(frame[_KEY].notna(), None)
    return ["; ".join(by[key]) for key in wanted.itertuples(index=False, name=None)]


def _protocol(number: float | None) -> str:
    return "" if pd.isna(number) else protocol_keyword(int(number)).lower()
