"""Every form of a flow log reads right: kinds, counts, and the values of the records."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.formats.reading import columns, read, reasons, rows_of
from tests.formats.samples import SAMPLES
from tests.formats.samples.expected import CUSTOM_FORMAT, FORMATS, READINGS, RECORDS, Reading
from tests.formats.samples.lines import TRANSIT_FORMAT, capture
from tests.formats.samples.orders import IN_ORDER, VALUES
from tests.formats.samples.wrappings import STRUCTURED, WRAPPINGS
from vpcflow_core.errors import FormatError


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """A record without its nulls, its times as text."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
        if value is not None
    }


def in_any_order(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def test_every_sample_has_its_reading() -> None:
    assert READINGS.keys() == SAMPLES.keys()


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_has_its_kind_and_every_line_is_counted(name: str) -> None:
    _, report = read(SAMPLES[name], given=FORMATS.get(name, ""))
    counts = (report.records, report.nodata, report.skipdata, report.malformed)
    assert Reading(report.kind, report.fields_from, *counts) == READINGS[name]
    assert (report.broken, report.unknown_fields) == ("", [])


@pytest.mark.parametrize("name", RECORDS)
def test_a_sample_has_its_records(name: str) -> None:
    rows = [plain(row) for row in rows_of(SAMPLES[name], given=FORMATS.get(name, ""))]
    assert in_any_order(rows) == in_any_order(RECORDS[name])


@pytest.mark.parametrize("order", IN_ORDER)
def test_a_header_in_any_order_gives_every_field_its_value(order: str) -> None:
    [row], report = read(SAMPLES[f"{order}.log"])
    times = {"start": datetime(2026, 11, 20, 12, 0, 15), "end": datetime(2026, 11, 20, 12, 1, 15)}
    expected = {
        name: times.get(name) or (int(word) if word.isdigit() and name != "account-id" else word)
        for name, word in VALUES.items()
    }
    assert list(row) == report.fields == columns(IN_ORDER[order])
    assert row == dict(zip(columns(expected), expected.values(), strict=True))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("v5_alphabetical_bogus_line.log", (4, "2 fields where the format has 29")),
        ("too_few_fields.log", (2, "13 fields where the format has 14")),
        ("too_many_fields.log", (2, "15 fields where the format has 14")),
    ],
)
def test_a_malformed_line_is_named_with_its_reason(name: str, reason: tuple[int, str]) -> None:
    assert reasons(SAMPLES[name]) == [reason]


def test_the_report_of_milliseconds_has_their_times() -> None:
    _, report = read(SAMPLES["milliseconds.log"])
    assert report.first == datetime(2026, 11, 20, 12, 0, 0, 250_000, tzinfo=UTC)
    assert report.last == datetime(2026, 11, 20, 12, 0, 59, 750_000, tzinfo=UTC)


@pytest.mark.parametrize("name", ["capture.log", "raw_events.json"])
def test_a_capture_has_the_totals_that_are_computed_without_the_reader(name: str) -> None:
    words = [line.split() for line in capture()]
    rows, report = read(SAMPLES[name])
    assert sum(row["bytes"] for row in rows) == sum(int(word[9]) for word in words)
    assert sum(row["packets"] for row in rows) == sum(int(word[8]) for word in words)
    assert Counter(row["action"] for row in rows) == {"REJECT": 46, "ACCEPT": 34}
    assert Counter(row["protocol"] for row in rows) == {6: 73, 17: 5, 1: 2}
    assert Counter(row["srcaddr"] for row in rows).most_common(2) == [
        ("198.51.100.200", 41), ("10.20.8.9", 32)
    ]  # fmt: skip
    assert report.first == datetime.fromtimestamp(min(int(word[10]) for word in words), UTC)
    assert report.last == datetime.fromtimestamp(max(int(word[11]) for word in words), UTC)


def test_an_envelope_is_no_part_of_its_records() -> None:
    assert rows_of(SAMPLES["raw_events.json"]) == rows_of(SAMPLES["capture.log"])


@pytest.mark.parametrize("name", ["body_events.json", "body_events_lines.json.gz"])
def test_the_line_counts_where_the_fields_beside_it_disagree(name: str) -> None:
    rows, report = read(SAMPLES[name])
    assert list(rows[0]) == report.fields
    assert not {"192.0.2.1", "999999999999"} & {value for row in rows for value in row.values()}
    assert {STRUCTURED["srcaddr"], STRUCTURED["account-id"]} == {"192.0.2.1", "999999999999"}


@pytest.mark.parametrize("form", WRAPPINGS)
def test_every_wrapping_of_a_custom_message_needs_its_format(form: str) -> None:
    data = SAMPLES[f"message_custom.{form}"]
    with pytest.raises(FormatError, match="4 values") as refusal:
        read(data)
    assert "--format" in refusal.value.next_step
    rows, _ = read(data, given=CUSTOM_FORMAT, envelope=True)
    assert [row["srcaddr"] for row in rows] == ["10.20.1.15", "10.20.1.15"]
    assert [row["dstaddr"] for row in rows] == ["203.0.113.9", "198.51.100.77"]
    assert [row["_event_time"] for row in rows] == [
        datetime(2026, 11, 20, 12, 1), datetime(2026, 11, 20, 12, 1, 1)
    ]  # fmt: skip
    assert [row["_event_id"] for row in rows] == ["0" * 56, "0" * 55 + "1"]


@pytest.mark.parametrize("form", WRAPPINGS)
def test_every_wrapping_of_a_transit_message_reads_by_a_candidate_format(form: str) -> None:
    data = SAMPLES[f"message_transit.{form}"]
    with pytest.raises(FormatError, match="27 values"):
        read(data)
    rows = rows_of(data, candidates=[TRANSIT_FORMAT])
    assert [plain(row) for row in rows] == RECORDS[f"message_transit.{form}"]


@pytest.mark.parametrize("name", ["export.log.gz", "insights.csv"])
def test_lines_of_an_export_keep_the_time_of_their_event_apart(name: str) -> None:
    rows, _ = read(SAMPLES[name], envelope=True)
    assert [row["_event_time"] for row in rows] == [
        datetime(2026, 11, 20, 12, 1), datetime(2026, 11, 20, 12, 1, 1, 500_000)
    ]  # fmt: skip
