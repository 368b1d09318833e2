"""What parsing gives: tables of records, and a report that accounts for every line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from vpcflow_core.errors import FormatError
from vpcflow_core.fields import column_name, find_field
from vpcflow_core.formats.words import equals

FieldsFrom = Literal["header", "given", "inferred", "file"]
EXAMPLES_KEPT = 10
_NOT_OF_NAMES = str.maketrans({",": " ", "\\": "", '"': "", "'": ""})
EXAMPLE_LENGTH = 500

# Columns of the envelope a record came in. They are no fields of the record: `vpcflow read` leaves
# them out; the store uses them (time of records without start, once by event) and drops them.
EVENT_TIME = "_event_time"
EVENT_ID = "_event_id"
ENVELOPE = (EVENT_TIME, EVENT_ID)


@dataclass(frozen=True, slots=True)
class LogFormat:
    """Names of a line's fields in order, as columns (`srcaddr`, `start_time`, ...)."""

    columns: tuple[str, ...]

    @staticmethod
    def parse(text: str) -> LogFormat:
        """A format as AWS writes it (`${version} ${account-id}`) or as plain names.

        Quotes, and backslashes that kept a shell from the dollars, are left out.

        Raises:
            FormatError: It names nothing, no field at all, or one twice.
        """
        bare = text.translate(_NOT_OF_NAMES)
        columns = tuple(column_name(word) for word in bare.split())
        if not columns:
            raise FormatError(
                "The log format is empty.",
                "Give the field names, such as 'version account-id ...'.",
            )
        twice = [name for name, count in Counter(columns).items() if count > 1]
        if twice:
            raise FormatError(f"The log format names '{twice[0]}' twice: {text}")
        if not any(find_field(name) for name in columns):
            raise FormatError(
                f"The log format names no field of flow logs: {text}", "All fields: vpcflow fields"
            )
        return LogFormat(columns)


@dataclass(frozen=True, slots=True)
class Rejected:
    """One example of lines that were not loaded: line number (from 1), why, and its text."""

    line: int
    reason: str
    text: str


@dataclass(slots=True)
class Report:
    """What became of one file, line by line.

    records + malformed + blank + around + internal + dropped + outside = lines.

    Attributes:
        file: Its name.
        kind: `text`, `json`, `parquet`, `events` or `csv`, as the content showed.
        fields: Columns of its records, in the order of the file; several formats are joined.
        fields_from: How the fields were known.
        records: Records loaded, NODATA and SKIPDATA among them.
        nodata, skipdata: How many of the records have that log-status.
        lines: What could be a record: a line of text; a row of CSV, even if a cell in quotes goes
            over several lines; a row of Parquet; an object, event or line of text in JSON.
        blank: Lines without anything in them.
        around: Lines that say something about the records: headers, control messages, and what the
            AWS CLI prints around an answer.
        malformed: Lines that are no record.
        internal: Records left out because both of their ends lie in blocks to leave out.
        dropped: Records left out because they are older than the store keeps.
        outside: Records left out because they start outside of the span to load.
        counts: Malformed lines by reason (the reason without the line's own values).
        reasons: The first `EXAMPLES_KEPT` malformed lines.
        unknown_fields: Columns that are no field of any record version; kept as text.
        first, last: Earliest start and latest end of the records, UTC.
        broken: Why the file ended before its end ("" if it did not): gzip cut short and the like.
        notes: What else a person should know about the file.
        looks_like: What those of its rows or objects look like that are no flow log's; "" if all
            are.
    """

    file: str = ""
    kind: str = ""
    fields: list[str] = field(default_factory=list)
    fields_from: FieldsFrom = "header"
    records: int = 0
    nodata: int = 0
    skipdata: int = 0
    lines: int = 0
    blank: int = 0
    around: int = 0
    malformed: int = 0
    internal: int = 0
    dropped: int = 0
    outside: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    reasons: list[Rejected] = field(default_factory=list)
    unknown_fields: list[str] = field(default_factory=list)
    first: datetime | None = None
    last: datetime | None = None
    broken: str = ""
    notes: list[str] = field(default_factory=list)
    looks_like: str = ""

    def reject(self, line: int, reason: str, text: str, kind: str = "") -> None:
        """Count a malformed line; `kind` is the reason without values, for counting."""
        self.count(kind or reason, 1)
        self.example(line, reason, text)

    def count(self, kind: str, lines: int) -> None:
        """Count malformed lines of one kind of reason."""
        self.malformed += lines
        self.counts[kind] += lines

    def example(self, line: int, reason: str, text: str) -> None:
        """Show a counted line, if it is one of the first."""
        if len(self.reasons) < EXAMPLES_KEPT:
            self.reasons.append(Rejected(line, reason, text[:EXAMPLE_LENGTH]))

    def take(self, table: pa.Table) -> None:
        """Count the records of a table."""
        self._count_records(table, 1)
        if "start_time" in table.column_names:
            starts = (self.first, _as_utc(pc.min(table["start_time"]).as_py()))
            self.first = min((moment for moment in starts if moment), default=None)
        if "end_time" in table.column_names:
            ends = (self.last, _as_utc(pc.max(table["end_time"]).as_py()))
            self.last = max((moment for moment in ends if moment), default=None)

    def drop(self, table: pa.Table) -> None:
        """Take back the count of records that are too old to be loaded."""
        self._count_records(table, -1)
        self.dropped += len(table)

    def leave(self, table: pa.Table) -> None:
        """Take back the count of records that start outside of the span to load."""
        self._count_records(table, -1)
        self.outside += len(table)

    def _count_records(self, table: pa.Table, sign: int) -> None:
        self.records += sign * len(table)
        if "log_status" in table.column_names:
            self.nodata += sign * _count_equal(table["log_status"], "NODATA")
            self.skipdata += sign * _count_equal(table["log_status"], "SKIPDATA")

    def name_fields(self, columns: Sequence[str]) -> None:
        """Add a format's columns to those of the file."""
        new = [name for name in columns if name not in self.fields and name not in ENVELOPE]
        self.fields.extend(new)
        self.unknown_fields.extend(name for name in new if find_field(name) is None)


def _count_equal(column: pa.ChunkedArray, word: str) -> int:
    return int(pc.sum(equals(column, word)).as_py() or 0)


def _as_utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None


@dataclass(frozen=True, slots=True)
class Records:
    """Some records of one format.

    Attributes:
        table: Columns in the format's order with the types of the field table, unknown fields as
            text, and possibly `EVENT_TIME` and `EVENT_ID`. Texts are dictionary-encoded
            (`values.column_type`), always, so that all tables of one format have one schema:
            parsing and Parquet take them a quarter faster; `table.cast` makes plain ones.
        transit: Whether they are a transit gateway's.
    """

    table: pa.Table
    transit: bool = False
