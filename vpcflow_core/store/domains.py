"""Names of addresses by DNS, as a store keeps them: one Parquet file, replaced as a whole.

Which objects were read stands in the same file, so that a sync that is killed loses nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vpcflow_core.inventory.domain_answers import Answer
from vpcflow_core.times import Window

FILE_NAME = "domains.parquet"
_KEY = ("account", "vpc", "client", "address", "name")
_TIMES = ("first", "last")
SCHEMA = pa.schema(
    [(name, pa.string()) for name in _KEY] + [(name, pa.timestamp("us")) for name in _TIMES]
)
_OBJECTS = b"vpcflow.objects"
# Answers of one client, name and address that are no further apart are one row.
TOGETHER = timedelta(hours=1)
# Rows that are kept, the newest ones: some 150 MB in memory, 20 MB on the disk.
MOST_ROWS = 1_000_000
MOST_OBJECTS = 500_000


class DomainNames:
    """The file of a store.

    Args:
        folder: Of the store.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME

    def __bool__(self) -> bool:
        """Whether there is any."""
        return self._path.is_file()

    def read(
        self,
        window: Window | None = None,
        before: timedelta = timedelta(0),
        accounts: Collection[str] | None = None,
    ) -> pa.Table:
        """Rows of `SCHEMA` with an answer in the window, or not longer than `before` before it.

        Args:
            window: None: all.
            before: How much earlier an answer may be.
            accounts: Whose queries; None: all.
        """
        if not self:
            return SCHEMA.empty_table()
        found = pq.ParquetFile(self._path).read().cast(SCHEMA)
        if window is not None:
            start, end = (
                pa.scalar(moment.replace(tzinfo=None), pa.timestamp("us"))
                for moment in (window.start - before, window.end)
            )
            found = found.filter(
                pc.and_(pc.greater_equal(found["last"], start), pc.less(found["first"], end))
            )
        if accounts is not None:
            found = found.filter(
                pc.is_in(found["account"], pa.array(sorted(accounts), pa.string()))
            )
        return found

    def unread(self, objects: Iterable[tuple[str, str]]) -> list[int]:
        """The places of those objects (URI and state) that were not read yet."""
        done = set(self._objects())
        return [at for at, one in enumerate(objects) if _digest(one) not in done]

    def add(
        self,
        answers: Iterable[Answer],
        objects: Iterable[tuple[str, str]],
        keep_from: datetime | None = None,
    ) -> None:
        """Add what objects said, in one step.

        Args:
            answers: What they said.
            objects: URI and state of each.
            keep_from: What was answered before is dropped.
        """
        frame = pd.concat([self.read().to_pandas(), _frame(answers)], ignore_index=True)
        if keep_from is not None:
            frame = frame[frame["last"] >= pd.Timestamp(keep_from).tz_localize(None)]
        merged = _merged(frame).nlargest(MOST_ROWS, "last")
        done = list(dict.fromkeys([*self._objects(), *map(_digest, objects)]))[-MOST_OBJECTS:]
        table = pa.Table.from_pandas(merged, SCHEMA, preserve_index=False)
        new = self._path.with_suffix(".new")
        pq.write_table(table.replace_schema_metadata({_OBJECTS: json.dumps(done)}), new)
        with new.open("rb") as file:
            os.fsync(file.fileno())
        new.replace(self._path)

    def _objects(self) -> list[str]:
        if not self:
            return []
        said = pq.ParquetFile(self._path).schema_arrow.metadata or {}
        found: list[str] = json.loads(said.get(_OBJECTS, b"[]"))
        return found


def _digest(one: tuple[str, str]) -> str:
    return hashlib.sha256("\n".join(one).encode()).hexdigest()[:16]


def _frame(answers: Iterable[Answer]) -> pd.DataFrame:
    rows = [
        (one.account, one.vpc, one.client, one.address, one.name, *2 * (one.at,)) for one in answers
    ]
    frame = pd.DataFrame(rows, columns=[*_KEY, *_TIMES])
    for name in _TIMES:
        moments: Any = pd.to_datetime(frame[name], utc=True)
        frame[name] = moments.dt.tz_localize(None).astype("datetime64[us]")
    return frame


def _merged(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of one key that are close in time as one."""
    if frame.empty:
        return frame
    thing = frame.groupby(list(_KEY), sort=False, observed=True).ngroup()
    frame = frame.assign(thing=thing).sort_values(["thing", "first"], kind="stable")
    reached = frame.groupby("thing")["last"].cummax().groupby(frame["thing"]).shift()
    begins = reached.isna() | (frame["first"] > reached + TOGETHER)
    how = dict.fromkeys(_KEY, "first") | {"first": "min", "last": "max"}
    merged: pd.DataFrame = frame.groupby(begins.cumsum()).agg(how).reset_index(drop=True)
    return merged
