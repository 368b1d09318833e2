"""Random records as the store would hold them, and the same as one pandas frame to check by."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from vpcflow_core.coverage import Coverage
from vpcflow_core.fields import find_field
from vpcflow_core.inventory.tables import Kind, frame_of
from vpcflow_core.scope import EVERYTHING
from vpcflow_core.store.base import RELATIONS, Part, StoreFile
from vpcflow_core.store.snapshots import SnapshotState
from vpcflow_core.times import Window

START = datetime(2026, 11, 1, tzinfo=UTC)
DAY = timedelta(days=1)
VERSION_2 = (
    "version", "account_id", "interface_id", "srcaddr", "dstaddr", "srcport", "dstport",
    "protocol", "packets", "bytes", "start_time", "end_time", "action", "log_status",
)  # fmt: skip
WIDER = (*VERSION_2, "vpc_id", "subnet_id", "flow_direction", "security_group_ids")
STRANGER = (*VERSION_2, "my_field")
ADDRESSES = (
    "10.0.0.1", "10.0.0.2", "10.128.0.1", "10.255.255.255", "11.0.0.1", "172.16.5.4", "1.2.3.4",
    "2001:db8::1", "2001:DB8:0:0::1", "2001:db8:ffff::", "::1", "::ffff:10.0.0.1", "fe80::a:b",
)  # fmt: skip
GROUPS = ("sg-1", "sg-2", "sg-30", "SG_4%")


def row(rng: random.Random, columns: Sequence[str], at: datetime, status: str) -> dict[str, Any]:
    """One record; one value in eight is missing."""
    values: dict[str, Any] = {
        "version": 2, "account_id": "0123", "interface_id": rng.choice(["eni-a1", "eni-a2", "ENI-B"]),
        "srcaddr": rng.choice(ADDRESSES), "dstaddr": rng.choice(ADDRESSES),
        "srcport": rng.choice([0, 22, 443, 1024, 49152, 65535]),
        "dstport": rng.choice([22, 80, 443, 3389]), "protocol": rng.choice([1, 6, 17, 58]),
        "packets": rng.randrange(100), "bytes": rng.randrange(2**40),
        "end_time": at, "action": rng.choice(["ACCEPT", "REJECT"]),
        "vpc_id": rng.choice(["vpc-1", "vpc-2"]), "subnet_id": rng.choice(["subnet-1", "a%_^b"]),
        "flow_direction": rng.choice(["ingress", "egress"]),
        "security_group_ids": rng.sample(GROUPS, rng.randrange(3)),
        "my_field": rng.choice(["x", "y", "it's", "a, b"]),
    }  # fmt: skip
    blank = {name for name in values if rng.random() < 1 / 8}
    if status != "OK" and rng.random() < 0.7:
        blank |= set(values) - {"interface_id"}
    made = {name: None if name in blank else values[name] for name in columns if name in values}
    return made | {"start_time": at, "log_status": status}


class Logs:
    """A store of random records: several days, column sets and parts.

    Attributes:
        frame: All its records in one frame, with their `part`.
    """

    scope = EVERYTHING

    def __init__(
        self,
        folder: Path,
        seed: int = 1,
        rows: int = 300,
        column_sets: Iterable[Sequence[str]] = (VERSION_2, WIDER, STRANGER),
    ) -> None:
        self.path = folder
        self.written: list[StoreFile] = []
        rng, frames = random.Random(seed), []
        for day in range(3):
            for columns in column_sets:
                for part, states in (("flows", ["OK"]), ("quiet", ["NODATA", "SKIPDATA"])):
                    count = rows if part == "flows" else max(rows // 10, 2)
                    records = [
                        row(rng, columns, _moment(rng, day), rng.choice(states))
                        for _ in range(count)
                    ]
                    self.write(part, columns, records)  # type: ignore[arg-type]
                    frames += [record | {"part": part} for record in records]
        self.frame = pd.DataFrame(frames, dtype="object")

    def write(self, part: Part, columns: Sequence[str], records: list[dict[str, Any]]) -> None:
        table = pa.table({name: _column(name, [r.get(name) for r in records]) for name in columns})
        path = self.path / f"{len(self.written)} it's.parquet"
        pq.write_table(table, path)
        times = [record["start_time"] for record in records]
        first, last = min(times), max(times)
        self.written.append(
            StoreFile(
                path,
                part,
                "test",
                first.date(),
                tuple(columns),
                len(records),
                path.stat().st_size,
                first,
                last,
            )
        )

    @property
    def flows(self) -> pd.DataFrame:
        return self.frame[self.frame["part"] == "flows"]

    def files(
        self, relation: str, window: Window | None = None, sources: Sequence[str] | None = None
    ) -> list[StoreFile]:
        return [
            file
            for file in self.written
            if file.part in RELATIONS[relation]
            and (sources is None or file.source in sources)
            and (window is None or (file.first < window.end and file.last >= window.start))
        ]

    def columns(self, relation: str, sources: Sequence[str] | None = None) -> tuple[str, ...]:
        names = [name for f in self.files(relation, None, sources) for name in f.columns]
        return tuple(dict.fromkeys(names))

    def extent(
        self,
        relation: str = "flows",
        sources: Sequence[str] | None = None,
        until: datetime | None = None,
    ) -> Window | None:
        assert until is None or until > datetime.now(UTC)  # all records lie in the past
        files = self.files(relation, None, sources)
        if not files:
            return None
        last = max(file.last for file in files) + timedelta(milliseconds=1)
        return Window(min(file.first for file in files), last)

    def coverage(self, sources: Sequence[str] | None = None) -> Coverage:
        extent = self.extent("records", sources)
        return Coverage(extent, extent and extent.end)

    def known(self, kind: Kind) -> pd.DataFrame:
        return known(kind)

    def hidden_blocks(self) -> tuple[str, ...]:
        return ()

    def snapshots(self) -> list[SnapshotState]:
        """None."""
        return []

    def snapshot_count(self) -> int:
        return 0

    def generation(self) -> int:
        return len(self.written)

    def close(self) -> None:
        pass


def known(kind: Kind) -> pd.DataFrame:
    """What a store without a snapshot knows."""
    more = ["account_id", "region", "since", "until", "first_seen", "last_seen", "gone"]
    times = pd.to_datetime(pd.Series([], dtype="int64"), utc=True)
    return frame_of(kind).assign(**dict.fromkeys(more, times))


class NoLogs(Logs):
    """A store without a file."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, column_sets=())


def _moment(rng: random.Random, day: int) -> datetime:
    return START + day * DAY + timedelta(milliseconds=1000 * rng.randrange(86400))


def _column(name: str, values: list[Any]) -> pa.Array:
    field = find_field(name)
    kind = field.arrow if field else pa.string()
    if pa.types.is_timestamp(kind):
        values = [v.replace(tzinfo=None) if v else None for v in values]
    return pa.array(values, kind)
