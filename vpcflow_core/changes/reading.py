"""Read what is new of trails: each file once, the oldest first, a limited number a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from vpcflow_core.changes import kept
from vpcflow_core.changes.records import Read, read
from vpcflow_core.errors import MissingError, VpcflowError
from vpcflow_core.source_settings import TrailSetting
from vpcflow_core.sources.open import SourceOptions
from vpcflow_core.sources.trails import Trail, TrailFile, open_trail
from vpcflow_core.times import EPOCH
from vpcflow_core.units import number_of

# How far back the first reading reaches, unless the setting `since` says it.
FIRST = timedelta(days=30)
# Files come in order of their names but for minutes: the newest of them are looked at again.
OVERLAP = timedelta(hours=1)
# Files of one run: an account with all regions delivers some 5,000 a day. The next run goes on.
MOST_FILES = 20_000
BATCH = 200
THREADS = 8


@dataclass(slots=True)
class TrailOutcome:
    """What became of a trail.

    Attributes:
        name: Of the trail.
        url: Where its files lie.
        files: How many were read.
        changes: Changes of networks that are new.
        malformed: What could not be read, by reason.
        archived: Files that have to be restored first; they are left out.
        more: Whether files were left for the next run.
        error: Why it could not be read, or not to its end.
    """

    name: str
    url: str
    files: int = 0
    changes: int = 0
    malformed: Counter[str] = field(default_factory=Counter)
    archived: int = 0
    more: bool = False
    error: VpcflowError | None = None

    @property
    def sentences(self) -> list[str]:
        """What to tell."""
        if self.error:
            return [f"CloudTrail {self.name}: could not be read ({self.error})"]
        files = number_of(self.files, "files")
        said = [f"CloudTrail {self.name}: {files}, {number_of(self.changes, 'network changes')}."]
        said += [
            f"  {number_of(count, 'times')}: {reason}"
            for reason, count in self.malformed.most_common()
        ]
        if self.archived:
            said.append(f"  Left out, as in an archive: {number_of(self.archived, 'files')}.")
        if self.more:
            said.append("  There is more: the next run goes on.")
        return said


def read_trails(
    store: Path,
    trails: Mapping[str, TrailSetting],
    *,
    since: timedelta | None = None,
    keep: timedelta | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[TrailOutcome]:
    """Read what is new at each trail; one that fails leaves the others alone.

    Args:
        store: Folder of the store, which keeps the changes.
        trails: By name.
        since: How far back the first reading reaches.
        keep: Older changes are dropped.
        cancelled: Asked between batches.
    """
    now = datetime.now(UTC)
    for name, setting in trails.items():
        outcome = TrailOutcome(name, setting.url)
        try:
            trail = open_trail(setting.url, trail_options(setting))
            _read(store, trail, outcome, now - (since or keep or FIRST), cancelled)
            if keep:
                kept.drop(store, now - keep)
        except VpcflowError as error:
            outcome.error = error
        yield outcome


def keep_changes(store: Path, files: Iterable[bytes]) -> None:
    """Keep the network changes of files at hand; those that are kept already stay as they are.

    Raises:
        StoreError: The list of changes is damaged or cannot be written.
    """
    found = [change for content in files for change in read(content).changes]
    kept.add(store, "", [], found, EPOCH)


def trail_options(setting: TrailSetting) -> SourceOptions:
    """How to reach a trail."""
    names = {each.name for each in fields(SourceOptions)}
    return SourceOptions(**setting.model_dump(include=names))


def _read(
    store: Path,
    trail: Trail,
    outcome: TrailOutcome,
    first: datetime,
    cancelled: Callable[[], bool],
) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        for place in trail.places():
            until, known = kept.read_until(store, place)
            start = until - OVERLAP if until else first
            left = MOST_FILES - outcome.files
            new = islice(_new(trail, place, start, known), left + 1)
            while files := tuple(islice(new, BATCH)):
                room = MOST_FILES - outcome.files
                if cancelled() or room <= 0:
                    outcome.more = True
                    return
                at_hand = files[:room]
                outcome.more = len(files) > room
                contents = list(pool.map(lambda one: _content(trail, one), at_hand))
                _keep(store, place, at_hand, contents, outcome)


def _keep(
    store: Path,
    place: str,
    files: tuple[TrailFile, ...],
    contents: list[Read],
    outcome: TrailOutcome,
) -> None:
    names = [(each.name, each.time) for each in files]
    found = [change for content in contents for change in content.changes]
    remembered = files[-1].time - OVERLAP
    outcome.changes += kept.add(store, place, names, found, remembered)
    outcome.files += len(files)
    for content in contents:
        outcome.malformed += content.malformed
    outcome.archived += sum(each.archived for each in files)


def _new(trail: Trail, place: str, start: datetime, known: frozenset[str]) -> Iterator[TrailFile]:
    return (each for each in trail.files(place, start) if each.name not in known)


def _content(trail: Trail, found: TrailFile) -> Read:
    if found.archived:
        return Read()
    try:
        return read(trail.read(found))
    except MissingError:  # deleted since it was listed
        return Read()
