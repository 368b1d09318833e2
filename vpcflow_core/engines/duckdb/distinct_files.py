"""The distinct values that the busiest groups of each file meet, kept beside the file.

How many destinations ten sources reached cannot be added up from file to file; what they reached
in each file can be put together. docs/decisions/narrowed-files.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import BindParameter, ColumnClause, ColumnElement, Select, column, distinct, func
from sqlalchemy import true as always
from sqlalchemy.sql import functions, operators
from sqlalchemy.sql.elements import BinaryExpression, Grouping
from sqlalchemy.sql.visitors import replacement_traverse

from vpcflow_core.engines.base import Ask
from vpcflow_core.engines.duckdb.behind import Behind
from vpcflow_core.engines.duckdb.dialect import written_out
from vpcflow_core.engines.duckdb.file_parts import (
    LARGEST,
    FileParts,
    OfParts,
    PartSelect,
    busiest,
    read_files,
)
from vpcflow_core.engines.duckdb.files import quoted, select_files
from vpcflow_core.engines.duckdb.filtered import shared_filters
from vpcflow_core.engines.duckdb.reading import Reading
from vpcflow_core.engines.duckdb.summed import (
    SUMS,
    counts_distinct,
    has_parts,
    inside,
    is_bound,
    only_adds_up,
)
from vpcflow_core.engines.duckdb.summed_files import filtered_columns, whole_files
from vpcflow_core.engines.interfaces.completion import KNOWN
from vpcflow_core.engines.named import columns_named, nodes_of, relations_named
from vpcflow_core.newest import Newest
from vpcflow_core.query.constructs import FilteredBy
from vpcflow_core.store.base import StoreFile
from vpcflow_core.times import Window

# Of each column that groups are chosen by: the first ten of a range are among these in most files.
BUSIEST = 64
# Of more rows to a record, reading them saves little.
LARGEST_SHARE = 0.4
# Pages differ by these: they are kept with each value, so that one file serves all of them.
SHARED_KEYS = frozenset({"action", "protocol"})
_OF_ONE_RECORD = frozenset({"start_time", "end_time", *SUMS})


@dataclass(frozen=True, slots=True)
class Distinct:
    """A question that counts distinct values of some groups.

    Attributes:
        question: It, of columns `distinct_0` and so on, and without its window.
        keys: The other columns that it names.
        values: The SQL of each of the values that it counts.
        columns: All columns of records that are needed.
        groups: The only values that it asks for, by column.
    """

    question: Select[Any]
    keys: Sequence[str]
    values: Sequence[str]
    columns: Set[str]
    groups: Mapping[str, Set[Any]]

    def parts(self) -> list[PartSelect]:
        """What is kept of each file for each of the values, sorted, which makes it small."""
        chosen = tuple(sorted(self.groups))
        return [
            PartSelect(
                ", ".join((*map(quoted, self.keys), f"{value} AS {_name(0)}")),
                "GROUP BY ALL ORDER BY ALL",
                chosen,
                BUSIEST,
                _name(0),
            )
            for value in self.values
        ]


@dataclass(slots=True)
class DistinctFiles:
    """Distinct values of each file; safe to share between threads and processes.

    Attributes:
        parts: Where they are kept.
        behind: Makes them.
    """

    parts: FileParts
    behind: Behind
    _shares: Newest[tuple[float, float]] = field(default_factory=lambda: Newest(1_000))
    _busiest: Newest[Set[Any] | None] = field(default_factory=lambda: Newest(5_000))

    def of(
        self, reading: Reading, question: Any, window: Window, ask: Ask, is_narrow: bool = False
    ) -> OfParts | None:
        """The question as one of kept values; None where the records have to be asked.

        Args:
            reading: What is read.
            question: A SELECT.
            window: Its range of time; of files that reach over its ends the records are read.
            ask: Asks DuckDB for the answer of a SELECT.
            is_narrow: Whether few of the records would be read otherwise.
        """
        found = distinct_of(question, window)
        if found is None:
            return None
        files = reading.whole_files("flows", window)
        whole = whole_files(reading, files, window, found.columns)
        if whole and not is_narrow:
            name = ("distinct", *found.parts(), *(file.path for file in whole))
            self.behind.later(name, partial(self._make, whole, found))
        covered = self._covered(whole, found)
        if 2 * sum(file.rows for file in covered) < sum(file.rows for file in files):
            return None
        selects = found.parts()
        kept = [self.parts.there(covered, select) for select in selects]
        complete = set.intersection(*(set(paths) for paths in kept))
        if not complete or (is_narrow and len(complete) < len(whole)):
            return None
        if not all(
            self._saves(covered, paths, select) for paths, select in zip(kept, selects, strict=True)
        ):
            return None
        read = [[paths[path] for path in sorted(complete)] for paths in kept]
        rest = [file for file in files if file.path not in complete]
        relation = _relation(reading, found, read, rest, window)
        return OfParts(found.question, relation, [file for part in read for file in part])

    def _make(self, files: Sequence[StoreFile], found: Distinct, ask: Ask) -> Iterator[None]:
        """Make what is not there yet, as far as that saves much."""
        for name in found.groups:
            yield from self.parts.step_by_step(files, busiest(name, BUSIEST), ask)
        covered = self._covered(files, found)
        for select in found.parts():
            yield from self.parts.step_by_step(covered[-1:], select, ask)
            if not self._saves(covered, self.parts.there(covered, select), select):
                return
        for select in found.parts():
            yield from self.parts.step_by_step(covered, select, ask)

    def _covered(self, files: Sequence[StoreFile], found: Distinct) -> list[StoreFile]:
        """The files of which all the groups that are asked for are kept."""
        for name, wanted in found.groups.items():
            made = self.parts.there(files, busiest(name, BUSIEST))
            files = [
                file for file in files if file.path in made and self._has(made[file.path], wanted)
            ]
        return list(files)

    def _has(self, made: StoreFile, wanted: Set[Any]) -> bool:
        known = self._busiest.get(made.path, partial(_values, made.path))
        return known is not None and (wanted <= known or len(known) < BUSIEST)

    def _saves(
        self, files: Sequence[StoreFile], made: Mapping[Path, StoreFile], select: PartSelect
    ) -> bool:
        """Whether what is kept is small beside the records, as it is of the newest file."""
        file = next((file for file in reversed(files) if file.path in made), None)
        if file is None:
            return False
        rows, size = self._shares.get(select, lambda: _share(file, made[file.path]))
        return rows <= LARGEST_SHARE and size * sum(file.size for file in files) <= LARGEST


def _share(file: StoreFile, made: StoreFile) -> tuple[float, float]:
    """Rows to a record and bytes to a byte."""
    with suppress(FileNotFoundError):
        return made.rows / file.rows, made.path.stat().st_size / file.size
    return 1.0, 1.0


def distinct_of(question: Any, window: Window) -> Distinct | None:
    """A question that counts distinct values of groups that it names; None if it is another one.

    Args:
        question: A SELECT over `flows`.
        window: The range of time that it touches.
    """
    if not isinstance(question, Select) or has_parts(question):
        return None
    if relations_named(question) != {"flows"}:
        return None
    shown, filtered = columns_named(*question.selected_columns), filtered_columns(question)
    groups = _groups(question)
    if not groups or not filtered <= shown | SHARED_KEYS:
        return None
    counted: list[ColumnElement[Any]] = []

    def replaced(part: Any, **_: Any) -> ColumnElement[Any] | None:
        if counts_distinct(part):
            value = next(iter(part.clauses)).element
            counted.append(value)
            return func.count(distinct(column(_name(len(counted) - 1), value.type)))
        return always() if is_bound(part, window) else None

    given: Any = replaced
    made: Any = replacement_traverse(question, {}, given)
    names = {_name(number) for number in range(len(counted))}
    keys = (columns_named(made) - names) | {"action"}
    columns = keys | columns_named(*counted)
    if not counted or not columns.isdisjoint({*_OF_ONE_RECORD, *KNOWN}) or not _only_counts(made):
        return None
    if not groups.keys() <= keys:
        return None
    values = tuple(written_out(value) for value in counted)
    return Distinct(made, tuple(sorted(keys)), values, columns, groups)


def _only_counts(question: Select[Any]) -> bool:
    """Whether all that is added up in it are distinct values."""
    sums = (part for part in nodes_of(question) if isinstance(part, functions.sum))
    return only_adds_up(question, distinct=True) and not any(sums)


def _groups(question: Any) -> dict[str, Set[Any]]:
    """The values of columns that a question shows and asks for alone."""
    found: dict[str, Set[Any]] = {}
    shown = {part.name for part in question.selected_columns if isinstance(part, ColumnClause)}
    for condition in shared_filters(question, "flows").values():
        name, values = _compared(_bare(condition))
        if name in shown and values:
            found[name] = values
    return found


def _bare(condition: Any) -> Any:
    """What a filter consists of."""
    while isinstance(condition, Grouping | FilteredBy):
        is_filter = isinstance(condition, FilteredBy)
        condition = condition.condition if is_filter else condition.element
    return condition


def _compared(part: Any) -> tuple[str, Set[Any]]:
    """The column that has to equal one of some values, and these; none of another condition."""
    if not isinstance(part, BinaryExpression) or not isinstance(part.left, ColumnClause):
        return "", frozenset()
    if not isinstance(part.right, BindParameter):
        return "", frozenset()
    value: Any = part.right.value
    if part.operator is operators.in_op:
        return part.left.name, frozenset(value)
    return part.left.name, frozenset({value} if part.operator is operators.eq else ())


def _name(number: int) -> str:
    return f"distinct_{number}"


def _values(path: Path) -> Set[Any] | None:
    """The values of a kept file; None where it is lost or damaged."""
    try:
        return frozenset(pq.read_table(path).column(0).to_pylist())
    except (OSError, pa.ArrowException):
        path.unlink(missing_ok=True)
        return None


def _relation(
    reading: Reading,
    found: Distinct,
    kept: Sequence[Sequence[StoreFile]],
    rest: Sequence[StoreFile],
    window: Window,
) -> str:
    """The SQL of the values of some files, each row with one of them, and of others' records."""
    keys = ", ".join(map(quoted, found.keys))
    selects = [
        f"SELECT {keys}, {_name(0)} AS {_name(number)} FROM {read_files(files)}"  # noqa: S608 (our own text)
        for number, files in enumerate(kept)
    ]
    if rest:
        records = select_files("flows", reading.columns("flows"), rest)
        values = ", ".join(f"{value} AS {_name(n)}" for n, value in enumerate(found.values))
        selects.append(f"SELECT {keys}, {values} FROM ({records}) WHERE {inside(window)}")  # noqa: S608 (our own text)
    return "\nUNION ALL BY NAME\n".join(selects)
