"""From text to a queryable store, beside other ways to the same end; each in a process of its own.

The parent process imports nothing heavy, so that a child's peak memory is its own.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

THREADS = 2
# Files that flowlogs-reader reads; a Python loop over records, so a part says enough.
PART_FILES = 2


@dataclass(frozen=True, slots=True)
class Run:
    """What one way took: records read, seconds, peak memory in bytes, seconds of processor time."""

    records: int
    seconds: float
    peak: int
    cpu: float

    @property
    def rate(self) -> float:
        """Records a second."""
        return self.records / self.seconds


def vpcflow(files: list[Path], out: Path) -> int:
    """`vpcflow sync` into an empty store."""
    return _sync(_root(files[0]), out)


def vpcflow_json(files: list[Path], out: Path) -> int:
    """The same from JSON lines; a part of the files."""
    from benchmarks.logs import as_json

    return _sync(as_json(_root(files[0])), out)


def _sync(folder: Path, out: Path) -> int:
    from vpcflow_core.sources.open import open_source
    from vpcflow_core.store.store import Store
    from vpcflow_core.store.sync import sync

    with Store.open(out / "store") as store:
        return sync(store, open_source(str(folder)), workers=THREADS).records


def duckdb_at_once(files: list[Path], out: Path) -> int:
    """One `COPY (read_csv of all files) TO parquet`."""
    return _copy(_duckdb(), [str(file) for file in files], out / "all.parquet")


def duckdb_each(files: list[Path], out: Path) -> int:
    """The same, a statement for each file, two at a time."""
    from concurrent.futures import ThreadPoolExecutor

    connection = _duckdb()

    def one(number: int) -> int:
        return _copy(connection.cursor(), [str(files[number])], out / f"{number}.parquet")

    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(one, range(len(files))))


def pandas(files: list[Path], out: Path) -> int:
    """`read_csv` alone, file by file, nothing written."""
    import pandas as pd

    return sum(len(pd.read_csv(file, sep=" ", na_values="-")) for file in files)


def flowlogs_reader(files: list[Path], out: Path) -> int:
    """Every record as an object, nothing written; a part of the files."""
    import csv
    import gzip

    from flowlogs_reader import FlowRecord

    records = 0
    for file in files[:PART_FILES]:
        with gzip.open(file, "rt") as text:
            for row in csv.DictReader(text, delimiter=" "):
                FlowRecord({name.replace("-", "_"): value for name, value in row.items()})
                records += 1
    return records


WAYS: dict[str, Callable[[list[Path], Path], int]] = {
    "vpcflow sync": vpcflow,
    "vpcflow sync, JSON": vpcflow_json,
    "duckdb, one COPY": duckdb_at_once,
    "duckdb, a COPY a file": duckdb_each,
    "pandas read_csv": pandas,
    "flowlogs-reader": flowlogs_reader,
}


def measure(folder: Path, ways: list[str]) -> dict[str, Run]:
    """Run each way in a child process on the files of the folder."""
    return {way: _in_child(way, folder) for way in ways}


def table(runs: dict[str, Run]) -> str:
    """The runs as text, with their time a record in units of vpcflow's."""
    ours = next(iter(runs.values()))
    heads = ("records/s", "seconds", "cpu s", "peak MB", "time, vpcflow = 1")
    lines = [f"{'':24}" + "".join(f"{head:>{len(head) + 4}}" for head in heads)]
    for way, run in runs.items():
        ratio = ours.rate / run.rate
        lines.append(
            f"{way:24}{run.rate:13,.0f}{run.seconds:11.2f}{run.cpu:9.2f}{run.peak / 1e6:11,.0f}"
            f"{ratio:21.2f}"
        )
    return "\n".join(lines)


def _in_child(way: str, folder: Path) -> Run:
    out = Path(tempfile.mkdtemp(prefix="vpcflow-bench-out-"))
    command = [sys.executable, "-m", "benchmarks.ingest", way, str(folder), str(out)]
    try:
        os.sync()  # what the last run wrote must not slow this one down
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    finally:
        shutil.rmtree(out)
    return Run(**json.loads(answer))


def _root(file: Path) -> Path:
    return next(parent.parent for parent in file.parents if parent.name == "AWSLogs")


def _duckdb():
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"SET threads = {THREADS}")
    return connection


def _copy(connection, files: list[str], out: Path) -> int:
    sql = "SELECT * FROM read_csv($files, delim = ' ', header = true, nullstr = '-')"
    statement = f"COPY ({sql}) TO '{out}' (FORMAT parquet)"
    return int(connection.execute(statement, {"files": files}).fetchone()[0])


def main() -> None:
    """The child: run one way and print what it took."""
    way, folder, out = sys.argv[1:]
    files = sorted(Path(folder).rglob("*.log.gz"))
    began = time.perf_counter()
    records = WAYS[way](files, Path(out))
    seconds = time.perf_counter() - began
    usage = resource.getrusage(resource.RUSAGE_SELF)
    cpu = usage.ru_utime + usage.ru_stime
    print(json.dumps(asdict(Run(records, seconds, usage.ru_maxrss * 1024, cpu))))


if __name__ == "__main__":
    main()
