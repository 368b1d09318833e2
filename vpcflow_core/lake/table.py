"""The table: which objects it has, and adding objects so that each counts exactly once.

An object is loaded if the ledger has it, and a commit sets ledger and records at once. It is made
on the condition that no other writer has committed since the ledger was looked at; otherwise that
is looked at again. So two writers that read the same object cannot both add it, and whoever is
killed leaves at most files that no snapshot names; `upkeep` sweeps these.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.expressions import LessThan

from vpcflow_core.errors import FailureError
from vpcflow_core.lake import ledger
from vpcflow_core.lake.files import files_of, shaped
from vpcflow_core.sources.base import LogObject
from vpcflow_core.store.placing import Placed

RETRIES = "commit.retry.num-retries"
# Tries of a commit; each fails only because another writer's succeeded.
TRIES = 60
_BUSY = "Other writers change the table all the time."


@dataclass(frozen=True, slots=True)
class Taken:
    """An object that was read to its end, with its records."""

    found: LogObject
    rows: Sequence[Placed]

    @property
    def records(self) -> int:
        """How many there are."""
        return sum(len(placed.table) for placed in self.rows)


class LakeTable:
    """An Iceberg table of records.

    Args:
        table: As pyiceberg opened it.
    """

    def __init__(self, table: Any) -> None:
        self.table = table
        if table.properties.get(RETRIES) != "0":
            with table.transaction() as change:
                change.set_properties({RETRIES: "0"})

    def close(self) -> None:
        """Release the connections to its catalog; the table cannot be used afterwards."""
        self.table.catalog.close()

    @property
    def location(self) -> str:
        """Where its files lie."""
        return str(self.table.location())

    def lacking(self, objects: Sequence[LogObject]) -> list[LogObject]:
        """Those of the objects that it does not hold, each once."""
        self.table.refresh()
        return self._lacking(objects)

    def add(self, taken: Sequence[Taken]) -> int:
        """Add objects with their records in one commit; those that are in it already are left out.

        Returns:
            Objects added.

        Raises:
            FailureError: Other writers were quicker each time.
        """
        files: list[Any] | None = None
        for attempt in range(TRIES):
            lacking = {ledger.key_of(found) for found in self.lacking([t.found for t in taken])}
            rest = [one for one in taken if ledger.key_of(one.found) in lacking]
            if not rest:
                return 0
            if files is None or len(rest) < len(taken):
                # Then the ledger is looked at again: writing takes time, and new columns a commit.
                taken, files = rest, self._written(rest)
            elif self._committed(taken, files):
                return len(taken)
            else:
                pause(attempt)
        raise FailureError(_BUSY, "Run the sync again.")

    def forget_before(self, oldest: date) -> None:
        """Drop the records that start on earlier days."""
        for attempt in range(TRIES):
            self.table.refresh()
            if self.table.current_snapshot() is None:
                return
            try:
                self.table.delete(LessThan("start_time", f"{oldest.isoformat()}T00:00:00"))
                return
            except CommitFailedException:
                pause(attempt)
        raise FailureError(_BUSY, "Run the sync again.")

    def _lacking(self, objects: Sequence[LogObject]) -> list[LogObject]:
        listed = ledger.segments(self.table.properties)
        seen = ledger.held(self.table.io, listed, objects)
        lacking = []
        for found in objects:
            if (key := ledger.key_of(found)) not in seen:
                seen.add(key)
                lacking.append(found)
        return lacking

    def _written(self, taken: Sequence[Taken]) -> list[Any]:
        """The records as files of the table, which no snapshot names yet."""
        tables = [shaped(placed) for one in taken for placed in one.rows if len(placed.table)]
        if not tables:
            return []
        rows = pa.concat_tables(tables, promote_options="default")
        self._widen(rows.schema)
        return files_of(self.table, rows)

    def _widen(self, schema: pa.Schema) -> None:
        """See that the table has these columns."""
        for attempt in range(TRIES):
            known = {field.name for field in self.table.schema().fields}
            if known.issuperset(schema.names):
                return
            try:
                with self.table.update_schema() as change:
                    change.union_by_name(schema)
            except CommitFailedException:
                pause(attempt)
            self.table.refresh()
        raise FailureError(_BUSY, "Run the sync again.")

    def _committed(self, taken: Sequence[Taken], files: Sequence[Any]) -> bool:
        """Whether the commit was made; not if another one came between."""
        table = self.table
        counts = [(one.found, one.records) for one in taken]
        listed = ledger.grown(table.io, self.location, ledger.segments(table.properties), counts)
        try:
            with table.transaction() as change:
                noted = {"vpcflow.objects": str(len(taken))}
                with change.update_snapshot(snapshot_properties=noted).fast_append() as append:
                    for file in files:
                        append.append_data_file(file)
                change.set_properties(ledger.property_of(listed))
        except CommitFailedException:
            return False
        return True


def pause(attempt: int) -> None:
    """Wait a moment of chance, longer with each try, so that writers do not go in step."""
    time.sleep(random.uniform(0, min(0.05 * 1.5**attempt, 3.0)))  # noqa: S311 (no secret)
