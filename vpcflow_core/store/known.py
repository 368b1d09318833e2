"""What the ledger knows of the objects that a sync finds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

from vpcflow_core.sources.base import ARCHIVED, LogObject
from vpcflow_core.store.ledger import Ledger, from_ms, to_ms
from vpcflow_core.store.spans import NEVER, Spans, common, from_text, minus, union

# Objects tried again in one sync at most; the next sync tries others.
AGAIN = 50_000
# Of those, objects that could not be read: each costs a request that is likely to fail again.
FAILED_AGAIN = 1_000
# Objects that only reading shows to be archived: how many a sync asks for, and how often.
ARCHIVED_AGAIN = 100
ASKED_EVERY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What other names and sources hold of an object.

    Attributes:
        url: One of these sources.
        spans: Records that start in them are loaded, if they are in the object at all.
        rest: The time that the records lie in which the last of them left out; none: all are in.
    """

    url: str
    spans: Spans
    rest: Spans


class Known:
    """The objects of one source in the ledger, and those of others that are the same.

    Args:
        ledger: The store's ledger.
        source: The source's number in it.
        wanted: The records wanted.

    Attributes:
        broken: Rows of objects that could not be read whole, by URI of another one that is the same
            and may be whole.
        waiting: Objects that could not be read, and that are left to later syncs.
    """

    def __init__(self, ledger: Ledger, source: int, wanted: Spans) -> None:
        self._ledger = ledger
        self._source = source
        self._wanted = wanted
        self.broken: dict[str, list[Any]] = {}
        self.waiting = 0

    def any(self) -> bool:
        """Whether the source ever gave an object."""
        sql = "SELECT 1 FROM objects WHERE source = ?"
        return bool(self._ledger.value(sql, [self._source]))

    def rows(self, uris: list[str]) -> dict[str, Any]:
        """The ledger's rows of these objects, by URI."""
        sql = f"SELECT * FROM objects WHERE source = ? AND uri IN ({_marks(uris)})"  # noqa: S608 (marks)
        return {row["uri"]: row for row in self._ledger.rows(sql, [self._source, *uris])}

    def elsewhere(self, objects: Iterable[LogObject]) -> dict[str, Elsewhere]:
        """What is loaded of these objects under other names or by other sources, by URI.

        What is broken there counts for objects alone that were read and are no better.
        """
        sizes = {}
        asked = {}
        for found in objects:
            asked[found.uri], sizes[found.uri] = found.known_as, found.size
        sql = f"""SELECT objects.*, url
                  FROM objects JOIN sources ON source = sources.id
                  WHERE state IN ('loaded', 'broken') AND identity IN ({_marks(asked)})"""  # noqa: S608 (marks)
        held: dict[str, list[Any]] = {}
        for row in self._ledger.rows(sql, list(asked.values())):
            held.setdefault(row["identity"], []).append(row)
        others = {
            uri: [row for row in held.get(name, ()) if not self._is_own(row, uri)]
            for uri, name in asked.items()
        }
        return {uri: _together(rows) for uri, rows in self._sound(others, sizes).items() if rows}

    def _sound(self, others: dict[str, list[Any]], sizes: dict[str, int]) -> dict[str, list[Any]]:
        """The rows without those that are all broken, which are noted."""
        doubtful = [u for u, rows in others.items() if all(r["state"] == "broken" for r in rows)]
        if not doubtful:
            return others
        own = self.rows(doubtful)
        rivals = {
            uri: others[uri]
            for uri in doubtful
            if others[uri] and not _was_read(own.get(uri), sizes[uri])
        }
        self.broken |= rivals
        return {uri: rows for uri, rows in others.items() if uri not in rivals}

    def _is_own(self, row: Any, uri: str) -> bool:
        return bool(row["source"] == self._source and row["uri"] == uri)

    def lacks(self, row: Any, other: Elsewhere | None) -> bool:
        """Whether records that are wanted were left out of an object of the source."""
        held = union(from_text(row["spans"]), other.spans if other else NEVER)
        rest = common(rest_of(row), other.rest) if other else rest_of(row)
        return bool(minus(common(self._wanted, rest), held))

    def lacks_elsewhere(self, other: Elsewhere) -> bool:
        """Whether records that are wanted were left out where the object is loaded already."""
        return bool(minus(common(self._wanted, other.rest), other.spans))

    def to_keep(self, row: Any, other: Elsewhere | None) -> Spans:
        """The records to keep of an object: those in the store now, and those wanted."""
        new = minus(self._wanted, other.spans) if other else self._wanted
        loaded = row is not None and row["state"] in ("loaded", "broken")
        return union(from_text(row["spans"]), new) if loaded else new

    def to_try_again(self, unread_too: bool) -> dict[str, tuple[LogObject, Any]]:
        """Objects that may give more than they did, with their rows, by URI."""
        # SQLite takes an index for a condition that repeats the index's own.
        left = "state NOT IN ('loaded', 'copy')"
        read = "state IN ('failed', 'broken'" + ("" if unread_too else ", 'unread'") + ")"
        rows = self._select(f"{left} AND NOT {read}", [])
        failed = f"{left} AND state IN ('failed', 'broken')"
        archived = f"coalesce(report, '') LIKE '%{ARCHIVED}%'"
        tried = self._select(f"{failed} AND NOT {archived}", [], FAILED_AGAIN)
        self.waiting = self._count(f"{failed} AND NOT {archived}") - len(tried)
        rows += tried
        # Listings do not say what intelligent tiering has archived: a few are asked for.
        before = to_ms(datetime.now(UTC) - ASKED_EVERY)
        rows += self._select(f"{failed} AND {archived} AND loaded_at < ?", [before], ARCHIVED_AGAIN)
        rest = "rest_first IS NOT NULL AND rest_first < ? AND rest_last >= ?"
        cut = [row for low, high in self._wanted for row in self._select(rest, [high, low])]
        others = self.elsewhere(log_object(row) for row in cut[:AGAIN]) if cut else {}
        rows += [row for row in cut if self.lacks(row, others.get(row["uri"]))]
        return {row["uri"]: (log_object(row), row) for row in rows[:AGAIN]}

    def free_copies(self) -> dict[str, tuple[LogObject, Any]]:
        """Copies that have to stand in for what they were copies of, with their rows, by URI."""
        rows = self._select("state NOT IN ('loaded', 'copy') AND state = 'again'", [])
        return {row["uri"]: (log_object(row), row) for row in rows}

    def _count(self, condition: str) -> int:
        sql = f"SELECT count(*) FROM objects WHERE source = ? AND {condition}"  # noqa: S608 (our own text)
        return int(self._ledger.value(sql, [self._source]))

    def _select(self, condition: str, values: list[int], at_most: int = AGAIN) -> list[Any]:
        sql = f"SELECT * FROM objects WHERE source = ? AND {condition} ORDER BY loaded_at LIMIT ?"  # noqa: S608 (our own text)
        return self._ledger.rows(sql, [self._source, *values, at_most])


def _was_read(row: Any, size: int) -> bool:
    """Whether a copy has been read as it is now: it was not whole either."""
    is_copy = row is not None and row["state"] == "copy"
    return is_copy and bool(row["content"]) and row["size"] == size


def _together(rows: list[Any]) -> Elsewhere:
    return Elsewhere(
        rows[-1]["url"],
        union(*(from_text(row["spans"]) for row in rows)),
        reduce(common, map(rest_of, rows)),
    )


def rest_of(row: Any) -> Spans:
    """The time in which the records lie that an object's load left out; none: all are in."""
    return NEVER if row["rest_first"] is None else ((row["rest_first"], row["rest_last"] + 1),)


def _marks(values: Iterable[str]) -> str:
    return ", ".join("?" for _ in values)


def log_object(row: Any) -> LogObject:
    """An object as its source gave it, of the ledger's row."""
    return LogObject(
        uri=row["uri"],
        size=row["size"],
        etag=row["etag"],
        account=row["account"],
        region=row["region"],
        flow_log_id=row["flow_log_id"],
        time=None if row["time"] is None else from_ms(row["time"]),
        hint=row["hint"],
        identity=row["identity"],
        delivered=None if row["delivered"] is None else from_ms(row["delivered"]),
        delay=None if row["delay"] is None else timedelta(milliseconds=row["delay"]),
    )
