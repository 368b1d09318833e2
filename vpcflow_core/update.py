"""Bring a store up to date with a configured source: settings meet sources and store here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from vpcflow_core.formats.base import LogFormat
from vpcflow_core.settings import Settings, SourceSetting
from vpcflow_core.sources import SourceOptions, open_source
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import Progress, SyncResult, sync
from vpcflow_core.times import Window

# Objects of the hour to come are found too: clocks differ, and AWS names slots by their start.
AHEAD = timedelta(hours=1)


def update(
    store: Store,
    source: SourceSetting,
    settings: Settings,
    *,
    progress: Callable[[Progress], None] | None = None,
) -> SyncResult:
    """Read what is new in a source into the store.

    Raises:
        SettingsError: The URL or format of the source is wrong.
        SourceError: The source cannot be read.
        LockedError: Another process writes to the store.
    """
    now = datetime.now(UTC)
    return sync(
        store,
        open_source(source.url, options=options(source), cache=store.path / "sample"),
        span=Window(now - settings.since, now + AHEAD) if settings.since else None,
        given=LogFormat.parse(source.log_format) if source.log_format else None,
        workers=settings.workers,
        keep=settings.keep,
        progress=progress,
    )


def options(source: SourceSetting) -> SourceOptions:
    """How to reach a source."""
    return SourceOptions(**source.model_dump(exclude={"url"}))
