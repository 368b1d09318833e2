"""Which objects a sync loads."""

from __future__ import annotations

import itertools
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from vpcflow_core.errors import EmptyError
from vpcflow_core.sources.base import ARCHIVED, Listed, ListsByPlace, LogObject, Source
from vpcflow_core.sources.schemes import scheme_of
from vpcflow_core.store.known import Elsewhere, Known
from vpcflow_core.store.ledger import Ledger
from vpcflow_core.store.listing import WHOLE, Listing
from vpcflow_core.store.spans import Spans, from_text, spans_of, union
from vpcflow_core.times import Window

# Names looked up in the ledger at once.
_CHUNK = 200


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
        on_copies: Called with objects found that are others by another name.

    Attributes:
        skipped: Objects found that were loaded before, or that are others by another name.
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
        on_copies: Callable[[Sequence[LogObject]], None] = lambda copies: None,
    ) -> None:
        self._source = source
        self._look = look or span
        self._wanted = spans_of(span)
        self._known = Known(ledger, number, self._wanted)
        whole = list_all or not scheme_of(source.url).listing_costs
        self._listing = Listing(ledger, number, self._look, relist, whole=whole)
        self._keep: dict[str, Spans] = {}
        self._again = self._known.to_try_again(unread_too)
        self._on_copies = on_copies
        self._lists = True
        self._in_flight: set[str] = set()  # by what they are
        self._flying: set[str] = set()  # by name
        self.skipped = 0
        self.elsewhere: Counter[str] = Counter()
        self.objects = 0
        self.bytes = 0
        self.listed = False

    def __iter__(self) -> Iterator[LogObject]:
        """The objects, those found first; each is in flight from now on until `landed`."""
        new = self._new() if self._lists else iter(())
        for found in itertools.chain(new, self._rest()):
            self.objects += 1
            self.bytes += found.size
            yield found
        self.listed = True

    def only_copies(self) -> None:
        """From now on: the copies that have to stand in for what is gone, and no listing."""
        self._again = self._known.free_copies()
        self._lists = False

    def landed(self, objects: Iterable[LogObject]) -> None:
        """Their outcome is in the ledger."""
        for found in objects:
            self._in_flight.discard(found.known_as)
            self._flying.discard(found.uri)

    def note_end(self, change: sqlite3.Connection) -> None:
        """Write into the ledger what has been listed, once all of it is loaded."""
        self._listing.note(change, self._listed)

    @property
    def waiting(self) -> int:
        """Objects that could not be read before, and that this sync does not try."""
        return self._known.waiting

    @property
    def archived(self) -> int:
        """Archived objects that were left out, by this listing and earlier ones."""
        return self._listing.archived(self._listed)

    @property
    def _listed(self) -> Listed:
        if isinstance(self._source, ListsByPlace):
            return self._source.listed
        return Listed(frozenset({WHOLE}))

    def keep(self, found: LogObject) -> Spans:
        """The records of a planned object that are to be in the store."""
        return self._keep.get(found.known_as, self._wanted)

    def broken(self, found: LogObject) -> list[Any]:
        """The ledger's rows of broken objects that a planned one may stand for, if it is whole."""
        return self._known.broken.get(found.uri, [])

    def _new(self) -> Iterator[LogObject]:
        try:
            found = self._found()
            while chunk := list(itertools.islice(found, _CHUNK)):
                for each in chunk:
                    self._listing.saw(each)
                yield from self._unknown(chunk)
        except EmptyError:
            # Nothing new there. An error only where there has never been anything.
            if not self._known.any():
                raise

    def _found(self) -> Iterator[LogObject]:
        if isinstance(self._source, ListsByPlace):
            yield from self._source.find_in(self._look, self._listing.to_list)
        else:
            for window in self._listing.to_list(WHOLE).windows:
                yield from self._source.find(window)

    def _unknown(self, chunk: list[LogObject]) -> Iterator[LogObject]:
        # First in flight, then the ledger: an object lands only after its commit.
        fresh = {found.uri: found for found in chunk if found.known_as not in self._in_flight}
        flying = {found.uri: found for found in chunk if found.uri not in {*fresh, *self._flying}}
        known = self._known.rows([*fresh, *flying])
        others = self._known.elsewhere(found for found in fresh.values() if _is_new(found, known))
        copies = [
            found
            for uri, found in flying.items()
            if uri not in known or self._changed(found, known[uri], None)
        ]
        for uri, found in fresh.items():
            row, other = known.get(uri), others.get(uri)
            if row is not None and not self._changed(found, row, other):
                self.skipped += row["state"] not in ("unread", "failed")
            elif found.known_as in self._in_flight:
                copies.append(found)  # two names of one file
            elif other and _has_none(row) and not self._known.lacks_elsewhere(other):
                self.elsewhere[other.url] += other.url != self._source.url
                copies.append(found)
            else:
                self._again.pop(uri, None)
                yield self._planned(found, row, other)
        self._note(copies)

    def _note(self, copies: list[LogObject]) -> None:
        """These are others by another name."""
        self.skipped += len(copies)
        for found in copies:
            self._again.pop(found.uri, None)
        if copies:
            self._on_copies(copies)

    def _planned(self, found: LogObject, row: Any, other: Elsewhere | None = None) -> LogObject:
        keep = self._known.to_keep(row, other)
        keep = union(keep, *(from_text(rival["spans"]) for rival in self.broken(found)))
        if keep != self._wanted:
            self._keep[found.known_as] = keep
        self._in_flight.add(found.known_as)
        self._flying.add(found.uri)
        return found

    def _changed(self, found: LogObject, known: Any, other: Elsewhere | None) -> bool:
        """Whether an object the ledger knows has to be loaded again."""
        if found.uri in self._again:
            return True
        if known["state"] == "again":
            return True  # what it is a copy of is gone
        some = self.waiting and ARCHIVED not in (known["report"] or "")
        if known["state"] == "failed" and not some:
            return True  # refused then, the listing offers it now; where many are, some at a time
        if known["state"] == "copy" and found.uri in self._known.broken:
            return True  # it may be whole
        if known["state"] == "copy" and other and self._known.lacks_elsewhere(other):
            return True
        if known["state"] == "loaded" and self._known.lacks(known, other):
            return True
        if known["state"] in ("loaded", "copy") and found.flow_log_id:
            return False  # AWS never changes an object; a copy may have a new time of change
        return bool((found.etag, found.size) != (known["etag"], known["size"]))

    def _rest(self) -> Iterator[LogObject]:
        """Objects to try again that the listing, narrowed to recent ones, did not show."""
        for found, row in list(self._again.values()):
            if found.known_as not in self._in_flight:
                other = self._known.elsewhere([found]).get(found.uri)
                yield self._planned(found, row, other)


def _is_new(found: LogObject, known: dict[str, Any]) -> bool:
    """Whether other names of an object matter: it is not known, or not all of it is loaded."""
    row = known.get(found.uri)
    return row is None or _has_none(row) or row["rest_first"] is not None


def _has_none(row: Any) -> bool:
    """Whether an object has no records of its own in the store, so that other names matter."""
    return row is None or row["state"] not in ("loaded", "broken")
