"""The SELECT of each question about connections."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeAlias

from sqlalchemy import Select

from vpcflow_core.query.connections.promises import (
    PromisesQuery,
    RecordsQuery,
    ValuesQuery,
    promises_for,
    records_for,
    values_for,
)
from vpcflow_core.query.connections.select import ConnectionQuery, connections_for
from vpcflow_core.query.filters import Filters
from vpcflow_core.times import Window

AnyQuery: TypeAlias = ConnectionQuery | ValuesQuery | PromisesQuery | RecordsQuery


def question_for(
    query: AnyQuery, window: Window, filters: Filters, columns: Collection[str]
) -> Select[Any]:
    """The SELECT that answers it; each says what it gives."""
    match query:
        case ConnectionQuery():
            return connections_for(query, window, filters, columns)
        case ValuesQuery():
            return values_for(query, window, filters, columns)
        case PromisesQuery():
            return promises_for(query, window, filters, columns)
        case RecordsQuery():
            return records_for(query, window, filters, columns)
