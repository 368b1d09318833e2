"""Answers equal an independent pandas computation over the same random records."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import column, select, table

from tests.query.logs import DAY, START, VERSION_2, Logs
from vpcflow_core.engines.duckdb.dialect import bound, written_out
from vpcflow_core.engines.duckdb.engine import DuckDBEngine
from vpcflow_core.errors import FieldError, MissingDataError, ParameterError
from vpcflow_core.query.constructs import Quantile
from vpcflow_core.query.dimensions import DIMENSIONS
from vpcflow_core.query.fill import filled
from vpcflow_core.query.filters import NO_FILTERS, Filters
from vpcflow_core.query.measures import MEASURES, measure
from vpcflow_core.query.place import snapped
from vpcflow_core.query.question import Query
from vpcflow_core.query.select import select_for
from vpcflow_core.times import Window

HOUR = timedelta(hours=1)
WINDOW = Window(START + timedelta(hours=5), START + timedelta(hours=41, minutes=7))
EVER = Window(START, START + 3 * DAY)
NOTHING = Filters()


def ask(
    engine: DuckDBEngine, query: Query, window: Window = WINDOW, filters: Filters = NOTHING
) -> pd.DataFrame:
    columns = engine.columns("records" if query.records else "flows")
    select = select_for(query, window, filters, columns)
    result = engine.run(select, snapped(query, window))
    return filled(result.frame, query, window)


def within(frame: pd.DataFrame, start: datetime, end: datetime) -> pd.DataFrame:
    return frame[(frame["start_time"] >= start) & (frame["start_time"] < end)]


QUANTILES = {"min": 0.0, "q1": 0.25, "median": 0.5, "q3": 0.75, "p95": 0.95, "max": 1.0}


def measured(frame: pd.DataFrame, name: str) -> Any:
    """A measure in plain pandas."""
    ok = frame[frame["log_status"] == "OK"]
    if name.startswith("packets_"):
        packets = ok["packets"].dropna().astype("int64")
        return pytest.approx(packets.quantile(QUANTILES[name.removeprefix("packets_")]))
    spans = pd.to_datetime(ok["end_time"], utc=True) - pd.to_datetime(ok["start_time"], utc=True)
    if name == "duration":
        return int(spans.dropna().dt.total_seconds().sum())
    if name.startswith("flow_bits_per_second_"):
        start, end = (pd.to_datetime(ok[f"{edge}_time"], utc=True) for edge in ("start", "end"))
        whole = (start.dt.second == 0) & (end.dt.second == 0) & (end > start)
        lasted = (spans.dt.total_seconds() + 1 - whole).clip(lower=1)
        speeds = 8 * ok["bytes"].astype("float64") / lasted
        share = QUANTILES[name.removeprefix("flow_bits_per_second_")]
        return pytest.approx(speeds.dropna().quantile(share))
    if name in ("first", "last"):
        return ok["start_time"].min() if name == "first" else ok["end_time"].max()
    distinct = {"sources": "srcaddr", "destinations": "dstaddr", "ports": "dstport"}
    distinct |= {"interfaces": "interface_id", "accounts": "account_id"}
    if name in ("bytes", "packets"):
        return sum(int(value) for value in ok[name].dropna())
    if name in distinct:
        return int(ok[distinct[name]].nunique())
    if name in ("accepted", "rejected"):
        return int((ok["action"] == {"accepted": "ACCEPT", "rejected": "REJECT"}[name]).sum())
    return len(frame) if name == "records" else len(ok)


def grouped(frame: pd.DataFrame, by: list[str], measures: list[str]) -> list[tuple[Any, ...]]:
    """All groups, by the first measure, then by name."""
    groups = frame.dropna(subset=by).groupby(by)
    rows = [(*key, *(measured(part, m) for m in measures)) for key, part in groups]
    return sorted(rows, key=lambda row: (-row[len(by)], *row[: len(by)]))


def tuples(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    return list(frame.itertuples(index=False, name=None))


@pytest.mark.parametrize("records", [False, True])
@pytest.mark.parametrize("name", [name for name, of in MEASURES.items() if not of.total])
def test_every_measure_equals_pandas(
    logs: Logs, engine: DuckDBEngine, name: str, records: bool
) -> None:
    source = within(logs.frame if records else logs.flows, WINDOW.start, WINDOW.end)
    frame = ask(engine, Query((name,), records=records))
    assert tuples(frame) == [(measured(source, name),)]
    if measure(name).empty == 0:
        assert frame[name].dtype == "int64"


@pytest.mark.parametrize("by", [
    ("srcaddr",), ("dstport",), ("srcaddr", "dstport"), ("action", "protocol"), ("vpc_id",),
    ("my_field",), ("subnet_id", "flow_direction"),
])  # fmt: skip
@pytest.mark.parametrize("top", [None, 1, 3])
def test_top_lists_equal_pandas(
    logs: Logs, engine: DuckDBEngine, by: tuple[str, ...], top: int | None
) -> None:
    measures = ["bytes", "flows", "sources"]
    expected = grouped(within(logs.flows, WINDOW.start, WINDOW.end), list(by), measures)
    assert tuples(ask(engine, Query(tuple(measures), by=by, top=top))) == expected[:top]


def test_a_top_list_can_be_sorted_by_a_measure_that_it_does_not_show(
    logs: Logs, engine: DuckDBEngine
) -> None:
    shown = ask(engine, Query(("flows", "bytes"), by=("srcaddr",), order="bytes", top=4))
    hidden = ask(engine, Query(("flows",), by=("srcaddr",), order="bytes", top=4))
    assert list(shown["bytes"]) == sorted(shown["bytes"], reverse=True)
    assert list(hidden["srcaddr"]) == list(shown["srcaddr"])


def test_a_record_of_several_groups_counts_for_each(logs: Logs, engine: DuckDBEngine) -> None:
    flows = within(logs.flows, WINDOW.start, WINDOW.end).explode("security_group_ids")
    expected = grouped(flows, ["security_group_ids"], ["packets", "flows"])
    found = ask(engine, Query(("packets", "flows"), by=("security_group_id",)))
    assert tuples(found) == expected
    busiest = Query(("packets",), by=("security_group_id",), every=6 * HOUR, top=2)
    series = ask(engine, busiest)
    assert set(series["security_group_id"]) == {row[0] for row in expected[:2]}


@pytest.mark.slow
@pytest.mark.parametrize("minutes", [1, 5, 60, 7 * 60, 24 * 60, 7 * 24 * 60])
def test_series_equal_pandas(logs: Logs, engine: DuckDBEngine, minutes: int) -> None:
    every = timedelta(minutes=minutes)
    whole = WINDOW.snapped(every)
    frame = ask(engine, Query(("bytes", "rejected"), every=every))
    expected, start = [], whole.start
    while start < whole.end:
        part = within(logs.flows, start, start + every)
        expected.append((pd.Timestamp(start), measured(part, "bytes"), measured(part, "rejected")))
        start += every
    assert tuples(frame) == expected
    assert str(frame["bucket"].dtype) == "datetime64[us, UTC]"
    assert frame["bytes"].dtype == "int64"


@pytest.mark.parametrize("top", [None, 2])
def test_series_by_group_have_a_row_for_every_bucket_and_group(
    logs: Logs, engine: DuckDBEngine, top: int | None
) -> None:
    window = EVER
    frame = ask(engine, Query(("flows",), by=("protocol", "action"), every=HOUR, top=top), window)
    totals = ask(engine, Query(("flows",), by=("protocol", "action"), top=top), window)
    groups = list(totals[["protocol", "action"]].itertuples(index=False, name=None))
    assert len(frame) == 72 * len(groups)
    assert list(frame[["protocol", "action"]].itertuples(index=False, name=None)) == groups * 72
    summed = frame.groupby(["protocol", "action"])["flows"].sum()
    assert [summed[group] for group in groups] == list(totals["flows"])
    assert str(frame["flows"].dtype) == "int64"


@pytest.mark.parametrize("name", ["flows", "bytes", "packets", "accepted", "rejected"])
def test_sum_over_buckets_is_the_total(engine: DuckDBEngine, name: str) -> None:
    series = ask(engine, Query((name,), every=HOUR), EVER)
    assert series[name].sum() == ask(engine, Query((name,)), EVER)[name][0]


def test_a_window_without_records_is_zero_everywhere(engine: DuckDBEngine) -> None:
    empty = Window(START - 2 * DAY, START - DAY)
    assert ask(engine, Query(("bytes",), every=HOUR), empty)["bytes"].tolist() == [0] * 24
    assert tuples(ask(engine, Query(("flows", "bytes", "sources")), empty)) == [(0, 0, 0)]
    top = ask(engine, Query(("flows",), by=("dstport",), top=5), empty)
    assert list(top.columns) == ["dstport", "flows"]
    assert top.empty
    series = ask(engine, Query(("flows",), by=("dstport",), every=HOUR), empty)
    assert list(series.columns) == ["bucket", "dstport", "flows"]
    assert series.empty


def test_a_field_that_no_file_has_is_explained(tmp_path: Any) -> None:
    engine = DuckDBEngine(Logs(tmp_path, rows=5, column_sets=[VERSION_2]))
    asked = [
        (Query(("flows",), by=("vpc_id",)), NOTHING),
        (Query(("flows",), where=(("vpc-id", "vpc-1"),)), NOTHING),
        (Query(("flows",)), Filters.parse({"vpc_id": "!vpc-1"})),
    ]
    for query, filters in asked:
        with pytest.raises(
            MissingDataError, match=r"has VPC \(vpc-id\): add \$\{vpc-id\} \(version 3\)"
        ):
            ask(engine, query, filters=filters)
    with pytest.raises(MissingDataError, match="has security groups"):
        ask(engine, Query(("flows",), by=("security_group_id",)))
    with pytest.raises(MissingDataError, match="transit"):
        ask(engine, Query(("flows",), by=("tgw_id",)))
    engine.close()


def test_a_measure_whose_field_no_file_has_is_explained(tmp_path: Any) -> None:
    columns = [name for name in VERSION_2 if name not in ("bytes", "action")]
    engine = DuckDBEngine(Logs(tmp_path, rows=5, column_sets=[columns]))
    for name in ("bytes", "rejected"):
        with pytest.raises(MissingDataError, match="to the flow log's format"):
            ask(engine, Query((name,)))
    assert ask(engine, Query(("flows",)), EVER)["flows"][0] == 15
    engine.close()


@pytest.mark.parametrize(("query", "error", "words"), [
    (Query(("byts",)), FieldError, "Did you mean 'bytes'"),
    (Query(("flows",), by=("dstprt",)), FieldError, "Did you mean 'dstport'"),
    (Query(("flows",), by=("bytes",)), FieldError, "a measure"),
    (Query(("flows",), by=("start_time",)), FieldError, "a time"),
    (Query(("flows", "flows")), ParameterError, "'flows' is asked for twice"),
    (Query(("flows",), by=("srcaddr", "srcaddr")), ParameterError, "twice"),
    (Query(()), ParameterError, "Nothing"),
    (Query(("flows",), by=("srcaddr",), top=0), ParameterError, "not a number of rows"),
    (Query(("flows",), by=("srcaddr",), order="nope"), FieldError, "not a measure"),
])  # fmt: skip
def test_wrong_questions_are_refused(
    engine: DuckDBEngine, query: Query, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        ask(engine, query)


def test_a_series_of_far_too_many_rows_is_refused(engine: DuckDBEngine) -> None:
    second = Query(("flows",), by=("srcaddr", "dstaddr", "srcport"), every=timedelta(seconds=1))
    with pytest.raises(ParameterError, match="rows"):
        ask(engine, second, EVER)


ATTACKS = [
    "'; DROP VIEW flows; --", "x' OR '1'='1", "\\'; SELECT 1 --", "$1", "?", "%s", ":name", "%(a)s",
    "a\\", '"', "\u2019", "\x00", "/*", "x') OR TRUE --",
]  # fmt: skip


@pytest.mark.parametrize("text", ATTACKS)
def test_values_are_never_sql(engine: DuckDBEngine, text: str) -> None:
    quoted = '"' + text.replace('"', '""') + '"'
    where = Filters.parse({"vpc_id": quoted}) & Filters.parse({"interface_id": f"!{quoted}"})
    select = select_for(Query(("flows",)), WINDOW, where, engine.columns())
    sql, values = bound(select)
    assert text not in sql.replace("$1", "").replace("?", "") or text in ("$1", "?", '"')
    assert text in values
    result = engine.run(select, WINDOW)
    assert result.frame["flows"][0] == 0
    if text != "\x00":
        assert engine.run_text(written_out(select)).frame["flows"][0] == 0


@pytest.mark.parametrize(
    "name", ["flows; drop", "1", "*", 'a"b', "count(*)", "srcaddr, dstaddr", ""]
)
def test_names_are_never_sql(engine: DuckDBEngine, name: str) -> None:
    for query in (
        Query(("flows",), by=(name,)),
        Query((name,)),
        Query(("flows",), order=name or "?"),
    ):
        with pytest.raises(FieldError):
            ask(engine, Query(query.measures, by=query.by or ("srcaddr",), order=query.order))


def test_equal_questions_are_equal_sql(engine: DuckDBEngine) -> None:
    later = Window(WINDOW.start + timedelta(minutes=20), WINDOW.end + timedelta(minutes=20))
    query = Query(("flows",), every=HOUR)
    first, second = (select_for(query, w, NOTHING, engine.columns()) for w in (WINDOW, later))
    assert written_out(first) == written_out(second)


def test_the_sql_shown_reads_well(engine: DuckDBEngine) -> None:
    query = Query(("bytes",), by=("srcaddr",), where=(("action", "REJECT"),), top=10)
    filters = Filters.parse({"dstaddr": "10.0.0.0/8", "dstport": "!22, https"})
    assert written_out(select_for(query, WINDOW, filters, engine.columns())) == (
        "SELECT srcaddr, CAST(coalesce(sum(bytes), 0) AS DECIMAL(38, 0)) AS bytes \n"
        "FROM flows \n"
        "WHERE start_time >= TIMESTAMP '2026-11-01 05:00:00'\n"
        "  AND start_time < TIMESTAMP '2026-11-02 17:07:00'\n"
        "  AND action = 'REJECT'\n"
        "  AND (starts_with(dstaddr, '10.'))\n"
        "  AND CASE WHEN (dstport IN (22, 443)) THEN false ELSE true END\n"
        "  AND srcaddr IS NOT NULL\n"
        "GROUP BY srcaddr\n"
        "ORDER BY bytes DESC, srcaddr\n"
        "LIMIT 10"
    )


def test_quantiles_equal_pandas(logs: Logs, engine: DuckDBEngine) -> None:
    quartile = select(Quantile(column("packets"), 0.25).label("q")).select_from(table("flows"))
    expected = logs.flows["packets"].dropna().astype("int64").quantile(0.25)
    assert engine.run(quartile, EVER).frame["q"][0] == pytest.approx(expected)


def test_missing_values_are_a_group_where_they_are_asked_for(
    logs: Logs, engine: DuckDBEngine
) -> None:
    whole = ask(engine, Query(("flows",)))["flows"].iloc[0]
    told = ask(engine, Query(("flows",), by=("vpc_id",)))
    every = ask(engine, Query(("flows",), by=("vpc_id",), nulls=("vpc_id",)))
    assert told["vpc_id"].notna().all()
    assert told["flows"].sum() < whole
    assert every["flows"].sum() == whole
    assert every["vpc_id"].isna().sum() == 1


def test_quantiles_and_times_of_an_empty_bucket_are_null_not_zero(
    logs: Logs, engine: DuckDBEngine
) -> None:
    query = Query(("packets_max", "first", "flows"), every=HOUR)
    frame = ask(engine, query, Window(START - DAY, START + HOUR))
    empty = frame[frame["flows"] == 0]
    assert len(empty) >= 23
    assert empty["packets_max"].isna().all()
    assert empty["first"].isna().all()


def test_every_measure_and_dimension_is_documented() -> None:
    for one in MEASURES.values():
        assert one.doc.endswith(".")
        assert one.title
        assert one.unit
        assert measure(one.name) is one
    assert all(dim.doc.endswith(".") and dim.name == name for name, dim in DIMENSIONS.items())


def test_the_sql_shown_has_the_fractions_of_a_window_too() -> None:
    start = datetime(2026, 11, 1, 12, 0, 0, 250_000, tzinfo=UTC)
    window = Window(start, start + timedelta(seconds=1, milliseconds=750))
    shown = written_out(select_for(Query(("flows",)), window, NO_FILTERS, ("srcaddr",)))
    assert "start_time >= TIMESTAMP '2026-11-01 12:00:00.250000'" in shown
    assert "start_time < TIMESTAMP '2026-11-01 12:00:02'" in shown
