"""Which part and day a record belongs to."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from vpcflow_core.formats.base import EVENT_ID, EVENT_TIME, Records, Report
from vpcflow_core.store.placing import place

TIME = pa.timestamp("ms")
DAY_1, DAY_2 = datetime(2026, 11, 1, 23, 59), datetime(2026, 11, 2)


def placed(
    object_time: datetime | None = None, transit: bool = False, **columns: Any
) -> tuple[dict[tuple[str, date], list[dict[str, Any]]], Report]:
    times = {"start_time", "end_time", EVENT_TIME}
    arrays = {
        name: pa.array(values, TIME) if name in times else pa.array(values)
        for name, values in columns.items()
    }
    report = Report(records=len(next(iter(arrays.values()))))
    found = place(Records(pa.table(arrays), transit), object_time, report, datetime.now(UTC))
    return {(p.part, p.day): p.table.to_pylist() for p in found}, report


def test_records_are_split_by_the_utc_day_of_their_start() -> None:
    found, _ = placed(start_time=[DAY_1, DAY_2, DAY_1], bytes=[1, 2, 3], log_status=["OK"] * 3)
    assert {where: [row["bytes"] for row in rows] for where, rows in found.items()} == {
        ("flows", DAY_1.date()): [1, 3],
        ("flows", DAY_2.date()): [2],
    }


def test_nodata_skipdata_and_no_status_are_quiet() -> None:
    statuses = pa.array(["OK", "NODATA", None, "SKIPDATA"]).dictionary_encode()
    found, _ = placed(start_time=[DAY_1] * 4, log_status=statuses)
    assert {part: len(rows) for (part, _), rows in found.items()} == {"flows": 1, "quiet": 3}


def test_without_a_status_field_rows_without_traffic_are_quiet() -> None:
    found, _ = placed(
        start_time=[DAY_1] * 3, srcaddr=["10.0.0.1", None, None], bytes=[None, None, 5]
    )
    assert {part: len(rows) for (part, _), rows in found.items()} == {"flows": 2, "quiet": 1}


def test_without_status_and_traffic_fields_everything_is_a_flow() -> None:
    found, _ = placed(start_time=[DAY_1] * 2, vpc_id=["vpc-1", None])
    assert list(found) == [("flows", DAY_1.date())]


def test_transit_gateway_records_are_kept_apart() -> None:
    found, _ = placed(transit=True, start_time=[DAY_1] * 2, log_status=["OK", "NODATA"])
    assert [part for part, _ in found] == ["transit_flows", "transit_quiet"]


def test_a_missing_start_is_taken_from_event_then_end_then_object() -> None:
    at = [datetime(2026, 11, n, 1) for n in range(1, 6)]
    found, report = placed(
        object_time=at[4].replace(tzinfo=UTC),
        start_time=[at[0], None, None, None],
        end_time=[at[3], at[3], at[3], None],
        **{EVENT_TIME: [at[1], at[1], None, None], EVENT_ID: ["a", "b", "c", "d"]},
    )
    rows = [row for rows in found.values() for row in rows]
    assert [row["start_time"] for row in rows] == [at[0], at[1], at[3], at[4]]
    assert set(rows[0]) == {"start_time", "end_time"}
    assert "3 records without start" in report.notes[0]
    assert report.records == 4


def test_a_format_without_any_time_takes_the_objects_and_says_so() -> None:
    found, report = placed(object_time=DAY_2.replace(tzinfo=UTC), bytes=[1, 2])
    assert found == {
        ("flows", DAY_2.date()): [
            {"bytes": 1, "start_time": DAY_2},
            {"bytes": 2, "start_time": DAY_2},
        ]
    }
    assert any("2 records without any time" in note for note in report.notes)


def test_a_record_of_no_known_time_is_malformed() -> None:
    found, report = placed(end_time=[DAY_1, None], bytes=[1, 2])
    assert [row["bytes"] for rows in found.values() for row in rows] == [1]
    assert (report.records, report.malformed) == (1, 1)
    assert "no time" in next(iter(report.counts))


def test_no_records_have_no_place() -> None:
    found, _ = placed(start_time=[], bytes=[])
    assert found == {}
