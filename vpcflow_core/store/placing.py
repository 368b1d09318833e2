"""Where records belong: which part, which day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from vpcflow_core.formats.base import EVENT_ID, EVENT_TIME, Records, Report
from vpcflow_core.formats.words import equals
from vpcflow_core.store.base import Part, ordered
from vpcflow_core.store.hours import possible_times
from vpcflow_core.store.ledger import to_ms
from vpcflow_core.units import number_of

# Names the object a row came from, in files of objects that may be replaced. No field has a name
# with a leading underscore; readers never see it.
OBJECT_COLUMN = "_object"

DAY_MS = 86_400_000
_TIME = pa.timestamp("ms")
QUIET_WHEN_NULL = ("srcaddr", "dstaddr", "packets", "bytes")


@dataclass(frozen=True, slots=True)
class Placed:
    """Records of one part and one UTC day, columns in the field table's order."""

    part: Part
    day: date
    table: pa.Table


def place(
    records: Records,
    object_time: datetime | None,
    report: Report,
    arrived: datetime,
    flow_log_id: str = "",
) -> Iterator[Placed]:
    """Split records by part and by UTC day of their start.

    A record without start is placed by the time of its event, by its end, or by the object's time,
    in this order; that time becomes its `start_time`, and the report says for how many. Records
    whose start cannot be, given when they arrived, are a part of their own. The id of the flow log
    that wrote them is a column.
    """
    table = _with_flow_log(_with_start(records.table, object_time, report), flow_log_id)
    table = table.select(ordered(n for n in table.column_names if n not in (EVENT_TIME, EVENT_ID)))
    table, strays = _without_strays(table, arrived, report)
    quiet = _quiet(table)
    parts: list[tuple[Part, pa.Table]] = [
        ("transit_flows" if records.transit else "flows", _where(table, pc.invert(quiet))),
        ("transit_quiet" if records.transit else "quiet", _where(table, quiet)),
        ("transit_stray" if records.transit else "stray", strays),
    ]
    for part, chosen in parts:
        for day, rows in _by_day(chosen):
            yield Placed(part, day, rows)


def mark(table: pa.Table, object_id: int) -> pa.Table:
    """The table with the column that names the object it came from."""
    return table.append_column(
        OBJECT_COLUMN, pa.repeat(pa.scalar(object_id, pa.int64()), len(table))
    )


def _with_flow_log(table: pa.Table, flow_log_id: str) -> pa.Table:
    """With the flow log's id in each row, as one word of a dictionary: bytes a file."""
    if not flow_log_id or "flow_log_id" in table.column_names:
        return table
    indices = pa.repeat(pa.scalar(0, pa.int32()), len(table))
    return table.append_column(
        "flow_log_id", pa.DictionaryArray.from_arrays(indices, pa.array([flow_log_id]))
    )


def _with_start(table: pa.Table, object_time: datetime | None, report: Report) -> pa.Table:
    names = table.column_names
    start = table["start_time"] if "start_time" in names else None
    missing = len(table) if start is None else start.null_count
    if not missing:
        return table
    choices: list[Any] = [] if start is None else [start]
    choices += [table[name].cast(_TIME) for name in (EVENT_TIME, "end_time") if name in names]
    timeless = pc.coalesce(*choices).null_count if choices else len(table)
    if object_time:
        choices.append(pa.scalar(to_ms(object_time), pa.int64()).cast(_TIME))
    filled = pc.coalesce(*choices) if choices else pa.scalar(None, _TIME)
    if isinstance(filled, pa.Scalar):  # every choice was a scalar
        filled = pa.chunked_array([pa.repeat(filled, len(table))])
    if start is not None:
        table = table.drop_columns("start_time")
    table = table.append_column("start_time", filled)
    lost = filled.null_count
    _note(report, missing - lost, timeless - lost)
    for _ in range(lost):  # rare: neither the records nor their object have a time
        report.reject(0, "no time known: neither start, end, event nor object has one", "")
    report.records -= lost
    return table.filter(pc.is_valid(filled)) if lost else table


def _without_strays(
    table: pa.Table, arrived: datetime, report: Report
) -> tuple[pa.Table, pa.Table]:
    """The records with a possible start, and the others, which the report counts."""
    oldest, latest = possible_times(arrived)
    starts = table["start_time"].cast(pa.int64())
    ends = pc.min_max(starts).as_py()
    if not len(table) or (oldest <= ends["min"] and ends["max"] <= latest):
        return table, table.slice(0, 0)
    possible = pc.and_(pc.greater_equal(starts, oldest), pc.less_equal(starts, latest))
    strays = _where(table, pc.invert(possible))
    report.notes.append(
        f"{number_of(len(strays), 'records')} with a start before 2010 or after the arrival: kept "
        "apart, in `records` alone."
    )
    return _where(table, possible), strays


def _note(report: Report, count: int, timeless: int) -> None:
    """Note the records that got a start, and those whose object alone has a time."""
    if count:
        report.notes.append(
            f"{number_of(count, 'records')} without start: placed by the time of the event, the "
            "end or the object."
        )
    if timeless:
        report.notes.append(
            f"{number_of(timeless, 'records')} without any time: placed at the time the file was "
            "written, which says little of the traffic."
        )


def _quiet(table: pa.Table) -> Any:
    """Which rows have no traffic, never null.

    By log-status; where the format has none, rows without addresses, packets and bytes.
    """
    if "log_status" in table.column_names:
        return pc.fill_null(pc.invert(equals(table["log_status"], "OK")), True)
    nulls = [pc.is_null(table[name]) for name in QUIET_WHEN_NULL if name in table.column_names]
    quiet = nulls[0] if nulls else pa.chunked_array([pa.repeat(pa.scalar(False), len(table))])
    for more in nulls[1:]:
        quiet = pc.and_(quiet, more)
    return quiet


def _where(table: pa.Table, chosen: Any) -> pa.Table:
    """The chosen rows; most often all or none, which costs nothing."""
    count = pc.sum(chosen, min_count=0).as_py()
    if count == len(table):
        return table
    return table.filter(chosen) if count else table.slice(0, 0)


def _by_day(table: pa.Table) -> Iterator[tuple[date, pa.Table]]:
    if not len(table):
        return
    starts = table["start_time"].cast(pa.int64())
    ends = pc.min_max(starts).as_py()
    if ends["min"] // DAY_MS == ends["max"] // DAY_MS:
        yield _day(ends["min"] // DAY_MS), table
        return
    days = pc.divide(starts, DAY_MS)  # times are never negative: fields.KINDS
    for number in pc.unique(days).to_pylist():
        yield _day(number), table.filter(pc.equal(days, number))


def _day(number: int) -> date:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=number)).date()
