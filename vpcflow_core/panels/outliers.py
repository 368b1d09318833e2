"""The panels of Outliers: everything unusual on one page."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

import pandas as pd

from vpcflow_core.analysis.episodes import episodes
from vpcflow_core.analysis.outliers import distance
from vpcflow_core.errors import MissingDataError
from vpcflow_core.panels.analyses.makers import NONE_ASKED, Makers, makers, named
from vpcflow_core.panels.analyses.time import band, judged
from vpcflow_core.panels.base import MINUTE, Panel, PanelAnswer, PanelContext
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
# Values that are judged by themselves, the busiest; episodes of which is asked who made them.
BUSIEST, EXPLAINED = 10, 10


def violations(context: PanelContext) -> PanelAnswer:
    """Every violation of every band, the furthest outside first.

    The distance is measured in half widths of the band from its middle, times the threshold: a
    value at the band's edge has as many deviations as the threshold says.
    """
    frames, answers, missing = _of_bands(context)
    frame = _joined(frames)[COLUMNS]
    frame = frame.sort_values(["deviations", "bucket"], ascending=[False, True], ignore_index=True)
    return context.answer(*answers, frame=frame, notes=missing, every=context.timeslice)


def unusual(context: PanelContext) -> PanelAnswer:
    """The episodes: neighbouring violations of all bands, and of values by themselves, as one.

    Of the worst ten it is asked who made them.
    """
    frames, answers, missing = _of_bands(context)
    for ask in (_by_value, _lost):
        try:
            found = ask(context)
        except MissingDataError as error:
            missing.append(f"{error.what} {error.next_step}")
            continue
        frames += found[0]
        answers += found[1]
    made = episodes(_joined(frames), context.timeslice)
    rows = [row for _, row in made.iterrows()]
    made_by = [makers(context, *_asked(row)) for row in rows[:EXPLAINED]]
    made_by += [NONE_ASKED] * (len(rows) - len(made_by))
    if made.empty:
        made = made.astype({"start": "datetime64[us, UTC]", "end": "datetime64[us, UTC]"})
    made = made.assign(
        made_by=[each.text for each in made_by],
        filters=pd.Series(map(_filters, rows, made_by), dtype="object"),
    )
    results = [result for each in made_by for result in each.results]
    return context.answer(*answers, *results, frame=made, notes=missing, every=context.timeslice)


def _of_bands(
    context: PanelContext,
) -> tuple[list[pd.DataFrame], list[PanelAnswer | QueryResult], list[str]]:
    """The violations of each band, the answers, and what is missing for others."""
    frames: list[pd.DataFrame] = []
    answers: list[PanelAnswer | QueryResult] = []
    missing: list[str] = []
    for panel in BANDS:
        try:
            answer = band(replace(context, panel=panel))
        except MissingDataError as error:
            missing.append(f"{panel.title} cannot be judged: {error.what} {error.next_step}")
            continue
        # What each band says stands below its own chart.
        answers.append(replace(answer, notes=()))
        threshold = context.request.parameters.threshold
        frame = _found(panel.slug, panel.title, panel.value, answer.frame, threshold)
        frames.append(frame.assign(every=answer.every))
    return frames, answers, missing


Found: TypeAlias = tuple[list[pd.DataFrame], list[QueryResult]]


def _by_value(context: PanelContext) -> Found:
    """The violations of the busiest values of a field, each by itself."""
    parameters = context.request.parameters
    frames: list[pd.DataFrame] = []
    results: list[QueryResult] = []
    if not parameters.by:
        return [], []
    name_of = named(context, parameters.by)
    for slug, title, name in WATCHED_BY:
        every = replace(context, panel=BANDS[0]).timeslice if name == "bytes" else context.timeslice
        query = Query((name,), (parameters.by,), every=every, top=BUSIEST, place="spread")
        answer = judged(context, query)
        frame = _found(slug, title, name, answer.frame, parameters.threshold)
        frames.append(
            frame.assign(
                every=every,
                field=parameters.by,
                of=frame[parameters.by].astype(str),
                title=f"{title} of " + frame[parameters.by].map(name_of),
            )
        )
        results += answer.results
    return frames, results


def _lost(context: PanelContext) -> Found:
    """Times of which AWS lost records, more than usual."""
    answer = judged(context, replace(LOST, every=context.timeslice), unit=LEAST_LOST)
    threshold = context.request.parameters.threshold
    frame = answer.frame[answer.frame["value"] > 0]
    found = _found("overview/log-status", "Lost records", "records", frame, threshold)
    return [found.assign(every=context.timeslice)], list(answer.results)


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
