"""Brings a store up to its source, each object exactly once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pyarrow as pa

from vpcflow_core.errors import VpcflowError
from vpcflow_core.formats.base import LogFormat
from vpcflow_core.sources.base import Source
from vpcflow_core.store import repeats, strays
from vpcflow_core.store.batch import Limits
from vpcflow_core.store.compact import compact
from vpcflow_core.store.copies import settle
from vpcflow_core.store.internal import Internal
from vpcflow_core.store.load import Reading
from vpcflow_core.store.loader import Loader
from vpcflow_core.store.plan import Plan
from vpcflow_core.store.repair import Repaired, repair
from vpcflow_core.store.reread import Rereader
from vpcflow_core.store.result import Failure, Progress, SyncResult, Tally
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync_warnings import warnings
from vpcflow_core.store.writer import Writer, writing
from vpcflow_core.times import Window

__all__ = ["RELIST", "Failure", "Limits", "Progress", "SyncResult", "forget", "sync"]

RELIST = timedelta(hours=48)


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
        loader = Loader(writer, number, plan, tally, reading, limits or Limits())
        run = partial(loader.run, source, workers, progress, cancelled)
        rereader = partial(loader.rereader, source, workers, cancelled)
        complete, repaired = _fill(writer, number, plan, run, rereader, oldest)
        dropped = _finish(writer, number, plan, oldest, complete=complete)
        unread = writer.unread(number)
    made = tally.result(skipped=plan.skipped, unread=unread, dropped=dropped, complete=complete)
    return _with_findings(made, store, source, plan, repaired)


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


def _fill(
    writer: Writer,
    number: int,
    plan: Plan,
    run: Callable[[], bool],
    rereader: Callable[[], Rereader],
    oldest: date | None,
) -> tuple[bool, Repaired]:
    """Load what is new, and read again what is damaged; whether that came to its end."""
    with _noting_errors(writer, number):
        if not _load(writer.store, number, plan, run):
            return False, Repaired()
        # The source can be listed: what is gone from it is gone.
        repaired = repair(writer, number, rereader(), oldest)
        return repaired.is_complete, repaired


def _load(store: Store, number: int, plan: Plan, run: Callable[[], bool]) -> bool:
    """Load the plan, and what it held copies of if that changed in this very sync."""
    complete = run()
    if complete and settle(store.ledger, number):
        plan.only_copies()
        complete = run()
    return complete


@contextmanager
def _noting_errors(writer: Writer, number: int) -> Iterator[None]:
    """What fails the sync of a source is kept with it, for whoever looks at the source later."""
    try:
        yield
    except VpcflowError as error:
        writer.note_error(number, error.what)
        raise


def _with_findings(
    made: SyncResult, store: Store, source: Source, plan: Plan, repaired: Repaired
) -> SyncResult:
    """The result, with what else there is to know of the source and of the store's files."""
    made = replace(made, archived=made.archived + plan.archived)
    damage = store.damage(sources=[source.url])
    return replace(
        made,
        repaired=repaired.records,
        lost=repaired.lost,
        damaged=sum(one.records for one in damage if not one.is_lost),
        warnings=warnings(store, source, plan, made, repaired, damage),
    )


def _finish(writer: Writer, number: int, plan: Plan, oldest: date | None, *, complete: bool) -> int:
    """Drop old days, and tidy up after a sync that came to its end; gives records dropped."""
    dropped = writer.forget_before(oldest) if oldest else 0
    if complete:
        writer.note_end(number, plan)
        compact(writer)
    repeats.find(writer)
    return dropped


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
