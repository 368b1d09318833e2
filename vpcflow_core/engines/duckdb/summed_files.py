"""What the records of each file of the store add up to, kept beside the file.

Top lists and totals ask for sums by one column or two, of which there are few values: what was
added up once is read in place of the records. docs/decisions/narrowed-files.md.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from vpcflow_core.engines.base import Ask, HasRepeats
from vpcflow_core.engines.duckdb.file_parts import (
    LARGEST,
    FileParts,
    OfParts,
    PartSelect,
    read_files,
)
from vpcflow_core.engines.duckdb.files import quoted, select_files
from vpcflow_core.engines.duckdb.filtered import shared_filters
from vpcflow_core.engines.duckdb.reading import Reading
from vpcflow_core.engines.duckdb.summed import COUNT, SUMS, inside, of_sums
from vpcflow_core.engines.interfaces.completion import KNOWN
from vpcflow_core.engines.named import columns_named
from vpcflow_core.newest import Newest
from vpcflow_core.store.base import StoreFile
from vpcflow_core.times import Window

# Fewer records are read as they are: a file more to open takes a millisecond.
ENOUGH_RECORDS = 1_000_000
ENOUGH_IN_A_FILE = 50_000
# Of more groups to a record, reading sums saves little.
LARGEST_SHARE = 0.25
# Questions differ in these only: sums by them too serve all of them.
SHARED_KEYS = frozenset({"action"})


@dataclass(slots=True)
class SummedFiles:
    """Sums of the records of each file; safe to share between threads and processes.

    Attributes:
        parts: Where they are kept.
    """

    parts: FileParts
    _shares: Newest[tuple[float, float]] = field(default_factory=lambda: Newest(1_000))

    def of(self, reading: Reading, question: Any, window: Window, ask: Ask) -> OfParts | None:
        """The question as one of sums; None where the records have to be asked.

        Args:
            reading: What is read.
            question: A SELECT.
            window: Its range of time; of files that reach over its ends the records are read.
            ask: Asks DuckDB for the answer of a SELECT.
        """
        if reading.is_once or reading.rows(window) < ENOUGH_RECORDS:
            return None
        found = of_sums(question, window, distinct=True)
        if found is None or not found[1].isdisjoint(KNOWN):
            return None
        made, named, sums = found
        shown = columns_named(*question.selected_columns)
        if not filtered_columns(question) <= shown | SHARED_KEYS:
            return None
        kept = self.kept(reading, named, sums, window, ask)
        return OfParts(made, *kept) if kept else None

    def kept(
        self, reading: Reading, named: Set[str], sums: Set[str], window: Window, ask: Ask
    ) -> tuple[str, list[StoreFile]] | None:
        """The SQL of sums by some columns, and the kept files that it reads.

        Args:
            reading: What is read.
            named: The columns; those of `SHARED_KEYS` are there besides.
            sums: What is added up.
            window: The range of time.
            ask: Asks DuckDB for the answer of a SELECT.

        Returns:
            None where the records have to be asked.
        """
        files = reading.whole_files("flows", window)
        whole = whole_files(reading, files, window, named | sums | SHARED_KEYS)
        if not whole:
            return None
        keys = sorted(named | SHARED_KEYS)
        select = PartSelect(sums_by(keys), "GROUP BY ALL")
        rows, size = self._share(whole[0], keys, select, ask)
        if rows > LARGEST_SHARE or size * sum(file.size for file in whole) > LARGEST:
            return None
        kept = self.parts.of(whole, select, ask)
        rest = [file for file in files if file.path not in kept]
        relation = relation_of_sums(reading, list(kept.values()), rest, keys, window)
        return (relation, list(kept.values())) if kept else None

    def _share(
        self, file: StoreFile, keys: Sequence[str], select: PartSelect, ask: Ask
    ) -> tuple[float, float]:
        """Groups to a record and bytes to a byte, in one file, which is like the others."""

        def share() -> tuple[float, float]:
            for made in self.parts.of([file], select, ask).values():
                with suppress(FileNotFoundError):
                    return made.rows / file.rows, made.path.stat().st_size / file.size
            return 1.0, 1.0

        return self._shares.get(tuple(keys), share)


def filtered_columns(question: Any) -> Set[str]:
    """The columns that the filters of a question name."""
    return columns_named(*shared_filters(question, "flows").values())


def whole_files(
    reading: Reading, files: Sequence[StoreFile], window: Window, columns: Set[str]
) -> list[StoreFile]:
    """The files of which all records count and that have many; none where they are few.

    Args:
        reading: What is read.
        files: All files of the window.
        window: The range of time.
        columns: Those that each file has to have.
    """
    whole = [
        file
        for file in files
        if window.start <= file.first
        and file.last < window.end
        and file.rows >= ENOUGH_IN_A_FILE
        and columns <= set(file.columns)
    ]
    records = sum(file.rows for file in whole)
    enough = records >= ENOUGH_RECORDS and 2 * records >= sum(file.rows for file in files)
    return whole if enough and _are_all_seen(reading, files, window) else []


def _are_all_seen(reading: Reading, files: Sequence[StoreFile], window: Window) -> bool:
    """Whether every record of the files counts."""
    store = reading.store
    if isinstance(store, HasRepeats) and store.left_out(window, reading.sources):
        return False
    return all(store.scope.accounts_of(file.source) is None for file in files)


def sums_by(keys: Sequence[str]) -> str:
    """What is selected for sums by some columns; of as many digits as they may have."""
    sums = [f"CAST(sum({of}) AS DECIMAL(38, 0)) AS {name}" for of, name in SUMS.items()]
    return ", ".join((*map(quoted, keys), *sums, f"count(*) AS {COUNT}"))


def relation_of_sums(
    reading: Reading,
    kept: Sequence[StoreFile],
    rest: Sequence[StoreFile],
    keys: Sequence[str],
    window: Window,
) -> str:
    """The SQL of sums of some files, and of the records of others, each a sum by itself."""
    named = ", ".join((*map(quoted, keys), *SUMS.values(), COUNT))
    select = f"SELECT {named} FROM {read_files(kept)}"  # noqa: S608 (our own text)
    if not rest:
        return select
    records = select_files("flows", reading.columns("flows"), rest)
    each = ", ".join((*map(quoted, keys), *(f"{of} AS {name}" for of, name in SUMS.items())))
    return (
        f"{select}\nUNION ALL\nSELECT {each}, 1 AS {COUNT} FROM ({records}) WHERE {inside(window)}"
    )
