"""The store as readers see it.

A store is a folder: `ledger.sqlite`, `writer.lock`, and `files/PART/DAY/NAME.parquet`. Only files
that the ledger lists count. A file that compaction or retention replaced leaves the ledger at once
and the disk ten minutes later at the earliest (`writer.GRACE`), so a list of files stays readable
for that long after `Store.files` gave it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self

import pandas as pd
import pyarrow as pa

from vpcflow_core.coverage import Coverage, coverage_of
from vpcflow_core.errors import ParameterError, StoreError, closest
from vpcflow_core.fields import FIELDS
from vpcflow_core.inventory.domain_answers import Answer
from vpcflow_core.inventory.tables import TABLES, Kind, Snapshot
from vpcflow_core.scope import EVERYTHING, Scope
from vpcflow_core.store import covering, repeats, snapshots
from vpcflow_core.store.base import RELATIONS, STRAY, Part, StoreFile
from vpcflow_core.store.damage import Damage, damage, unreadable
from vpcflow_core.store.deliveries import Delivery, deliveries
from vpcflow_core.store.domains import DomainNames
from vpcflow_core.store.footers import last_before
from vpcflow_core.store.hours import AHEAD
from vpcflow_core.store.kept import KEPT
from vpcflow_core.store.ledger import FILES, LEDGER_NAME, RESTORE, Ledger, from_ms, to_ms
from vpcflow_core.store.lock import LOCK_NAME
from vpcflow_core.store.repeats import Repeated, Span
from vpcflow_core.store.scoped import ScopedStore
from vpcflow_core.store.snapshots import SnapshotState
from vpcflow_core.store.state import ObjectReport, SourceState, read_report
from vpcflow_core.times import Window

# What a store's folder has besides its files, also without a ledger.
OWN = (LEDGER_NAME, LOCK_NAME, KEPT, FILES, "uploads", "sources.json", "audit", "views", "notes")
LATEST = 2**62  # ms; later than any record


class Store:
    """An open store; cheap to open, safe to share between threads.

    Attributes:
        path: Its folder, absolute.
        ledger: Its ledger, for the writer.
        scope: What of it may be seen: all.
    """

    scope = EVERYTHING

    def __init__(self, path: Path, ledger: Ledger) -> None:
        self.path = path
        self.ledger = ledger
        self._known: dict[Kind, tuple[int, pd.DataFrame]] = {}
        self._knowing = Lock()
        self._covered: dict[tuple[str, ...] | None, tuple[int, Coverage]] = {}

    @staticmethod
    def open(path: str | Path, *, create: bool = True) -> Store:
        """The store in that folder.

        Args:
            path: The folder; `~` is the home folder.
            create: Make an empty store where there is none.

        Raises:
            StoreError: There is none, the folder holds something else, or it cannot be used.
        """
        folder = Path(path).expanduser().absolute()
        if not _is_store(folder):
            _make_folder(folder, create)
        return Store(folder, Ledger(folder))

    def close(self) -> None:
        """Let go of the ledger."""
        self.ledger.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def within(self, scope: Scope) -> ScopedStore:
        """What there is within a scope."""
        return ScopedStore(self, scope)

    def files(
        self, relation: str, window: Window | None = None, sources: Sequence[str] | None = None
    ) -> list[StoreFile]:
        """The files that make up a relation, by the start of their records; one snapshot.

        Args:
            relation: A key of `RELATIONS`.
            window: Leave out files without a `start_time` inside.
            sources: URLs; None: all.

        Raises:
            ParameterError: No such relation.
        """
        where, values = _where(relation, sources)
        if window:
            where += " AND first < ? AND last >= ?"
            values += [to_ms(window.end), to_ms(window.start)]
        rows = self.ledger.rows(_FILES.format(where=where), values)
        return [_store_file(self.path, row) for row in rows]

    def files_of(self, source: str) -> list[StoreFile]:
        """All files of a source, whatever they hold; by the start of their records."""
        rows = self.ledger.rows(_FILES.format(where="WHERE url = ?"), [source])
        return [_store_file(self.path, row) for row in rows]

    def columns(self, relation: str, sources: Sequence[str] | None = None) -> tuple[str, ...]:
        """Every column that some file of the relation has, in the field table's order."""
        where, values = _where(relation, sources)
        sql = f"SELECT DISTINCT columns FROM files JOIN sources ON source = sources.id {where}"  # noqa: S608 (our own text)
        return ordered({name for row in self.ledger.rows(sql, values) for name in _names(row[0])})

    def extent(
        self,
        relation: str = "flows",
        sources: Sequence[str] | None = None,
        until: datetime | None = None,
    ) -> Window | None:
        """From the first to just after the last `start_time`; None without records.

        Records whose start cannot be do not count. `coverage` also says what is missing between.

        Args:
            relation: A key of `RELATIONS`.
            sources: URLs; None: all.
            until: Leave out records that start then or later; None: none.
        """
        where, values = _where(relation, sources, stray=False)
        end = LATEST if until is None else to_ms(until)
        first, last = self.ledger.rows(_EXTENT.format(where=where), [end, end, *values])[0]
        if first is None or first >= end:
            return None
        cut = self.ledger.rows(_CUT.format(where=where), [*values, end, end])
        lasts = [found for row in cut if (found := last_before(self.path / row["path"], end))]
        newest = max([*lasts, *([] if last is None else [last])], default=first)
        return Window(from_ms(first), from_ms(newest) + timedelta(milliseconds=1))

    def coverage(self, sources: Sequence[str] | None = None) -> Coverage:
        """What is known of when, of these sources (of all if None).

        Made once a generation. The first time of a store of an earlier version, the times of all
        its records are read.
        """
        key = None if sources is None else tuple(sources)
        generation = self.generation()
        if self._covered.get(key, (None,))[0] != generation:
            covering.complete(self.path, self.ledger)
            # Asked before reading: what is kept is never older than its number.
            generation = self.generation()
            self._covered[key] = generation, coverage_of(covering.read(self.ledger, sources))
        return self._covered[key][1]

    def generation(self) -> int:
        """Grows with every commit: answers of one generation may be cached."""
        return int(self.ledger.value("SELECT value FROM meta WHERE key = 'generation'"))

    def sources(self) -> list[SourceState]:
        """What the store holds of each source, by URL."""
        return [_source_state(row) for row in self.ledger.rows(_SOURCES)]

    def repeated(self) -> list[Repeated]:
        """Which flow logs log the same traffic as others, and which of them totals use."""
        return repeats.summary(self.ledger)

    def deliveries(self, window: Window, sources: Sequence[str] | None = None) -> list[Delivery]:
        """What each flow log delivered in the hours that a window touches; of all if None."""
        covering.complete(self.path, self.ledger)
        return deliveries(self.ledger, window, sources)

    def left_out(
        self, window: Window | None = None, sources: Sequence[str] | None = None
    ) -> list[Span]:
        """What `flows` leaves out since another flow log has it; see `repeats.spans`."""
        return repeats.spans(self.ledger, window, sources)

    def damage(
        self, window: Window | None = None, sources: Sequence[str] | None = None
    ) -> list[Damage]:
        """What the store should have and has not, since files of it are missing or damaged.

        Args:
            window: Days that it does not touch are left out; None: of all time.
            sources: URLs; None: all.
        """
        return damage(self.path, self.ledger, window, sources)

    def unreadable(self, files: Iterable[StoreFile]) -> list[StoreFile]:
        """Those of the files that are missing or known to be damaged."""
        files = list(files)
        bad = unreadable(self.path, self.ledger, ((file.path, file.size) for file in files))
        return [file for file in files if file.path in bad]

    def suspect(self, files: Iterable[StoreFile]) -> None:
        """Have the next sync look at files that could not be read."""
        paths = [(file.path.relative_to(self.path).as_posix(),) for file in files]
        with self.ledger.transaction() as change:
            change.executemany("INSERT OR IGNORE INTO suspects VALUES (?)", paths)

    def places(self, source: str) -> list[tuple[str, str]]:
        """Accounts and regions that a source's newest objects are named after; "" if by none.

        Args:
            source: URL of the source.
        """
        return [(row["account"], row["region"]) for row in self.ledger.rows(_PLACES, [source])]

    def reports(self, source: str | None = None, limit: int = 100) -> list[ObjectReport]:
        """The objects that a person should look at, latest loaded first, copies last.

        Args:
            source: URL of the source; None: all.
            limit: How many at most.
        """
        rows = self.ledger.rows(_REPORTS, [source, source, limit])
        return [read_report(*row) for row in rows]

    def remember(self, snapshot: Snapshot) -> None:
        """Add a snapshot to what is known of the network; see `snapshots.remember`."""
        snapshots.remember(self.ledger, snapshot)

    def known(self, kind: Kind) -> pd.DataFrame:
        """Every shape of every thing of that kind that a snapshot showed; see `snapshots.known`.

        Raises:
            ParameterError: No such kind.
        """
        if kind not in TABLES:
            raise ParameterError(
                f"'{kind}' is nothing that snapshots know.",
                f"{closest(kind, TABLES)}  There are: {', '.join(TABLES)}".strip(),
            )
        with self._knowing:
            # Asked before reading: what is kept is never older than its number.
            number = self.snapshot_count()
            if self._known.get(kind, (None,))[0] != number:
                self._known[kind] = (number, snapshots.known(self.ledger, kind))
            return self._known[kind][1].copy()

    def snapshot_count(self) -> int:
        """Grows with every snapshot: what is known of one number may be cached."""
        return snapshots.count(self.ledger)

    @property
    def domains(self) -> DomainNames:
        """Names by DNS that are kept beside the records."""
        return DomainNames(self.path)

    def has_domains(self) -> bool:
        """Whether names by DNS are known."""
        return bool(self.domains)

    def domain_answers(self, window: Window | None, before: timedelta) -> pa.Table:
        """Names by DNS of a window, or not longer than `before` before it."""
        return self.domains.read(window, before)

    def remember_domains(
        self,
        answers: Iterable[Answer],
        objects: Iterable[tuple[str, str]],
        keep_from: datetime | None = None,
    ) -> None:
        """Add names by DNS; see `DomainNames.add`. What is known of the network is new then."""
        self.domains.add(answers, objects, keep_from)
        snapshots.note_change(self.ledger)

    def hidden_blocks(self) -> tuple[str, ...]:
        """Blocks of VPCs that may not be seen: of the whole store, none."""
        return ()

    def snapshots(self) -> list[SnapshotState]:
        """The newest snapshot of each account and region."""
        return snapshots.snapshots(self.ledger)


_FILES = """
    SELECT path, part, url, day, columns, rows, size, first, last
    FROM files JOIN sources ON source = sources.id {where} ORDER BY first, path
"""
_EXTENT = """
    SELECT min(CASE WHEN first < ? THEN first END), max(CASE WHEN last < ? THEN last END)
    FROM files JOIN sources ON source = sources.id {where}
"""
_CUT = """
    SELECT path FROM files JOIN sources ON source = sources.id {where} AND first < ? AND last >= ?
"""
_SOURCES = f"""
    SELECT url, count(objects.id), total(records), total(nodata), total(skipdata),
        total(malformed), total(size),
        coalesce(
            max(CASE WHEN last <= loaded_at + {AHEAD // timedelta(milliseconds=1)} THEN last END),
            (SELECT max(last) FROM files WHERE files.source = sources.id AND part NOT LIKE '%stray')
        ),
        last_sync, max(time),
        total(state NOT IN ('loaded', 'copy')), last_error, total(internal), total(dropped),
        total(outside), total(state = 'copy'),
        (SELECT total(rows) FROM files WHERE files.source = sources.id),
        (SELECT min(first) FROM files WHERE files.source = sources.id AND part NOT LIKE '%stray'),
        (SELECT total(rows) FROM files WHERE files.source = sources.id AND part LIKE '%stray')
    FROM sources LEFT JOIN objects ON source = sources.id GROUP BY sources.id ORDER BY url
"""  # noqa: S608 (a number of our own)
# NOT INDEXED: from the newest on, where the index would read all objects of the source.
_PLACES = """
    SELECT DISTINCT account, region FROM (
        SELECT account, region FROM objects NOT INDEXED
        WHERE source = (SELECT id FROM sources WHERE url = ?) ORDER BY id DESC LIMIT 100000
    ) ORDER BY account, region
"""
_REPORTS = """
    SELECT url, uri, state, records, malformed, report
    FROM objects JOIN sources ON source = sources.id
    WHERE report IS NOT NULL AND (? IS NULL OR url = ?)
    ORDER BY state = 'copy', objects.id DESC LIMIT ?
"""


@cache
def _places() -> dict[str, int]:
    return {field.name: place for place, field in enumerate(FIELDS)}


def ordered(columns: Iterable[str]) -> tuple[str, ...]:
    """Columns in the field table's order, unknown ones behind by name.

    >>> ordered(["zone", "bytes", "srcaddr"])
    ('srcaddr', 'bytes', 'zone')
    """
    places = _places()
    return tuple(sorted(columns, key=lambda name: (places.get(name, len(places)), name)))


@cache
def _names(columns: str) -> tuple[str, ...]:
    """Names from the ledger's text; a store has few column sets, and many files of each."""
    return tuple(json.loads(columns))


def _is_store(folder: Path) -> bool:
    try:
        return (folder / LEDGER_NAME).is_file()
    except OSError as error:  # no right to look, or a name that is too long
        why = error.strerror or error
        raise StoreError(f"The store at {folder} cannot be opened: {why}.") from None


def _make_folder(folder: Path, create: bool) -> None:
    """Make the folder of a new store, if it may be one."""
    if not create and not folder.is_dir():
        raise StoreError(
            f"There is no store at {folder}.", f"Fill one: vpcflow sync SOURCE --store {folder}"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # `ledger.sqlite...`: another process may be creating the same store at this moment.
        if any(folder.joinpath(FILES).rglob("*.parquet")):
            raise StoreError(f"The ledger of the store {folder} is missing.", RESTORE)
        foreign = next((p for p in folder.iterdir() if not p.name.startswith(OWN)), None)
    except OSError as error:
        raise StoreError(f"No store can be made at {folder}: {error.strerror}.") from error
    if foreign is not None or not create:
        raise StoreError(
            f"The folder {folder} is not a store of vpcflow.",
            "Give a new or empty folder with --store.",
        )


def _where(
    relation: str, sources: Sequence[str] | None, stray: bool = True
) -> tuple[str, list[Any]]:
    """The condition for files of a relation and sources, and its values."""
    if relation not in RELATIONS:
        raise ParameterError(
            f"'{relation}' is no relation of the store.",
            f"{closest(relation, RELATIONS)}  There are: {', '.join(RELATIONS)}".strip(),
        )
    values: list[Any] = [part for part in RELATIONS[relation] if stray or part not in STRAY]
    where = f"WHERE part IN ({_marks(values)})"
    if sources is not None:
        where += f" AND url IN ({_marks(sources)})"
        values += sources
    return where, values


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))


def _moment(value: int | None) -> datetime | None:
    return None if value is None else from_ms(value)


def _store_file(folder: Path, row: Any) -> StoreFile:
    part: Part = row["part"]
    return StoreFile(
        path=folder / row["path"],
        part=part,
        source=row["url"],
        day=date.fromisoformat(row["day"]),
        columns=_names(row["columns"]),
        rows=row["rows"],
        size=row["size"],
        first=from_ms(row["first"]),
        last=from_ms(row["last"]),
    )


def _source_state(row: Any) -> SourceState:
    url, objects, *counts, last, last_sync, newest = row[:10]
    broken, error, internal, dropped, outside, copies, rows, first, stray = row[10:]
    loaded, nodata, skipdata, malformed, size = map(int, counts)
    return SourceState(
        url,
        objects,
        records=int(rows),
        nodata=nodata,
        skipdata=skipdata,
        malformed=malformed,
        bytes=size,
        first=_moment(first),
        last=_moment(last) if rows else None,
        last_sync=_moment(last_sync),
        newest=_moment(newest),
        broken=int(broken),
        error=error,
        internal=int(internal),
        # Whole files leave the store as they grow old; their objects stay as they were loaded.
        dropped=loaded + int(dropped) - int(rows),
        outside=int(outside),
        stray=int(stray),
        copies=int(copies),
    )
