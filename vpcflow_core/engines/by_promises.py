"""The first connections, of their records, where an engine hands over millions quickly."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar, runtime_checkable

import pyarrow as pa
from sqlalchemy import Select, SelectBase

from vpcflow_core.query.filters import Filters
from vpcflow_core.query.result import QueryResult
from vpcflow_core.times import Window

if TYPE_CHECKING:
    from vpcflow_core.query.connections.promises import PromisesQuery


T = TypeVar("T")
# Records whose five-tuples are searched at a time; parts are not quite even. DuckDB takes about 120
# bytes for each that it groups. What is handed over takes 4 bytes a record, and 40 for those whose
# five-tuple has others.
GROUPED_AT_A_TIME, GROUPED_FOR_BYTES = 15_000_000, 6_000_000
HANDED_OVER_AT_A_TIME = 125_000_000
# Of shorter ranges nothing is gained by comparing the records of one day.
ENOUGH_DAYS = timedelta(days=1.5)


class Read(Protocol):
    """Reads the records of a SELECT and makes something of them on the way."""

    def __call__(self, records: SelectBase, made: Callable[[pa.RecordBatchReader], T]) -> T:
        """What is made of the records."""


# Makes what an engine else gives as the answer of a SELECT.
Reduced: TypeAlias = Callable[[Read], pa.Table]


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


def at_a_time(order: str, engine: object) -> int:
    """How many records an engine finds the first connections of at a time.

    Args:
        order: What the first ones have the most of.
        engine: The engine.
    """
    if order == "bytes":
        return GROUPED_FOR_BYTES
    return HANDED_OVER_AT_A_TIME if isinstance(engine, HandsOver) else GROUPED_AT_A_TIME


def reduced(
    query: PromisesQuery, window: Window, filters: Filters, columns: Collection[str]
) -> Reduced | None:
    """What stands for `promises_for`: connections themselves; None for bytes.

    Sums of bytes may be above 64 bits.
    """
    # Every engine imports this file; few questions are about connections.
    from vpcflow_core.query.connections.promised import promised
    from vpcflow_core.query.connections.promises import LONGEST_LIST, MOST_PROMISES, brief_for
    from vpcflow_core.query.connections.repeated import repeated

    if query.order == "bytes":
        return None
    brief = brief_for(query, window, filters, columns)
    by_day = "tcp_flags" not in columns and window.length > ENOUGH_DAYS

    def first(read: Read) -> pa.Table:
        several = read(brief, lambda rows: repeated(rows, by_day=by_day))
        return read(
            brief, lambda rows: promised(rows, several, query.order, LONGEST_LIST, MOST_PROMISES)
        )

    return first
