"""Which objects a sync loads."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from vpcflow_core.errors import EmptyError
from vpcflow_core.sources.base import HasHoles, LogObject, Source
from vpcflow_core.sources.schemes import scheme_of
from vpcflow_core.store.known import Elsewhere, Known
from vpcflow_core.store.ledger import Ledger, from_ms, to_ms
from vpcflow_core.store.spans import Spans, spans_of
from vpcflow_core.times import EPOCH, Window

# Names looked up in the ledger at once.
_CHUNK = 200
_DAY = timedelta(days=1)


class Plan:
    """The objects of one sync: those found that the ledger lacks, and those to try again.

    Args:
        ledger: The store's ledger.
        source: Where to look.
        number: The source's number in the ledger.
        span: Records wanted; None: all.
        look: Find only objects that may hold records of it; None: of the span.
        relist: How long after its time an object may still appear.
        unread_too: Try objects again whose format was unknown.
        list_all: List the whole span, also what earlier syncs listed: somebody asks for it.

    Attributes:
        skipped: Objects found that were loaded before.
        elsewhere: How many of them other sources hold, by URL.
        objects, bytes: Planned so far.
        listed: Whether the source has been listed to the end.
    """

    def __init__(
        self,
        ledger: Ledger,
        source: Source,
        number: int,
        span: Window | None,
        *,
        look: Window | None = None,
        relist: timedelta,
        unread_too: bool,
        list_all: bool = False,
    ) -> None:
        self._ledger = ledger
        self._source = source
        self._looked_at = look or span
        self._wanted = spans_of(span)
        self._known = Known(ledger, number, self._wanted)
        self._cover = _Cover.read(ledger, number)
        costs = scheme_of(source.url).listing_costs
        narrow = costs and not list_all
        looked_at = self._looked_at
        self._span = self._cover.narrowed(looked_at, relist) if narrow else looked_at
        self._keep: dict[str, Spans] = {}
        self._again = self._known.to_try_again(unread_too)
        self._in_flight: set[str] = set()
        self._newest: datetime | None = None
        self.skipped = 0
        self.elsewhere: Counter[str] = Counter()
        self.objects = 0
        self.bytes = 0
        self.listed = False

    def __iter__(self) -> Iterator[LogObject]:
        """The objects, those found first; each is in flight from now on until `landed`."""
        for found in itertools.chain(self._new(), self._rest()):
            self.objects += 1
            self.bytes += found.size
            yield found
        self.listed = True

    def landed(self, objects: Iterable[LogObject]) -> None:
        """Their outcome is in the ledger."""
        self._in_flight.difference_update(found.known_as for found in objects)

    def finished(self) -> tuple[int | None, int | None]:
        """The span the source is covered in after this sync ran to its end, as ledger times."""
        if isinstance(self._source, HasHoles) and self._source.has_holes:
            return self._cover.as_before
        return self._cover.joined(self._looked_at, self._newest)

    def keep(self, found: LogObject) -> Spans:
        """The records of a planned object that are to be in the store."""
        return self._keep.get(found.known_as, self._wanted)

    def _new(self) -> Iterator[LogObject]:
        try:
            found = self._source.find(self._span)
            while chunk := list(itertools.islice(found, _CHUNK)):
                yield from self._unknown(chunk)
        except EmptyError:
            # Nothing new there. An error only where there has never been anything.
            if not self._known.any():
                raise

    def _unknown(self, chunk: list[LogObject]) -> Iterator[LogObject]:
        # First in flight, then the ledger: an object lands only after its commit.
        fresh = {found.uri: found for found in chunk if found.known_as not in self._in_flight}
        known = self._known.rows(list(fresh))
        others = self._known.elsewhere(found for found in fresh.values() if _is_new(found, known))
        for uri, found in fresh.items():
            self._newest = max(filter(None, (self._newest, found.time)), default=None)
            row, other = known.get(uri), others.get(found.known_as)
            if row is not None and not self._changed(found, row, other):
                self.skipped += row["state"] != "unread"
                continue
            if found.known_as in self._in_flight:
                continue  # two names of one file
            if row is None and other and not self._known.lacks_elsewhere(other):
                self.skipped += 1
                self.elsewhere[other.url] += other.url != self._source.url
                continue
            self._again.pop(uri, None)
            yield self._planned(found, row, other)

    def _planned(self, found: LogObject, row: Any, other: Elsewhere | None = None) -> LogObject:
        keep = self._known.to_keep(row, other)
        if keep != self._wanted:
            self._keep[found.known_as] = keep
        self._in_flight.add(found.known_as)
        return found

    def _changed(self, found: LogObject, known: Any, other: Elsewhere | None) -> bool:
        """Whether an object the ledger knows has to be loaded again."""
        if found.uri in self._again:
            return True
        if known["state"] == "failed":
            return True  # refused then; the listing offers it now
        if known["state"] == "loaded" and self._known.lacks(known, other):
            return True
        if known["state"] == "loaded" and found.flow_log_id:
            return False  # AWS never changes an object; a copy may have a new time of change
        return bool((found.etag, found.size) != (known["etag"], known["size"]))

    def _rest(self) -> Iterator[LogObject]:
        """Objects to try again that the listing, narrowed to recent ones, did not show."""
        for found, row in list(self._again.values()):
            if found.known_as not in self._in_flight:
                other = self._known.elsewhere([found]).get(found.known_as)
                yield self._planned(found, row, other)


def _is_new(found: LogObject, known: dict[str, Any]) -> bool:
    """Whether other names of an object matter: it is not known, or not all of it is loaded."""
    row = known.get(found.uri)
    return row is None or row["rest_first"] is not None


class _Cover:
    """The span in which earlier syncs, each of which ran to its end, found every object."""

    def __init__(self, start: datetime | None, newest: datetime | None) -> None:
        self.start = start
        self.newest = newest

    @property
    def as_before(self) -> tuple[int | None, int | None]:
        """The cover as ledger times, unchanged."""
        start, newest = (None if t is None else to_ms(t) for t in (self.start, self.newest))
        return start, newest

    @staticmethod
    def read(ledger: Ledger, number: int) -> _Cover:
        row = ledger.rows("SELECT covered_from, covered_to FROM sources WHERE id = ?", [number])[0]
        start, newest = (None if value is None else from_ms(value) for value in row)
        return _Cover(start, newest)

    def narrowed(self, span: Window | None, relist: timedelta) -> Window | None:
        """The part of the span that has to be listed again."""
        if self.start is None or self.newest is None:
            return span
        wanted = span or Window(EPOCH, max(datetime.now(UTC), self.newest) + _DAY)
        if not (self.start <= wanted.start <= self.newest <= wanted.end):
            return span  # asks for what is not covered, or for old days on purpose
        start = max(wanted.start, self.newest - relist)
        return Window(start, wanted.end) if start < wanted.end else span

    def joined(self, span: Window | None, newest: datetime | None) -> tuple[int | None, int | None]:
        """The cover after a sync of the span that saw objects up to `newest`."""
        start = span.start if span else EPOCH
        newest = newest or self.newest
        if self.start and self.newest and newest:
            if span and span.end < self.start:
                return to_ms(self.start), to_ms(self.newest)  # a gap between: keep the later one
            if start <= self.newest:
                start, newest = min(start, self.start), max(newest, self.newest)
        return to_ms(start), to_ms(newest) if newest else None
