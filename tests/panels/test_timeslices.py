"""Timeslices that suit the range and the logs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from vpcflow_core.api import FlowLogs
from vpcflow_core.panels.base import auto_timeslice
from vpcflow_core.panels.catalogue import PANELS, Parameters
from vpcflow_core.times import Window

START = datetime(2026, 11, 1, 8, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start "
    "end action log-status flow-direction\n"
)


def logs(folder: str, tmp: pytest.TempPathFactory, lasts: int, every: int) -> FlowLogs:
    """Four hours of records that last so many seconds, one each `every` seconds."""
    path, begin = tmp.mktemp(folder), int(START.timestamp())
    lines = [
        f"2 123456789012 eni-1 10.0.0.1 10.9.0.1 {40000 + at % 9000} 443 6 5 500 {begin + at} "
        f"{begin + at + lasts} {('ACCEPT', 'REJECT')[at % 7 == 0]} OK egress\n"
        for at in range(0, 4 * 3600, every)
    ]
    (path / "a.log").write_text(HEADER + "".join(lines))
    return FlowLogs.open(path, store=path / "store")


@pytest.fixture(scope="module")
def minutes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlowLogs]:
    with logs("minutes", tmp_path_factory, 20, 15) as flows:
        yield flows


@pytest.fixture(scope="module")
def tens(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlowLogs]:
    with logs("tens", tmp_path_factory, 590, 300) as flows:
        yield flows


@pytest.mark.parametrize("length", [5, 20, 90])
def test_a_short_range_is_not_widened(minutes: FlowLogs, length: int) -> None:
    # Ten minutes past the hour: whole hours would have far more.
    begin = START + HOUR + 10 * MINUTE
    inside = minutes.between(begin, begin + length * MINUTE)
    total = inside.panel("overview/actions").frame["flows"].sum()
    assert total == 4 * length
    for slug in ("overview/protocols", "traffic/packets-per-flow", "traffic/flows-outliers"):
        shown = inside.panel(slug)
        value = "value" if "value" in shown.frame else "flows"
        every = shown.answer.every
        assert every is not None
        aligned = Window(begin, begin + length * MINUTE).snapped(every)
        assert aligned.length <= 1.4 * length * MINUTE
        assert shown.frame[value].sum() == 4 * (aligned.length // MINUTE)
    directions = inside.panel("security-groups/directions-over-time")
    assert directions.frame["bytes"].sum() <= 1.4 * 500 * total


def test_a_panel_per_hour_says_what_it_does_in_a_short_range(minutes: FlowLogs) -> None:
    begin = START + HOUR
    short = minutes.between(begin, begin + 5 * MINUTE).panel("overview/protocols").answer
    assert "In timeslices of 1m: the range is too short for those of 1h." in short.notes
    long = minutes.between(START, START + 4 * HOUR).panel("overview/protocols").answer
    assert long.every == HOUR
    assert not any("too short" in note for note in long.notes)


def test_a_timeslice_longer_than_the_range_shrinks(minutes: FlowLogs) -> None:
    panel = PANELS["traffic/flows-outliers"]
    window = Window(START + HOUR, START + HOUR + 20 * MINUTE)
    request = panel.request(window, parameters=Parameters(timeslice=HOUR))
    answer = panel.answer(request, minutes)
    assert answer.every == 5 * MINUTE
    assert answer.frame["value"].sum() == 80
    assert any("instead of 1h: the range is too short" in note for note in answer.notes)


def test_auto_is_a_minute_or_the_interval_of_the_logs(minutes: FlowLogs, tens: FlowLogs) -> None:
    assert (minutes.coverage.interval, tens.coverage.interval) == (MINUTE, 10 * MINUTE)
    for slug, expected in (("traffic/flows-outliers", 10), ("traffic/bytes-outliers", 1)):
        assert minutes.panel(slug).answer.every == MINUTE
        assert tens.panel(slug).answer.every == expected * MINUTE
    assert tens.panel("overview/rejections").answer.every == 10 * MINUTE
    inside = tens.between(START + HOUR, START + 3 * HOUR)
    assert not inside.panel("traffic/flows-outliers").frame["violation"].any()
    assert not inside.panel("traffic/bytes-outliers").frame["violation"].any()


def test_auto_is_coarser_for_long_ranges() -> None:
    for days in (1, 3, 7, 30, 90):
        window = Window(START, START + timedelta(days=days))
        assert window.length / auto_timeslice(window, MINUTE, "bytes") <= 1500
        assert auto_timeslice(window, 10 * MINUTE, "flows") >= 10 * MINUTE
