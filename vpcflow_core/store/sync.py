"""Brings a store up to its source, each object exactly once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pyarrow as pa

from vpcflow_core.errors import VpcflowError
from vpcflow_core.formats.base import LogFormat
from vpcflow_core.sources.base import HasDeclaredFormats, HasWarnings, Source, archived_note
from vpcflow_core.store import repeats, strays
from vpcflow_core.store.batch import Batch, Limits, Loaded
from vpcflow_core.store.compact import compact
from vpcflow_core.store.copies import Contents, content_of, settle
from vpcflow_core.store.damage import sentences
from vpcflow_core.store.internal import Internal
from vpcflow_core.store.known import FAILED_AGAIN, log_object
from vpcflow_core.store.load import Reading, copy, load, records_if_whole
from vpcflow_core.store.pipeline import Fetched, Pipeline
from vpcflow_core.store.plan import Plan
from vpcflow_core.store.repair import Repaired, repair
from vpcflow_core.store.reread import Rereader
from vpcflow_core.store.result import Failure, Progress, SyncResult, Tally
from vpcflow_core.store.store import Store
from vpcflow_core.store.writer import Writer, writing
from vpcflow_core.times import Window

__all__ = ["RELIST", "Failure", "Limits", "Progress", "SyncResult", "forget", "sync"]

RELIST = timedelta(hours=48)
# In place of the hash of an object without bytes: it was read.
_EMPTY = "empty"


def sync(
    store: Store,
    source: Source,
    *,
    span: Window | None = None,
    look: Window | None = None,
    given: LogFormat | None = None,
    candidates: Sequence[LogFormat] = (),
    workers: int = 2,
    relist: timedelta = RELIST,
    list_all: bool = False,
    keep: timedelta | None = None,
    exclude_internal: Sequence[str] = (),
    wait: float = 0.0,
    limits: Limits | None = None,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> SyncResult:
    """Load every object of the source that the store lacks, exactly once.

    May be killed at any instant: what was committed stays, the rest is loaded by the next sync.

    Args:
        store: Where to.
        source: Where from.
        span: Load the records that start in it; None: all.
        look: Find, for now, only objects that may hold records of this part of the span.
        given: Format of lines without header.
        candidates: Formats that lines without header may have, instead of those that the source
            declares.
        workers: Threads that parse and write; more than processors do not help.
        relist: How long after its time an object may still appear at the source.
        list_all: List the whole span anew, for objects that appeared later than that.
        keep: Drop whole UTC days older than this.
        exclude_internal: Blocks (CIDR): records whose source and destination both lie in them are
            left out and counted. Objects that are loaded already stay as they are.
        wait: Seconds to wait for another writer.
        limits: Size of batches.
        progress: Called some times a second.
        cancelled: Asked likewise; True ends the sync after the objects at hand.

    Raises:
        LockedError: Another process writes to the store.
        SourceError: The source cannot be listed, or the credentials do not serve.
        StoreError: The disk is full or refuses.
    """
    began = time.monotonic()
    oldest = (datetime.now(UTC) - keep).date() if keep else None
    internal = Internal(exclude_internal) if exclude_internal else None
    reading = Reading(given, candidates, oldest, internal)
    with writing(store, wait) as writer, _system_memory():
        strays.move(writer)
        number = writer.source_id(source.url)
        settle(store.ledger, number)
        plan = Plan(
            store.ledger,
            source,
            number,
            span,
            look=_kept(look or span, oldest),
            relist=relist,
            unread_too=bool(given or candidates),
            list_all=list_all,
            on_copies=partial(writer.add_copies, number),
        )
        tally = Tally(source.url, began)
        loader = _Loader(writer, number, plan, tally, reading, limits or Limits())
        try:
            complete = loader.run(source, workers, progress, cancelled)
            if complete and settle(store.ledger, number):
                plan.only_copies()  # what they were copies of has changed in this very sync
                complete = loader.run(source, workers, progress, cancelled)
            repaired = Repaired()
            if complete:  # the source can be listed: what is gone from it is gone
                rereader = loader.rereader(source, workers, cancelled)
                repaired = repair(writer, number, rereader, oldest)
                complete = repaired.is_complete
        except VpcflowError as error:
            writer.note_error(number, error.what)
            raise
        dropped = writer.forget_before(oldest) if oldest else 0
        if complete:
            writer.note_end(number, plan)
            compact(writer)
        repeats.find(writer)
        unread = writer.unread(number)
    made = tally.result(skipped=plan.skipped, unread=unread, dropped=dropped, complete=complete)
    warnings = list(source.warnings) if isinstance(source, HasWarnings) else []
    archived = made.archived + plan.archived
    if archived:
        warnings.append(archived_note(archived, source.url))
    left = store.damage(sources=[source.url])
    return replace(
        made,
        archived=archived,
        repaired=repaired.records,
        lost=repaired.lost,
        damaged=sum(one.records for one in left if not one.is_lost),
        warnings=tuple(
            dict.fromkeys(
                [
                    *warnings,
                    *_waiting(plan, source.url),
                    *_elsewhere(plan),
                    *_copied(made),
                    *_repeated(store),
                    *_repaired(repaired, source.url),
                    *sentences(left),
                ]
            )
        ),
    )


def forget(store: Store, url: str, *, wait: float = 0.0) -> int:
    """Drop a source with all its records; a later sync would load it anew.

    Args:
        store: The store.
        url: The source's URL as `Store.sources` gives it; an unknown one is no error.
        wait: Seconds to wait for another writer.

    Returns:
        Records dropped.

    Raises:
        LockedError: Another process writes to the store.
    """
    with writing(store, wait) as writer:
        number = store.ledger.value("SELECT id FROM sources WHERE url = ?", [url])
        return 0 if number is None else writer.forget_source(number)


def _repaired(done: Repaired, url: str) -> Iterator[str]:
    """What was read again, and why the rest was not."""
    if done.records:
        yield (
            f"{done.records:,} records of missing or damaged files of the store were read again "
            f"from {url}."
        )
    if done.problems:
        yield f"{len(done.problems):,} objects could not be read again: {done.problems[0]}"


def _waiting(plan: Plan, url: str) -> list[str]:
    """How many objects could not be read before and are left to later syncs."""
    if plan.waiting <= 0:
        return []
    return [
        f"{plan.waiting:,} more objects of {url} could not be read before; each sync tries "
        f"{FAILED_AGAIN:,} of them again."
    ]


def _elsewhere(plan: Plan) -> list[str]:
    """Which other sources hold what the plan found."""
    return [
        f"{count:,} objects found are in the store already, as those of {url}."
        for url, count in sorted(plan.elsewhere.items())
        if count
    ]


def _copied(made: SyncResult) -> list[str]:
    """That some objects have the content of others."""
    if not made.copies:
        return []
    return [
        f"{made.copies:,} objects have the same content as others and are counted once; the parse "
        "report names them."
    ]


def _repeated(store: Store) -> list[str]:
    """Which flow logs of the store repeat others."""
    return [found.sentence for found in store.repeated()]


@contextmanager
def _system_memory() -> Iterator[None]:
    """Let Arrow take memory from the system's allocator.

    Its own one gives pages back at once and asks for them again, which costs a sixth of the
    processor time of a sync (measured: 16.8 against 14.0 s for ten million records).
    """
    before = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(before)


def _kept(span: Window | None, oldest: date | None) -> Window | None:
    """The span without the days that are dropped anyway."""
    if oldest is None:
        return span
    start = datetime(oldest.year, oldest.month, oldest.day, tzinfo=UTC)
    if span is None:
        return Window(start, datetime.now(UTC) + timedelta(days=1))
    return replace(span, start=max(span.start, start)) if span.end > start else span


def _declared(source: Source) -> tuple[LogFormat, ...]:
    """The formats that the source says its lines may have."""
    texts = source.formats() if isinstance(source, HasDeclaredFormats) else ()
    return tuple(map(LogFormat.parse, texts))


class _Loader:
    """Loads the plan's objects, a batch a thread at a time."""

    def __init__(
        self,
        writer: Writer,
        number: int,
        plan: Plan,
        tally: Tally,
        reading: Reading,
        limits: Limits,
    ) -> None:
        self._writer = writer
        self._number = number
        self._plan = plan
        self._tally = tally
        self._reading = reading
        self._limits = limits
        self._contents = Contents(writer.store.ledger, number)

    def run(
        self,
        source: Source,
        workers: int,
        progress: Callable[[Progress], None] | None,
        cancelled: Callable[[], bool] | None,
    ) -> bool:
        """Load all; False if it was cancelled."""
        if not (self._reading.given or self._reading.candidates):
            self._reading = replace(self._reading, candidates=_declared(source))

        def each() -> bool:
            if progress:
                progress(self._tally.progress(self._plan))
            return bool(cancelled and cancelled())

        pipeline = Pipeline(
            source, self._plan, self._load, workers=workers, fetched=self._limits.fetched
        )
        complete = pipeline.run(each)
        each()
        return complete

    def rereader(
        self, source: Source, workers: int, cancelled: Callable[[], bool] | None
    ) -> Rereader:
        """Reads objects again as this one reads them."""

        def each() -> bool:
            return bool(cancelled and cancelled())

        return Rereader(self._writer, source, self._reading, self._limits, workers, each)

    def _load(self, take: Callable[[], Fetched | None]) -> None:
        """One thread's work."""
        batch = self._batch()
        while fetched := take():
            loaded = self._loaded(fetched, batch)
            batch.objects.append(loaded)
            self._tally.add(loaded)
            if batch.full:
                self._commit(batch)
                batch = self._batch()
        self._commit(batch)

    def _loaded(self, fetched: Fetched, batch: Batch) -> Loaded:
        """The object's records in the batch, unless another object has the same content."""
        number, content = self._writer.next_id(), content_of(fetched.data)
        other, keep = self._contents.claim(fetched.found, content, self._plan.keep(fetched.found))
        if other:
            note = f"Same content as {other}, counted once."
            return copy(fetched.found, number, content, note)
        if (broken := self._plan.broken(fetched.found)) and not self._is_better(fetched, broken):
            note = f"No better than {broken[0]['uri']}, which is broken; not counted."
            return copy(fetched.found, number, content or _EMPTY, note)
        return replace(load(fetched, number, batch, self._reading, keep), content=content)

    def _is_better(self, fetched: Fetched, broken: Sequence[Any]) -> bool:
        """Whether an object is whole, with no fewer records than broken ones that are the same."""
        if fetched.problem:
            return True  # it is noted as what it is, and tried again
        most = max(int(row["records"]) for row in broken)
        return records_if_whole(fetched, self._reading) >= most

    def _give_way(self, loaded: Loaded) -> Iterator[int]:
        """Take back the records of broken objects where a whole one's are to count.

        They are gone for a moment rather than there twice, should the process end between. Gives
        the sources of these objects.
        """
        for row in self._plan.broken(loaded.found) if loaded.state == "loaded" else ():
            note = f"{loaded.found.uri} is the same and whole: its records count."
            batch = self._batch()
            batch.objects.append(copy(log_object(row), self._writer.next_id(), "", note))
            self._writer.commit(row["source"], batch)
            yield row["source"]

    def _batch(self) -> Batch:
        return Batch(self._writer.store.path, self._limits)

    def _commit(self, batch: Batch) -> None:
        if batch.objects:
            gave_way = {source for o in batch.objects for source in self._give_way(o)}
            self._writer.commit(self._number, batch)
            for source in gave_way:
                settle(self._writer.store.ledger, source)
            self._contents.landed(batch.objects)
            self._plan.landed(loaded.found for loaded in batch.objects)
