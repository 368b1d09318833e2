"""Stand-ins for sources and helpers that write and read little logs."""

from __future__ import annotations

import gzip
import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq

from vpcflow_core.errors import MissingError
from vpcflow_core.sources.base import LogObject, identity_of
from vpcflow_core.store.ledger import LEDGER_NAME
from vpcflow_core.store.placing import OBJECT_COLUMN
from vpcflow_core.store.schema import STEPS
from vpcflow_core.store.store import Store
from vpcflow_core.times import Window

START = datetime(2026, 11, 1, tzinfo=UTC)
HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes "
    "start end action log-status"
)


def line(number: int, at: datetime, status: str = "OK") -> str:
    """One version 2 record; `number` shows again in `bytes`."""
    second = int(at.timestamp())
    if status != "OK":
        return f"2 123456789012 eni-1 - - - - - - - {second} {second + 60} - {status}"
    return (
        f"2 123456789012 eni-{number % 5} 10.0.0.{number % 250} 10.1.0.1 {40000 + number % 99} 443 6"
        f" 1 {number} {second} {second + 60} ACCEPT OK"
    )


def log(lines: Iterable[str], header: str = HEADER) -> bytes:
    """A gzip object of a header and these lines."""
    return gzip.compress("\n".join([header, *lines, ""]).encode(), 1, mtime=0)


def key(number: int, account: str = "123456789012") -> str:
    """AWS's key of the numberth five-minute slot."""
    slot = START + timedelta(minutes=5 * number)
    folder = f"AWSLogs/{account}/vpcflowlogs/eu-central-1/{slot:%Y/%m/%d}"
    return (
        f"{folder}/{account}_vpcflowlogs_eu-central-1_fl-0a_{slot:%Y%m%dT%H%MZ}_{number:08x}.log.gz"
    )


class Memory:
    """A source in memory: name -> bytes; names of AWS's form are never changed by AWS."""

    def __init__(self, url: str = "memory://") -> None:
        self.url = url
        self.data: dict[str, bytes] = {}
        self.times: dict[str, datetime] = {}
        self.delivered: dict[str, datetime] = {}
        self.refused: dict[str, Exception] = {}
        self.spans: list[Window | None] = []
        self.reads: Counter[str] = Counter()

    def put(self, name: str, data: bytes, time: datetime = START) -> None:
        self.data[name] = data
        self.times[name] = time

    def find(self, span: Window | None) -> Iterator[LogObject]:
        self.spans.append(span)
        for name in sorted(self.data, key=lambda n: (self.times[n], n)):
            time = self.times[name]
            if span is None or span.start <= time < span.end:
                yield LogObject(
                    uri=self.url + name,
                    size=len(self.data[name]),
                    etag=hashlib.md5(self.data[name]).hexdigest(),
                    flow_log_id="fl-0a" if "_fl-0a_" in name else "",
                    time=time,
                    delivered=self.delivered.get(name),
                )

    def read(self, found: LogObject) -> bytes:
        name = found.uri.removeprefix(self.url)
        self.reads[name] += 1
        if name in self.refused:
            raise self.refused[name]
        if name not in self.data:
            raise MissingError(f"{name} is gone.")
        return self.data[name]


def records(store: Store, relation: str = "records") -> Counter[tuple[object, ...]]:
    """Every record of the store with how often it is there."""
    found: Counter[tuple[object, ...]] = Counter()
    for file in store.files(relation):
        with pq.ParquetFile(file.path) as parquet:
            table = parquet.read()
        assert len(table) == file.rows
        if OBJECT_COLUMN in table.column_names:
            table = table.drop_columns(OBJECT_COLUMN)
        assert tuple(table.column_names) == file.columns
        columns = [[(n, v) for v in table[n].to_pylist()] for n in table.column_names]
        found.update(zip(*columns, strict=True))
    return found


def numbers(store: Store) -> Counter[int]:
    """The numbers of the records of traffic (see `line`)."""
    found: Counter[int] = Counter()
    for row, count in records(store, "flows").items():
        found[dict(row)["bytes"]] += count  # type: ignore[arg-type, index]
    return found


def turn_back(folder: Path, version: int) -> None:
    """Make a store's ledger one of an earlier version, with what that version can hold."""
    with closing(sqlite3.connect(folder / LEDGER_NAME)) as ledger:
        names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        held = {}
        for (name,) in ledger.execute(names).fetchall():
            rows = ledger.execute(f"SELECT * FROM {name}")
            held[name] = ([column[0] for column in rows.description], rows.fetchall())
            ledger.execute(f"DROP TABLE {name}")
        ledger.create_function("identity_of", 2, identity_of)
        ledger.executescript(";\n".join(STEPS[:version]))
        for name, (columns, rows) in held.items():
            had = [row[1] for row in ledger.execute(f"PRAGMA table_info({name})")]
            places = [place for place, column in enumerate(columns) if column in had]
            if places and name != "meta":  # later steps add keys to it
                kept = ", ".join(columns[place] for place in places)
                marks = ", ".join("?" * len(places))
                ledger.executemany(
                    f"INSERT INTO {name} ({kept}) VALUES ({marks})",
                    [[row[place] for place in places] for row in rows],
                )
        ledger.execute(f"PRAGMA user_version = {version}")
        ledger.commit()
