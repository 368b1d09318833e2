"""Analyses of ready questions: what is new, what passes between networks, what comes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pandas as pd

from vpcflow_core.coverage import Coverage
from vpcflow_core.errors import MissingDataError
from vpcflow_core.panels.analyses.connections import longest
from vpcflow_core.panels.answer import PanelAnswer
from vpcflow_core.panels.base import Analysis, PanelContext, rows
from vpcflow_core.panels.request import A_WEEK
from vpcflow_core.query.filters import Filters
from vpcflow_core.ranges import Range
from vpcflow_core.times import Window, format_duration, format_instant

# Rows of pairs that ends are looked up for; the smallest are left out.
MOST_PAIRS = 50_000
# A beacon: small, in no fewer timeslices than this, at gaps that differ little from one another.
SLICE = timedelta(minutes=5)
FEWEST, SMALL, UNEVEN = 8, 20_000, 0.35
BEACON_CANDIDATES = 1000
# What is less of a total is what adding up rates leaves.
ROUNDING = 1e-9


def by_own_lists(context: PanelContext) -> PanelAnswer:
    """The rows of a question about zones or watch lists; without any, how to set them."""
    try:
        return rows(context)
    except MissingDataError as error:
        query = context.query
        frame = pd.DataFrame(columns=[*query.by, *query.measures])
        return context.answer(frame=frame, notes=[f"{error.what} {error.next_step}"])


def with_other(context: PanelContext) -> PanelAnswer:
    """The largest groups, and what all others add up to as one more, its dimensions null."""
    query = context.query
    found = context.ask(query)
    frame, measures = found.frame, list(query.measures)
    if query.top is None or len(frame) < query.top:
        return context.answer(found)
    total = context.ask(replace(query, by=(), top=None))
    whole = total.frame[measures].iloc[0]
    rest = whole - frame[measures].sum()
    if not (rest > whole * ROUNDING).any():
        return context.answer(found)
    other = pd.DataFrame([{**dict.fromkeys(query.by), **rest}])
    kinds = frame.dtypes.to_dict()
    rows = pd.concat([frame.astype("object"), other.astype("object")], ignore_index=True)
    nullable = {
        name: "Int64" if pd.api.types.is_integer_dtype(kind) else kind
        for name, kind in kinds.items()
    }
    return context.answer(found, total, frame=rows.astype(nullable))


def new_values(context: PanelContext) -> PanelAnswer:
    """Groups of the window that were never seen in the baseline before it, the largest first."""
    query, window = context.query, context.request.window
    before = _baseline(context, window)
    found = context.logs.ask_new(query, before, window, context.request.filters)
    shown = f"{found.new:,} of {found.groups:,} are new"
    return context.answer(found.result, notes=[_since(shown, before, context)])


def new_and_how_rare(context: PanelContext) -> PanelAnswer:
    """As `new_values`, with how many were new in as long a time right before: how rare it is."""
    given, window, extent = new_values(context), context.request.window, context.logs.extent
    before = window.moved(-window.length)
    baseline = _baseline(context, before)
    known_from = before.start - min(window.length, baseline.length)
    if extent is None or extent.start > known_from or baseline.end > before.start:
        return given
    asked = replace(context.query, measures=("flows",), top=1, order="")
    found = context.logs.ask_new(asked, baseline, before, context.request.filters)
    length = format_duration(window.length)
    note = f"In the {length} before, {found.new:,} of {found.groups:,} were new."
    seconds = given.seconds + found.result.seconds
    return replace(given, notes=(*given.notes, note), seconds=seconds)


def _baseline(context: PanelContext, window: Window) -> Window:
    """What a window is compared with: a length of time ends where the window begins."""
    return context.request.parameters.baseline.window(window.start)


def _since(shown: str, before: Window, context: PanelContext) -> str:
    """What is new, and since when anything is known."""
    coverage: Coverage = context.logs.coverage
    what = _in_words(context.request.parameters.baseline)
    if not coverage.reaches(before):
        return f"{shown}: nothing is known of {what}."
    extent = coverage.extent
    if extent and extent.start > before.start:
        return f"{shown}: the logs begin {format_instant(extent.start)}, within {what}."
    return f"{shown}, compared with {what}."


def _in_words(baseline: Range) -> str:
    if baseline.fixed:
        start, end = (format_instant(at) for at in (baseline.fixed.start, baseline.fixed.end))
        return f"{start} to {end}"
    return "the seven days before" if baseline == A_WEEK else f"the {baseline} before"


def between(column: str) -> Analysis:
    """An analysis of traffic between networks: `vpc_id` or `subnet_id` of both ends, by EC2."""

    def analysis(context: PanelContext) -> PanelAnswer:
        interfaces = context.logs.known("interfaces").dropna(subset=[column])
        owners = interfaces.explode("addresses").dropna(subset=["addresses"])
        # An address that two networks have says nothing of either.
        owners = owners.drop_duplicates(["addresses", column])
        owners = owners.drop_duplicates("addresses", keep=False)
        of = dict(zip(owners["addresses"], owners[column], strict=True))
        query = context.query
        pairs = context.ask(replace(query, by=("srcaddr", "dstaddr"), top=MOST_PAIRS))
        ends = pairs.frame.assign(
            source=pairs.frame["srcaddr"].map(of), destination=pairs.frame["dstaddr"].map(of)
        ).dropna(subset=["source", "destination"])
        ends = ends[ends["source"] != ends["destination"]]
        measures = list(query.measures)
        sums = ends.groupby(["source", "destination"], as_index=False)[measures].sum()
        names = context.logs.names(column)
        for end in ("source", "destination"):
            sums[end] = [_named(names.get(value), value) for value in sums[end]]
        order = [measures[0], "source", "destination"]
        frame = sums.sort_values(order, ascending=[False, True, True]).head(query.top or 50)
        return context.answer(pairs, frame=frame.reset_index(drop=True))

    return analysis


def _named(name: str | None, value: str) -> str:
    return f"{name} ({value})" if name else value


def beacons(context: PanelContext) -> PanelAnswer:
    """Small connections that come back at a regular pace: what calls home."""
    query = replace(context.query, every=SLICE, top=BEACON_CANDIDATES, place="start")
    found = context.logs.sparse(query, context.request.window, context.request.filters)
    fields = list(context.query.by)
    frame = found.frame.sort_values("bucket")
    gaps = frame.groupby(fields)["bucket"].diff().dt.total_seconds()
    groups = frame.assign(gap=gaps).groupby(fields, as_index=False)
    rows = groups.agg(
        flows=("flows", "sum"),
        bytes=("bytes", "sum"),
        times=("bucket", "size"),
        pace=("gap", "mean"),
        spread=("gap", "std"),
        first=("bucket", "min"),
        last=("bucket", "max"),
    )
    rows = rows.assign(unevenness=rows["spread"] / rows["pace"])
    small = rows["bytes"].astype("float64") / rows["flows"].astype("float64") <= SMALL
    # What is there in every timeslice flows steadily, and is no call.
    regular = (rows["unevenness"] <= UNEVEN) & (rows["pace"] > SLICE.total_seconds())
    kept = rows[(rows["times"] >= FEWEST) & small & regular]
    kept = kept.sort_values(["unevenness", "times"], ascending=[True, False])
    shown = kept[[*fields, "times", "pace", "flows", "bytes", "first", "last"]]
    return context.answer(found, frame=shown.head(50).reset_index(drop=True))


def long_lived(context: PanelContext) -> PanelAnswer:
    """The connections that lasted longest, of those that meet the question's own conditions."""
    asked = Filters.parse(context.query.where) & context.request.filters
    return longest(replace(context, request=replace(context.request, filters=asked)))


def refused_and_let_in(context: PanelContext) -> PanelAnswer:
    """Groups most of whose flows were refused, and some let in all the same."""
    found = context.ask(replace(context.query, top=None))
    frame = found.frame
    kept = frame[(frame["accepted"] > 0) & (frame["rejected"] > frame["accepted"])]
    return context.answer(found, frame=kept.head(context.query.top or 50).reset_index(drop=True))
