"""Questions grouped by the country of an address.

Databases tell the country of an address, which no engine knows: so addresses are asked for, looked
up, and their rows added up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from vpcflow_core.errors import ParameterError
from vpcflow_core.query.dimensions import COUNTRIES
from vpcflow_core.query.limits import is_limited
from vpcflow_core.query.measures import Measure, measure
from vpcflow_core.query.novelty import NewGroups
from vpcflow_core.query.question import Query
from vpcflow_core.query.result import QueryResult
from vpcflow_core.query.select import BUCKET
from vpcflow_core.times import Window

if TYPE_CHECKING:
    from vpcflow_core.reference.geoip import Places

# Rows of addresses that countries are made of; over time, addresses. The smallest are left out.
MOST_ROWS, MOST_OVER_TIME = 500_000, 2_000
LEFT_OUT = "Of the {:,} largest addresses or pairs; what the others have is not in the rows."
_ADDED = {"first": "min", "last": "max"}
Ask = Callable[[Query], QueryResult]


def by_country(ask: Ask, query: Query, places: Places) -> QueryResult:
    """The answer to a question that groups by `src_country` or `dst_country`.

    Args:
        ask: Answers questions about addresses.
        query: The question.
        places: Tells the country of an address.

    Returns:
        Rows as those of any question; countries by their English names. What has none (private
        addresses) is in no row, unless `nulls` names the dimension.

    Raises:
        ParameterError: A measure cannot be put together from addresses: a quantile, or a count of
            distinct values over time.
    """
    measures = [measure(name) for name in dict.fromkeys((*query.measures, _order(query)))]
    counted = [of for of in measures if of.aggregate == "distinct"]
    added = [of for of in measures if of.adds_up or of.aggregate in _ADDED]
    _check(query, measures, [*counted, *added])
    most = MOST_OVER_TIME if query.every else MOST_ROWS
    asked = replace(
        _by_address(query),
        measures=tuple(of.name for of in added) or ("flows",),
        order=_order(query) if measure(_order(query)).adds_up else "",
        top=most,
        limit_by="average",
    )
    results = [ask(asked)]
    keys = [*([BUCKET] if query.every else []), *query.by]
    frame = _named(results[0].frame, query, places)
    ways = {of.name: _ADDED.get(of.aggregate, "sum") for of in added}
    groups = frame.groupby(keys, dropna=False, sort=True)
    rows = groups.agg(ways) if ways else groups.size().to_frame("flows")
    for of in counted:
        results.append(ask(_distinct(query, of)))
        values = _named(results[-1].frame, query, places, of.field)
        rows[of.name] = values.groupby(keys, dropna=False)["counted"].nunique().reindex(rows.index)
        rows[of.name] = rows[of.name].fillna(0).astype("int64")
    made = _largest(rows.reset_index(), query)[[*keys, *query.measures]]
    cut = [LEFT_OUT.format(most)] if any(len(r.frame) >= most for r in results) else []
    notes = dict.fromkeys([*cut, *(note for result in results for note in result.notes)])
    return QueryResult(
        made.reset_index(drop=True),
        ";\n\n".join(result.sql for result in results),
        sum(result.seconds for result in results),
        notes=tuple(notes),
    )


def new_countries(
    ask: Callable[[Query, Window], QueryResult], query: Query, window: Window, before: Window
) -> NewGroups:
    """The groups of a question by country that no record of an earlier range belongs to.

    Args:
        ask: Answers questions by country.
        query: The question, without `every`.
        window: The time asked about.
        before: The earlier range.
    """
    now = ask(replace(query, top=None), window)
    then = ask(Query(("flows",), by=query.by, where=query.where), before)
    groups = [pd.MultiIndex.from_frame(found.frame[list(query.by)]) for found in (now, then)]
    is_new = ~groups[0].isin(groups[1])
    frame = now.frame[is_new].head(query.top or len(now.frame)).reset_index(drop=True)
    return NewGroups(replace(now, frame=frame), len(now.frame), int(is_new.sum()))


def _order(query: Query) -> str:
    return query.order or query.measures[0]


def _check(query: Query, measures: list[Measure], possible: list[Measure]) -> None:
    refused = [of for of in measures if of not in possible]
    refused += [of for of in measures if query.every and of.aggregate == "distinct"]
    if is_limited(query) and query.limit_by == "last":
        raise ParameterError(
            "Countries are not limited by their last timeslice.", "Limit by average or maximum."
        )
    if refused:
        raise ParameterError(
            f"'{refused[0].name}' cannot be grouped by country here.",
            "Group by srcaddr, or ask for flows, bytes or packets.",
        )


def _by_address(query: Query) -> Query:
    """The question with addresses in place of their countries."""
    columns = {name: COUNTRIES[name].column for name in query.by if name in COUNTRIES}
    by = dict.fromkeys(columns.get(name, name) for name in query.by)
    nulls = tuple(columns.get(name, name) for name in query.nulls)
    return replace(query, by=tuple(by), nulls=nulls, least=())


def _distinct(query: Query, of: Measure) -> Query:
    """The question for the values that a measure counts."""
    plain = _by_address(query)
    by = tuple(dict.fromkeys((*plain.by, of.field)))
    return replace(plain, measures=("flows",), by=by, order="", top=MOST_ROWS)


def _named(frame: pd.DataFrame, query: Query, places: Places, counted: str = "") -> pd.DataFrame:
    """Rows of addresses with the countries beside; without those that belong to no group."""
    made = frame.assign(counted=frame[counted]) if counted else frame
    for name in query.by:
        if name in COUNTRIES:
            addresses = frame[COUNTRIES[name].column]
            known = places.locate(addresses).set_index("address")["country_name"]
            made = made.assign(**{name: addresses.map(known).astype("object")})
            if name not in query.nulls:
                made = made[made[name].notna()]
    return made


def _largest(rows: pd.DataFrame, query: Query) -> pd.DataFrame:
    """The rows in their order, as many as are asked for."""
    for name, least in query.least:
        rows = rows[rows[name] >= least]
    order, by = _order(query), list(query.by)
    if query.every is None:
        ascending = [False, *(True for _ in by)]
        return rows.sort_values([order, *by], ascending=ascending).head(query.top or len(rows))
    if query.top:
        groups = rows.groupby(by, dropna=False)[order]
        totals = (groups.max() if is_limited(query) else groups.sum()).nlargest(query.top)
        rows = rows.set_index(by)
        rows = rows[rows.index.isin(totals.index)].reset_index()
    return rows
