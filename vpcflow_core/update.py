"""Bring a store up to date with a source: settings, sources and store meet here.

May import errors, times, settings, snapshot, sources, formats and store.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from vpcflow_core.formats.base import LogFormat
from vpcflow_core.settings import Settings, SourceSetting
from vpcflow_core.snapshot import Snapshot
from vpcflow_core.sources import SourceOptions, open_source
from vpcflow_core.sources.base import Knowing, Source
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import Progress, SyncResult, sync
from vpcflow_core.times import Window

# Objects of the hours to come are found too: clocks differ, and folders are named by the day.
AHEAD = timedelta(days=1)
Telling = Callable[[Progress], None]


def recent(length: timedelta | None) -> Window | None:
    """The span of the last so long, open to the future; None (everything) for None."""
    now = datetime.now(UTC)
    return Window(now - length, now + AHEAD) if length else None


def load(
    store: Store,
    source: Source,
    log_format: str = "",
    *,
    span: Window | None = None,
    workers: int = 2,
    keep: timedelta | None = None,
    wait: float = 0.0,
    progress: Telling | None = None,
) -> SyncResult:
    """`sync`, with the format as a person writes it; see there. What the source knows is kept too.

    Raises:
        FormatError: The format is wrong.
    """
    given = LogFormat.parse(log_format) if log_format else None
    # First, so that whoever reads along sees groups and directions from the first record on.
    for snapshot in knowledge_of(source):
        store.remember(snapshot)
    return sync(
        store, source, span=span, given=given, workers=workers, keep=keep, wait=wait,
        progress=progress,
    )  # fmt: skip


def knowledge_of(source: Source) -> list[Snapshot]:
    """What the network of a source looks like now; nothing where nobody knows."""
    return source.snapshots() if isinstance(source, Knowing) else []


def update(
    store: Store,
    source: SourceSetting,
    settings: Settings,
    *,
    since: timedelta | None = None,
    progress: Telling | None = None,
) -> SyncResult:
    """Read what is new in a configured source into the store.

    Args:
        store: Where to.
        source: Where from.
        settings: How far back, how many days to keep, how many workers.
        since: Read the last so long alone, instead of what the settings say.
        progress: Told how far it is.

    Raises:
        SettingsError: The URL of the source is wrong.
        FormatError: Its format is wrong.
        SourceError: The source cannot be read.
        LockedError: Another process writes to the store.
    """
    return load(
        store,
        open_source(source.url, options=options(source), cache=sample_folder(store)),
        source.log_format,
        span=recent(since or settings.since),
        workers=settings.workers,
        keep=settings.keep,
        progress=progress,
    )


def options(source: SourceSetting) -> SourceOptions:
    """How to reach a source."""
    return SourceOptions(**source.model_dump(exclude={"url"}))


def sample_folder(store: Store) -> Path:
    """Where a sample is written that fills this store: it goes when the store goes."""
    return store.path / "sample"
