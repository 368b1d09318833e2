"""Parquet in AWS's layout and in other people's."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.formats.reading import read, rows_of
from vpcflow_core.errors import FormatError
from vpcflow_core.formats import parquet


def file(columns: dict[str, Any], **options: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, **options)
    return sink.getvalue()


AWS = {
    "version": pa.array([2, 2], pa.int32()),
    "account_id": ["000123456789", "unknown"],
    "srcaddr": ["10.0.0.1", "-"],
    "protocol": pa.array([6, None], pa.int32()),
    "bytes": pa.array([4249, None], pa.int64()),
    "start": pa.array([1418530010, 1418530010], pa.int64()),
    "end": pa.array([1418530070, 1418530070], pa.int64()),
    "log_status": ["OK", "NODATA"],
}


def test_awss_layout() -> None:
    rows, report = read(file(AWS, compression="gzip"))
    assert rows[0] == {
        "version": 2, "account_id": "000123456789", "srcaddr": "10.0.0.1", "protocol": 6,
        "bytes": 4249, "start_time": datetime(2014, 12, 14, 4, 6, 50),
        "end_time": datetime(2014, 12, 14, 4, 7, 50), "log_status": "OK",
    }  # fmt: skip
    assert (rows[1]["srcaddr"], rows[1]["protocol"], report.nodata) == (None, None, 1)
    assert (report.kind, report.fields_from) == ("parquet", "file")


@pytest.mark.parametrize(
    "protocol",
    [pa.array([6, 17], pa.int64()), pa.array([6, 17], pa.uint8()), pa.array(["6", "17"]),
     pa.array([6.0, 17.0]), pa.array(["6", "17"]).dictionary_encode(),
     pa.array(["6", "17"], pa.large_string()), pa.array([6, 17], pa.uint64())],
)  # fmt: skip
def test_numbers_of_any_type(protocol: pa.Array) -> None:
    assert [row["protocol"] for row in rows_of(file({**AWS, "protocol": protocol}))] == [6, 17]


@pytest.mark.parametrize("nothing", ["-", "None", "", None])
def test_every_way_to_say_nothing(nothing: str | None) -> None:
    rows = rows_of(file({**AWS, "bytes": ["5", nothing], "srcaddr": ["10.0.0.1", nothing]}))
    assert (rows[1]["bytes"], rows[1]["srcaddr"]) == (None, None)


def test_pandas_fractions_for_want_of_nulls_are_whole_numbers() -> None:
    rows = rows_of(file({**AWS, "bytes": pa.array([5.0, float("nan")])}))
    assert [row["bytes"] for row in rows] == [5, None]


def test_an_account_that_became_a_number_gets_its_zeros_back() -> None:
    rows = rows_of(file({**AWS, "account_id": pa.array([123456789, None], pa.int64())}))
    assert [row["account_id"] for row in rows] == ["000123456789", None]


@pytest.mark.parametrize(
    "times",
    [pa.array([1418530010000] * 2, pa.int64()), pa.array(["1418530010"] * 2),
     pa.array([datetime(2014, 12, 14, 4, 6, 50)] * 2, pa.timestamp("us")),
     pa.array([datetime(2014, 12, 14, 4, 6, 50, tzinfo=UTC)] * 2, pa.timestamp("ns", "Europe/Berlin"))],
)  # fmt: skip
def test_times_of_any_type(times: pa.Array) -> None:
    rows = rows_of(file({**AWS, "start": times}))
    assert {row["start_time"] for row in rows} == {datetime(2014, 12, 14, 4, 6, 50)}


def test_a_bad_value_costs_its_row_alone() -> None:
    rows, report = read(file({**AWS, "protocol": ["6.5", "17"]}))
    assert len(rows) == 1
    assert [(r.line, r.reason) for r in report.reasons] == [
        (1, "protocol: '6.5' is not a whole number")
    ]
    assert report.reasons[0].text.startswith("2 000123456789 10.0.0.1 6.5")


def test_fractions_cost_their_rows_alone() -> None:
    rows, report = read(file({**AWS, "bytes": pa.array([12.5, 7.0])}))
    assert ([row["bytes"] for row in rows], report.malformed) == ([7], 1)


def test_typed_numbers_out_of_range_cost_their_rows_alone() -> None:
    rows, report = read(file({**AWS, "protocol": pa.array([300, 17], pa.int32())}))
    assert (len(rows), report.reasons[0].reason) == (1, "protocol: 300 is above 255")


def test_unknown_columns_are_kept_as_text() -> None:
    rows, report = read(file({**AWS, "new_one": [1.5, 2.0], "nested": [{"a": 1}, None]}))
    assert rows[0]["new_one"] == "1.5"
    assert "a" in rows[0]["nested"]
    assert report.unknown_fields == ["new_one", "nested"]


def test_lists_of_security_groups_stay_lists() -> None:
    rows = rows_of(file({**AWS, "security_group_ids": [["sg-1"], None]}))
    assert [row["security_group_ids"] for row in rows] == [["sg-1"], None]


def test_many_batches_number_their_rows_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "BATCH", 10)
    ports = pa.array([*range(95), 70000], pa.int32())
    rows, report = read(file({"srcport": ports, "version": pa.array([2] * 96)}, row_group_size=7))
    assert (len(rows), report.reasons[0].line) == (95, 96)


def test_damaged_parquet_is_broken_not_a_crash() -> None:
    data = file(AWS)
    for damaged in (data[:100], data[:-1], b"PAR1", data[:40] + bytes(20) + data[60:]):
        _, report = read(damaged)
        assert report.broken or report.records <= 2


def test_parquet_without_any_known_column_is_refused() -> None:
    with pytest.raises(FormatError, match="no column of a flow-log record"):
        read(file({"a": [1], "b": [2]}))
