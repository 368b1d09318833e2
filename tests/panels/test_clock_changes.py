"""Days of 23 and of 25 hours: compared by the clock, said, and drawn right."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from vpcflow_core.api import FlowLogs
from vpcflow_core.errors import TimeError
from vpcflow_core.panels.catalogue import PANELS, Parameters
from vpcflow_core.times import Window

BERLIN, HOUR, DAY = ZoneInfo("Europe/Berlin"), timedelta(hours=1), timedelta(days=1)
HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start "
    "end action log-status\n"
)


def opened(tmp: pytest.TempPathFactory, name: str, times: list[tuple[datetime, int]]) -> FlowLogs:
    path, lines = tmp.mktemp(name), [HEADER]
    for at, count in times:
        begin = int(at.timestamp())
        lines += [
            f"2 1 eni-1 10.0.0.1 10.9.0.1 {30000 + n} 443 6 1 100 {begin + n} {begin + n} ACCEPT OK\n"
            for n in range(count)
        ]
    (path / "a.log").write_text("".join(lines))
    return FlowLogs.open(path, store=path / "store")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlowLogs]:
    """Berlin's office hours, busy by the clock, over the night of 25 October 2026."""
    hours = pd.date_range("2026-10-15", "2026-10-28", freq="15min", tz=UTC, inclusive="left")
    times = [
        (at.to_pydatetime(), 10 if 8 <= at.tz_convert(BERLIN).hour < 18 else 1) for at in hours
    ]
    with opened(tmp_path_factory, "office", times) as flows:
        yield flows


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlowLogs]:
    """A flow a minute over that night."""
    start = datetime(2026, 10, 24, 20, tzinfo=UTC)
    times = [(start + timedelta(minutes=n), 1) for n in range(600)]
    with opened(tmp_path_factory, "night", times) as flows:
        yield flows


def test_yesterday_is_the_same_time_by_the_clock(office: FlowLogs) -> None:
    panel = PANELS["accepts/bytes-compared"]
    for day in (25, 26, 27):
        begin = datetime(2026, 10, day, tzinfo=BERLIN).astimezone(UTC)
        end = datetime(2026, 10, day + 1, tzinfo=BERLIN).astimezone(UTC)
        if day == 27:
            end -= HOUR
        request = panel.request(
            Window(begin, end), parameters=Parameters(timeslice=HOUR), zone="Europe/Berlin"
        )
        answer = panel.answer(request, office)
        inner = answer.frame[answer.frame["value_7d"].notna()]
        assert len(inner) >= 20
        assert (inner["value"] == inner["value_1d"]).all()
        assert (inner["value"] == inner["value_7d"]).all()
        assert any("The clocks of Europe/Berlin changed" in note for note in answer.notes)
    plain = panel.answer(panel.request(Window(begin, end), parameters=Parameters(HOUR)), office)
    assert (plain.frame["value"] != plain.frame["value_7d"]).any()


def test_series_compare_by_the_clock_of_a_zone(office: FlowLogs) -> None:
    day = office.between("2026-10-26T00:00Z", "2026-10-26T20:00Z")
    frame = day.series("flows", every="1h", compare=["1d", "7d"], zone="Europe/Berlin")
    assert frame["value"].tolist() == frame["value_1d"].tolist() == frame["value_7d"].tolist()
    with pytest.raises(TimeError, match="'Mars/Base' is no time zone"):
        day.series("flows", every="1h", compare="1d", zone="Mars/Base")


def test_groups_without_a_row_are_compared_with_nothing(office: FlowLogs) -> None:
    day = office.between("2026-10-26T00:00Z", "2026-10-26T20:00Z").where(srcport=1)
    frame = day.series("flows", by="srcaddr", every="1h", compare="1d", zone="Europe/Berlin")
    assert frame.empty
    assert "value_1d" in frame


def test_an_hour_that_yesterday_did_not_have_has_nothing_beside_it(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    start = datetime(2026, 3, 27, tzinfo=UTC)
    times = [(start + n * HOUR, 3) for n in range(5 * 24)]
    with opened(tmp_path_factory, "spring", times) as flows:
        day = flows.between("2026-03-29T22:00Z", "2026-03-30T10:00Z")
        frame = day.series("flows", every="1h", compare="1d", zone="Europe/Berlin")
    local = frame["bucket"].dt.tz_convert(BERLIN).dt.hour
    assert frame["value_1d"].isna().tolist() == (local == 2).tolist()
    assert frame["value_1d"].dropna().eq(3).all()


def test_a_repeated_hour_is_two_columns_of_their_own_height(night: FlowLogs) -> None:
    inside = night.between("2026-10-24T22:00Z", "2026-10-25T05:00Z")
    shown = inside.panel("overview/protocols", zone="Europe/Berlin")
    assert any("25 Oct 2026, a day of 25 hours: 02:00 to 03:00" in n for n in shown.answer.notes)
    (bars,) = shown.figure("Europe/Berlin").data
    assert list(bars.y) == [60] * 7
    places = pd.DatetimeIndex(bars.x)
    assert places.is_unique
    assert places.is_monotonic_increasing
    ends = places + pd.to_timedelta(list(bars.width), unit="ms")
    assert (ends[:-1] <= places[1:]).all()
    assert [place.strftime("%H:%M") for place in places[2:5]] == ["02:00", "02:30", "03:00"]


def test_lines_over_a_repeated_hour_run_on_to_the_right(night: FlowLogs) -> None:
    inside = night.between("2026-10-24T22:00Z", "2026-10-25T05:00Z")
    for slug in ("traffic/flows-outliers", "accepts/bytes-compared", "traffic/flows-trend"):
        figure = inside.panel(slug, zone="Europe/Berlin").figure("Europe/Berlin")
        lines = [line for line in figure.data if line.x is not None and len(line.x) > 100]
        assert lines
        for line in lines:
            assert pd.DatetimeIndex(line.x).is_monotonic_increasing


def test_a_night_without_a_change_needs_no_word(night: FlowLogs) -> None:
    inside = night.between("2026-10-24T22:00Z", "2026-10-25T05:00Z")
    for zone in ("UTC", "Asia/Kolkata"):
        assert not any(
            "clocks" in note for note in inside.panel("overview/protocols", zone=zone).answer.notes
        )
    summer = Window(datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 7, 2, tzinfo=UTC))
    assert PANELS["accepts/bytes-compared"].request(summer, zone="Europe/Berlin").zone == ""
