"""Bring a store up to date with a source: settings, sources and store meet here.

May import errors, times, settings, snapshot, sources, formats, store and survey.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta

from vpcflow_core.formats.base import LogFormat
from vpcflow_core.inventory.tables import Snapshot
from vpcflow_core.settings import Settings, SourceSetting
from vpcflow_core.sources.base import HasInventory, Source
from vpcflow_core.sources.open import SourceOptions, open_source
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import Progress, SyncResult, sync
from vpcflow_core.times import Window
from vpcflow_core.workspace.inventory import Survey, survey

# Objects of the hours to come are found too: clocks differ, and folders are named by the day.
AHEAD = timedelta(days=1)
# Interfaces come and go in minutes, but each snapshot costs a dozen requests in every region.
SURVEY_EVERY = timedelta(minutes=10)
Telling = Callable[[Progress], None]
Stopping = Callable[[], bool]


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
    exclude_internal: Sequence[str] = (),
    wait: float = 0.0,
    progress: Telling | None = None,
    cancelled: Stopping | None = None,
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
        store,
        source,
        span=span,
        given=given,
        workers=workers,
        keep=keep,
        exclude_internal=exclude_internal,
        wait=wait,
        progress=progress,
        cancelled=cancelled,
    )


def knowledge_of(source: Source) -> list[Snapshot]:
    """What the network of a source looks like now; nothing where nobody knows."""
    return source.snapshots() if isinstance(source, HasInventory) else []


def update(
    store: Store,
    source: SourceSetting,
    settings: Settings,
    *,
    since: timedelta | None = None,
    survey_every: timedelta = SURVEY_EVERY,
    progress: Telling | None = None,
    cancelled: Stopping | None = None,
) -> SyncResult:
    """Read what is new in a configured source into the store, and what EC2 knows of its networks.

    Args:
        store: Where to.
        source: Where from.
        settings: How far back, how many days to keep, how many workers.
        since: Read the last so long alone, instead of what the settings say.
        survey_every: EC2 is asked again after so long at the earliest.
        progress: Told how far it is.
        cancelled: Asked some times a second; True ends it after the objects at hand.

    Raises:
        SettingsError: The URL of the source is wrong.
        FormatError: Its format is wrong.
        SourceError: The source cannot be read.
        LockedError: Another process writes to the store.
    """
    found = opened_source(store, source)
    result = load(
        store,
        found,
        source.log_format,
        span=recent(since or settings.since),
        workers=settings.workers,
        keep=settings.keep,
        exclude_internal=source.exclude_internal,
        progress=progress,
        cancelled=cancelled,
    )
    if result.complete:
        look_around(store, found.url, source, fresh=datetime.now(UTC) - survey_every)
    return result


def look_around(store: Store, url: str, source: SourceSetting, *, fresh: datetime) -> Survey:
    """Ask EC2 what the networks of a source's logs look like, if the source lies in AWS.

    Args:
        store: Holds the source's objects; remembers the answer.
        url: The source, as the store knows it.
        source: How it is reached, and whether EC2 may be asked.
        fresh: Regions with a snapshot since then are not asked again.
    """
    if not source.ec2:
        return Survey()
    return survey(store, url, options(source), regions=source.ec2_regions, fresh=fresh)


def opened_source(store: Store, source: SourceSetting) -> Source:
    """The source itself, of which nothing has been asked yet."""
    return open_source(source.url, options=options(source), store=store.path)


def options(source: SourceSetting) -> SourceOptions:
    """How to reach a source."""
    return SourceOptions(
        **source.model_dump(include={field.name for field in fields(SourceOptions)})
    )
