"""Analyses of groups: by place, by two fields at once, with the rest as one more."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from vpcflow_core.analysis.groups import with_rest
from vpcflow_core.analysis.places import flows_by_place
from vpcflow_core.panels.answer import Headline, PanelAnswer
from vpcflow_core.panels.base import MINUTE, PanelContext
from vpcflow_core.query.measures import measure
from vpcflow_core.times import timeslice_for

MOST_COLUMNS = 300
SECURITY = "security group or network ACL"
# What AWS's codes mean: VPC User Guide, field reject-reason.
REASONS = {"BPA": "VPC Block Public Access", "EC": "encryption controls of a VPC endpoint"}


def places(context: PanelContext) -> PanelAnswer:
    """Flows by the place of their source."""
    result = context.ask(context.query)
    frame, notes = flows_by_place(result.frame, "srcaddr", context.logs.places)
    return context.answer(result, frame=frame, notes=notes)


def located(context: PanelContext) -> PanelAnswer:
    """The rows, with the place of their address."""
    result = context.ask(context.query)
    address = context.query.by[0]
    where = context.logs.places.locate(result.frame[address]).set_index("address")
    known = where.reindex(result.frame[address])
    text = known["city"].fillna("").str.cat(known["country_name"].fillna(""), sep=", ")
    frame = result.frame.assign(place=text.str.strip(", ").to_numpy())
    return context.answer(result, frame=frame)


def split(context: PanelContext) -> PanelAnswer:
    """The largest groups of the first field, each split by the second.

    What of a group has no value of the second field is one more part, so that they add up.
    """
    query = context.query
    group, part = query.by
    of_group = replace(query, by=(group,))
    if part not in context.logs.engine.columns():
        totals = context.ask(of_group)
        return context.answer(totals, frame=totals.frame.assign(**{part: None}))
    totals, parts = context.ask_all(of_group, replace(query, top=None))
    frame = with_rest(totals.frame, parts.frame, group, part, list(query.measures))
    return context.answer(totals, parts, frame=frame)


def busiest(context: PanelContext) -> PanelAnswer:
    """The largest groups over time, and all the others together where these add up."""
    query = context.query
    # Columns in many colours must be wide enough to be seen.
    every = max(query.every or MINUTE, timeslice_for(context.request.window, MOST_COLUMNS))
    query = replace(query, every=every)
    (field,) = query.by
    if not measure(query.measures[0]).groups_add_up:
        return context.answer(context.ask(query), every=query.every)
    shown, all_ = context.ask_all(query, replace(query, by=(), top=None))
    frame = with_rest(all_.frame, shown.frame, "bucket", field, list(query.measures))
    return context.answer(shown, all_, frame=frame, every=query.every)


def counted(context: PanelContext) -> PanelAnswer:
    """How many groups there are."""
    result = context.ask(context.query)
    headline = Headline("", len(result.frame), context.panel.query.by[0])
    return context.answer(result, headlines=(headline,))


def reasons(context: PanelContext) -> PanelAnswer:
    """Why flows were refused: AWS's reason where there is one, else a group or an ACL did it."""
    is_known = "reject_reason" in context.logs.engine.columns()
    asked = (context.query,) if is_known else ()
    total, *others = context.ask_all(replace(context.query, by=()), *asked)
    refused = int(total.frame["flows"].iloc[0])
    if not others:
        frame = _reasons({SECURITY: refused})
        note = "The logs do not say more: add ${reject-reason} (version 8) to their format."
        return context.answer(total, frame=frame, notes=[note] if refused else [])
    (found,) = others
    known = dict(zip(found.frame["reject_reason"], found.frame["flows"], strict=True))
    frame = _reasons({**known, SECURITY: refused - sum(known.values())})
    return context.answer(found, total, frame=frame)


def _reasons(counts: dict[str, int]) -> pd.DataFrame:
    rows = [(REASONS.get(code, code), count) for code, count in counts.items() if count]
    frame = pd.DataFrame(rows, columns=["reason", "flows"]).astype({"flows": "int64"})
    return frame.sort_values("flows", ascending=False, ignore_index=True)
