"""Analyses of one address or block: both of its ways, and its other ends."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from vpcflow_core.panels.analyses.sources import who
from vpcflow_core.panels.answer import PanelAnswer
from vpcflow_core.panels.base import PanelContext
from vpcflow_core.query.dimensions import filterable
from vpcflow_core.query.question import Query

PEER = "peer"


def both_ways(context: PanelContext) -> PanelAnswer:
    """The rows of each side: as source and as destination; by direction of what has no sides."""
    query = context.query
    ((field, text), *_) = query.where
    ends = filterable(field).ends
    if not ends:
        return context.answer(context.ask(replace(query, by=(*query.by, "direction"))))
    found = [context.ask(replace(query, where=((end, text),))) for end in ends]
    parts = [
        one.frame.assign(way=way) for one, way in zip(found, ("sent", "received"), strict=True)
    ]
    frame = pd.concat(parts, ignore_index=True)
    return context.answer(*found, frame=frame[["way", *frame.columns.drop("way")]])


def peers(context: PanelContext) -> PanelAnswer:
    """The other ends of an address or a block, with what went there and what came from there.

    Where they are grouped, the column of the group is what a click on it narrows by.
    """
    query, (column,) = context.query, context.panel.drill
    ((_, text), *_) = query.where
    source, destination = query.by
    found = [
        context.ask(
            replace(query, by=(other,), where=((own, text),), top=None, nulls=_nulls(query, other))
        )
        for own, other in (("srcaddr", destination), ("dstaddr", source))
    ]
    ways = [
        one.frame.rename(columns={one.frame.columns[0]: column}).assign(
            bytes_out=one.frame["bytes"] * sent, bytes_in=one.frame["bytes"] * (not sent)
        )
        for one, sent in zip(found, (True, False), strict=True)
    ]
    grouped = pd.concat(ways, ignore_index=True).groupby(column, dropna=False, sort=False)
    both = grouped.sum().astype("int64").sort_values("bytes", ascending=False, kind="stable")
    rows = both.head(query.top or 50).reset_index().drop(columns="bytes")
    if column == PEER and source == "srcaddr":
        rows = rows.assign(**who(rows[PEER], context.logs))
    return context.answer(*found, frame=rows)


def _nulls(query: Query, field: str) -> tuple[str, ...]:
    """The field, where what has no value of it is a row."""
    return (field,) if field in query.nulls else ()
