"""`python -m benchmarks.unusual`: how well each method finds what is unusual.

Series of a known shape are judged as they are, for false episodes (runs of violations that touch),
and with an incident in them, for whether any violation falls into it. The days that are judged have
days before them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.shapes import DAY, HELD_OUT, HOUR, INCIDENTS, SERIES, Floats, Shape
from vpcflow_core.analysis.outliers import (
    DEFAULT_METHOD,
    METHODS,
    Method,
    outliers,
    smallest_change,
)
from vpcflow_core.api import FlowLogs
from vpcflow_core.sources.sample.source import generate

# Days before those that are judged: less than two weeks, and more.
HISTORIES = (8, 16)
JUDGED = 3
FALSE, RECALL = 2.0, 0.6
UNTIL = datetime(2026, 11, 20, tzinfo=UTC)


@dataclass(slots=True)
class Score:
    """What came of one series.

    Attributes:
        series: Its name.
        false: False episodes a day, for each seed.
        found: Whether each incident was found, by its kind.
        covered: Share of an hour's surge that was marked.
        seconds: How long judging took, for each seed.
    """

    series: str
    false: list[float] = field(default_factory=list)
    found: dict[str, list[bool]] = field(default_factory=lambda: {name: [] for name in INCIDENTS})
    covered: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Share of all incidents that were found."""
        return float(np.mean([hit for hits in self.found.values() for hit in hits]))

    @property
    def precision(self) -> float:
        """Share of true ones among the episodes of three days with one incident."""
        return self.recall / (self.recall + JUDGED * float(np.mean(self.false)))


def measure(method: Method, shapes: Mapping[str, Shape], seeds: int, history: int) -> list[Score]:
    """A score for each shape."""
    return [_score(method, name, shape, seeds, history) for name, shape in shapes.items()]


def _score(method: Method, name: str, shape: Shape, seeds: int, history: int) -> Score:
    score, unit = Score(name), smallest_change("bytes" if "bytes" in name else "flows")
    minutes = (history + JUDGED) * DAY
    for seed in range(seeds):
        rng = np.random.default_rng([seed, len(name)])
        phase = int(rng.integers(0, 7 * DAY))
        values = shape(rng, minutes, phase)
        began = time.perf_counter()
        marked = _marked(method, values, phase, unit)
        score.seconds.append(time.perf_counter() - began)
        score.false.append(_runs(marked[history * DAY :]) / JUDGED)
        for kind, plant in INCIDENTS.items():
            at = int(rng.integers(history * DAY, minutes - 8 * HOUR))
            planted = plant(values, at, rng)
            inside = slice(planted.start, planted.end)
            share = _marked(method, planted.values[: planted.end], phase, unit)[inside]
            score.found[kind].append(bool(share.any()))
            if kind == "surge of an hour":
                score.covered.append(float(share.mean()))
    return score


def _marked(method: Method, values: Floats, phase: int, unit: float) -> np.ndarray:
    """Which minutes are violations, at the defaults."""
    start = datetime(2026, 11, 2, tzinfo=UTC) + timedelta(minutes=phase)
    buckets = pd.date_range(start, periods=len(values), freq="1min")
    series = pd.DataFrame({"bucket": buckets, "value": values})
    return outliers(series, method=method, unit=unit)["violation"].to_numpy()


def _runs(marked: np.ndarray) -> int:
    return int((marked & ~np.concatenate([[False], marked[:-1]])).sum())


def sample_series() -> dict[str, Shape]:
    """The sample's flows and bytes; its own incidents are cut out."""
    with tempfile.TemporaryDirectory(prefix="vpcflow-bench-unusual-") as folder:
        days = max(HISTORIES) + JUDGED
        facts = generate(Path(folder) / "logs", records=days * 60_000, days=days, until=UNTIL)
        with FlowLogs.open(Path(folder) / "logs", store=Path(folder) / "store") as flows:
            found = {}
            for measure_name in ("flows", "bytes"):
                series = flows.series(measure_name, every="1m").set_index("bucket")["value"]
                series = series.astype("float64")[facts.window.start :][: days * DAY]
                for happening in facts.happenings:
                    if happening.name not in ("nodata", "skipdata"):
                        cut = slice(happening.window.start, happening.window.end)
                        series[cut] = series.shift(DAY)[cut]  # the day before
                found[f"sample's {measure_name}"] = _fixed(series)
    return found


def _fixed(series: pd.Series[float]) -> Shape:
    """The end of one series, whatever the seed; its phase is that of its clock."""

    def shape(rng: np.random.Generator, minutes: int, phase: int) -> Floats:
        return series.to_numpy()[-minutes:]

    return shape


def table(scores: Iterable[Score]) -> Iterator[str]:
    """The scores as text."""
    kinds = "".join(f"{name:>18}" for name in INCIDENTS)
    yield f"{'series':<22}{'false a day':>12}{kinds}{'precision':>11}{'surge marked':>14}{'s':>7}"
    for score in scores:
        hits = "".join(f"{np.mean(found):>18.2f}" for found in score.found.values())
        yield (
            f"{score.series:<22}{np.mean(score.false):>12.2f}{hits}{score.precision:>11.2f}"
            f"{np.mean(score.covered):>14.0%}{np.mean(score.seconds):>7.3f}"
        )


def main() -> None:
    """Print a table for each method and length of history; exit 1 if the default misses a line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.unusual", description=__doc__)
    parser.add_argument("--seeds", type=int, default=6, help="Series of each shape (6).")
    parser.add_argument("--method", action="append", choices=METHODS, help="Only this method.")
    options = parser.parse_args()
    shapes, missed = SERIES | sample_series() | HELD_OUT, False
    for method in options.method or METHODS:
        for history in HISTORIES:
            scores = measure(method, shapes, options.seeds, history)
            print(f"\n{method}, {history} days before", *table(scores), sep="\n", flush=True)
            met = _judge(scores)
            missed |= method == DEFAULT_METHOD and not met
    sys.exit(missed)


def _judge(scores: list[Score]) -> bool:
    """Print whether the lines are met."""
    worst = max(float(np.mean(score.false)) for score in scores)
    recall = float(np.mean([score.recall for score in scores]))
    drops = [hit for s in scores if s.series != "idle" for hit in s.found["drop to nothing"]]
    lines = (
        (f"at most {FALSE:g} false episodes a day and series: {worst:.2f}", worst <= FALSE),
        (f"recall at least {RECALL:g}: {recall:.2f}", recall >= RECALL),
        (f"drops to nothing found: {np.mean(drops):.2f}", np.mean(drops) >= 0.95),
    )
    for text, met in lines:
        print(f"{'met   ' if met else 'MISSED'}  {text}")
    return all(met for _, met in lines)


if __name__ == "__main__":
    main()
