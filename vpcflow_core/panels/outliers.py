"""The panels of Outliers: everything unusual on one page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import pandas as pd

from vpcflow_core.analysis.episodes import episodes
from vpcflow_core.analysis.outliers import distance
from vpcflow_core.asker import all_of
from vpcflow_core.errors import MissingDataError
from vpcflow_core.panels.analyses.makers import NONE_ASKED, Makers, makers, named
from vpcflow_core.panels.analyses.time import band, judged
from vpcflow_core.panels.answer import PanelAnswer
from vpcflow_core.panels.base import MINUTE, Panel, PanelContext
from vpcflow_core.panels.lacking import reason, sentences
from vpcflow_core.panels.request import ALL_PARAMETERS
from vpcflow_core.query.filters import NO_FILTERS, Filters, exactly
from vpcflow_core.query.question import Query
from vpcflow_core.query.result import QueryResult
from vpcflow_core.times import Window

# What is watched: slug, title, measure, condition.
WATCHED = (
    ("bytes", "Bytes", "bytes", ()),
    ("packets", "Packets", "packets", ()),
    ("accepted", "Accepted flows", "flows", (("action", "ACCEPT"),)),
    ("rejected", "Rejected flows", "flows", (("action", "REJECT"),)),
    ("inbound-bytes", "Inbound bytes", "bytes", (("direction", "inbound"),)),
    ("inbound-packets", "Inbound packets", "packets", (("direction", "inbound"),)),
    ("outbound-bytes", "Outbound bytes", "bytes", (("direction", "outbound"),)),
    ("outbound-packets", "Outbound packets", "packets", (("direction", "outbound"),)),
)

BANDS: tuple[Panel, ...] = tuple(
    Panel(
        f"outliers/{slug}",
        title,
        f"{title} in each timeslice, and the band they were expected in.",
        Query((measure,), every=MINUTE, where=where),
        "band",
        analysis=band,
        about=f"{where[0][1]} records" if where else "records",
    )
    for slug, title, measure, where in WATCHED
)
COLUMNS = ["bucket", "panel", "measure", "value", "lower", "upper", "error", "deviations", "title"]
ALL_COLUMNS = [*COLUMNS, "field", "of"]
# One lost record a minute is no noise where there is none otherwise: a quarter of it is the floor.
LEAST_LOST = 0.25


# What is watched value by value, and what no band of traffic shows: records that AWS lost.
WATCHED_BY = (("outliers/bytes", "Bytes", "bytes"), ("traffic/flows-outliers", "Flows", "flows"))
LOST = Query(("records",), every=MINUTE, where=(("log_status", "SKIPDATA"),), records=True)
NOT_JUDGED = "cannot be judged"
# Values that are judged by themselves, the busiest; episodes of which is asked who made them.
BUSIEST, EXPLAINED = 10, 10


def violations(context: PanelContext) -> PanelAnswer:
    """Every violation of every band, the furthest outside first.

    The distance is measured in half widths of the band from its middle, times the threshold: a
    value at the band's edge has as many deviations as the threshold says.
    """
    found = _together(*_of_bands(context))
    frame = _joined(found.frames)[COLUMNS]
    frame = frame.sort_values(["deviations", "bucket"], ascending=[False, True], ignore_index=True)
    every = context.timeslice
    return context.answer(
        *found.answers, frame=frame, notes=sentences(found.missing, NOT_JUDGED), every=every
    )


def unusual(context: PanelContext) -> PanelAnswer:
    """The episodes: neighbouring violations of all bands, and of values by themselves, as one.

    Of the worst ten it is asked who made them.
    """
    found = _together(*_of_bands(context), *_of_values(context), partial(_lost, context))
    made = episodes(_joined(found.frames), context.timeslice)
    rows = [row for _, row in made.iterrows()]
    made_by = all_of(*(partial(makers, context, *_asked(row)) for row in rows[:EXPLAINED]))
    made_by += [NONE_ASKED] * (len(rows) - len(made_by))
    if made.empty:
        made = made.astype({"start": "datetime64[us, UTC]", "end": "datetime64[us, UTC]"})
    made = made.assign(
        made_by=[each.text for each in made_by],
        filters=pd.Series(map(_filters, rows, made_by), dtype="object"),
    )
    results = [result for each in made_by for result in each.results]
    answers = (*found.answers, *results)
    return context.answer(
        *answers, frame=made, notes=sentences(found.missing, NOT_JUDGED), every=context.timeslice
    )


class Found(NamedTuple):
    """What was judged: the violations, the answers, and by title why others were not."""

    frames: list[pd.DataFrame]
    answers: list[PanelAnswer | QueryResult]
    missing: dict[str, str]


def _together(*asks: Callable[[], Found]) -> Found:
    """What several judged."""
    given = all_of(*asks)
    return Found(
        [frame for each in given for frame in each.frames],
        [answer for each in given for answer in each.answers],
        {title: why for each in given for title, why in each.missing.items()},
    )


def _of_bands(context: PanelContext) -> list[Callable[[], Found]]:
    """What judges each band."""
    return [partial(_of_band, context, panel) for panel in BANDS]


def _of_band(context: PanelContext, panel: Panel) -> Found:
    """The violations of one band."""
    try:
        answer = band(replace(context, panel=panel))
    except MissingDataError as error:
        return Found([], [], {panel.title: reason(error)})
    threshold = context.request.parameters.threshold
    frame = _found(panel.slug, panel.title, panel.value, answer.frame, threshold)
    # What each band says stands below its own chart.
    return Found([frame.assign(every=answer.every)], [replace(answer, notes=())], {})


def _of_values(context: PanelContext) -> list[Callable[[], Found]]:
    """What judges the busiest values of a field, each by itself."""
    return [
        partial(_of_value, context, *row) for row in WATCHED_BY if context.request.parameters.by
    ]


def _of_value(context: PanelContext, slug: str, title: str, name: str) -> Found:
    """The violations of the busiest values of a field in one measure."""
    parameters = context.request.parameters
    every = replace(context, panel=BANDS[0]).timeslice if name == "bytes" else context.timeslice
    query = Query((name,), (parameters.by,), every=every, top=BUSIEST, place="spread")
    try:
        answer = judged(context, query)
    except MissingDataError as error:
        return Found([], [], {f"{title} by {parameters.by}": reason(error)})
    frame = _found(slug, title, name, answer.frame, parameters.threshold)
    name_of = named(context, parameters.by)
    made = frame.assign(
        every=every,
        field=parameters.by,
        of=frame[parameters.by].astype(str),
        title=f"{title} of " + frame[parameters.by].map(name_of),
    )
    return Found([made], list(answer.results), {})


def _lost(context: PanelContext) -> Found:
    """Times of which AWS lost records, more than usual."""
    try:
        answer = judged(context, replace(LOST, every=context.timeslice), unit=LEAST_LOST)
    except MissingDataError as error:
        return Found([], [], {"Lost records": reason(error)})
    threshold = context.request.parameters.threshold
    frame = answer.frame[answer.frame["value"] > 0]
    found = _found("overview/log-status", "Lost records", "records", frame, threshold)
    return Found([found.assign(every=context.timeslice)], list(answer.results), {})


def _asked(row: pd.Series) -> tuple[Query, Window, Filters]:
    """What is asked of an episode: its measure and condition, when, and in whose series."""
    lost = row["panel"] == "overview/log-status"
    bands = {panel.slug: panel.query.where for panel in BANDS}
    where = LOST.where if lost else bands.get(row["panel"], ())
    window = Window(row["start"].to_pydatetime(), row["end"].to_pydatetime())
    own = Filters.parse([(row["field"], exactly(row["of"]))]) if row["field"] else NO_FILTERS
    return Query((row["measure"],), where=where, records=lost), window, own


def _filters(row: pd.Series, made: Makers) -> tuple[tuple[str, str], ...]:
    """What narrows a page to an episode, by field."""
    bands = {panel.slug: panel.query.where for panel in BANDS}
    own = [(row["field"], exactly(row["of"]))] if row["field"] else []
    pairs = [*bands.get(row["panel"], ()), *made.filters[:1], *own]
    return tuple(dict(pairs).items())


def _joined(frames: list[pd.DataFrame]) -> pd.DataFrame:
    whole = [frame for frame in frames if len(frame)]
    return pd.concat(whole, ignore_index=True) if whole else pd.DataFrame(columns=ALL_COLUMNS)


def _found(
    slug: str, title: str, measure: str, frame: pd.DataFrame, threshold: float
) -> pd.DataFrame:
    """The violations of one band."""
    out = frame[frame["violation"]]
    return out.assign(
        panel=slug,
        title=title,
        measure=measure,
        field="",
        of="",
        value=out["value"].astype("float64"),
        deviations=distance(out, threshold),
    )


OUTLIERS: tuple[Panel, ...] = (
    *BANDS,
    Panel(
        "outliers/episodes",
        "What was unusual",
        "Neighbouring timeslices that left their bands, of all panels together and of the busiest "
        "values by themselves, as one episode; the worst first, with who made it.",
        Query(("flows",), by=("interface_id",)),
        "table",
        analysis=unusual,
        about="episodes",
        parameters=ALL_PARAMETERS,
    ),
    Panel(
        "outliers/violations",
        "All violations",
        "Every timeslice that left its band, the furthest outside first.",
        Query(("flows",), every=MINUTE),
        "table",
        analysis=violations,
        about="violations",
        parameters=ALL_PARAMETERS,
    ),
)
