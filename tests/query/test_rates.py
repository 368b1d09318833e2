"""Rates are totals divided by seconds, however they are asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from vpcflow_core.api import FlowLogs
from vpcflow_core.panels.built import Built
from vpcflow_core.query.question import Query
from vpcflow_core.ranges import Range
from vpcflow_core.times import Window

START = datetime(2026, 11, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
WINDOW = Window(START, START + 2 * HOUR)
HEADER = "srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
# A record lasts to the end of its last second, or to where the next minute begins.
FLOWS = (
    ("10.0.0.1", 30, 3000, 0, 60),
    ("10.0.0.2", 6, 600, 60, 119),
    ("10.0.0.2", 12, 600, 3600, 3660),
    ("10.0.0.3", 1, 40, 7199, 7199),
)


@pytest.fixture(scope="module")
def timed_flows(tmp_path_factory: pytest.TempPathFactory) -> FlowLogs:
    folder = tmp_path_factory.mktemp("rates")
    first = int(START.timestamp())
    lines = [
        f"{who} 10.0.0.9 50000 443 6 {packets} {size} {first + start} {first + end} ACCEPT OK"
        for who, packets, size, start, end in FLOWS
    ]
    (folder / "a.log").write_text("\n".join([HEADER, *lines, ""]))
    return FlowLogs.open(folder / "a.log", store=folder / "store")


def asked(flows: FlowLogs, query: Query) -> pd.DataFrame:
    return flows.ask(query, WINDOW).frame


def test_a_rate_of_a_range_is_its_total_by_its_seconds(timed_flows: FlowLogs) -> None:
    found = asked(timed_flows, Query(("bits_per_second", "packets_per_second", "bytes")))
    [(bits, packets, size)] = found.itertuples(index=False)
    assert (bits, packets, size) == (4240 * 8 / 7200, 49 / 7200, 4240)


def test_a_rate_of_a_timeslice_is_divided_by_its_length(timed_flows: FlowLogs) -> None:
    found = asked(timed_flows, Query(("bits_per_second",), every=HOUR))
    assert found["bits_per_second"].tolist() == [3600 * 8 / 3600, 640 * 8 / 3600]


def test_a_rate_lies_where_its_bytes_lie(timed_flows: FlowLogs) -> None:
    query = Query(("bits_per_second",), every=timedelta(seconds=30), place="spread")
    found = asked(timed_flows, query).set_index("bucket")["bits_per_second"]
    assert found[START + timedelta(seconds=30)] == 3000 / 60 * 8
    assert found[START + timedelta(minutes=1)] == 600 / 60 * 8


def test_rates_order_and_limit_groups(timed_flows: FlowLogs) -> None:
    by_source = Query(("packets_per_second", "bits_per_second"), by=("srcaddr",))
    found = asked(timed_flows, by_source)
    assert found["srcaddr"].tolist() == ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
    assert found["packets_per_second"].tolist() == [30 / 7200, 18 / 7200, 1 / 7200]
    fast = Query(("flows",), by=("srcaddr",), least=(("bits_per_second", 1200 * 8 / 7200),))
    assert set(asked(timed_flows, fast)["srcaddr"]) == {"10.0.0.1", "10.0.0.2"}
    by_rate = Query(("flows",), by=("srcaddr",), order="bits_per_second", top=1)
    assert asked(timed_flows, by_rate)["srcaddr"].tolist() == ["10.0.0.1"]


def test_each_flow_has_a_speed_of_its_own(timed_flows: FlowLogs) -> None:
    names = tuple(f"flow_bits_per_second_{name}" for name in ("median", "p95", "max"))
    [(median, p95, most)] = asked(timed_flows, Query(names)).itertuples(index=False)
    speeds = pd.Series([3000 / 60, 600 / 60, 600 / 60, 40 / 1]) * 8
    assert median == pytest.approx(speeds.quantile(0.5))
    assert p95 == pytest.approx(speeds.quantile(0.95))
    assert most == 400


@pytest.mark.parametrize("chart", ["bars", "stacked"])
def test_a_chart_of_rates_has_the_rest_as_one_more(timed_flows: FlowLogs, chart: str) -> None:
    panel = Built("bits_per_second", ("srcaddr",), chart, top=1).panel  # type: ignore[arg-type]
    flows = timed_flows.between(WINDOW.start, WINDOW.end)
    frame = panel.answer(panel.request(WINDOW, flows.filters), flows).frame
    value = "value" if "value" in frame else "bits_per_second"
    sums = frame.groupby("srcaddr", dropna=False)[value].sum()
    whole = sums.sum() / (1 if chart == "bars" else frame["bucket"].nunique())
    assert whole == pytest.approx(4240 * 8 / 7200)
    assert len(sums) == 2


def test_rates_can_be_judged_and_listed(timed_flows: FlowLogs) -> None:
    flows = timed_flows.between(WINDOW.start, WINDOW.end)
    assert flows.range == Range(fixed=WINDOW)
    top = flows.top("srcaddr", by="bits_per_second", n=1)
    assert top["bits_per_second"].tolist() == [3000 * 8 / 7200]
    series = flows.series("packets_per_second", every="1h")
    assert series["value"].tolist() == [36 / 3600, 13 / 3600]


@pytest.mark.parametrize(
    "query",
    [
        Query(("bits_per_second",)),
        Query(("bits_per_second", "flows", "packets_per_second"), by=("srcaddr",), top=2),
        Query(("flows", "bits_per_second"), by=("srcaddr", "dstport"), order="packets"),
        Query(("bits_per_second",), by=("srcaddr",), every=HOUR, top=1),
        Query(("packets_per_second",), every=timedelta(minutes=1), place="spread"),
    ],
    ids=lambda query: "-".join((*query.measures, *query.by)),
)
def test_the_sql_that_is_shown_of_a_rate_answers_the_rate(
    timed_flows: FlowLogs, query: Query
) -> None:
    found = timed_flows.sparse(query, WINDOW)
    again = timed_flows.sql(found.sql)
    assert again.to_dict("list") == found.frame.to_dict("list")


def test_of_a_rate_beside_flows_over_time_the_sql_has_both(timed_flows: FlowLogs) -> None:
    query = Query(("bits_per_second", "flows"), every=HOUR, place="spread")
    found = timed_flows.sparse(query, WINDOW)
    rates, flows = (timed_flows.sql(text) for text in found.sql.split(";\n\n"))
    merged = rates.merge(flows, on="bucket", how="outer").fillna({"flows": 0})
    assert merged["bits_per_second"].tolist() == found.frame["bits_per_second"].tolist()
    assert merged["flows"].tolist() == found.frame["flows"].tolist()
