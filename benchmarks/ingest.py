"""From log files to a queryable store, beside other ways to the same end; each run in a process.

The parent process imports nothing heavy, so that a child's peak memory is its own. Libraries are
imported before the clock starts. Runs of several ways take turns, so that a machine that is busy
for a while is so for all of them; what counts is each way's median.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

THREADS = 2
# Files that flowlogs-reader reads; a Python loop over records, so a part says enough.
PART_FILES = 2
# Files that there are of each form: half of ten million records. What a run takes besides its
# records would be a third of a million.
FORM_FILES = 100
LATENCY = 30  # ms, of each answer of S3


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


def _of_form(form: str) -> Callable[[list[Path], Path], int]:
    """The same from files of another form; a part of the files."""

    def run(files: list[Path], out: Path) -> int:
        from benchmarks.forms import folder_of

        return _sync(folder_of(_root(files[0]), form, FORM_FILES), out)

    return run


def from_s3(files: list[Path], out: Path) -> int:
    """`vpcflow sync` of files in S3, each answer of which takes its time."""
    from benchmarks.slow_s3 import serving

    with serving(_root(files[0]), LATENCY) as address:
        return _sync_source(_bucket(address), out)


def download(files: list[Path], out: Path) -> int:
    """Only fetching them, with as many threads; counts objects."""
    from concurrent.futures import ThreadPoolExecutor

    from benchmarks.slow_s3 import serving
    from vpcflow_core.store.pipeline import FETCHERS

    with serving(_root(files[0]), LATENCY) as address, ThreadPoolExecutor(FETCHERS) as pool:
        source = _bucket(address)
        return sum(1 for _ in pool.map(source.read, source.find(None)))


def _bucket(address: str) -> Any:
    from benchmarks.slow_s3 import BUCKET
    from vpcflow_core.sources.open import SourceOptions, open_source

    os.environ |= {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
    return open_source(f"s3://{BUCKET}", options=SourceOptions(endpoint_url=address))


def _sync(folder: Path, out: Path) -> int:
    from vpcflow_core.sources.open import open_source

    return _sync_source(open_source(str(folder)), out)


def _sync_source(source: Any, out: Path) -> int:
    from vpcflow_core.store.store import Store
    from vpcflow_core.store.sync import sync

    with Store.open(out / "store") as store:
        return sync(store, source, workers=THREADS).records


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


TEXT, COPY = "vpcflow sync", "duckdb, one COPY"
# Forms of `benchmarks.forms`, which imports what the parent must not.
FORMS = ("version 5", "54 fields", "JSON", "Firehose", "subscription", "Parquet")
S3, DOWNLOAD = f"vpcflow sync, S3 {LATENCY} ms", "S3, download alone"
WAYS: dict[str, Callable[[list[Path], Path], int]] = {
    TEXT: vpcflow,
    COPY: duckdb_at_once,
    "duckdb, a COPY a file": duckdb_each,
    "pandas read_csv": pandas,
    "flowlogs-reader": flowlogs_reader,
    **{f"{TEXT}, {form}": _of_form(form) for form in FORMS},
    S3: from_s3,
    DOWNLOAD: download,
}
# What each way imports, by the beginning of its name.
_IMPORTS = {
    "vpcflow": ("vpcflow_core.store.sync", "vpcflow_core.formats", "vpcflow_core.sources.local"),
    "S3": ("vpcflow_core.sources.s3.source",),
    S3: ("vpcflow_core.sources.s3.source",),
    "duckdb": ("duckdb",),
    "pandas": ("pandas",),
    "flowlogs": ("flowlogs_reader",),
}


def measure(folder: Path, ways: list[str], rounds: int = 1) -> dict[str, Run]:
    """Run each way in a child process on the files of the folder, in turns; its median run."""
    runs: dict[str, list[Run]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            runs[way].append(_in_child(way, folder))
    return {way: _median(some) for way, some in runs.items()}


def _median(runs: list[Run]) -> Run:
    return Run(
        runs[0].records,
        statistics.median(run.seconds for run in runs),
        max(run.peak for run in runs),
        statistics.median(run.cpu for run in runs),
    )


def table(runs: dict[str, Run]) -> str:
    """The runs as text, with their time a record in units of vpcflow's."""
    ours = next(iter(runs.values()))
    heads = ("records/s", "seconds", "cpu s", "cpu us/record", "peak MB", "time, vpcflow = 1")
    lines = [f"{'':28}" + "".join(f"{head:>{len(head) + 4}}" for head in heads)]
    for way, run in runs.items():
        ratio = ours.rate / run.rate
        lines.append(
            f"{way:28}{run.rate:13,.0f}{run.seconds:11.2f}{run.cpu:9.2f}"
            f"{run.cpu / run.records * 1e6:17.2f}{run.peak / 1e6:11,.0f}"
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
    for beginning, modules in _IMPORTS.items():
        if way.startswith(beginning):
            list(map(importlib.import_module, modules))
    imported = time.process_time()
    began = time.perf_counter()
    records = WAYS[way](files, Path(out))
    seconds = time.perf_counter() - began
    usage = resource.getrusage(resource.RUSAGE_SELF)
    cpu = usage.ru_utime + usage.ru_stime - imported
    print(json.dumps(asdict(Run(records, seconds, usage.ru_maxrss * 1024, cpu))))


if __name__ == "__main__":
    main()
