"""What a sync says: how far it is, and what it did."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field, replace

from vpcflow_core.sources.base import ARCHIVED
from vpcflow_core.store.batch import Loaded
from vpcflow_core.store.notes import Notes
from vpcflow_core.store.plan import Plan
from vpcflow_core.store.state import notes_of
from vpcflow_core.units import humane_count, humane_seconds

FAILURES_KEPT = 100


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sync is.

    Attributes:
        objects, total_objects: Done, and known so far to be loaded (grows while listing).
        bytes, total_bytes: Likewise, as stored at the source.
        records: Records loaded.
        seconds: Since the start.
        listed: Whether the totals are final.
    """

    objects: int = 0
    total_objects: int = 0
    bytes: int = 0
    total_bytes: int = 0
    records: int = 0
    seconds: float = 0.0
    listed: bool = False

    @property
    def records_per_second(self) -> float:
        """Since the start."""
        return self.records / self.seconds if self.seconds else 0.0

    @property
    def seconds_left(self) -> float | None:
        """At the pace so far; None when that cannot be said yet."""
        done, total = self.amounts
        return (total - done) * self.seconds / done if self.listed and done else None

    @property
    def amounts(self) -> tuple[int, int]:
        """What is done and what there is to do: bytes, or objects where their size is unknown."""
        by_size = self.total_bytes > 0
        return (self.bytes, self.total_bytes) if by_size else (self.objects, self.total_objects)

    @property
    def share(self) -> float:
        """The part that is done, 0 to 1; may fall while the source is being listed."""
        done, total = self.amounts
        return min(done / total, 1.0) if total else 0.0

    @property
    def sentence(self) -> str:
        """Objects, records, pace and time left.

        >>> Progress(2, 4, 10, 40, 12_345, 2.0, listed=True).sentence
        '2 of 4 objects, 12.3 K records, 6.2 K a second, 6 s left'
        """
        if not self.total_objects:
            return "Looking for new logs"
        parts = [
            f"{self.objects:,} of {self.total_objects:,}{'' if self.listed else '+'} "
            f"{'object' if self.total_objects == 1 and self.listed else 'objects'}",
            f"{humane_count(self.records)} {'record' if self.records == 1 else 'records'}",
            f"{humane_count(self.records_per_second)} a second",
        ]
        if self.seconds_left:
            parts.append(f"{humane_seconds(self.seconds_left)} left")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Failure:
    """An object that could not be loaded, or not to its end, and why."""

    uri: str
    problem: str


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What a sync did.

    Attributes:
        source: URL.
        objects: Objects loaded, broken ones among them.
        records, nodata, skipdata: Records of these objects that are in the store.
        malformed: Lines of these objects that are no record.
        internal: Records of these objects that were left out, see `sync`.
        bytes: Their size as stored at the source.
        seconds: How long it took, compaction included.
        skipped: Objects found that had been loaded before.
        failed: Objects that could not be loaded to their end.
        failures: The first `FAILURES_KEPT` of them.
        reasons: Malformed lines by reason.
        unread: Objects in the ledger of unknown format; loaded once a format is given.
        dropped: Records older than `keep`: those of the objects that were left out, and those of
            all sources that left the store.
        outside: Records of the objects that start outside of the span, and were left out.
        archived: Archived objects of the source that were left out; those of the span, if there is
            one.
        complete: False if it was cancelled.
        copies: Objects whose content the store holds already, as that of another object.
        repaired: Records of missing or damaged files of the store that were read again.
        lost: Records of such files that the source does not have any more.
        damaged: Records of such files that could not be read again yet.
        warnings: What the source refused or left out while the rest went well; sentences.
        notes: What else there is to know of the objects and their records; sentences.
    """

    source: str
    objects: int = 0
    records: int = 0
    nodata: int = 0
    skipdata: int = 0
    malformed: int = 0
    internal: int = 0
    bytes: int = 0
    seconds: float = 0.0
    skipped: int = 0
    failed: int = 0
    failures: tuple[Failure, ...] = ()
    reasons: Counter[str] = field(default_factory=Counter)
    unread: int = 0
    dropped: int = 0
    outside: int = 0
    archived: int = 0
    complete: bool = True
    copies: int = 0
    repaired: int = 0
    lost: int = 0
    damaged: int = 0
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def gave_nothing(self) -> bool:
        """Whether there were objects, but not one that could be read."""
        return self.failed > 0 and not (self.objects or self.skipped)


class Tally:
    """Counts what became of the objects; several threads add to it."""

    def __init__(self, url: str, began: float) -> None:
        self._lock = threading.Lock()
        self._began = began
        self._result = SyncResult(url)
        self._failures: list[Failure] = []
        self._notes = Notes()
        self._done = 0
        self._bytes = 0

    def add(self, loaded: Loaded) -> None:
        """Count one object."""
        report = loaded.report
        with self._lock:
            so_far = self._result
            self._done += 1
            self._bytes += loaded.found.size
            archived = ARCHIVED in loaded.problem
            failed = bool(loaded.problem) and not archived
            if failed and len(self._failures) < FAILURES_KEPT:
                self._failures.append(Failure(loaded.found.uri, loaded.problem))
            so_far.reasons.update(report.counts)
            self._notes.add(notes_of(report))
            self._result = replace(
                so_far,
                objects=so_far.objects + loaded.rows_kept,
                records=so_far.records + report.records,
                nodata=so_far.nodata + report.nodata,
                skipdata=so_far.skipdata + report.skipdata,
                malformed=so_far.malformed + report.malformed,
                internal=so_far.internal + report.internal,
                dropped=so_far.dropped + report.dropped,
                outside=so_far.outside + report.outside,
                bytes=so_far.bytes + loaded.found.size * loaded.rows_kept,
                failed=so_far.failed + failed,
                archived=so_far.archived + archived,
                copies=so_far.copies + loaded.is_copy,
            )

    def progress(self, plan: Plan) -> Progress:
        """How far it is."""
        return Progress(
            objects=self._done,
            total_objects=plan.objects,
            bytes=self._bytes,
            total_bytes=plan.bytes,
            records=self._result.records,
            seconds=time.monotonic() - self._began,
            listed=plan.listed,
        )

    def result(self, *, skipped: int, unread: int, dropped: int, complete: bool) -> SyncResult:
        """What it did."""
        return replace(
            self._result,
            seconds=time.monotonic() - self._began,
            skipped=skipped,
            unread=unread,
            dropped=self._result.dropped + dropped,
            failures=tuple(self._failures),
            notes=tuple(self._notes.sentences()),
            complete=complete,
        )
