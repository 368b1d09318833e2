"""What runs SQL where the records lie, and its answers as Arrow tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Protocol

import pyarrow as pa

from vpcflow_core.errors import FailureError

# Types of Trino that stay what they are; others are text.
_TYPES: dict[str, pa.DataType] = {
    "boolean": pa.bool_(), "tinyint": pa.int8(), "smallint": pa.int16(), "integer": pa.int32(),
    "bigint": pa.int64(), "real": pa.float32(), "double": pa.float64(), "date": pa.date32(),
    "varchar": pa.string(), "char": pa.string(),
}  # fmt: skip
_DECIMAL = re.compile(r"decimal\((\d+),\s*(\d+)\)")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a statement gave.

    Attributes:
        table: Rows.
        scanned: Bytes that were read for it; None where that is not known.
        truncated: Whether there were more rows than asked for.
        notes: Sentences to show with the rows.
    """

    table: pa.Table
    scanned: int | None = None
    truncated: bool = False
    notes: tuple[str, ...] = ()


class TooMuchError(FailureError):
    """A statement needs more than it is given; a part of what it asks may have enough."""


class Client(Protocol):
    """Runs SQL of Trino's kind; safe to share between threads."""

    @property
    def longest(self) -> int:
        """Most characters of a statement."""

    @property
    def is_shared(self) -> bool:
        """Whether the questions that a page asks at once are one statement, which reads once."""

    @property
    def wants_place(self) -> bool:
        """Whether a new table needs a place that is named."""

    def run(self, sql: str, timeout: timedelta | None = None, most: int | None = None) -> Reply:
        """Answer one statement.

        Args:
            sql: The statement.
            timeout: A statement that takes longer is stopped, there too; None: none is.
            most: Largest number of rows; None: all.

        Raises:
            FailureError: It cannot be answered, in words.
            QueryError: It is wrong.
        """

    def close(self) -> None:
        """Let go of the connection."""


def arrow_type(kind: str) -> pa.DataType:
    """The Arrow type for the name of one of Trino's types.

    >>> arrow_type("timestamp(3)"), arrow_type("array(varchar)"), arrow_type("decimal(38,0)")
    (TimestampType(timestamp[us]), ListType(list<item: string>), Decimal128Type(decimal128(38, 0)))
    """
    kind = kind.strip().lower()
    if kind.startswith("timestamp"):
        return pa.timestamp("us", "UTC") if "with time zone" in kind else pa.timestamp("us")
    if kind.startswith("array("):
        return pa.list_(arrow_type(kind[6:-1]))
    if found := _DECIMAL.fullmatch(kind):
        return pa.decimal128(int(found[1]), int(found[2]))
    return _TYPES.get(kind.partition("(")[0], pa.string())


def table_of(names: Sequence[str], kinds: Sequence[str], rows: Iterable[Sequence[Any]]) -> pa.Table:
    """Rows as an Arrow table; names may repeat.

    Args:
        names: Of the columns.
        kinds: Names of their types in Trino.
        rows: Values of Python: int, float, Decimal, str, datetime, list.
    """
    columns = list(zip(*rows, strict=True)) or [() for _ in names]
    types = [arrow_type(kind) for kind in kinds]
    arrays = [_array(list(c), t) for c, t in zip(columns, types, strict=True)]
    fields = [pa.field(name, kind) for name, kind in zip(names, types, strict=True)]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _array(values: list[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_string(kind):
        values = [v if v is None or isinstance(v, str) else str(v) for v in values]
    elif pa.types.is_decimal(kind):
        values = [None if v is None else Decimal(v) for v in values]
    return pa.array(values, kind)
