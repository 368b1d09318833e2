"""From a source into the table: each object once, however many do so at the same time.

Objects are fetched ahead by some threads and parsed by one: whoever wants more starts more
writers, here or on other machines. Nothing is kept on this machine.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice

from vpcflow_core.errors import CredentialsError, SettingsError, SourceError
from vpcflow_core.formats.base import LogFormat
from vpcflow_core.lake.opening import failures
from vpcflow_core.lake.table import LakeTable, Taken
from vpcflow_core.lake.upkeep import keep_up
from vpcflow_core.sources.base import (
    HasDeclaredFormats,
    HasWarnings,
    LogObject,
    Source,
)
from vpcflow_core.sources.schemes import scheme_of
from vpcflow_core.store.internal import Internal
from vpcflow_core.store.load import Reading, load
from vpcflow_core.store.pipeline import FETCHERS, Fetched
from vpcflow_core.store.placing import Placed
from vpcflow_core.store.result import Progress, SyncResult, Tally
from vpcflow_core.times import Window

# Objects that the ledger is asked about at once.
ASKED = 1_000
# A commit is made once it has this many records, or objects. Each is kept in memory until then, and
# makes a file for each day: large ones are better for whoever reads.
RECORDS, OBJECTS = 1_000_000, 5_000


def sync(
    lake: LakeTable,
    source: Source,
    *,
    span: Window | None = None,
    given: LogFormat | None = None,
    keep: timedelta | None = None,
    exclude_internal: Sequence[str] = (),
    progress: Callable[[Progress], None] | None = None,
) -> SyncResult:
    """Add every object of a source that the table lacks; may be killed at any instant.

    Args:
        lake: Where to.
        source: Where from: files, or S3. What is at their names must not change.
        span: Add objects that may hold records of it; None: all.
        given: Format of lines without header.
        keep: Drop whole UTC days older than this.
        exclude_internal: Blocks: records whose two ends lie in them are left out and counted.
        progress: Called after each object.

    Raises:
        SettingsError: The source is none of files.
        SourceError: The source cannot be listed or read.
        FailureError: The table cannot be reached.
    """
    if scheme_of(source.url).name == "cloudwatch":
        raise SettingsError(
            f"{source.url} cannot be added to a table: its events have no files.",
            "Sync it to a store of this machine, without --into.",
        )
    oldest = (datetime.now(UTC) - keep).date() if keep else None
    internal = Internal(exclude_internal) if exclude_internal else None
    run = _Run(lake, source, Reading(given, _declared(source), oldest, internal), progress)
    with failures(lake.location):
        run.all(span)
        if oldest:
            lake.forget_before(oldest)
        keep_up(lake, run.days)
    made = run.tally.result(skipped=run.skipped, unread=0, dropped=0, complete=True)
    warnings = source.warnings if isinstance(source, HasWarnings) else []
    return replace(made, warnings=tuple(dict.fromkeys(warnings)))


class _Records:
    """The records of the object that is being read."""

    def __init__(self) -> None:
        self.rows: list[Placed] = []

    def add(self, placed: Placed, object_id: int, *, tracked: bool) -> None:
        """Take in records."""
        self.rows.append(placed)

    def carry(self, placed: Placed) -> None:
        """Nothing: which flow logs repeat others is not judged here."""


class _Run:
    """One pass over a source.

    Attributes:
        skipped: Objects that the table had.
        days: Days of the records that were added.
    """

    def __init__(
        self,
        lake: LakeTable,
        source: Source,
        reading: Reading,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self._lake, self._source, self._reading = lake, source, reading
        self._progress = progress
        self._began = time.monotonic()
        self.tally = Tally(source.url, self._began)
        self.skipped = 0
        self.days: set[tuple[str, object]] = set()
        self._waiting: list[Taken] = []
        self._done = self._found = self._records = 0

    def all(self, span: Window | None) -> None:
        """Read the source to its end."""
        for fetched in self._fetched(self._new(self._source.find(span))):
            self._take(fetched)
            if self._records >= RECORDS or len(self._waiting) >= OBJECTS:
                self._commit()
        self._commit()

    def _new(self, found: Iterator[LogObject]) -> Iterator[LogObject]:
        """The objects that the table lacks."""
        while some := list(islice(found, ASKED)):
            lacking = self._lake.lacking(some)
            self.skipped += len(some) - len(lacking)
            self._found += len(lacking)
            yield from lacking

    def _fetched(self, objects: Iterable[LogObject]) -> Iterator[Fetched]:
        """The objects with their bytes, in order, a few of them ahead."""
        ahead: deque[Future[Fetched]] = deque()
        with ThreadPoolExecutor(FETCHERS) as pool:
            for found in objects:
                ahead.append(pool.submit(self._fetch, found))
                if len(ahead) > FETCHERS:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()

    def _fetch(self, found: LogObject) -> Fetched:
        try:
            return Fetched(found, self._source.read(found))
        except CredentialsError:
            raise
        except SourceError as error:
            return Fetched(found, problem=str(error))

    def _take(self, fetched: Fetched) -> None:
        """Parse an object; one that cannot be read to its end is left to the next sync."""
        records = _Records()
        loaded = load(fetched, 0, records, self._reading)
        self._done += 1
        if loaded.state == "loaded":
            self._waiting.append(Taken(fetched.found, records.rows))
            self._records += self._waiting[-1].records
            self.days.update((placed.part, placed.day) for placed in records.rows)
        self.tally.add(loaded if loaded.state != "broken" else replace(loaded, state="failed"))
        if self._progress:
            seconds = time.monotonic() - self._began
            self._progress(
                Progress(self._done, self._found, records=self._records, seconds=seconds)
            )

    def _commit(self) -> None:
        if self._waiting:
            added = self._lake.add(self._waiting)
            self.skipped += len(self._waiting) - added
        self._waiting, self._records = [], 0


def _declared(source: Source) -> tuple[LogFormat, ...]:
    """The formats that the source says its lines may have."""
    texts = source.formats() if isinstance(source, HasDeclaredFormats) else ()
    return tuple(map(LogFormat.parse, texts))
