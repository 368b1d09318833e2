"""The files that the ledger lists, and what it says of their records: columns, first and last."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from vpcflow_core.errors import ParameterError, closest
from vpcflow_core.store.base import RELATIONS, STRAY, Part, StoreFile, ordered
from vpcflow_core.store.footers import last_before
from vpcflow_core.store.ledger import Ledger, from_ms, to_ms
from vpcflow_core.times import Window

LATEST = 2**62  # ms; later than any record
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
_COLUMNS = """
    SELECT DISTINCT columns FROM files JOIN sources ON source = sources.id {where}
"""


def files(
    folder: Path,
    ledger: Ledger,
    relation: str,
    window: Window | None,
    sources: Sequence[str] | None,
) -> list[StoreFile]:
    """The files that make up a relation; see `Store.files`."""
    where, values = _where(relation, sources)
    if window:
        where += " AND first < ? AND last >= ?"
        values += [to_ms(window.end), to_ms(window.start)]
    return [_store_file(folder, row) for row in ledger.rows(_FILES.format(where=where), values)]


def files_of(folder: Path, ledger: Ledger, source: str) -> list[StoreFile]:
    """All files of a source, whatever they hold; by the start of their records."""
    rows = ledger.rows(_FILES.format(where="WHERE url = ?"), [source])
    return [_store_file(folder, row) for row in rows]


def columns(ledger: Ledger, relation: str, sources: Sequence[str] | None) -> tuple[str, ...]:
    """Every column that some file of the relation has, in the field table's order."""
    where, values = _where(relation, sources)
    rows = ledger.rows(_COLUMNS.format(where=where), values)
    return ordered({name for row in rows for name in _names(row[0])})


def extent(
    folder: Path,
    ledger: Ledger,
    relation: str,
    sources: Sequence[str] | None,
    until: datetime | None,
) -> Window | None:
    """From the first to just after the last `start_time`; see `Store.extent`."""
    where, values = _where(relation, sources, stray=False)
    end = LATEST if until is None else to_ms(until)
    first, last = ledger.rows(_EXTENT.format(where=where), [end, end, *values])[0]
    if first is None or first >= end:
        return None
    cut = ledger.rows(_CUT.format(where=where), [*values, end, end])
    lasts = [found for row in cut if (found := last_before(folder / row["path"], end))]
    newest = max([*lasts, *([] if last is None else [last])], default=first)
    return Window(from_ms(first), from_ms(newest) + timedelta(milliseconds=1))


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


@cache
def _names(columns: str) -> tuple[str, ...]:
    """Names from the ledger's text; a store has few column sets, and many files of each."""
    return tuple(json.loads(columns))
