"""What five-tuples promise, from their records, where an engine hands over millions quickly."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import pyarrow as pa
from sqlalchemy import Select, SelectBase

from vpcflow_core.query.connections.promised import promised
from vpcflow_core.query.connections.promises import MOST_PROMISES, PromisesQuery, brief_for
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.result import QueryResult
from vpcflow_core.times import Window


@dataclass(frozen=True, slots=True)
class Reduced:
    """Records that are made into an answer.

    Attributes:
        records: The SELECT that gives them.
        reduce: Makes the answer of them, as they come.
    """

    records: SelectBase
    reduce: Callable[[pa.RecordBatchReader], pa.Table]


@runtime_checkable
class HandsOver(Protocol):
    """An engine in this process, that hands over millions of records quickly."""

    def run_reduced(self, question: Select[Any], window: Window, by: Reduced) -> QueryResult:
        """Answer a SELECT by what has the same answer.

        Args:
            question: The SELECT.
            window: Its range of time.
            by: What is run.
        """


def reduced(
    query: PromisesQuery, window: Window, filters: Filters, columns: Collection[str]
) -> Reduced | None:
    """What answers `promises_for`; None where the records would not fit into memory."""
    if query.order == "bytes":
        return None
    brief = brief_for(query, window, filters, columns)
    return Reduced(brief, lambda rows: promised(rows, query.order, MOST_PROMISES))
