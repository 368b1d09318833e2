"""Traffic that is the same all the time is the same in every answer, whatever is late or missing."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from vpcflow_core.api import FlowLogs
from vpcflow_core.errors import ParameterError
from vpcflow_core.times import Window

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
Load = Callable[[list[str]], FlowLogs]


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Load]:
    with ExitStack() as opened:

        def loaded(lines: list[str]) -> FlowLogs:
            (tmp_path / "a.log").write_text("\n".join([FIELDS, *lines]) + "\n")
            flows = FlowLogs.open(tmp_path / "a.log", store=tmp_path / "store")
            return opened.enter_context(flows)

        yield loaded


FIELDS = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start "
    "end action log-status"
)


def line(start: datetime, lasted: int = 50, eni: int = 0, size: int = 1000) -> str:
    at = int(start.timestamp())
    return (
        f"2 123456789012 eni-{eni} 10.0.0.{eni} 10.9.0.1 40000 443 6 10 {size} {at} {at + lasted} "
        "ACCEPT OK"
    )


def nodata(start: datetime) -> str:
    at = int(start.timestamp())
    return f"2 123456789012 eni-0 - - - - - - - {at} {at + 599} - NODATA"


def delivered(aggregation: int, hours: int, interfaces: int = 20, seed: int = 1) -> list[str]:
    """Constant traffic up to noon, as far as it has arrived then: files of five minutes, late."""
    rng, noon, lines = random.Random(seed), int(NOON.timestamp()), []
    for eni in range(interfaces):
        begin = noon - hours * 3600 + rng.randrange(aggregation)
        for start in range(begin, noon, aggregation):
            end = start + aggregation - 1
            if (end // 300 + 1) * 300 + rng.randrange(180, 480) <= noon:
                lines.append(line(datetime.fromtimestamp(start, UTC), aggregation - 1, eni))
    return lines


def minutely(start: datetime, end: datetime) -> list[str]:
    return [line(start + n * MINUTE, eni=n % 5) for n in range((end - start) // MINUTE)]


@pytest.mark.parametrize("seed", range(3))
def test_the_end_of_constant_traffic_is_no_fall(load: Load, seed: int) -> None:
    flows = load(delivered(60, 2, seed=seed)).last("30m")
    judged = flows.outliers("bytes", threshold=4)
    assert not judged["violation"].any()
    whole = judged[judged["complete"]]
    assert whole["value"].tolist() == [20_000] * len(whole)
    assert 20 <= len(whole) <= 25
    assert judged["value"].iloc[-1] < 20_000


def test_what_can_still_grow_teaches_no_forecast_and_is_not_compared(load: Load) -> None:
    flows = load(delivered(600, 28))
    made = flows.last("6h").forecast("flows", every="10m", periods=6)
    assert made["predicted"].iloc[-1] == pytest.approx(20, abs=0.5)
    assert not made["complete"].iloc[-7:].any()
    day = flows.last("1h").series("bytes", every="10m", compare="1d")
    whole = day[day["complete"]]
    assert len(whole) >= 3
    assert (whole["change_1d"] == 0).all()
    assert day.loc[~day["complete"], "change_1d"].isna().all()
    panel = flows.last("3h").panel("traffic/accepted").answer
    for headline in panel.headlines:
        assert headline.change == pytest.approx(0, abs=1)
        assert headline.value > (headline.settled or 0)
    assert panel.notes[0].startswith("Compared up to 2026-11-18T11:")


def test_a_hole_of_yesterday_is_a_hole_and_no_growth(load: Load) -> None:
    hole = Window(NOON - 30 * HOUR, NOON - 26 * HOUR)
    lines = minutely(NOON - 3 * DAY, hole.start) + minutely(hole.end, NOON)
    flows = load(lines)
    today = flows.between(NOON - 6 * HOUR, NOON).series("flows", every="1h", compare="1d")
    assert today["value_1d"].tolist() == [pd.NA] * 4 + [60, 60]
    assert today["change_1d"].tolist() == [pd.NA] * 4 + [0, pd.NA]
    assert (
        "records are missing from 2026-11-17T06:00Z to 2026-11-17T10:00Z"
        in (today.attrs["notes"][0])
    )
    number = flows.between(NOON - 6 * HOUR, NOON).panel("traffic/accepted").answer
    assert [headline.earlier for headline in number.headlines] == [None, None]
    assert "records are missing" in number.notes[0]
    then = flows.between(hole.start - HOUR, hole.end + HOUR)
    values = then.series("flows", every="1h")
    assert values["value"].tolist() == [60, *[pd.NA] * 4, 60]
    assert values["complete"].tolist() == [False] * 5 + [True]
    assert not then.outliers("flows", every="5m")["violation"].any()
    made = flows.last("3d").forecast("flows", every="1h", periods=3)
    assert made["predicted"].tail(3).tolist() == [60.0] * 3


def test_an_interface_without_traffic_is_known_to_have_none(load: Load) -> None:
    start = NOON - 9 * HOUR
    quiet = [nodata(start + n * 10 * MINUTE) for n in range(6 * 9)]
    found = load([*minutely(start, start + HOUR), *quiet]).series("flows", every="1h")
    assert found["value"].tolist() == [60, *[0] * 8]
    assert found["complete"].tolist() == [True] * 8 + [False]


@pytest.mark.parametrize(
    "wrong",
    [datetime(2099, 1, 1, tzinfo=UTC), datetime(1975, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)],
)  # fmt: skip
def test_a_record_of_a_time_that_cannot_be_moves_nothing(load: Load, wrong: datetime) -> None:
    flows = load([*minutely(NOON - 5 * HOUR, NOON), line(wrong)])
    assert flows.extent == Window(NOON - 5 * HOUR, NOON - MINUTE + timedelta(milliseconds=1))
    assert flows.last("1h").window == Window(NOON - HOUR, NOON)
    assert len(flows.series("flows", every="1m")) == 300
    assert flows.sql("SELECT count(*) n FROM flows")["n"].item() == 300
    assert flows.sql("SELECT count(*) n FROM records")["n"].item() == 301
    assert [source.stray for source in flows.catalogue.sources()] == [1]
    assert "no range hangs on them" in flows.notes[-1]


def test_a_single_record_of_last_week_makes_no_week_of_nothing(load: Load) -> None:
    flows = load([*minutely(NOON - 5 * HOUR, NOON), line(NOON - 8 * DAY)])
    hours = flows.between(NOON - 2 * HOUR, NOON)
    compared = hours.panel("accepts/bytes-compared").answer
    assert [name for name in compared.frame if name.startswith("value_")] == []
    assert [note.partition(":")[0] for note in compared.notes] == [
        "The comparison with 1d before is left out",
        "The comparison with 7d before is left out",
    ]
    assert [one.earlier for one in hours.panel("traffic/accepted").answer.headlines] == [None] * 2
    ahead = flows.last("5h").panel("traffic/flows-trend").frame
    assert ahead["predicted"].iloc[-1] == pytest.approx(1, abs=0.01)


def test_a_series_of_too_many_buckets_is_refused_before_it_is_made(load: Load) -> None:
    flows = load([line(datetime(2011, 1, 1, tzinfo=UTC)), line(NOON)])
    for ask in (flows.series, flows.outliers, flows.forecast):
        with pytest.raises(ParameterError, match=r"2011-01-01T00:00Z to 2026.*rows"):
            ask("bytes", every="1m")
    assert len(flows.series("bytes", every="1d")) > 5000
