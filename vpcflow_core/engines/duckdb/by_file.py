"""All that is kept of the store's files, each for its kind of question.

docs/decisions/narrowed-files.md.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from typing import Any

from sqlalchemy import Select

from vpcflow_core.engines.base import Ask
from vpcflow_core.engines.duckdb.behind import Behind
from vpcflow_core.engines.duckdb.busy_groups import BusyGroups
from vpcflow_core.engines.duckdb.distinct_files import DistinctFiles
from vpcflow_core.engines.duckdb.file_parts import FileParts, OfParts
from vpcflow_core.engines.duckdb.filtered import shared_filters
from vpcflow_core.engines.duckdb.kept_days import KeptDays
from vpcflow_core.engines.duckdb.narrowed import Narrowed, NarrowedFiles
from vpcflow_core.engines.duckdb.reading import Reading
from vpcflow_core.engines.duckdb.relations import Relations
from vpcflow_core.engines.duckdb.summed import has_parts
from vpcflow_core.engines.duckdb.summed_files import ENOUGH_RECORDS, SummedFiles
from vpcflow_core.engines.named import relations_named
from vpcflow_core.store.base import StoreFile
from vpcflow_core.times import Window


class ByFile:
    """What is kept by file; safe to share between threads and processes.

    Args:
        days: Where it is kept.
        behind: Makes what takes longer to make than to read.
    """

    def __init__(self, days: KeptDays, behind: Behind) -> None:
        parts = FileParts(days)
        self._narrowed, self._sums = NarrowedFiles(parts), SummedFiles(parts)
        self._dear = (DistinctFiles(parts, behind), BusyGroups(parts, behind))

    def of(self, reading: Reading, question: Any, window: Window, ask: Ask) -> OfParts | None:
        """The question as one of what is kept; None where the records have to be asked.

        Args:
            reading: What is read.
            question: A SELECT.
            window: Its range of time.
            ask: Asks DuckDB for the answer of a SELECT.
        """
        if found := self._sums.of(reading, question, window, ask):
            return found
        is_small = reading.rows(window) < ENOUGH_RECORDS
        if reading.is_once or is_small or not _is_plain(question):
            return None
        filters = shared_filters(question, "flows")
        best, _ = self._narrowed.best(reading.whole_files("flows", window), filters, ask)
        given = (reading, question, window, ask, best is not None)
        return next((found for kind in self._dear if (found := kind.of(*given))), None)

    def under(
        self, relations: Relations, question: Any, used: list[StoreFile], ask: Ask
    ) -> Relations:
        """Relations that read the records that a question needs, or what they add up to.

        Args:
            relations: Those of all records.
            question: A SELECT over them.
            used: Gets the kept files that they read.
            ask: Asks DuckDB for the answer of a SELECT.
        """
        window = relations.window

        def sums(keys: Set[str], of: Set[str]) -> str | None:
            found = self._sums.kept(relations.reading, keys, of, window, ask) if window else None
            if found is None:
                return None
            used.extend(found[1])
            return found[0]

        narrowed = Narrowed(self._narrowed, question, used)
        return replace(relations, narrowed=narrowed, kept_sums=sums)


def _is_plain(question: Any) -> bool:
    """Whether it is one SELECT over the records."""
    is_one = isinstance(question, Select) and not has_parts(question)
    return is_one and relations_named(question) == {"flows"}
