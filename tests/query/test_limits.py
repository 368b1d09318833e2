"""Which groups over time are shown: by their average, their highest or their last timeslice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlglot
from trino.sqlalchemy.dialect import TrinoDialect

import vpcflow_core.engines.trino.compile  # noqa: F401  (registers its words)
from vpcflow_core.api import FlowLogs
from vpcflow_core.errors import ParameterError
from vpcflow_core.panels.built import Built, built
from vpcflow_core.query.filters import NO_FILTERS
from vpcflow_core.query.limits import highest, ranked
from vpcflow_core.query.question import Limit, Place, Query
from vpcflow_core.times import Window

START = datetime(2026, 11, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
WINDOW = Window(START, START + 3 * HOUR)
HEADER = "srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
# Bytes of each source in three hours: one is busy always, one once, one at the end.
BYTES = {"10.0.0.1": (500, 500, 500), "10.0.0.2": (0, 900, 0), "10.0.0.3": (0, 0, 600)}
BEST: dict[Limit, str] = {"average": "10.0.0.1", "maximum": "10.0.0.2", "last": "10.0.0.3"}
# A flow of two hours, of which each minute has a 120th: 12 KB, but 6 KB an hour.
LONG = ("10.0.0.4", 12_000, 0, 7199)


def logs_of(flows: list[tuple[str, int, int, int]], folder: object) -> FlowLogs:
    first = int(START.timestamp())
    lines = [
        f"{who} 10.0.0.9 50000 443 6 1 {size} {first + start} {first + end} ACCEPT OK"
        for who, size, start, end in flows
    ]
    file = folder / "a.log"  # type: ignore[operator]
    file.write_text("\n".join([HEADER, *lines, ""]))
    return FlowLogs.open(file, store=file.with_name("store")).between(WINDOW.start, WINDOW.end)


@pytest.fixture(scope="module")
def ranked_sources(tmp_path_factory: pytest.TempPathFactory) -> FlowLogs:
    flows = [
        (who, size, 3600 * hour, 3600 * hour + 30)
        for who, sizes in BYTES.items()
        for hour, size in enumerate(sizes)
        if size
    ]
    # What comes later makes the last hour complete.
    flows.append(("10.0.0.9", 5000, 4 * 3600 + 1800, 4 * 3600 + 1830))
    return logs_of(flows, tmp_path_factory.mktemp("limits"))


@pytest.mark.slow
@pytest.mark.parametrize("limit", BEST)
def test_series_are_those_of_the_highest_average_maximum_or_last_timeslice(
    ranked_sources: FlowLogs, limit: Limit
) -> None:
    for measure, place in (("bytes", "start"), ("bytes", "spread"), ("bits_per_second", "spread")):
        found = ranked_sources.series(
            measure,
            every="1h",
            by="srcaddr",
            n=1,
            limit_by=limit,
            place=place,  # type: ignore[arg-type]
        )
        assert found["srcaddr"].unique().tolist() == [BEST[limit]]
        times = 8 / 3600 if measure == "bits_per_second" else 1
        assert found["value"].tolist() == [size * times for size in BYTES[BEST[limit]]]


@pytest.mark.slow
@pytest.mark.parametrize("limit", BEST)
def test_the_others_of_a_chart_are_what_is_not_shown(
    ranked_sources: FlowLogs, limit: Limit
) -> None:
    asked = Built("bytes", ("srcaddr",), "stacked", 1, limit)
    assert built(asked.slug) == asked
    frame = ranked_sources.panel(asked.slug).frame
    shown = frame[frame["srcaddr"].notna()]
    rest = frame[frame["srcaddr"].isna()].groupby("bucket")["bytes"].sum()
    assert shown["srcaddr"].unique().tolist() == [BEST[limit]]
    whole = sum(sum(sizes) for sizes in BYTES.values())
    assert rest.sum() == whole - sum(BYTES[BEST[limit]])


@pytest.mark.slow
def test_what_is_spread_is_ranked_by_what_is_drawn(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    flows = [LONG, ("10.0.0.5", 7000, 10, 20)]
    logs = logs_of(flows, tmp_path_factory.mktemp("spread"))
    best = {}
    for place in ("start", "spread"):
        found = logs.series("bytes", every="1h", by="srcaddr", n=1, limit_by="maximum", place=place)  # type: ignore[arg-type]
        best[place] = found["srcaddr"].unique().tolist()
    assert best == {"start": ["10.0.0.4"], "spread": ["10.0.0.5"]}


def test_the_last_timeslice_is_a_complete_one_in_which_something_was(
    ranked_sources: FlowLogs,
) -> None:
    late = ranked_sources.between(WINDOW.start, WINDOW.end + 2 * HOUR)
    found = late.series("bytes", every="1h", by="srcaddr", n=1, limit_by="last")
    # The hour of the newest record is not complete, and in the one before it nothing was.
    assert found["srcaddr"].unique().tolist() == [BEST["last"]]


@pytest.mark.parametrize("place", ["start", "spread"])
def test_the_ranking_can_be_asked_of_trino(place: Place) -> None:
    query = ranked(
        Query(("bytes", "flows"), ("srcaddr",), HOUR, top=3, limit_by="maximum", place=place)
    )
    columns = {"srcaddr", "bytes", "start_time", "end_time"}
    asked = highest(query, WINDOW, NO_FILTERS, columns, None, START + HOUR, 3)
    text = str(asked.compile(dialect=TrinoDialect(), compile_kwargs={"literal_binds": True}))
    [parsed] = sqlglot.parse(text, read="trino")
    assert parsed is not None
    assert "max(" in text
    assert text.rstrip().endswith("LIMIT 3")


def test_what_is_no_limit_is_refused(ranked_sources: FlowLogs) -> None:
    with pytest.raises(ParameterError, match="Limits: average, maximum, last"):
        ranked_sources.series("bytes", by="srcaddr", limit_by="median")  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="Limit by average or maximum"):
        ranked_sources.series("bytes", every="1h", by="src_country", limit_by="last")
