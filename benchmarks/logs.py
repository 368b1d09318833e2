"""Realistic version 2 flow logs by the million; imports numpy and pyarrow.

Skewed addresses and interfaces (Zipf), a daily rhythm over eight days, one record in two hundred
NODATA or SKIPDATA, in AWS's own file layout. The same records every time, from a seed; kept in the
system's temporary folder for the next run.
"""

from __future__ import annotations

import gzip
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

SEED = 20261101
START = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp())
DAYS = 8
PER_FILE = 50_000
INTERFACES = 1_000
REMOTES = 50_000
ACCOUNT, REGION = "123456789012", "eu-central-1"
HEADER = (
    b"version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes "
    b"start end action log-status\n"
)
TEXTS = {"account-id", "interface-id", "srcaddr", "dstaddr", "action", "log-status"}
PORTS = [443, 80, 22, 53, 3306, 5432, 3389, 8080, 123, 445]
PORT_SHARES = [0.52, 0.12, 0.06, 0.1, 0.05, 0.05, 0.02, 0.04, 0.02, 0.02]


def logs(records: int) -> Path:
    """A folder of that many records (rounded up to whole files), made if it is not there."""
    files = -(-records // PER_FILE)
    folder = Path(tempfile.gettempdir()) / f"vpcflow-bench-{SEED}-{files}"
    if not folder.is_dir():
        unfinished = folder.with_suffix(".part")
        shutil.rmtree(unfinished, ignore_errors=True)
        edges = _edges(files)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda n: _write(unfinished, n, edges[n], edges[n + 1]), range(files)))
        unfinished.rename(folder)
    return folder


def _edges(files: int) -> Any:
    """Instants between which each file's equal share of records lies: close together by day."""
    minutes = np.arange(DAYS * 1440)
    density = 1 + 0.7 * np.sin((minutes / 1440 - 0.3) * 2 * np.pi)
    sums = np.concatenate([[0], np.cumsum(density)]) / density.sum()
    return np.interp(np.linspace(0, 1, files + 1), sums, np.arange(len(sums)) * 60) + START


def _write(folder: Path, number: int, begin: float, end: float) -> None:
    slot = datetime.fromtimestamp(begin // 300 * 300, UTC)
    place = folder / f"AWSLogs/{ACCOUNT}/vpcflowlogs/{REGION}/{slot:%Y/%m/%d}"
    place.mkdir(parents=True, exist_ok=True)
    name = f"{ACCOUNT}_vpcflowlogs_{REGION}_fl-0a1b2c3d_{slot:%Y%m%dT%H%MZ}_{number:08x}.log.gz"
    text = HEADER + _lines(np.random.default_rng([SEED, number]), begin, end)
    (place / name).write_bytes(gzip.compress(text, 4, mtime=0))


def _lines(random: Any, begin: float, end: float) -> bytes:
    quiet = PER_FILE // 200
    traffic = _joined(_traffic(random, PER_FILE - quiet, begin, end))
    return traffic + _joined(_quiet(random, quiet, begin, end))


def _traffic(random: Any, count: int, begin: float, end: float) -> list[Any]:
    interface = _skewed(random, count, INTERFACES)
    remote = _skewed(random, count, REMOTES)
    local = _pick(_locals(), interface)
    far = _pick(_remotes(), remote)
    inward = pa.array(random.random(count) < 0.5)
    service = random.choice(PORTS, count, p=PORT_SHARES)
    ephemeral = random.integers(1024, 65535, count)
    start = random.integers(int(begin), int(end), count)
    packets = random.geometric(0.05, count)
    return [
        "2",
        ACCOUNT,
        _pick(_interfaces(), interface),
        pc.if_else(inward, far, local),
        pc.if_else(inward, local, far),
        np.where(inward, ephemeral, service),
        np.where(inward, service, ephemeral),
        random.choice([6, 17, 1], count, p=[0.8, 0.18, 0.02]),
        packets,
        packets * random.integers(40, 1400, count),
        start,
        start + random.integers(1, 60, count),
        random.choice(["ACCEPT", "REJECT"], count, p=[0.9, 0.1]),
        "OK\n",
    ]


def _quiet(random: Any, count: int, begin: float, end: float) -> list[Any]:
    start = random.integers(int(begin), int(end), count)
    status = random.choice(["NODATA\n", "SKIPDATA\n"], count, p=[0.9, 0.1])
    interface = _pick(_interfaces(), random.integers(0, INTERFACES, count))
    return ["2", ACCOUNT, interface, *["-"] * 7, start, start + 60, "-", status]


def _joined(columns: list[Any]) -> bytes:
    """The columns as lines of text; constants are given once."""
    texts = [c if isinstance(c, str) else pc.cast(pa.array(c), pa.large_string()) for c in columns]
    scalars = [pa.scalar(t, pa.large_string()) if isinstance(t, str) else t for t in texts]
    lines = pc.binary_join_element_wise(*scalars, pa.scalar(" ", pa.large_string()))
    return lines.buffers()[2].to_pybytes()  # the lines lie one behind the other


def _skewed(random: Any, count: int, kinds: int) -> Any:
    return np.minimum(random.zipf(1.3, count) - 1, kinds - 1)


def _pick(values: list[str], places: Any) -> Any:
    return pa.array(values, pa.large_string()).take(pa.array(places))


def _interfaces() -> list[str]:
    return [f"eni-{n * 2654435761 % 2**32:08x}{n:09x}" for n in range(INTERFACES)]


def _locals() -> list[str]:
    return [f"10.{n % 4}.{n // 250}.{n % 250 + 1}" for n in range(INTERFACES)]


def _remotes() -> list[str]:
    parts = np.random.default_rng(SEED).integers(1, 255, (REMOTES, 4)).tolist()
    return [".".join(map(str, part)) for part in parts]
