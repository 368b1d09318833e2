"""The questions of whole pages, by vpcflow and by hand: `python -m benchmarks.page_peers STORE`.

Each page is opened by vpcflow in a process of its own, as `benchmarks.pages` does. Then the SQL
that its panels show is run over the same Parquet files, by DuckDB and, translated by sqlglot, by
ClickHouse's engine (chdb), likewise in a process each, in turns. Counted are the panels whose SQL
both run with answers alike: as many rows, and numbers of the same sum. The others are named. What
several panels of a page ask alike is asked once. `pip install chdb` first: it is no part of
vpcflow.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import exp

from benchmarks.pages import DAY, PAGES, measure

RUNS = 3
RELATIONS = ("flows", "records")
# What DuckDB has and ClickHouse has not.
FUNCTIONS = (
    "slices AS (first, last, step) -> arrayMap(n -> addSeconds(first, n * step), "
    "range(toUInt32(greatest(intDiv(dateDiff('second', first, last), step) + 1, 0))))",
    "SPLIT_PART AS (text, by, n) -> splitByString(by, text)[n]",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page asks.

    Attributes:
        files: The store's files by relation.
        panels: The SQL of each panel, statement by statement.
    """

    files: dict[str, list[str]]
    panels: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Answered:
    """A statement's answer.

    Attributes:
        clock: Seconds that it took.
        rows: Number of rows; -1 where the engine refused it.
        total: The sum of all its numbers.
    """

    clock: float
    rows: int = -1
    total: float = 0.0

    def is_like(self, other: Answered) -> bool:
        """Whether both engines answered, and alike."""
        same = math.isclose(self.total, other.total, rel_tol=1e-6, abs_tol=1e-6)
        return self.rows == other.rows >= 0 and same


Ask = Callable[[str], Any]


def asked_by(store: str, page: str) -> Asked:
    """What the panels of a page ask about the newest 24 hours."""
    from vpcflow_core.api import FlowLogs
    from vpcflow_core.errors import MissingDataError
    from vpcflow_core.panels.catalogue import PANELS
    from vpcflow_core.query.filters import Filters
    from vpcflow_core.times import Window, ceil_to

    panels = {}
    with FlowLogs.open(store) as logs:
        assert logs.extent, f"There is nothing in {store}."
        window = Window.last(DAY, ceil_to(logs.extent.end, DAY))
        for slug, panel in PANELS.items():
            if slug.partition("/")[0] == page:
                with suppress(MissingDataError):
                    answer = panel.answer(panel.request(window, Filters()), logs)
                    panels[slug] = [each.sql("duckdb") for each in _statements(answer.sql)]
        reading = logs.engine._reading  # type: ignore[attr-defined]
        files = {
            name: [str(file.path) for file in reading.files(name, logs.extent)]
            for name in RELATIONS
        }
    return Asked(files, panels)


def _statements(text: str) -> list[exp.Expression]:
    return [each for each in sqlglot.parse(text, read="duckdb") if each is not None]


def by_duckdb(files: Mapping[str, Sequence[str]]) -> Ask:
    """DuckDB by hand."""
    import duckdb

    from vpcflow_core.engines.duckdb.database import MACROS

    database = duckdb.connect()
    database.execute(MACROS)
    for name, paths in files.items():
        database.execute(
            f"CREATE VIEW {name} AS FROM read_parquet({list(paths)}, union_by_name = true)"
        )
    return lambda sql: database.execute(sql).df()


def by_chdb(files: Mapping[str, Sequence[str]]) -> Ask:
    """ClickHouse's engine."""
    from chdb import session

    ways = session.Session()
    ways.query("CREATE DATABASE pages ENGINE = Atomic")
    ways.query("USE pages")
    for function in FUNCTIONS:
        ways.query(f"CREATE OR REPLACE FUNCTION {function}")
    for name, paths in files.items():
        folder = os.path.commonpath([Path(path).parent for path in paths])
        inside = ",".join(str(Path(path).relative_to(folder)) for path in paths)
        pattern = f"{folder}/{{{inside}}}"
        ways.query(f"CREATE VIEW {name} AS SELECT * FROM file('{pattern}', Parquet)")

    def ask(sql: str) -> Any:
        translated = for_clickhouse(sql)
        try:
            return ways.query(translated, "DataFrame")
        except RuntimeError:  # a name may be a column's before it is an alias, or after
            return ways.query(f"{translated} SETTINGS prefer_column_name_to_alias = 1", "DataFrame")

    return ask


def for_clickhouse(sql: str) -> str:
    """DuckDB's SQL in ClickHouse's.

    >>> for_clickhouse("SELECT time_bucket(INTERVAL 600 SECONDS, a) AS t, hash(b) >> 2")
    'SELECT toStartOfInterval(a, toIntervalSecond(600)) AS t, bitShiftRight(cityHash64(b), 2)'
    """
    (parsed,) = _statements(sql)
    for node in reversed(list(parsed.walk())):  # what is inside first
        translated = _translated(node)
        if translated is not node:
            node.replace(translated)
    return parsed.sql(dialect="clickhouse")


def _translated(node: exp.Expression) -> exp.Expression:
    """What sqlglot leaves as it is."""
    match node:
        case exp.DateBin():
            step = exp.func("toIntervalSecond", _seconds(node.this))
            return exp.func("toStartOfInterval", node.expression, step)
        case exp.BitwiseRightShift():
            return exp.func("bitShiftRight", node.this, node.expression)
        case exp.BitwiseAnd():
            return exp.func("bitAnd", node.this, node.expression)
        case exp.Anonymous() if node.name.lower() == "hash":
            return exp.func("cityHash64", *node.expressions)
        case exp.GenerateSeries():
            bounds = (node.args["start"], node.args["end"])
            return exp.func("slices", *bounds, _seconds(node.args["step"]))
        case exp.PercentileCont() if isinstance(node.expression, exp.Array):
            levels = node.expression.expressions
            return exp.ParameterizedAgg(
                this="quantilesExactInclusive", expressions=levels, params=[node.this]
            )
    return node


def _seconds(interval: exp.Expression) -> exp.Expression:
    """The length of an interval, which is always written in seconds or minutes."""
    units = {"SECOND": 1, "SECONDS": 1, "MINUTE": 60, "MINUTES": 60, "HOUR": 3600, "HOURS": 3600}
    assert isinstance(interval, exp.Interval), interval.sql()
    return exp.Literal.number(int(interval.this.name) * units[interval.unit.name.upper()])


WAYS: Mapping[str, Callable[[Mapping[str, Sequence[str]]], Ask]] = {
    "duckdb": by_duckdb,
    "chdb": by_chdb,
}


def answered(way: str, asked: Asked) -> dict[str, Answered]:
    """Each statement's answer in this process, the first time that it is asked."""
    ask = WAYS[way](asked.files)
    found = {}
    for sql in _once(asked.panels.values()):
        clock, frame = time.perf_counter(), None
        with suppress(Exception):  # what it cannot say is left out
            frame = ask(sql)
        taken = time.perf_counter() - clock
        found[sql] = Answered(taken) if frame is None else Answered(taken, *_measures(frame))
    return found


def _once(panels: Iterator[list[str]] | Any) -> list[str]:
    return list(dict.fromkeys(sql for statements in panels for sql in statements))


def _measures(frame: Any) -> tuple[int, float]:
    """Number of rows, and the sum of all numbers."""
    import pandas as pd

    numbers = [
        pd.to_numeric(frame[name], errors="coerce").astype("float64")
        for name in frame
        if not pd.api.types.is_datetime64_any_dtype(frame[name])
    ]
    return len(frame), float(sum(column.sum() for column in numbers))


def in_process(way: str, asked: Asked) -> dict[str, Answered]:
    """As `answered`, in a new process."""
    request = json.dumps([way, asdict(asked)])
    command = [sys.executable, "-m", "benchmarks.page_peers", "--child"]
    ran = subprocess.run(command, input=request, check=True, stdout=subprocess.PIPE, text=True)
    made = json.loads(ran.stdout.splitlines()[-1])
    return {sql: Answered(**given) for sql, given in made.items()}


def compared(store: str, page: str, runs: int) -> str:
    """A page's line of the table: seconds of the clock, and what was left out."""
    asked = asked_by(store, page)
    taken: dict[str, list[float]] = {"vpcflow": [], **{way: [] for way in WAYS}}
    for _ in range(runs):
        opened = measure(store, page)
        found = {way: in_process(way, asked) for way in WAYS}
        alike = {s for s, one in found["duckdb"].items() if one.is_like(found["chdb"][s])}
        counted = {
            slug for slug, statements in asked.panels.items() if alike.issuperset(statements)
        }
        taken["vpcflow"].append(sum(opened.panels[slug].clock for slug in counted))
        for way, answers in found.items():
            once = _once(asked.panels[slug] for slug in sorted(counted))
            taken[way].append(sum(answers[sql].clock for sql in once))
    if not counted:
        return f"{page:16}{'none':>10}"
    cells = {way: statistics.median(clocks) for way, clocks in taken.items()}
    ratio = cells["vpcflow"] / cells["chdb"]
    left = sorted(slug.partition("/")[2] for slug in asked.panels.keys() - counted)
    numbers = "".join(f"{seconds:10.2f}" for seconds in cells.values())
    of = f"{len(counted)} of {len(asked.panels)}"
    return f"{page:16}{of:>10}{numbers}{ratio:10.2f}  {', '.join(left)}"


def main() -> None:
    """Ask each way, and print a line a page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page_peers", description=__doc__)
    parser.add_argument("store", nargs="?", help="Folder of a store.")
    parser.add_argument("--page", action="append", choices=PAGES, help="Only this page.")
    parser.add_argument("--runs", type=int, default=RUNS, help=f"Of each way ({RUNS}).")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        way, asked = json.load(sys.stdin)
        answers = answered(way, Asked(**asked))
        print(json.dumps({sql: asdict(one) for sql, one in answers.items()}))
        return
    if not options.store:
        parser.error("Name the folder of a store.")
    head = "".join(f"{name:>10}" for name in ("panels", "vpcflow", *WAYS, "of chdb"))
    print(f"{'clock s':16}{head}  left out")
    for page in options.page or PAGES:
        print(compared(options.store, page, options.runs), flush=True)


if __name__ == "__main__":
    main()
