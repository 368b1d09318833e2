"""The relation `connections` of a person's own SQL: made of the records when it is asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import ColumnElement, and_

from vpcflow_core.engines.duckdb.dialect import written_out
from vpcflow_core.engines.duckdb.guard import CONNECTIONS
from vpcflow_core.errors import QueryError
from vpcflow_core.query.columns import column_of
from vpcflow_core.query.connections.select import every_connection
from vpcflow_core.times import Window

# The records that connections are made of; a person's SQL cannot say this name.
PARTS = "records_of_connections"
# All connections of 10 million records take a minute on two cores, and 4 GB.
MOST_RECORDS = 5_000_000


def require_affordable(records: int) -> None:
    """Refuse to make connections of too many records.

    Raises:
        QueryError: There are more than `MOST_RECORDS`.
    """
    if records > MOST_RECORDS:
        raise QueryError(
            f"connections would be made of {records:,} records, more than {MOST_RECORDS:,}.",
            "Give a shorter range (--last 24h), or ask for the first ones (vpcflow connections).",
        )


def views_of_connections(
    flows: str,
    present: Collection[str],
    window: Window | None,
    conditions: Sequence[ColumnElement[bool]],
) -> Iterator[tuple[str, str]]:
    """Names and SELECTs of the views, in the order in which they have to be made.

    Args:
        flows: SELECT of the records of the window's files.
        present: Columns that some record has.
        window: Only records that started inside.
        conditions: Only connections of which some record meets them.
    """
    if window is not None:
        start = column_of("start_time")
        inside = written_out(and_(start >= window.start, start < window.end))
        flows = f"SELECT * FROM ({flows}) WHERE {inside}"  # noqa: S608 (our own text)
    yield PARTS, flows
    yield CONNECTIONS, written_out(every_connection(conditions, {*present, "vpc_id"}, PARTS))
