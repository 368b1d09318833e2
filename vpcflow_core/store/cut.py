"""Leaves out the records of an object that start outside of the spans wanted."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from vpcflow_core.formats.base import Report
from vpcflow_core.store.ledger import from_ms
from vpcflow_core.store.placing import Placed
from vpcflow_core.store.spans import EVER, Spans


class Cut:
    """What is kept of one object.

    Args:
        spans: Records that start in them are kept.

    Attributes:
        rest: Earliest and latest start (ms) of the records left out; None: none was.
    """

    def __init__(self, spans: Spans) -> None:
        self.spans = spans
        self.rest: tuple[int, int] | None = None
        self._first: int | None = None
        self._last: datetime | None = None

    def keep(self, placed: Placed, report: Report) -> Placed:
        """Without the records that start elsewhere; the report says how many."""
        if self.spans == EVER or not len(placed.table):
            return placed
        starts = placed.table["start_time"].cast(pa.int64())
        inside = self._inside(starts)
        if inside is not None:
            outside = placed.table.filter(pc.invert(inside))
            report.leave(outside)
            self._note_rest(starts.filter(pc.invert(inside)))
            placed = replace(placed, table=placed.table.filter(inside))
        self._note_kept(placed.table)
        return placed

    def correct(self, report: Report) -> None:
        """Have the report give the extent of what was kept."""
        if self.rest is not None:
            report.first = None if self._first is None else from_ms(self._first)
            report.last = self._last

    def _inside(self, starts: pa.ChunkedArray) -> Any:
        """Which starts lie in the spans; None: all of them, which is the rule."""
        ends = pc.min_max(starts).as_py()
        if any(low <= ends["min"] and ends["max"] < high for low, high in self.spans):
            return None
        inside = pa.chunked_array([pa.repeat(pa.scalar(False), len(starts))])
        for low, high in self.spans:
            within = pc.and_(pc.greater_equal(starts, low), pc.less(starts, high))
            inside = pc.or_(inside, within)
        return inside

    def _note_rest(self, starts: pa.ChunkedArray) -> None:
        if len(starts):
            ends = pc.min_max(starts).as_py()
            low, high = self.rest or (ends["min"], ends["max"])
            self.rest = min(low, ends["min"]), max(high, ends["max"])

    def _note_kept(self, table: pa.Table) -> None:
        if not len(table):
            return
        first = pc.min(table["start_time"].cast(pa.int64())).as_py()
        self._first = first if self._first is None else min(self._first, first)
        if "end_time" in table.column_names:
            last = pc.max(table["end_time"].cast(pa.timestamp("ms")).cast(pa.int64())).as_py()
            moments = (self._last, None if last is None else from_ms(last))
            self._last = max((moment for moment in moments if moment), default=None)
