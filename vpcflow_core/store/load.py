"""From one object's bytes to rows in a batch."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Protocol

import pyarrow as pa

from vpcflow_core.errors import FormatError, VpcflowError
from vpcflow_core.formats.base import LogFormat, Report
from vpcflow_core.formats.parse import parse
from vpcflow_core.sources.base import LogObject
from vpcflow_core.store.base import STRAY
from vpcflow_core.store.batch import Loaded
from vpcflow_core.store.cut import Cut
from vpcflow_core.store.hours import Hour, hours_of
from vpcflow_core.store.internal import Internal
from vpcflow_core.store.pipeline import Fetched
from vpcflow_core.store.placing import Placed, place
from vpcflow_core.store.spans import EVER, Spans
from vpcflow_core.store.state import State

# Rows of one object wait in memory until its end shows whether it is whole, up to this size.
WAITING_BYTES = 64 * 2**20


class TakesRecords(Protocol):
    """What records of objects go to; `Batch` is one."""

    def add(self, placed: Placed, object_id: int, *, tracked: bool) -> None:
        """Take in records."""

    def carry(self, placed: Placed) -> None:
        """Note the flow log and the interfaces of some traffic."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How objects are read.

    Attributes:
        given: Format of lines without header, if a person gave one.
        candidates: Formats that lines without header may have.
        oldest: Records of earlier days are left out and counted; None: of none.
        internal: Traffic inside these blocks is left out; None: none is.
    """

    given: LogFormat | None = None
    candidates: Sequence[LogFormat] = ()
    oldest: date | None = None
    internal: Internal | None = None


def load(
    fetched: Fetched, number: int, batch: TakesRecords, reading: Reading, keep: Spans = EVER
) -> Loaded:
    """Parse an object into the batch, as far as its records start in `keep`.

    Never fails because of what the object holds: the result's state says what became of it. Rows
    carry the object's number where the object may have to be replaced later: when it is broken,
    when its name is not AWS's (AWS never changes an object once written), when records were left
    out that a later sync may want, and when it is too big for its rows to wait until the end shows
    whether it is broken.
    """
    rows, cut = _Rows(batch, number), Cut(keep)
    found, report = fetched.found, Report(file=fetched.found.uri)
    if fetched.problem:
        return Loaded(number, found, "failed", False, report, fetched.problem)
    try:
        parsed = parse(
            fetched.data, name=found.uri, given=reading.given, candidates=reading.candidates
        )
        report = parsed.report
        for records in parsed:
            for placed in place(records, found.time, report, datetime.now(UTC), found.flow_log_id):
                kept = cut.keep(placed, report)
                rows.count(kept)
                kept = reading.internal.leave_out(kept, report) if reading.internal else kept
                if reading.oldest and kept.day < reading.oldest:
                    report.drop(kept.table)
                else:
                    rows.add(kept)
    except (VpcflowError, pa.ArrowException, OSError, EOFError, zlib.error) as error:
        return _noted(_unreadable(error, fetched, number, rows, report), cut)
    replaceable = bool(report.broken or cut.rest) or not found.flow_log_id
    tracked = rows.release(tracked=replaceable)
    state: State = "broken" if report.broken else "loaded"
    loaded = Loaded(number, found, state, tracked, report, report.broken, hours=rows.hours)
    return _noted(loaded, cut) if replaceable else loaded


def _noted(loaded: Loaded, cut: Cut) -> Loaded:
    """With the spans that it was loaded for, and the times of what was left out."""
    cut.correct(loaded.report)
    return replace(loaded, spans=cut.spans, rest=cut.rest)


def _unreadable(
    error: Exception, fetched: Fetched, number: int, rows: _Rows, report: Report
) -> Loaded:
    """What to say of an object whose parsing failed; rows that have left stay, as of a break."""
    if rows.left:
        rows.release(tracked=True)
        return Loaded(number, fetched.found, "broken", True, report, str(error), hours=rows.hours)
    state: State = "unread" if isinstance(error, FormatError) else "failed"
    empty = Report(file=report.file, kind=report.kind, notes=report.notes)
    return Loaded(number, fetched.found, state, False, empty, str(error))


def copy(found: LogObject, number: int, content: str, note: str) -> Loaded:
    """What to say of an object where another's records count."""
    report = Report(file=found.uri, notes=[note])
    return Loaded(number, found, "copy", False, report, content=content)


def records_if_whole(fetched: Fetched, reading: Reading) -> int:
    """How many records an object has that can be read to its end; -1 of one that cannot."""
    parsed = parse(
        fetched.data,
        name=fetched.found.uri,
        given=reading.given,
        candidates=reading.candidates,
    )
    try:
        for _ in parsed:
            pass
    except (VpcflowError, pa.ArrowException, OSError, EOFError, zlib.error):
        return -1
    return -1 if parsed.report.broken else parsed.report.records


class _Rows:
    """Rows of one object on their way to the batch.

    Attributes:
        left: Whether some have gone to the batch, with the object's number.
    """

    def __init__(self, batch: TakesRecords, number: int) -> None:
        self._batch = batch
        self._number = number
        self._waiting: list[Placed] = []
        self._bytes = 0
        self._hours: dict[int, Hour] = {}
        self.left = False

    @property
    def hours(self) -> tuple[Hour, ...]:
        """The hours of all that was counted."""
        return tuple(self._hours.values())

    def count(self, placed: Placed) -> None:
        """Note the hours of some rows, kept or not: that there were records is known of them."""
        counts = placed.part not in STRAY and not placed.part.startswith("transit")
        for hour in hours_of(placed.table) if counts else ():
            known = self._hours.get(hour.hour)
            self._hours[hour.hour] = known + hour if known else hour

    def add(self, placed: Placed) -> None:
        """Take in some rows."""
        if not len(placed.table):
            return
        self._waiting.append(placed)
        self._bytes += placed.table.nbytes
        if self._bytes > WAITING_BYTES:
            self.release(tracked=True)

    def release(self, *, tracked: bool) -> bool:
        """Give what waits to the batch; True if the object's rows carry its number."""
        tracked = tracked or self.left
        for placed in self._waiting:
            self._batch.add(placed, self._number, tracked=tracked)
            self._batch.carry(placed)
        self.left = self.left or bool(self._waiting)
        self._waiting.clear()
        self._bytes = 0
        return tracked
