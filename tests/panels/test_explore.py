"""Explore: ready questions answer, built ones say in their slug all that they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from dashboards.ui.panel_body import is_empty, summary
from dashboards.ui.parameters import read_parameters
from tests.logs import UNTIL
from vpcflow_core.api import FlowLogs
from vpcflow_core.errors import MisuseError
from vpcflow_core.panels.built import DRAWN, Built, built
from vpcflow_core.panels.catalogue import panel
from vpcflow_core.panels.explore import READY

DAY = timedelta(days=1)
START = datetime(2026, 11, 10, tzinfo=UTC)


def tuples(frame: pd.DataFrame) -> list[tuple[object, ...]]:
    """The rows, nulls as None."""
    plain = frame.astype(object).where(frame.notna(), None)
    return [tuple(row) for row in plain.to_numpy()]


@pytest.fixture(scope="module")
def explored_day(sample_store: Path) -> Iterator[FlowLogs]:
    with FlowLogs.open(sample_store) as opened:
        yield opened.between(UNTIL - DAY, UNTIL)


@pytest.mark.slow
def test_every_ready_question_has_an_answer_of_what_it_asks(explored_day: FlowLogs) -> None:
    assert len(READY) >= 17
    for slug, asked in READY.items():
        frame = explored_day.panel(slug).frame
        assert set(asked.drill) <= set(frame.columns), slug
        assert len(frame) <= 50, slug
    pairs = explored_day.panel("explore/pairs").frame
    assert pairs.equals(explored_day.top("srcaddr,dstaddr", by="bytes", n=50)[list(pairs.columns)])
    remote = explored_day.panel("explore/remote-access").frame
    assert set(remote["dstport"]) <= {22, 3389}
    assert not remote["srcaddr"].str.startswith("10.").any()


def line(at: datetime, source: str, target: str, port: int, action: str = "ACCEPT") -> str:
    start = int(at.timestamp())
    return (
        f"2 123456789010 eni-1 {source} {target} 40000 {port} 6 10 840 {start} {start + 30} "
        f"{action} OK"
    )


@pytest.fixture(scope="module")
def few_records(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlowLogs]:
    """Two days: on the second, new sources, calls every ten minutes, and a brute force."""
    known = [line(START + timedelta(hours=h), "198.51.100.1", "10.0.0.5", 443) for h in range(48)]
    new = [line(START + DAY + timedelta(hours=h), "203.0.113.9", "10.0.0.5", 22, "REJECT")
           for h in range(20)]  # fmt: skip
    new += [line(START + DAY, "203.0.113.9", "10.0.0.5", 22)]
    calls = [
        line(START + DAY + timedelta(minutes=10 * n), "10.0.0.5", "192.0.2.7", 8443)
        for n in range(100)
    ]
    folder = tmp_path_factory.mktemp("few")
    (folder / "few.log").write_text("\n".join([*known, *new, *calls]))
    with FlowLogs.open(folder / "few.log", store=folder / "store") as opened:
        yield opened.between(START + DAY, START + 2 * DAY)


def test_what_is_new_was_never_seen_in_the_seven_days_before(few_records: FlowLogs) -> None:
    shown = few_records.panel("explore/new-sources")
    assert shown.frame[["srcaddr", "flows"]].to_numpy().tolist() == [
        ["10.0.0.5", 100], ["203.0.113.9", 21],
    ]  # fmt: skip
    assert "2 of 3 are new" in shown.answer.notes[0]
    assert "the logs begin 2026-11-10T00:00Z" in shown.answer.notes[0]
    # Nothing is known of the time before the day before.
    assert len(shown.answer.notes) == 1
    assert shown.frame[["destinations", "ports"]].to_numpy().tolist() == [[1, 1], [1, 1]]


def test_what_is_new_depends_on_what_it_is_compared_with(few_records: FlowLogs) -> None:
    later = few_records.between(START + 2 * DAY, START + 3 * DAY)
    wide = few_records.between(START, START + 2 * DAY)
    for flows, text, note in (
        (few_records, "1h", "compared with the 1h before"),
        (few_records, f"{START:%Y-%m-%d}", "compared with 2026-11-10T00:00Z to 2026-11-11T00:00Z"),
        (later, "3d", "the logs begin"),
    ):
        parameters = read_parameters({"baseline": text})[0]
        answer = flows.panel("explore/new-protocols", parameters=parameters).answer
        assert note in answer.notes[0]
    # What was all seen in the time itself is not new.
    same = read_parameters({"baseline": f"{START:%Y-%m-%d} - {START + 2 * DAY:%Y-%m-%d}"})[0]
    assert wide.panel("explore/new-pairs", parameters=same).frame.empty
    assert "is no time" in read_parameters({"baseline": "soon"})[1][0]


def test_how_rare_what_is_new_is_says_as_long_a_time_before(few_records: FlowLogs) -> None:
    later = few_records.between(START + 2 * DAY, START + 3 * DAY)
    first, second = later.panel("explore/new-sources").answer.notes
    assert first.startswith("0 of 0 are new")
    assert second == "In the 24h before, 2 of 3 were new."


def test_accepts_and_rejects_show_who_and_what_is_new_there(few_records: FlowLogs) -> None:
    refused = few_records.panel("rejects/new-sources").frame
    assert refused[["srcaddr", "flows"]].to_numpy().tolist() == [["203.0.113.9", 20]]
    assert refused[["destinations", "ports"]].to_numpy().tolist() == [[1, 1]]
    (pair,) = few_records.panel("rejects/source-ports").frame.to_dict("records")[:1]
    assert (pair["srcaddr"], pair["destinations"], pair["ports"]) == ("203.0.113.9", 1, 1)
    served = few_records.panel("accepts/new-services").frame
    assert served[["dstaddr", "dstport", "flows"]].to_numpy().tolist() == [
        ["192.0.2.7", 8443, 100], ["10.0.0.5", 22, 1],
    ]  # fmt: skip


def test_what_comes_back_at_a_regular_pace_is_a_beacon(few_records: FlowLogs) -> None:
    (row,) = few_records.panel("explore/beacons").frame.to_dict("records")
    assert (row["srcaddr"], row["dstaddr"], row["dstport"]) == ("10.0.0.5", "192.0.2.7", 8443)
    assert (row["times"], row["pace"], row["flows"]) == (100, 600, 100)


def test_who_was_mostly_refused_but_let_in_is_found(few_records: FlowLogs) -> None:
    (row,) = few_records.panel("explore/refused-and-let-in").frame.to_dict("records")
    assert (row["srcaddr"], row["rejected"], row["accepted"]) == ("203.0.113.9", 20, 1)


@pytest.mark.parametrize("chart", DRAWN)
def test_a_built_question_is_its_slug_and_is_drawn(chart: str, few_records: FlowLogs) -> None:
    by = ("srcaddr", "dstport", "action")[: DRAWN[chart][2]]
    asked = Built("flows", by, chart, 2)
    assert built(asked.slug) == asked
    shown = few_records.panel(asked.slug)
    assert panel(asked.slug).chart == ("table" if chart == "changes" else chart)
    assert shown.figure().data


@pytest.mark.parametrize("chart", DRAWN)
def test_each_kind_of_measure_is_drawn_or_refused_in_words(
    chart: str, few_records: FlowLogs
) -> None:
    by = ("srcaddr", "dstport", "action")[: DRAWN[chart][2]]
    for name in ("sources", "first", "packets_p95"):
        try:
            shown = few_records.panel(Built(name, by, chart, 2).slug)
        except MisuseError:
            assert name == "first" or chart in ("stacked", "area")
            continue
        assert shown.panel.value in shown.frame or "value" in shown.frame
        assert shown.panel.title in summary(shown.panel, shown.answer)
        assert is_empty(shown.panel, shown.answer) or shown.figure().data


def test_what_is_not_shown_is_one_more_group(few_records: FlowLogs) -> None:
    frame = few_records.panel(Built("flows", ("srcaddr",), "bars", 2).slug).frame
    assert frame["flows"].tolist() == [100, 24, 21]
    assert frame["srcaddr"].tolist()[:2] == ["10.0.0.5", "198.51.100.1"]
    assert frame["srcaddr"].isna().tolist() == [False, False, True]


def test_groups_stand_beside_what_they_were_a_day_before(few_records: FlowLogs) -> None:
    settled = few_records.between(START + DAY, START + DAY + timedelta(hours=20))
    shown = settled.panel(Built("flows", ("srcaddr",), "changes", 10).slug)
    assert tuples(shown.frame) == [
        ("10.0.0.5", 100, 0, 100, None),
        ("203.0.113.9", 21, 0, 21, None),
        ("198.51.100.1", 20, 20, 0, 0.0),
    ]
    assert shown.answer.notes[0] == "2 groups of 3 differ from the day before."
    by_port = settled.panel(Built("packets", ("dstport", "action"), "changes", 1).slug)
    assert tuples(by_port.frame) == [(8443, "ACCEPT", 1000, 0, 1000, None)]


def test_groups_are_not_compared_with_a_time_before_the_records(few_records: FlowLogs) -> None:
    slug = Built("flows", ("srcaddr",), "changes", 2).slug
    parameters, problems = read_parameters({"compare": "7d"})
    assert not problems
    shown = few_records.panel(slug, parameters=parameters)
    assert shown.frame["flows"].tolist() == [100, 24]
    assert shown.frame["flows_before"].isna().all()
    assert "the data begins" in shown.answer.notes[0]


@pytest.mark.parametrize(
    "slug",
    [
        "explore/built?measure=tea", "explore/built?by=tea&chart=bars",
        "explore/built?chart=pie", "explore/built?by=srcaddr&chart=sankey",
        "explore/built?by=srcaddr&chart=bars&top=0", "explore/built?by=srcaddr&chart=bars&top=x",
        "explore/built?measure=sources&by=action&chart=area", "explore/tea",
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_in_words(slug: str) -> None:
    with pytest.raises(MisuseError):
        panel(slug)


def test_a_scan_from_many_hosts_of_a_block_is_one_row(tmp_path: Path) -> None:
    hosts = [
        line(START + timedelta(minutes=n), f"203.0.113.{n}", f"10.0.0.{n % 7}", n, "REJECT")
        for n in range(1, 201)
    ]
    hosts.append(line(START, "198.51.100.7", "10.0.0.5", 443))
    (tmp_path / "scan.log").write_text("\n".join(hosts))
    with FlowLogs.open(tmp_path / "scan.log", store=tmp_path / "store") as opened:
        (row,) = opened.panel("explore/scans-by-block").frame.to_dict("records")
        assert row == {
            "srcblock": "203.0.113.0/24", "flows": 200, "bytes": 200 * 840, "sources": 200,
            "destinations": 7, "ports": 200,
        }  # fmt: skip
        countries = opened.panel("explore/sources-by-country").frame
        assert countries["flows"].sum() == 201


def test_answers_to_clients_of_the_internet_are_no_connections_to_it(tmp_path: Path) -> None:
    form = "2 123456789010 eni-1 {} {} {} {} 6 10 840 {} {} ACCEPT OK"
    ends = [("9.9.9.9", "10.0.0.5", 40000, 443), ("10.0.0.5", "8.8.8.8", 40000, 443)]
    start = int(START.timestamp())
    both = [way for a, b, p, q in ends for way in ((a, b, p, q), (b, a, q, p))]
    lines = [form.format(*way, start + n * 60, start + n * 60 + 50) for n in (0, 1) for way in both]
    (tmp_path / "few.log").write_text("\n".join(lines))
    with FlowLogs.open(tmp_path / "few.log", store=tmp_path / "store") as opened:
        assert opened.panel("explore/long-lived").frame["dstaddr"].tolist() == ["8.8.8.8"]


def test_sources_have_their_fan_out_both_decisions_and_their_share(few_records: FlowLogs) -> None:
    (row,) = few_records.panel("rejects/sources").frame.to_dict("records")
    assert (row["srcaddr"], row["flows"], row["rejected"], row["accepted"]) == (
        "203.0.113.9", 20, 20, 1,
    )  # fmt: skip
    assert (row["destinations"], row["ports"], row["share"]) == (1, 1, 100.0)
    assert (row["country_name"], row["name"]) == ("", "")
    assert few_records.panel("accepts/sources").frame["share"].sum() == pytest.approx(100)
