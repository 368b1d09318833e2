"""Analyses of groups: by place, by two fields at once, with the rest as one more.

May import times, query, analysis and panels.base.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from vpcflow_core.analysis.groups import with_rest
from vpcflow_core.analysis.places import flows_by_place
from vpcflow_core.panels.base import MINUTE, Asked, Headline, PanelAnswer
from vpcflow_core.times import timeslice_for

MOST_COLUMNS = 300
SECURITY = "security group or network ACL"
# What AWS's codes mean: VPC User Guide, field reject-reason.
REASONS = {"BPA": "VPC Block Public Access", "EC": "encryption controls of a VPC endpoint"}


def places(asked: Asked) -> PanelAnswer:
    """Flows by the place of their source."""
    result = asked.ask(asked.query)
    frame, notes = flows_by_place(result.frame, "srcaddr", asked.flows.places)
    return asked.answer(result, frame=frame, notes=notes)


def located(asked: Asked) -> PanelAnswer:
    """The rows, with the place of their address."""
    result = asked.ask(asked.query)
    address = asked.query.by[0]
    where = asked.flows.places.locate(result.frame[address]).set_index("address")
    known = where.reindex(result.frame[address])
    text = known["city"].fillna("").str.cat(known["country_name"].fillna(""), sep=", ")
    frame = result.frame.assign(place=text.str.strip(", ").to_numpy())
    return asked.answer(result, frame=frame)


def split(asked: Asked) -> PanelAnswer:
    """The largest groups of the first field, each split by the second.

    What of a group has no value of the second field is one more part, so that they add up.
    """
    query = asked.query
    group, part = query.by
    totals = asked.ask(replace(query, by=(group,)))
    if part not in asked.flows.engine.columns():
        return asked.answer(totals, frame=totals.frame.assign(**{part: None}))
    parts = asked.ask(replace(query, top=None))
    frame = with_rest(totals.frame, parts.frame, group, part, list(query.measures))
    return asked.answer(totals, parts, frame=frame)


def busiest(asked: Asked) -> PanelAnswer:
    """The largest groups over time, and all the others together."""
    query = asked.query
    # Columns in many colours must be wide enough to be seen.
    every = max(query.every or MINUTE, timeslice_for(asked.window, MOST_COLUMNS))
    query = replace(query, every=every)
    shown = asked.ask(query)
    all_ = asked.ask(replace(query, by=(), top=None))
    (field,) = query.by
    frame = with_rest(all_.frame, shown.frame, "bucket", field, list(query.measures))
    return asked.answer(shown, all_, frame=frame, every=query.every)


def ports_by_group(asked: Asked) -> PanelAnswer:
    """The busiest ports of the largest groups, and their other ports together."""
    query = asked.query
    group, port = query.by
    totals = asked.ask(replace(query, by=(group,)))
    ports = asked.ask(replace(query, by=(port,), top=7)).frame[port]
    parts = asked.ask(replace(query, top=None))
    among = parts.frame[parts.frame[port].isin(ports)]
    frame = with_rest(totals.frame, among, group, port, list(query.measures))
    return asked.answer(totals, parts, frame=frame)


def counted(asked: Asked) -> PanelAnswer:
    """How many groups there are."""
    result = asked.ask(asked.query)
    headline = Headline("", len(result.frame), asked.panel.query.by[0])
    return asked.answer(result, headlines=(headline,))


def reasons(asked: Asked) -> PanelAnswer:
    """Why flows were refused: AWS's reason where there is one, else a group or an ACL did it."""
    total = asked.ask(replace(asked.query, by=()))
    refused = int(total.frame["flows"].iloc[0])
    if "reject_reason" not in asked.flows.engine.columns():
        frame = _reasons({SECURITY: refused})
        note = "The logs do not say more: add ${reject-reason} (version 8) to their format."
        return asked.answer(total, frame=frame, notes=[note] if refused else [])
    found = asked.ask(asked.query)
    known = dict(zip(found.frame["reject_reason"], found.frame["flows"], strict=True))
    frame = _reasons({**known, SECURITY: refused - sum(known.values())})
    return asked.answer(found, total, frame=frame)


def _reasons(counts: dict[str, int]) -> pd.DataFrame:
    rows = [(REASONS.get(code, code), count) for code, count in counts.items() if count]
    frame = pd.DataFrame(rows, columns=["reason", "flows"]).astype({"flows": "int64"})
    return frame.sort_values("flows", ascending=False, ignore_index=True)


def longest(asked: Asked) -> PanelAnswer:
    """Connections by their total duration, each once, however many interfaces logged it."""
    query, top = asked.query, asked.query.top or 1
    if "interface_id" in asked.flows.engine.columns():
        query = replace(query, by=(*query.by, "interface_id"), top=2 * top)
    result = asked.ask(query)
    frame = result.frame.drop_duplicates(list(asked.query.by)).head(top).reset_index(drop=True)
    # How long stands before who logged it: it is what the table is about.
    first = [*asked.query.by, *asked.query.measures]
    return asked.answer(result, frame=frame[[*first, *frame.columns.difference(first)]])
