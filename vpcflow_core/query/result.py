"""What a question gave: rows, the SQL that ran, and how long it took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from vpcflow_core.arrow import arrow_table

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class QueryResult:
    """What a question gave.

    Attributes:
        frame: Rows; counts whole numbers, times UTC.
        sql: The SELECT that ran, its values written out; `vpcflow sql` runs it again.
        seconds: How long it took.
        truncated: Whether there were more rows than the limit.
        notes: Sentences to show with the rows.
    """

    frame: pd.DataFrame
    sql: str
    seconds: float
    truncated: bool = False
    notes: tuple[str, ...] = ()

    def arrow(self) -> pa.Table:
        """The rows as an Arrow table."""
        return arrow_table(self.frame)
