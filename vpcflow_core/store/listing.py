"""What of a source has been listed, place by place, and what the next sync has to list.

A place is what the source says it is: an account's region in S3, all of a log group. Of each place
the ledger keeps the spans in which every object has been found, as far as nothing can appear there
any more, and the time of its newest object. Folders that could not be listed or hold archived
objects are holes: they alone are listed again.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from vpcflow_core.sources.base import Hole, Listed, LogObject, ToList
from vpcflow_core.store.ledger import Ledger, from_ms, to_ms
from vpcflow_core.store.spans import (
    LATEST,
    NEVER,
    Spans,
    common,
    from_text,
    minus,
    spans_of,
    to_text,
    union,
    windows_of,
)
from vpcflow_core.times import EPOCH, Window

# Holes that one sync lists again at most, a request or more each; the next sync takes others.
HOLES = 100
# The whole of a source that has no places.
WHOLE = ""
_DAY = timedelta(days=1)
_CLOCKS = timedelta(hours=1)  # they differ by less


@dataclass(frozen=True, slots=True)
class _Cover:
    """What has been listed of one place.

    Attributes:
        spans: Every object that may hold records of them was found, and none appears any more.
        newest: Time (ms) of the newest object seen.
    """

    spans: Spans = NEVER
    newest: int | None = None

    def left(self, look: Window | None) -> tuple[Window | None, ...]:
        """The parts of a span that are still to be listed."""
        if self.newest is None or not self.spans:
            return (look,)
        ahead = max(datetime.now(UTC), from_ms(self.newest)) + _DAY
        wanted = look or Window(EPOCH, ahead)
        if to_ms(wanted.end) < self.newest:
            return (look,)  # old days: somebody asks for them on purpose
        return _near(windows_of(minus(spans_of(wanted), self.spans)))

    def after(self, look: Window | None, newest: int | None, relist: timedelta) -> _Cover:
        """The cover once the span was listed too, up to a newest object."""
        if newest is None:
            return self
        settled = max(newest - relist // timedelta(milliseconds=1), 0)
        done = common(spans_of(look), ((0, settled),) if settled else NEVER)
        return _Cover(union(self.spans, done), newest)


class Listing:
    """The part of a source that one sync lists.

    Args:
        ledger: The store's ledger.
        source: The source's number in it.
        look: The span whose objects are looked for; None: all.
        relist: How long after its time an object may still appear.
        whole: List all of the span, whatever was listed before.
    """

    def __init__(
        self, ledger: Ledger, source: int, look: Window | None, relist: timedelta, *, whole: bool
    ) -> None:
        self._source = source
        self._look = look
        self._relist = relist
        self._whole = whole
        self._now = datetime.now(UTC)
        self._covers = _covers(ledger, source)
        self._holes = _holes(ledger, source)
        self._chosen = frozenset() if whole else _oldest(self._holes.values())
        self._newest: defaultdict[str, int] = defaultdict(int)
        self._listed: dict[str, tuple[Window | None, ...]] = {}

    def to_list(self, place: str) -> ToList:
        """What of a place is to be listed now."""
        cover = self._covers.get(place, _Cover())
        windows = (self._look,) if self._whole else cover.left(self._look)
        self._listed[place] = windows
        folders = (
            hole.folder
            for hole in self._holes.values()
            if hole.place == place and hole.folder in self._chosen and not _within(hole, windows)
        )
        return ToList(windows, tuple(folders))

    def saw(self, found: LogObject) -> None:
        """An object was found."""
        # A name of the future says nothing of how far the place has come.
        if found.time and found.time <= self._now + _CLOCKS:
            self._note(found.place, found.time)

    def archived(self, listed: Listed) -> int:
        """Archived objects of the span, those of earlier listings among them."""
        now = {hole.folder: hole for hole in listed.holes}
        known = self._holes if self._look is None else {}
        return listed.archived + sum(
            hole.objects
            for folder, hole in known.items()
            if folder not in now and not self._is_done(hole)
        )

    def note(self, change: sqlite3.Connection, listed: Listed) -> None:
        """Write into the ledger that the sync ran to its end."""
        for hole in listed.holes:
            if hole.span:
                self._note(hole.place, hole.span.end)
        for place in listed.places:
            cover = self._covers.get(place, _Cover())
            newest = max(self._newest[place], cover.newest or 0) or None
            after = cover.after(self._look, newest, self._relist)
            values = [self._source, place, to_text(after.spans), after.newest]
            change.execute("INSERT OR REPLACE INTO listed VALUES (?, ?, ?, ?)", values)
        gone = [hole.folder for hole in self._holes.values() if self._is_done(hole)]
        change.executemany(
            "DELETE FROM holes WHERE source = ? AND folder = ?", [(self._source, f) for f in gone]
        )
        change.executemany(_ADD_HOLE, [self._row(hole) for hole in listed.holes])

    def _note(self, place: str, time: datetime) -> None:
        newest = min(to_ms(time), to_ms(self._now))
        self._newest[place] = max(self._newest[place], newest)

    def _is_done(self, hole: Hole) -> bool:
        """Whether a hole that the ledger has was listed again, all of it."""
        windows = self._listed.get(hole.place)
        return windows is not None and (hole.folder in self._chosen or _within(hole, windows))

    def _row(self, hole: Hole) -> tuple[Any, ...]:
        first, last = (to_ms(hole.span.start), to_ms(hole.span.end)) if hole.span else (0, LATEST)
        now = to_ms(datetime.now(UTC))
        return self._source, hole.folder, hole.place, hole.reason, first, last, hole.objects, now


_ADD_HOLE = """
    INSERT INTO holes (source, folder, place, reason, first, last, objects, tried)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
        reason = excluded.reason, objects = max(objects, excluded.objects), tried = excluded.tried
"""


def _covers(ledger: Ledger, source: int) -> dict[str, _Cover]:
    rows = ledger.rows("SELECT place, spans, newest FROM listed WHERE source = ?", [source])
    return {row["place"]: _Cover(from_text(row["spans"]), row["newest"]) for row in rows}


def _holes(ledger: Ledger, source: int) -> dict[str, Hole]:
    """The holes by folder, those first that were listed longest ago."""
    rows = ledger.rows("SELECT * FROM holes WHERE source = ? ORDER BY tried, folder", [source])
    return {row["folder"]: _hole(row) for row in rows}


def _hole(row: Any) -> Hole:
    span = None if row["last"] == LATEST else Window(from_ms(row["first"]), from_ms(row["last"]))
    return Hole(row["place"], row["folder"], row["reason"], span, row["objects"])


def _oldest(holes: Iterable[Hole]) -> frozenset[str]:
    return frozenset(hole.folder for _, hole in zip(range(HOLES), holes, strict=False))


def _within(hole: Hole, windows: tuple[Window | None, ...]) -> bool:
    """Whether one of the windows holds all of the hole's time."""
    return any(
        window is None
        or (hole.span and window.start <= hole.span.start and hole.span.end <= window.end)
        for window in windows
    )


def _near(windows: list[Window]) -> tuple[Window, ...]:
    """Windows so far from each other that no object is found for two of them."""
    return tuple(_joined(windows))


def _joined(windows: list[Window]) -> Iterator[Window]:
    last: Window | None = None
    for window in windows:
        if last and window.start - last.end < 2 * _DAY:
            last = Window(last.start, window.end)
            continue
        if last:
            yield last
        last = window
    if last:
        yield last
