"""Records that meet a filter, kept beside the files that they lie in.

The panels of a page ask for the same few records of millions. The first one that does keeps them,
a file for each file of the store; all others read these alone. docs/decisions/narrowed-files.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count

from sqlalchemy import ColumnElement, SelectBase

from vpcflow_core.engines.base import Ask
from vpcflow_core.engines.duckdb.file_parts import LARGEST, FileParts, PartSelect, read_files
from vpcflow_core.engines.duckdb.filtered import shared_filters
from vpcflow_core.engines.named import columns_named
from vpcflow_core.newest import Newest
from vpcflow_core.store.base import StoreFile

# Fewer records are read as they are: a file more to open takes a millisecond.
ENOUGH_RECORDS = 1_000_000
ENOUGH_IN_A_FILE = 50_000
# Where more of the records meet a filter, reading what does saves little.
LARGEST_SHARE = 0.25
# Questions with a filter that read all records: whoever asks once or twice writes nothing.
ASKED_BEFORE = 2


@dataclass(slots=True)
class NarrowedFiles:
    """The records of a store that meet filters; safe to share between threads and processes.

    Attributes:
        parts: Where they are kept.
    """

    parts: FileParts
    _shares: Newest[float] = field(default_factory=lambda: Newest(1_000))
    _asked: Newest[Iterator[int]] = field(default_factory=lambda: Newest(1_000))

    def of(
        self,
        files: Sequence[StoreFile],
        filters: Mapping[str, ColumnElement[bool]],
        ask: Ask,
    ) -> list[StoreFile]:
        """The files, or in their place what of them meets the filter that the fewest meet.

        Args:
            files: Of a relation.
            filters: Conditions that all records meet that count, by their SQL.
            ask: Asks DuckDB for the answer of a SELECT.
        """
        best, large = self.best(files, filters, ask)
        if best is None:
            return list(files)
        select = PartSelect("*", f"WHERE {best}")
        times = next(self._asked.get(best, count))
        if times < ASKED_BEFORE and not self.parts.are_there(large, select):
            return list(files)
        narrowed = self.parts.of(large, select, ask)
        read = [narrowed.get(file.path, file) for file in files]
        return [file for file in read if file.rows]

    def best(
        self,
        files: Sequence[StoreFile],
        filters: Mapping[str, ColumnElement[bool]],
        ask: Ask,
    ) -> tuple[str | None, list[StoreFile]]:
        """The filter that the fewest records meet, and the files that it narrows.

        Args:
            files: Of a relation.
            filters: Conditions that all records meet that count, by their SQL.
            ask: Asks DuckDB for the answer of a SELECT.

        Returns:
            None where too many records meet each of them, or all are few.
        """
        large = [file for file in files if file.rows >= ENOUGH_IN_A_FILE]
        if not filters or sum(file.rows for file in large) < ENOUGH_RECORDS:
            return None, []
        named = {sql: columns_named(condition) for sql, condition in filters.items()}
        large = [file for file in large if all(map(set(file.columns).issuperset, named.values()))]
        return self._best(large, list(filters), ask), large

    def _best(self, files: Sequence[StoreFile], filters: Sequence[str], ask: Ask) -> str | None:
        """The filter that the fewest records meet; None where too many do."""
        if not files:
            return None
        largest = max(files, key=lambda file: (file.rows, file.path.name))

        def share(sql: str) -> float:
            """Of the largest file, which is like the others."""
            found = ask(f"SELECT count(*) FROM {read_files([largest])} WHERE {sql}", {})  # noqa: S608 (our own text)
            return float(found[0][0].as_py() / largest.rows)

        shares = {sql: self._shares.get(sql, partial(share, sql)) for sql in filters}
        best = min(filters, key=lambda sql: (shares[sql], sql))
        size = sum(file.size for file in files) * shares[best]
        return best if shares[best] <= LARGEST_SHARE and size <= LARGEST else None


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What a question has to read.

    Attributes:
        kept: Keeps what meets filters.
        question: The SELECT.
        used: Gets the kept files that it reads.
    """

    kept: NarrowedFiles
    question: SelectBase
    used: list[StoreFile]

    def files(self, relation: str, files: Sequence[StoreFile], ask: Ask) -> list[StoreFile]:
        """The files of a relation, or in their place what of them the question may need."""
        found = self.kept.of(files, shared_filters(self.question, relation), ask)
        own = {file.path for file in files}
        self.used.extend(file for file in found if file.path not in own)
        return found
