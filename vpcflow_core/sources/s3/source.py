"""Log objects in an S3 bucket: finds AWSLogs/ below a prefix and asks only for the days needed."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import chain
from pathlib import Path

from vpcflow_core.errors import EmptyError, SettingsError, SourceError
from vpcflow_core.sources.base import Listed, LogObject, ToList, archived_note
from vpcflow_core.sources.open import DEFAULTS, SourceOptions
from vpcflow_core.sources.s3.bucket import Bucket, Entry
from vpcflow_core.sources.s3.finding import RESTORES_ASKED, Finding
from vpcflow_core.sources.s3.layout import describe, is_log_like, time_may_hold
from vpcflow_core.sources.s3.walk import Folder, Stretch, Walk, ahead
from vpcflow_core.times import Window

LISTERS = 16  # folders listed at once; the answers of as many wait in memory at most


def open_url(url: str, options: SourceOptions, store: Path | None) -> S3Source:
    """The source of a URL, as its row in `SCHEMES` names it."""
    return S3Source.from_url(url, options)


class S3Source:
    """Flow logs below a prefix of a bucket.

    The prefix may be the bucket itself, what stands before `AWSLogs/`, anything inside it, a
    folder without AWS's layout, or one object. `warnings` holds what was refused or left out by
    the last listing while the rest went well; `listed` has it by region and folder.

    Args:
        bucket: Name of the bucket.
        prefix: Where in it; with or without slash at its end.
        options: Profile, role, endpoint, region and the like.
    """

    def __init__(self, bucket: str, prefix: str = "", options: SourceOptions = DEFAULTS) -> None:
        self.bucket = bucket
        self.prefix = prefix.lstrip("/")
        self.warnings: list[str] = []
        self._found = Finding(f"s3://{bucket}/")
        self._bucket = Bucket(bucket, options)
        self._lock = threading.Lock()

    @staticmethod
    def from_url(url: str, options: SourceOptions = DEFAULTS) -> S3Source:
        """The source that `s3://bucket/prefix` names.

        Raises:
            SettingsError: It names no bucket.
        """
        bucket, _, prefix = url.partition("://")[2].partition("/")
        if not bucket:
            raise SettingsError(f"'{url}' names no bucket.", "Write s3://bucket/prefix.")
        return S3Source(bucket, prefix, options)

    @property
    def url(self) -> str:
        """`s3://bucket/prefix`."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    def find(self, span: Window | None) -> Iterator[LogObject]:
        """The objects that may hold records of the span.

        They come by account and region, oldest first within each; folders without AWS's layout
        come in the order of their keys. Nothing but the folders being listed is kept in memory.

        Raises:
            SourceError: The bucket or prefix is missing, empty, refused or out of reach. Folders
                that are refused while others are not become warnings.
        """
        yield from self.find_in(span, lambda place: ToList((span,)))
        if self._found.archived:
            self.warnings.append(archived_note(self._found.archived, self.url))

    def find_in(self, span: Window | None, to_list: Callable[[str], ToList]) -> Iterator[LogObject]:
        """As `find`, but of each account's region only what `to_list` gives for it.

        Folders without AWS's layout are one listing, whatever the span: they come whole.
        """
        self.warnings = []
        self._found = now = Finding(f"s3://{self.bucket}/", span, to_list)
        walk = Walk(self._bucket, span, self._pass_by)
        with ThreadPoolExecutor(LISTERS, thread_name_prefix="vpcflow-list") as pool:
            for stretch, entry in self._entries(walk, pool):
                now.objects += 1
                if entry.archived:
                    now.archive(stretch)
                    continue
                yield self._object(entry, stretch.place if stretch else "")
        if now.unasked:
            self.warnings.append(
                f"Listings of {self.url} do not say which archived objects are restored: each sync "
                f"asks for {RESTORES_ASKED:,} of them."
            )
        if now.refusals and not now.objects and not (now.narrowed and self.listed.places):
            raise now.refusals[0]

    @property
    def listed(self) -> Listed:
        """What the last listing came to."""
        return self._found.listed

    def _entries(self, walk: Walk, pool: Executor) -> Iterator[tuple[Stretch | None, Entry]]:
        start = walk.start(self.prefix, pool)
        if walk.cut_short:
            self.warnings.append(
                f"{self.url} has too many folders to look for AWSLogs/ in all of them; name a "
                "deeper prefix if logs are missing."
            )
        if start.single:
            yield None, self._restored(start.single)
        elif start.roots:
            yield from self._layout(walk, start.roots, pool)
        else:
            flat = self._flat(start.prefix, walk.span)
            yield from ((None, self._restored(entry)) for entry in flat)

    def _layout(
        self, walk: Walk, roots: list[Folder], pool: Executor
    ) -> Iterator[tuple[Stretch, Entry]]:
        regions = walk.regions(roots, pool)
        days = _once(ahead(pool, walk.days, self._stretches(regions)))
        found = 0
        for stretch, entries in ahead(pool, partial(self._day, walk), days):
            found += len(entries)
            yield from ((stretch, entry) for entry in entries)
        if not found and not self.warnings and not self._found.narrowed:
            self._explain(roots, regions, walk)

    def _day(self, walk: Walk, stretch: Stretch) -> tuple[Stretch, list[Entry]]:
        """The objects of a day that may hold records of the span, oldest first."""
        entries = walk.entries(stretch)
        spans = (stretch.span, walk.span)
        chosen = [e for e in entries if all(_wanted(e, span) for span in spans)]
        # In another order each time, so that no object is asked for never.
        by_chance = {id(e): self._restored(e) for e in random.sample(chosen, len(chosen))}
        return stretch, [by_chance[id(entry)] for entry in sorted(chosen, key=_time)]

    def _restored(self, entry: Entry) -> Entry:
        """The object as it is, where the listing has it as archived."""
        ask = entry.archived and not self._bucket.listings_say_restored and self._found.may_ask()
        if ask and self._bucket.restored(entry.key):
            return replace(entry, archived=False)
        return entry

    def _stretches(self, regions: Iterable[Folder]) -> Iterator[Stretch]:
        """What is to be listed of each region."""
        for region in regions:
            yield from self._found.stretches(region)

    def _explain(self, roots: list[Folder], regions: list[Folder], walk: Walk) -> None:
        """Nothing was found: says so as an error, or as a warning if only the span is empty."""
        somewhere = any(self._bucket.first(r.prefix) for r in regions)
        if walk.span is not None and somewhere:
            self.warnings.append(f"{self.url} holds flow logs, but none in {walk.span}.")
            return
        names = self._services(roots[0])
        raise EmptyError(
            f"{self.url} holds no VPC flow logs.",
            f"It holds logs of {names}. Is this the bucket the flow logs go to?"
            if names
            else "Give the prefix that the flow log's S3 destination names.",
        )

    def _services(self, root: Folder) -> str:
        """Names of what else lies below AWSLogs/, from its first account."""
        try:
            accounts = self._bucket.folders(root.prefix, at_most=1) if root.level == 0 else ()
            services = self._bucket.folders(accounts[0], at_most=1) if accounts else ()
        except SourceError:
            return ""
        return ", ".join(name.rstrip("/").rpartition("/")[2] for name in services[:5])

    def _flat(self, prefix: str, span: Window | None) -> Iterator[Entry]:
        found = False
        for page in self._bucket.pages(prefix):
            logs = [e for e in page.entries if is_log_like(e.key.rpartition("/")[2])]
            found = found or bool(logs)
            yield from (entry for entry in logs if _wanted(entry, span))
        if not found:
            raise EmptyError(f"{self.url} holds no log files.", self._nearby(prefix))

    def _nearby(self, prefix: str) -> str:
        parent = prefix.rstrip("/").rpartition("/")[0]
        parent = parent + "/" if parent else ""
        try:
            names = self._bucket.folders(parent, at_most=1)[:6]
        except SourceError:
            names = ()
        place = f"s3://{self.bucket}/{parent}"
        return f"{place} holds: {', '.join(names)}" if names else f"{place} has no folders."

    def _object(self, entry: Entry, place: str) -> LogObject:
        facts = describe(entry.key)
        return LogObject(
            uri=f"s3://{self.bucket}/{entry.key}",
            size=entry.size,
            etag=entry.etag,
            account=facts.account if facts else "",
            region=facts.region if facts else "",
            flow_log_id=facts.flow_log_id if facts else "",
            time=_time(entry),
            hint=facts.hint if facts else "",
            place=f"s3://{self.bucket}/{place}" if place else "",
            delivered=entry.modified,
        )

    def _pass_by(self, place: str, prefix: str, error: SourceError) -> None:
        with self._lock:
            self._found.refuse(place, prefix, error)
            self.warnings.append(f"s3://{self.bucket}/{prefix} was left out: {error.what}")

    def read(self, found: LogObject) -> bytes:
        """The object's bytes, as stored.

        Raises:
            SourceError: It is gone, refused, archived or out of reach.
        """
        return self._bucket.get(found.uri.removeprefix(f"s3://{self.bucket}/"))


def _once(days: Iterable[list[Stretch]]) -> Iterator[Stretch]:
    """Each day of a region once, though it may be a hole and part of a span as well."""
    seen: set[str] = set()
    place = ""
    for day in chain.from_iterable(days):
        if day.place != place:
            seen, place = set(), day.place
        if day.folder.prefix not in seen:
            seen.add(day.folder.prefix)
            yield day


def _time(entry: Entry) -> datetime:
    facts = describe(entry.key)
    return facts.time if facts else entry.modified


def _wanted(entry: Entry, span: Window | None) -> bool:
    facts = describe(entry.key)
    if facts is None:
        # Written before the span began: it holds none of it, whatever its name.
        early = span is not None and entry.modified < span.start
        return not early and is_log_like(entry.key.rpartition("/")[2])
    return time_may_hold(facts.time, span)
