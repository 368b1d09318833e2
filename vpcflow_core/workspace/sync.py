"""Bring a store up to date with its sources: the one loop of command line and app."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from vpcflow_core.changes.reading import keep_changes
from vpcflow_core.errors import VpcflowError
from vpcflow_core.formats.base import LogFormat
from vpcflow_core.source_settings import SourceSetting
from vpcflow_core.sources.base import HasInventory, HasQueryLogs, HasTrail, Source
from vpcflow_core.store import sync as objects
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import Progress, SyncResult
from vpcflow_core.times import Window
from vpcflow_core.workspace.domains import keep_query_logs
from vpcflow_core.workspace.inventory import NOT_ASKED, InventoryRefresh, refresh_inventory
from vpcflow_core.workspace.opening import opened_source

# Objects of the hours to come are found too: clocks differ, and folders are named by the day.
AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncOptions:
    """What holds for all sources of a sync.

    Attributes:
        span: Load the records that start in it; None: all.
        list_all: List the whole span, also what earlier syncs listed: somebody asks for it, since
            objects may have come late or been forbidden before.
        keep: Drop whole UTC days older than this; None: none.
        workers: Threads that parse and write.
        wait: Seconds to wait for another process that writes to the store.
        first_look: Read this much, up to the present, into an empty store before the rest, so
            that there is something to see soon; None: read all at once.
        inventory_age: Regions of EC2 with a snapshot that was younger than this when the sync
            began are not asked again.
    """

    span: Window | None = None
    list_all: bool = False
    keep: timedelta | None = None
    workers: int = 2
    wait: float = 0.0
    first_look: timedelta | None = None
    inventory_age: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class SyncOutcome:
    """What became of one source.

    Attributes:
        name: Of the source; "" where the store itself failed.
        url: Where its logs lie.
        result: What was loaded; None if it failed before.
        error: Why it could not be read, or not to its end.
        inventory: What EC2 answered about the networks of its logs.
        first: What the first look at an empty store had loaded before.
    """

    name: str
    url: str
    result: SyncResult | None = None
    error: VpcflowError | None = None
    inventory: InventoryRefresh = NOT_ASKED
    first: SyncResult | None = None

    @property
    def failed(self) -> bool:
        """Whether the source could not be read, or gave nothing but failures."""
        return self.error is not None or (self.result is not None and self.result.gave_nothing)


def sync(
    store: Store,
    sources: Iterable[tuple[str, SourceSetting]],
    options: SyncOptions | None = None,
    *,
    progress: Callable[[str, Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Iterator[SyncOutcome]:
    """Read what is new at each source; a source that fails leaves the others alone.

    After each source that was read to its end, EC2 is asked about the networks of its logs, if
    they lie in AWS.

    Args:
        store: Where to.
        sources: Pairs of name and setting; each is taken when the one before is done.
        options: Span, retention, threads.
        progress: Called with the name of the source and how far it is: once at its begin, then
            some times a second.
        cancelled: Asked some times a second; True ends the sync after the objects at hand.

    Yields:
        The outcome of each source, as soon as it is known.
    """
    run = _Run(store, options or SyncOptions(), progress, cancelled, datetime.now(UTC))
    for name, source in sources:
        if run.is_cancelled:
            return
        yield run.read(name, source)


@dataclass(frozen=True, slots=True)
class _Run:
    """One pass over the sources."""

    store: Store
    options: SyncOptions
    progress: Callable[[str, Progress], None] | None
    cancelled: Callable[[], bool] | None
    began: datetime

    @property
    def is_cancelled(self) -> bool:
        return bool(self.cancelled and self.cancelled())

    def read(self, name: str, source: SourceSetting) -> SyncOutcome:
        """Read one source, in one or two steps."""
        outcome = SyncOutcome(name, source.url)
        try:
            opened = opened_source(self.store, source)
            for look in self._looks():
                result = self._load(name, source, opened, look)
                outcome = replace(outcome, result=result, first=outcome.result)
                if not result.complete or self.is_cancelled:
                    break
                refreshed = self._refresh(source, opened.url)
                outcome = replace(outcome, inventory=outcome.inventory + refreshed)
        except VpcflowError as error:
            return replace(outcome, error=error)
        return outcome

    def _looks(self) -> list[Window | None]:
        """The parts of the span to read one after the other."""
        whole, first = self.options.span, recent(self.options.first_look)
        if first is None or self.store.extent("records") is not None:
            return [whole]
        is_part = whole is None or whole.start < first.start < whole.end
        return [first, whole] if is_part else [whole]

    def _load(
        self, name: str, source: SourceSetting, opened: Source, look: Window | None
    ) -> SyncResult:
        def note(now: Progress) -> None:
            if self.progress:
                self.progress(name, now)

        note(Progress())
        return load(
            self.store,
            opened,
            source.log_format,
            span=self.options.span,
            look=look,
            list_all=self.options.list_all,
            workers=self.options.workers,
            keep=self.options.keep,
            exclude_internal=source.exclude_internal,
            wait=self.options.wait,
            progress=note,
            cancelled=self.cancelled,
        )

    def _refresh(self, source: SourceSetting, url: str) -> InventoryRefresh:
        fresh = self.began - self.options.inventory_age
        return refresh_inventory(self.store, url, source, fresh=fresh)


def recent(length: timedelta | None) -> Window | None:
    """The span of that length up to the present, open to the future; None for None."""
    now = datetime.now(UTC)
    return Window(now - length, now + AHEAD) if length else None


def load(
    store: Store,
    source: Source,
    log_format: str = "",
    *,
    span: Window | None = None,
    look: Window | None = None,
    list_all: bool = False,
    workers: int = 2,
    keep: timedelta | None = None,
    exclude_internal: Sequence[str] = (),
    wait: float = 0.0,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> SyncResult:
    """Load one opened source, what it knows of its network, and who changed it.

    As `store.sync.sync`, with the format as a person writes it: `version account-id ...`.

    Raises:
        FormatError: The format is wrong.
        SourceError: The source cannot be read.
        LockedError: Another process writes to the store.
    """
    given = LogFormat.parse(log_format) if log_format else None
    # First, so that whoever reads along sees groups and directions from the first record on.
    for snapshot in source.snapshots() if isinstance(source, HasInventory) else ():
        store.remember(snapshot)
    if isinstance(source, HasTrail):
        keep_changes(store.path, source.trail())
    if isinstance(source, HasQueryLogs):
        keep_query_logs(store, source)
    return objects.sync(
        store,
        source,
        span=span,
        look=look,
        list_all=list_all,
        given=given,
        workers=workers,
        keep=keep,
        exclude_internal=exclude_internal,
        wait=wait,
        progress=progress,
        cancelled=cancelled,
    )
