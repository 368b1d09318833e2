"""Analyses of sources: how many places each tries, what of it is let in, who it is."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pandas as pd

from vpcflow_core.asker import all_of
from vpcflow_core.panels.analyses.questions import new_and_how_rare, new_values
from vpcflow_core.panels.answer import PanelAnswer
from vpcflow_core.panels.base import Analysis, PanelContext, rows
from vpcflow_core.panels.log_queries import LogQueries
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
    others = context.request.filters.without("action")
    decided = [name for name in ("accepted", "rejected") if "action" in columns]
    of_all = replace(query, top=None, order="")
    asked = {
        replace(of_all, measures=counted): only & context.request.filters,
        replace(of_all, measures=("flows", *decided), where=()): only & others,
        replace(of_all, by=(), nulls=()): context.request.filters,
    }
    wide, both, total = all_of(
        *(partial(context.logs.ask, of, context.request.window, by) for of, by in asked.items())
    )
    whole = int(total.frame[query.measures[0]].iloc[0])
    frame = found.frame.merge(wide.frame, on=field, how="left")
    frame = frame.merge(both.frame[[field, *decided]], on=field, how="left")
    frame["share"] = 100 * frame[query.measures[0]].astype("float64") / whole if whole else 0.0
    if field == SOURCE:
        frame = frame.assign(**who(frame[field], context.logs))
    return context.answer(found, wide, both, total, frame=frame)


def _reaching(analysis: Analysis, counted: tuple[str, ...] = FAN_OUT) -> Analysis:
    """An analysis of sources whose rows also say how many places each of them tries.

    Args:
        analysis: What makes the rows.
        counted: What is counted of each: measures of distinct values.
    """

    def made(context: PanelContext) -> PanelAnswer:
        given, query = analysis(context), context.query
        columns = context.logs.engine.columns()
        if given.frame.empty or not {"dstaddr", "dstport", "protocol"} <= set(columns):
            return given
        # Counted of the rows that are shown alone: of all sources it would take much memory.
        only = context.request.filters
        for field in query.by:
            only = _only(field, given.frame[field]) & only
        asked = replace(query, measures=counted, top=None, order="")
        wide = context.logs.ask(asked, context.request.window, only)
        frame = given.frame.merge(wide.frame, on=list(query.by), how="left")
        sql = f"{given.sql};\n\n{wide.sql}"
        return replace(given, frame=frame, sql=sql, seconds=given.seconds + wide.seconds)

    return made


sources_and_ports, new_sources = _reaching(rows), _reaching(new_values)
new_and_rare_sources = _reaching(new_and_how_rare)
ports = _reaching(rows, ("sources", "destinations"))


def _only(field: str, values: pd.Series) -> Filters:
    """The filter for these addresses, ports or blocks; of other groups, which are few, none."""
    if field == SOURCE:
        return Filters.parse([(SOURCE, ", ".join(map(exactly, values)))])
    if field in ("srcport", "dstport"):
        return Filters.parse([(field, ", ".join(str(int(port)) for port in values.unique()))])
    if field in BLOCKS:
        return Filters.parse([(BLOCKS[field].column, ", ".join(map(str, values)))])
    return NO_FILTERS


def who(addresses: pd.Series, logs: LogQueries) -> dict[str, list[str]]:
    """Country and name of each address; "" where nothing is known.

    An address that two networks have belongs to neither in particular: it has no name.
    """
    places = logs.places.locate(addresses).set_index("address")["country_name"]
    names = logs.names(SOURCE)
    country = addresses.map(places)
    return {
        "country_name": ["" if pd.isna(text) else str(text) for text in country],
        "name": [names.get(address, "") for address in addresses],
    }
