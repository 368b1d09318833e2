"""The columns of the relation `flows` as SQL knows them.

Columns stand without their table, so that the SQL shown to people reads `srcaddr`, not
`flows.srcaddr`; every SELECT names its relation itself.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnClause,
    ColumnElement,
    DateTime,
    Dialect,
    Integer,
    String,
    TypeDecorator,
    column,
    or_,
)
from sqlalchemy.types import TypeEngine

from vpcflow_core.fields import find_field
from vpcflow_core.times import Window

# TCP, UDP, DCCP, SCTP and UDP-Lite, by IANA's numbers.
PROTOCOLS_WITH_PORTS = (6, 17, 33, 132, 136)


class Instant(TypeDecorator[datetime]):
    """A time of `flows`: UTC without a zone mark; aware datetimes become that."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The value as the engine's driver takes it."""
        return value.astimezone(UTC).replace(tzinfo=None) if value else None

    def literal_processor(self, dialect: Dialect) -> Any:
        """The value as people read it in SQL."""
        return _written


# The types of `fields.KINDS` in SQLAlchemy's terms.
TYPES: dict[str, TypeEngine[Any]] = {
    "VARCHAR": String(),
    "INTEGER": Integer(),
    "BIGINT": BigInteger(),
    "TIMESTAMP": Instant(),
    "VARCHAR[]": ARRAY(String()),
}


def started(window: Window) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The conditions on records that start in a window."""
    start = column_of("start_time")
    return start >= window.start, start < window.end


def column_of(name: str) -> ColumnClause[Any]:
    """The column of that name; names outside the field table are text columns."""
    field = find_field(name)
    return column(name, TYPES[field.sql] if field and field.name == name else String())


def is_port(column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a record has that port: AWS writes 0 for protocols without ports, such as ICMP."""
    return or_(column != 0, column_of("protocol").in_(PROTOCOLS_WITH_PORTS))


def _written(value: datetime) -> str:
    """The time as SQL has it, to the microsecond where it is no whole second."""
    fraction = ".%f" if value.microsecond else ""
    return f"TIMESTAMP '{value.astimezone(UTC).strftime(f'%Y-%m-%d %H:%M:%S{fraction}')}'"
