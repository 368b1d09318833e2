"""Questions of a store's own files, by vpcflow and by others: `python -m benchmarks.peers STORE`.

Asked is about the newest day. Each way runs in a process of its own, in turns with the others, and
all have to answer the same. The last question is a person's own SELECT to vpcflow, which runs in
another process: there the clock alone counts. chdb (ClickHouse's engine) and polars are no part of
vpcflow: without `pip install chdb polars` they are left out.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from vpcflow_core.api import FlowLogs
from vpcflow_core.query.question import Query
from vpcflow_core.times import Window, ceil_to

RUNS = 5
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
# What is asked, in the SQL that DuckDB and ClickHouse share but for what stands in braces.
SQL = {
    "bytes by minute": "SELECT {minute} AS m, sum(bytes) AS n FROM {flows} GROUP BY m",
    "top sources": "SELECT srcaddr, count(*) AS n FROM {flows} GROUP BY srcaddr "
    "ORDER BY n DESC, srcaddr LIMIT 10",
    "distinct sources": "SELECT count(DISTINCT srcaddr) AS n FROM {flows}",
    "longest of a five-tuple": "SELECT {seconds} AS n FROM {flows} GROUP BY interface_id, "
    "srcaddr, dstaddr, srcport, dstport, protocol ORDER BY n DESC LIMIT 10",
}
DUCKDB = {
    "minute": "time_bucket(INTERVAL 1 minute, start_time)",
    "seconds": "epoch(max(end_time) - min(start_time))",
}
CLICKHOUSE = {
    "minute": "toStartOfMinute(start_time)",
    "seconds": "dateDiff('second', min(start_time), max(end_time))",
}
QUERIES = {
    "bytes by minute": Query(("bytes",), every=MINUTE),
    "top sources": Query(("flows",), by=("srcaddr",), top=10),
    "distinct sources": Query(("sources",)),
}
TUPLE = ["interface_id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol"]
LIBRARIES = {"chdb": "chdb", "polars": "polars"}


@dataclass(frozen=True, slots=True)
class Day:
    """What is asked about.

    Attributes:
        store: Folder of the store.
        files: Its files of that day.
        start: The day's first moment, as ISO 8601 without a zone, in UTC.
        end: The next day's.
    """

    store: str
    files: list[str]
    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What a question took, in seconds of processors and of the clock, and its highest number."""

    cpu: float
    clock: float
    highest: int


Ask = Callable[[str], int]


def newest_day(store: str) -> Day:
    """The newest day of a store.

    Raises:
        StoreError: There is no store.
    """
    with FlowLogs.open(store) as logs:
        assert logs.extent, f"There is nothing in {store}."
        window = Window.last(DAY, ceil_to(logs.extent.end, DAY))
        files = [str(file.path) for file in logs.engine._reading.files("flows", window)]  # type: ignore[attr-defined]
    start, end = (f"{at:%Y-%m-%dT%H:%M:%S}" for at in (window.start, window.end))
    return Day(store, files, start, end)


def by_vpcflow(day: Day) -> Ask:
    """What pages ask; the SELECT of five-tuples as a person asks it."""
    logs = FlowLogs.open(day.store).between(f"{day.start}Z", f"{day.end}Z")

    def ask(name: str) -> int:
        if query := QUERIES.get(name):
            return int(logs.ask(query).frame[query.measures[0]].max())
        return int(logs.sql(SQL[name].format(flows="flows", **DUCKDB))["n"].max())

    return ask


def by_duckdb(day: Day) -> Ask:
    """DuckDB by hand."""
    import duckdb

    flows = f"(FROM read_parquet({day.files}) WHERE {_inside(day)})"
    return lambda name: _highest(duckdb.sql(SQL[name].format(flows=flows, **DUCKDB)).df())


def by_chdb(day: Day) -> Ask:
    """ClickHouse's engine."""
    import chdb

    (folder,) = {Path(file).parent for file in day.files}
    files = f"{folder}/{{{','.join(Path(file).name for file in day.files)}}}"
    flows = f"(SELECT * FROM file('{files}', Parquet) WHERE {_inside(day)})"

    def ask(name: str) -> int:
        return _highest(chdb.query(SQL[name].format(flows=flows, **CLICKHOUSE), "DataFrame"))

    return ask


def _inside(day: Day) -> str:
    start, end = (at.replace("T", " ") for at in (day.start, day.end))
    return f"start_time >= '{start}' AND start_time < '{end}'"


def by_polars(day: Day) -> Ask:
    """polars, lazily."""
    import polars as pl

    at = pl.col("start_time")
    flows = pl.scan_parquet(day.files).filter(
        at >= pl.lit(day.start).str.to_datetime(), at < pl.lit(day.end).str.to_datetime()
    )
    span = (pl.col("end_time").max() - at.min()).alias("n")
    asked = {
        "bytes by minute": flows.group_by(at.dt.truncate("1m")).agg(
            pl.col("bytes").sum().alias("n")
        ),
        "top sources": flows.group_by("srcaddr").agg(pl.len().alias("n")).top_k(10, by="n"),
        "distinct sources": flows.select(pl.col("srcaddr").n_unique().alias("n")),
        "longest of a five-tuple": flows.group_by(TUPLE).agg(span).top_k(10, by="n"),
    }
    return lambda name: _highest(asked[name].collect().to_pandas())


def by_pandas(day: Day) -> Ask:
    """pandas, with the columns that each question needs."""
    import pandas as pd

    def flows(*columns: str) -> pd.DataFrame:
        read = [pd.read_parquet(file, columns=[*columns, "start_time"]) for file in day.files]
        found = pd.concat(read)
        return found[(found["start_time"] >= day.start) & (found["start_time"] < day.end)]

    def ask(name: str) -> int:
        if name == "bytes by minute":
            rows = flows("bytes")
            return int(rows.groupby(rows["start_time"].dt.floor("min"))["bytes"].sum().max())
        if name == "top sources":
            return int(flows("srcaddr")["srcaddr"].value_counts().iloc[0])
        if name == "distinct sources":
            return int(flows("srcaddr")["srcaddr"].nunique())
        rows = flows(*TUPLE, "end_time").groupby(TUPLE, sort=False)
        return int((rows["end_time"].max() - rows["start_time"].min()).max().total_seconds())

    return ask


WAYS: Mapping[str, Callable[[Day], Ask]] = {
    "vpcflow": by_vpcflow,
    "duckdb": by_duckdb,
    "chdb": by_chdb,
    "polars": by_polars,
    "pandas": by_pandas,
}


def _highest(frame: Any) -> int:
    """The highest number of an answer; of times, its seconds."""
    most = frame["n"].max()
    return int(most.total_seconds()) if hasattr(most, "total_seconds") else int(most)


def answered(way: str, day: Day) -> dict[str, Answered]:
    """What each question takes in this process, the first time that it is asked."""
    ask = WAYS[way](day)
    found = {}
    for name in SQL:
        cpu, clock = time.process_time(), time.perf_counter()
        highest = ask(name)
        found[name] = Answered(time.process_time() - cpu, time.perf_counter() - clock, highest)
    return found


def measure(way: str, day: Day) -> dict[str, Answered]:
    """As `answered`, in a new process."""
    request = json.dumps([way, asdict(day)])
    command = [sys.executable, "-m", "benchmarks.peers", "--child", request]
    made = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return {name: Answered(**taken) for name, taken in made.items()}


def there() -> list[str]:
    """The ways whose libraries are installed."""
    return [w for w in WAYS if w not in LIBRARIES or importlib.util.find_spec(LIBRARIES[w])]


def table(found: Mapping[str, list[dict[str, Answered]]]) -> str:
    """Medians as text: seconds of the clock, and of processors."""
    lines = [f"{'clock s (processor s)':26}" + "".join(f"{way:>18}" for way in found)]
    for name in SQL:
        cells = []
        for runs in found.values():
            clock = statistics.median(run[name].clock for run in runs)
            cpu = statistics.median(run[name].cpu for run in runs)
            cells.append(f"{clock:10.2f} ({cpu:5.2f})")
        lines.append(f"{name:26}" + "".join(f"{cell:>18}" for cell in cells))
    return "\n".join(lines)


def main() -> None:
    """Ask each way, and print what it took; exits 1 where answers differ."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("store", nargs="?", help="Folder of a store.")
    parser.add_argument("--runs", type=int, default=RUNS, help=f"Of each way ({RUNS}).")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        way, day = json.loads(options.child)
        print(json.dumps({n: asdict(a) for n, a in answered(way, Day(**day)).items()}))
        return
    if not options.store:
        parser.error("Name the folder of a store.")
    day, ways = newest_day(options.store), there()
    found: dict[str, list[dict[str, Answered]]] = {way: [] for way in ways}
    for _ in range(options.runs):
        for way in ways:
            found[way].append(measure(way, day))
    print(table(found))
    answers = {n: {run[n].highest for runs in found.values() for run in runs} for n in SQL}
    differ = [name for name, highest in answers.items() if len(highest) > 1]
    if differ:
        sys.exit(f"The answers differ: {', '.join(differ)}.")


if __name__ == "__main__":
    main()
