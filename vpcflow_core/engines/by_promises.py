"""The first connections, of their records, where an engine hands over millions quickly."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import pyarrow as pa
from sqlalchemy import Select, SelectBase

from vpcflow_core.query.filters import Filters
from vpcflow_core.query.result import QueryResult
from vpcflow_core.times import Window

if TYPE_CHECKING:
    from vpcflow_core.query.connections.promises import PromisesQuery


@dataclass(frozen=True, slots=True)
class Reduced:
    """Records that are made into what an engine else gives as the answer of a SELECT.

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
    """What stands for `promises_for`: connections themselves; None for bytes.

    Sums of bytes may be above 64 bits.
    """
    # Every engine imports this file; few questions are about connections.
    from vpcflow_core.query.connections.promised import promised
    from vpcflow_core.query.connections.promises import LONGEST_LIST, MOST_PROMISES, brief_for

    if query.order == "bytes":
        return None
    brief = brief_for(query, window, filters, columns)
    return Reduced(brief, lambda rows: promised(rows, query.order, LONGEST_LIST, MOST_PROMISES))
