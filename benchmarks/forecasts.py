"""`python -m benchmarks.forecasts`: whether forecasts hold, on data that they have not seen.

Beside each error stands that of a plain competitor: the median of the same time of the last days.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from benchmarks.shapes import HELD_OUT, Floats, Random
from vpcflow_core.analysis.forecast import MODELS, Model, forecast

COVERED, WORSE, WIDTH = (0.90, 0.98), 1.1, 1.0
# Of counts of 0 and 1 no interval holds just 95 %; a growth is no steady one by its first days.
WIDER = ("idle", "growth")
START = datetime(2026, 11, 2, tzinfo=UTC)  # a Monday


@dataclass(frozen=True, slots=True)
class Case:
    """What is continued: a kind of series, buckets a day, days to learn from, buckets ahead.

    `shift`: days of the week that the series may begin later.
    """

    kind: str
    per_day: int = 288
    days: int = 7
    ahead: int = 72
    shift: int = 0


PLAIN = ("poisson", "spikes", "heavy bytes", "office", "office + weekend", "backup", "growth")
CASES = (
    *(Case(kind) for kind in PLAIN[:-1]),
    Case("poisson", 1440, 7, 360),
    Case("poisson", 1440, 1, 360),
    Case("backup", 24, 7, 6),
    *(Case(kind, days=days, shift=6) for kind in PLAIN for days in (7, 15)),
    *(Case(kind, 1440, 15, 720, 6) for kind in HELD_OUT if kind != "deployments"),
)


def made(case: Case, rng: Random) -> Floats:
    """A series of the case, from some time of the first day on."""
    phase = int(rng.integers(0, case.per_day * (1 + case.shift)))
    count = case.per_day * case.days + case.ahead
    if case.kind in HELD_OUT:
        return HELD_OUT[case.kind](rng, count, phase)
    at = np.arange(count) + phase
    hours, day = at % case.per_day / case.per_day * 24, at // case.per_day
    level = 1 + 0.6 * np.sin(2 * np.pi * (hours / 24 - 0.3))
    if case.kind.startswith("office"):
        level = np.where((hours >= 8) & (hours < 18), 1.8, 0.3)
        level = np.where((day % 7 >= 5) & ("weekend" in case.kind), 0.35 * level, level)
    if case.kind == "growth":
        level = level * np.exp(0.05 * at / case.per_day)
    if case.kind == "heavy bytes":
        return np.array([rng.lognormal(9, 1.6, n).sum() for n in rng.poisson(200 * level)])
    values = rng.poisson(300 * level).astype(float)
    if case.kind == "spikes":
        values[rng.choice(count, count // 200, replace=False)] *= rng.uniform(5, 30, count // 200)
    if case.kind == "backup":
        values += 9_000 * ((hours >= 3) & (hours < 3 + max(0.5, 24 / case.per_day)))
    return values


@dataclass(frozen=True, slots=True)
class Score:
    """Coverage of the interval, its width over the mean, the error, and the competitor's."""

    case: Case
    covered: float
    width: float
    error: float
    competitor: float

    def missed(self) -> Iterator[str]:
        """The lines that are not met."""
        most = 1.0 if self.case.kind in WIDER else COVERED[1]
        if not COVERED[0] <= self.covered <= most:
            yield f"coverage {self.covered:.3f}"
        if self.error > WORSE * self.competitor:
            yield f"error {self.error / self.competitor:.2f} x"
        if self.case.kind == "spikes" and self.width >= WIDTH:
            yield f"width {self.width:.2f}"


def score(case: Case, model: Model, trials: int) -> Score:
    """The mean of some trials."""
    found = []
    for trial in range(trials):
        rng = np.random.default_rng([trial, case.per_day, case.days, len(case.kind)])
        values = made(case, rng)
        count = case.per_day * case.days
        buckets = pd.date_range(START, periods=count, freq=timedelta(days=1) / case.per_day)
        history = pd.DataFrame({"bucket": buckets, "value": values[:count].astype("int64")})
        ahead = forecast(history, periods=case.ahead, model=model).tail(case.ahead)
        actual = values[count:]
        lower, upper, predicted = (ahead[c].to_numpy() for c in ("lower", "upper", "predicted"))
        days = range(1, min(case.days, 7) + 1)
        before = [values[count - d * case.per_day :][: case.ahead] for d in days]
        covered = ((actual >= lower) & (actual <= upper)).mean()
        width = (upper - lower).mean() / values.mean()
        missed = (np.abs(actual - of).mean() for of in (predicted, np.median(before, axis=0)))
        found.append((covered, width, *missed))
    return Score(case, *map(float, np.mean(found, axis=0)))


HEAD = (
    f"{'series':<20}{'a day':>7}{'days':>6}{'ahead':>7}{'coverage':>10}{'width/mean':>12}"
    f"{'error/median of days':>22}  missed"
)


def _row(of: Score) -> str:
    case = of.case
    return (
        f"{case.kind:<20}{case.per_day:>7}{case.days:>6}{case.ahead:>7}{of.covered:>10.1%}"
        f"{of.width:>12.2f}{of.error / of.competitor:>22.2f} "
    )


def main() -> None:
    """Print a table for each model; exit 1 if `auto` misses a line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forecasts", description=__doc__)
    parser.add_argument("--trials", type=int, default=14, help="Series of each kind (14).")
    parser.add_argument("--model", action="append", choices=MODELS, help="Only this model.")
    options = parser.parse_args()
    failed = False
    for model in options.model or MODELS:
        print("", model, HEAD, sep="\n")
        for case in CASES:
            of = score(case, model, options.trials)
            missed = list(of.missed())
            print(_row(of), ", ".join(missed), flush=True)
            failed |= model == "auto" and bool(missed)
    sys.exit(failed)


if __name__ == "__main__":
    main()
