"""How long each panel of a page takes over the last 24 hours, and whether older days cost time.

The same questions go to two stores: one of all eight days, one of the last day alone. Panels that
need an EC2 snapshot are left out: the generated logs have none.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.logs import DAYS, START
from vpcflow_core.analysis.forecast import prepare
from vpcflow_core.api import FlowLogs
from vpcflow_core.errors import MissingDataError
from vpcflow_core.panels.analyses.cost import total
from vpcflow_core.panels.analyses.overview import key_numbers
from vpcflow_core.panels.analyses.questions import new_values
from vpcflow_core.panels.analyses.sources import new_sources
from vpcflow_core.panels.analyses.time import band, compared, number, trend
from vpcflow_core.panels.catalogue import PANELS, Panel
from vpcflow_core.panels.outliers import unusual, violations
from vpcflow_core.sources.open import open_source
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import sync
from vpcflow_core.times import Window

RUNS = 5
# Analyses that read earlier days on purpose: yesterday, last week, a week to learn from.
LOOKING_BACK = (
    band, compared, key_numbers, new_sources, new_values, number, total, trend, unusual, violations
)  # fmt: skip
END = datetime.fromtimestamp(START, UTC) + timedelta(days=DAYS)
LAST_DAY = Window(END - timedelta(days=1), END)


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds a panel took: first, and the median of later ones, on all days and on one.

    `looks_back`: it reads earlier days on purpose.
    """

    panel: str
    first: float
    later: float
    one_day: float
    looks_back: bool = False


def measure(logs: Path) -> list[Timing]:
    """Every panel, asked of stores made for the purpose."""
    prepare()  # as the app does once it runs
    folder = Path(tempfile.mkdtemp(prefix="vpcflow-bench-panels-"))
    try:
        with (
            _store(folder / "all", logs, None) as whole,
            _store(folder / "day", logs, LAST_DAY) as day,
        ):
            for store in (whole, day):
                FlowLogs(store).make_ready()  # as the app does after a sync
            timings = [_timing(p, whole, day) for p in PANELS.values()]
            return [timing for timing in timings if timing]
    finally:
        shutil.rmtree(folder)


def _store(path: Path, logs: Path, span: Window | None) -> Store:
    store = Store.open(path)
    sync(store, open_source(str(logs)), span=span)
    return store


def _timing(panel: Panel, whole: Store, day: Store) -> Timing | None:
    """In turn on both stores, so that both meet the same weather; None without what it needs."""
    try:
        first = _seconds(panel, whole)
        _seconds(panel, day)
    except MissingDataError:
        return None
    pairs = [(_seconds(panel, whole), _seconds(panel, day)) for _ in range(RUNS)]
    later, one_day = (statistics.median(column) for column in zip(*pairs, strict=True))
    return Timing(panel.slug, first, later, one_day, panel.analysis in LOOKING_BACK)


def _seconds(panel: Panel, store: Store) -> float:
    """What it takes of an engine that has answered nothing before."""
    flows = FlowLogs(store)
    began = time.perf_counter()
    panel.answer(panel.request(LAST_DAY), flows)
    return time.perf_counter() - began


def table(timings: list[Timing]) -> str:
    """The timings as text."""
    heads = f"{'panel, last 24 hours':<40}{'first s':>10}{'later s':>10}{'1 day of history':>18}"
    rows = [f"{t.panel:<40}{t.first:>10.3f}{t.later:>10.3f}{t.one_day:>18.3f}" for t in timings]
    return "\n".join([heads, *rows])
