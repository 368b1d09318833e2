"""Objects that are the same as others: each is counted once, and none is lost with another.

An object is known by what it is (`LogObject.known_as`), and by its content where two names lead to
copies. The ledger keeps copies as objects without records. When the object whose records count is
gone or has new content, its copies are read at the next sync of their source.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Iterable, Sequence

from vpcflow_core.sources.base import LogObject
from vpcflow_core.store.batch import Loaded
from vpcflow_core.store.known import rest_of
from vpcflow_core.store.ledger import Ledger
from vpcflow_core.store.spans import NEVER, Spans, common, from_text, minus

# Whether the records of another object stand for those of `objects`. Content decides where AWS did
# not name both of them: what it named differently are two deliveries, which two flow logs may make
# of the same records. They stay as they were written, and one of the flow logs is used for totals.
# A broken object stands for those alone that were read and are no better: they have a content.
_HELD = """EXISTS (
    SELECT 1 FROM objects h WHERE h.id <> objects.id AND h.identity = objects.identity
        AND (h.state = 'loaded' OR (h.state = 'broken' AND objects.content <> ''))
) OR EXISTS (
    SELECT 1 FROM objects h WHERE h.state IN ('loaded', 'broken') AND h.id <> objects.id
        AND h.content <> '' AND h.content = objects.content
        AND '' IN (h.flow_log_id, objects.flow_log_id)
)"""
_FREE = f"UPDATE objects SET state = 'again', report = NULL WHERE state = 'copy' AND NOT ({_HELD})"  # noqa: S608 (our own text)


def content_of(data: bytes) -> str:
    """A hash of an object's bytes; "" of none, which say nothing."""
    return hashlib.blake2b(data, digest_size=16).hexdigest() if data else ""


def free_all(change: sqlite3.Connection) -> None:
    """Let the copies be read again whose other object is gone."""
    change.execute(_FREE)


def free(change: sqlite3.Connection, gone: Iterable[tuple[str, str]]) -> None:
    """The same, for copies of objects of these identities and contents."""
    alike = " AND (identity = ? OR (content <> '' AND content = ?))"
    change.executemany(_FREE + alike, gone)


def free_new(change: sqlite3.Connection, numbers: Sequence[int]) -> None:
    """The same, for objects that have just been added."""
    change.executemany(_FREE + " AND id = ?", [(number,) for number in numbers])


def settle(ledger: Ledger, source: int) -> bool:
    """Make copies again of the source's objects that another one holds; whether some are left."""
    waiting = "SELECT 1 FROM objects WHERE source = ? AND state = 'again' LIMIT 1"
    if not ledger.value(waiting, [source]):
        return False
    sql = f"UPDATE objects SET state = 'copy' WHERE source = ? AND state = 'again' AND ({_HELD})"  # noqa: S608 (our own text)
    with ledger.transaction() as change:
        change.execute(sql, [source])
    return bool(ledger.value(waiting, [source]))


class Contents:
    """Which object of a sync, or of the store, had some content first; for several threads."""

    def __init__(self, ledger: Ledger, source: int) -> None:
        self._ledger = ledger
        self._source = source
        self._lock = threading.Lock()
        self._claimed: dict[str, list[LogObject]] = {}

    def claim(self, found: LogObject, content: str, keep: Spans) -> tuple[str, Spans]:
        """The object that has this content already; "" if it is this one's from now on.

        Args:
            found: The object.
            content: As `content_of` gives it.
            keep: The records of it that are wanted.

        Returns:
            A name, and what is to be loaded where there is none.
        """
        if not content:
            return "", keep
        with self._lock:
            # First those of this sync, then the ledger: they leave after their commit.
            claims = self._claimed.setdefault(content, [])
            for other in claims:
                if not (other.flow_log_id and found.flow_log_id):
                    return other.uri, NEVER
            for row in self._in_store(found, content):
                if not minus(common(keep, rest_of(row)), from_text(row["spans"])):
                    return row["uri"], NEVER
                keep = minus(keep, from_text(row["spans"]))
            claims.append(found)
            return "", keep

    def landed(self, objects: Iterable[Loaded]) -> None:
        """Their outcome is in the ledger."""
        with self._lock:
            for loaded in objects:
                rest = [o for o in self._claimed.get(loaded.content, []) if o != loaded.found]
                if rest:
                    self._claimed[loaded.content] = rest
                else:
                    self._claimed.pop(loaded.content, None)

    def _in_store(self, found: LogObject, content: str) -> list[sqlite3.Row]:
        sql = """SELECT uri, spans, rest_first, rest_last FROM objects
                 WHERE content <> '' AND content = ? AND state IN ('loaded', 'broken')
                 AND NOT (source = ? AND uri = ?) AND '' IN (flow_log_id, ?) ORDER BY id"""
        values = [content, self._source, found.uri, found.flow_log_id]
        return self._ledger.rows(sql, values)
