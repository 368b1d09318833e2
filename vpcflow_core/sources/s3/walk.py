"""Finds AWSLogs/ below a prefix and walks account, service, region, year, month, day, hour.

Folders that cannot hold records of the span are never asked.
"""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from vpcflow_core.errors import AccessError, CredentialsError, EmptyError, MissingError, SourceError
from vpcflow_core.sources.s3.bucket import Bucket, Entry
from vpcflow_core.sources.s3.layout import (
    HIVE_SERVICES,
    LABELS,
    LEVELS,
    PLAIN_SERVICES,
    ROOT,
    day_folders,
    describe,
    folder_may_hold,
    folder_window,
    key_floor,
    time_may_hold,
)
from vpcflow_core.times import Window

In = TypeVar("In")
Out = TypeVar("Out")

ACCOUNT, SERVICE, REGION, DAY = (
    LEVELS.index(n) + 1 for n in ("account", "service", "region", "day")
)
SERVICES = (*PLAIN_SERVICES, *HIVE_SERVICES)
# How far AWSLogs/ is looked for below the prefix: deeper or wider places must be named.
SEARCH_DEPTH = 4
SEARCH_FOLDERS = 200
SEARCH_PAGES = 5
# The days of a short span are asked for without looking which there are: with hundreds of
# accounts and regions, three listings (years, months, days) of each would cost more.
GUESSED = timedelta(days=2)
# Folders that may fail, as on a slow network, before the walk gives up.
FAILURES = 3
_ACCOUNT = re.compile(r"(aws-account-id=)?(\d{12}|unknown)")
# Folders of dates and hive partitions hold data, no AWSLogs/.
_NO_SEARCH = re.compile(r"\d{4}|\d\d|.*=.*")


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder at some depth below AWSLogs/: its prefix ends with a slash."""

    prefix: str
    level: int

    @property
    def parts(self) -> list[str]:
        """Names of the folders below AWSLogs/."""
        return self.prefix.rstrip("/").split("/")[-self.level :] if self.level else []


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a walk: a folder, and the time wanted of it (None: all); place is its region."""

    folder: Folder
    span: Window | None
    place: str

    def inner(self, folder: Folder) -> Stretch:
        """A folder inside, for the same time."""
        return Stretch(folder, self.span, self.place)


@dataclass(slots=True)
class Start:
    """What a prefix turned out to be: one object, folders of AWS's layout, or a plain folder."""

    prefix: str
    single: Entry | None = None
    roots: list[Folder] = field(default_factory=list)


def ahead(
    pool: Executor, work: Callable[[In], Out], items: Iterable[In], at_most: int = 16
) -> Iterator[Out]:
    """Like `pool.map`, but takes no more than `at_most` items in advance."""
    waiting: deque[Future[Out]] = deque()
    for item in items:
        waiting.append(pool.submit(work, item))
        if len(waiting) >= at_most:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


class Walk:
    """One walk over a bucket.

    Args:
        bucket: Where.
        span: Records wanted, or None for all.
        refused: Called with the region ("": above regions) and the folder of each that cannot be
            listed; the walk goes on.
    """

    def __init__(
        self,
        bucket: Bucket,
        span: Window | None,
        refused: Callable[[str, str, SourceError], None],
    ) -> None:
        self.bucket = bucket
        self.span = span
        self.refused = refused
        self.cut_short = False
        self._may_pass = False
        self._failures = 0
        self._lock = threading.Lock()

    def start(self, prefix: str, pool: Executor) -> Start:
        """What lies at the prefix that somebody gave."""
        inside = folder_of(prefix)
        if inside is None:
            return self._look(prefix, pool)
        first = None if prefix.endswith("/") else self.bucket.first(prefix)
        if first and first.key == prefix:
            return Start(prefix, first)
        if inside.level >= SERVICE and inside.parts[SERVICE - 1] not in SERVICES:
            raise EmptyError(
                f"s3://{self.bucket.name}/{prefix} holds logs of {inside.parts[SERVICE - 1]}, "
                "not VPC flow logs.",
                "Flow logs lie in a folder vpcflowlogs of the account.",
            )
        return Start(inside.prefix, None, [inside])

    def regions(self, roots: Iterable[Folder], pool: Executor) -> list[Folder]:
        """All folders of regions (or below, where the prefix lies deeper), in order."""
        found: list[Folder] = []
        folders = list(roots)
        while folders:
            found += [folder for folder in folders if folder.level >= REGION]
            above = [folder for folder in folders if folder.level < REGION]
            folders = [inner for list_ in ahead(pool, self.below, above) for inner in list_]
        return sorted(found, key=lambda folder: folder.prefix)

    def days(self, stretch: Stretch) -> list[Stretch]:
        """The days of a region, or of a folder in it, that may hold records, oldest first."""
        region, span = stretch.folder, stretch.span
        if region.level == REGION and span and span.length <= GUESSED:
            hive = region.parts[-1].startswith(LABELS["region"])
            days = [Folder(region.prefix + day, DAY) for day in day_folders(span, hive)]
            return list(map(stretch.inner, days))
        folders = [region]
        while folders and folders[0].level < DAY:
            folders = [inner for each in folders for inner in self._dated(stretch.inner(each))]
        return list(map(stretch.inner, folders))

    def below(self, folder: Folder) -> list[Folder]:
        """The folders one level deeper, above the years, that are worth entering."""
        if folder.level == ACCOUNT:
            hive = folder.parts[0].startswith(LABELS["account"])
            services = HIVE_SERVICES if hive else PLAIN_SERVICES
            return [Folder(f"{folder.prefix}{name}/", SERVICE) for name in services]
        inner = [Folder(p, folder.level + 1) for p in self._folders(folder.prefix)]
        return [each for each in inner if each.level == REGION or _is_account(each)]

    def entries(self, stretch: Stretch) -> list[Entry]:
        """The objects of a day (or hour) that may hold records of the span."""
        day, span = stretch.folder, stretch.span
        covers = folder_window(day.parts[REGION:])
        whole = span is None or (
            covers is not None and span.start <= covers.start and covers.end <= span.end
        )
        try:
            return self._listed(stretch) if whole or day.level > DAY else self._cut(stretch)
        except SourceError as error:
            self._pass_by(stretch.place, day.prefix, error)
            return []

    def _cut(self, stretch: Stretch) -> list[Entry]:
        """Of a day that the span cuts: its objects and, side by side with them, its hours'."""
        day, jump = stretch.folder, _Jump(stretch.span)
        pages = list(self.bucket.pages(day.prefix, delimiter="/", jump=jump))
        hours = [Folder(prefix, day.level + 1) for page in pages for prefix in page.folders]
        worth = [stretch.inner(hour) for hour in hours if _may_hold(hour, stretch.span)]
        direct = [entry for page in pages for entry in page.entries]
        return direct + [entry for hour in worth for entry in self._listed(hour)]

    def _listed(self, stretch: Stretch) -> list[Entry]:
        pages = self.bucket.pages(stretch.folder.prefix, jump=_Jump(stretch.span))
        return [entry for page in pages for entry in page.entries]

    def _dated(self, stretch: Stretch) -> list[Folder]:
        """The years, months or days right below a folder that may hold records."""
        level = stretch.folder.level + 1
        inner = [
            Folder(prefix, level) for prefix in self._folders(stretch.folder.prefix, stretch.place)
        ]
        return [folder for folder in inner if _may_hold(folder, stretch.span)]

    def _folders(self, prefix: str, place: str = "") -> tuple[str, ...]:
        try:
            return self.bucket.folders(prefix)
        except SourceError as error:
            self._pass_by(place, prefix, error)
            return ()

    def _pass_by(self, place: str, prefix: str, error: SourceError) -> None:
        """Go on without a folder that cannot be listed; a later sync tries it again."""
        refused = isinstance(error, AccessError)
        if not refused:
            with self._lock:
                self._failures += 1
            # What fails again and again, or without a place to come back to, ends the walk.
            last = isinstance(error, (CredentialsError, MissingError))
            if last or not place or self._failures > FAILURES:
                raise error
        self.refused(place, prefix, error)

    def _look(self, prefix: str, pool: Executor) -> Start:
        """A prefix outside AWSLogs/: one object, or a place to look for AWSLogs/ in."""
        if prefix and not prefix.endswith("/"):
            try:
                page = self.bucket.page(prefix, Delimiter="/")
            except AccessError:
                # Policies often allow the listing of PREFIX/AWSLogs/ alone.
                return self._search(prefix + "/", pool)
            single = next((e for e in page.entries if e.key == prefix), None)
            if single:
                return Start(prefix, single)
            prefix = prefix + "/" if prefix + "/" in page.folders else prefix
        return self._search(prefix, pool)

    def _search(self, prefix: str, pool: Executor) -> Start:
        start = Start(prefix)
        folders, looked = [prefix], 0
        for _ in range(SEARCH_DEPTH):
            room = max(SEARCH_FOLDERS - looked, 0)
            self.cut_short |= len(folders) > room
            looked += len(folders)
            inner: list[str] = []
            for root, below in ahead(pool, self._search_one, folders[:room]):
                start.roots += root
                inner += below
            folders = inner
            # Folders beside the wanted ones may be closed to us; the named prefix may not.
            self._may_pass = True
        return start

    def _search_one(self, prefix: str) -> tuple[list[Folder], list[str]]:
        """AWSLogs/ right below a folder, if it is there, and the other folders to look in."""
        roots: list[Folder] = []
        try:
            root = Folder(f"{prefix}{ROOT}/", 0)
            if (prefix.endswith("/") or not prefix) and self.bucket.first(root.prefix):
                roots.append(root)
            folders = self.bucket.folders(prefix, at_most=SEARCH_PAGES)
        except AccessError as error:
            if not roots and not self._may_pass:
                raise
            if not roots:
                self.refused("", prefix, error)
            return roots, []
        names = [(folder, folder.rstrip("/").rpartition("/")[2]) for folder in folders]
        return roots, [f for f, name in names if name != ROOT and not _NO_SEARCH.fullmatch(name)]


@dataclass(frozen=True, slots=True)
class _Jump:
    """Skips, within a flow log's run of keys, the times outside the span."""

    span: Window | None

    def __call__(self, last: str) -> str:
        facts = describe(last)
        if facts is None or self.span is None or time_may_hold(facts.time, self.span):
            return last
        return key_floor(last, facts, self.span)


def _is_account(folder: Folder) -> bool:
    return folder.level == ACCOUNT and _ACCOUNT.fullmatch(folder.parts[-1]) is not None


def _may_hold(folder: Folder, span: Window | None) -> bool:
    return folder_may_hold(folder.parts[REGION:], span)


def folder_of(prefix: str) -> Folder | None:
    """The folder that a prefix inside AWSLogs/ names; None if it lies outside."""
    parts = prefix.rstrip("/").split("/")
    if ROOT not in parts:
        return None
    level = len(parts) - 1 - parts.index(ROOT)
    return Folder("/".join(parts) + "/", level)
