"""Analyses of sources: how many places each tries, what of it is let in, who it is."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from vpcflow_core.panels.base import LogQueries, PanelAnswer, PanelContext
from vpcflow_core.query.dimensions import BLOCKS
from vpcflow_core.query.filters import NO_FILTERS, Filters, exactly

SOURCE = "srcaddr"
FAN_OUT = ("destinations", "ports")


def fan_out(context: PanelContext) -> PanelAnswer:
    """The rows of sources, with distinct destinations and ports, share, decisions, place and name.

    What was let in and what was refused of a source is counted whatever the panel itself asks for.
    Of groups of sources the sources are counted too.
    """
    query = context.query
    (field,) = query.by
    found = context.ask(query)
    columns = context.logs.engine.columns()
    if found.frame.empty or not {"dstaddr", "dstport", "protocol"} <= set(columns):
        return context.answer(found)
    only = _only(field, found.frame[field])
    counted = FAN_OUT if field == SOURCE else ("sources", *FAN_OUT)
    wide = context.logs.ask(
        replace(query, measures=counted, top=None, order=""),
        context.request.window,
        only & context.request.filters,
    )
    others = context.request.filters.without("action")
    decided = [name for name in ("accepted", "rejected") if "action" in columns]
    both = context.logs.ask(
        replace(query, measures=("flows", *decided), where=(), top=None, order=""),
        context.request.window,
        only & others,
    )
    total = context.ask(replace(query, by=(), nulls=(), top=None))
    whole = int(total.frame[query.measures[0]].iloc[0])
    frame = found.frame.merge(wide.frame, on=field, how="left")
    frame = frame.merge(both.frame[[field, *decided]], on=field, how="left")
    frame["share"] = 100 * frame[query.measures[0]].astype("float64") / whole if whole else 0.0
    if field == SOURCE:
        frame = frame.assign(**who(frame[field], context.logs))
    return context.answer(found, wide, both, total, frame=frame)


def _only(field: str, values: pd.Series) -> Filters:
    """The filter for these addresses or blocks; of other groups all are asked for: they are few."""
    if field == SOURCE:
        return Filters.parse([(SOURCE, ", ".join(map(exactly, values)))])
    if field in BLOCKS:
        return Filters.parse([(BLOCKS[field].column, ", ".join(map(str, values)))])
    return NO_FILTERS


def who(addresses: pd.Series, logs: LogQueries) -> dict[str, list[str]]:
    """Country and name of each address; "" where nothing is known.

    An address that two networks have belongs to neither in particular: it has no name.
    """
    places = logs.places.locate(addresses).set_index("address")["country_name"]
    known = logs.known("interfaces")[["name", "addresses", "public_addresses"]]
    pairs = pd.concat(
        [
            known[["name", column]].explode(column).rename(columns={column: "address"})
            for column in ("addresses", "public_addresses")
        ]
    )
    pairs = pairs.dropna().drop_duplicates().drop_duplicates("address", keep=False)
    names = dict(zip(pairs["address"], pairs["name"], strict=True))
    country = addresses.map(places)
    return {
        "country_name": ["" if pd.isna(text) else str(text) for text in country],
        "name": [str(names.get(address, "")) for address in addresses],
    }
