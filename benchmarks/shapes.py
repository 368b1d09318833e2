"""Series of known shape, a value a minute, and incidents that are put into them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Random = np.random.Generator

DAY = 1440
HOUR = 60
LEVEL = 300.0  # flows a minute
# The sizes of incidents: times the level.
TIMES = 5.0
# Share of the busiest host in the total.
HOST = 0.25


def _hours(minutes: int, phase: int) -> tuple[Floats, NDArray[np.int64]]:
    """Hour of the day and number of the day, of each minute."""
    at = np.arange(minutes) + phase
    return (at % DAY) / HOUR, at // DAY


def _rhythm(minutes: int, phase: int) -> Floats:
    hours, _ = _hours(minutes, phase)
    return 1 + 0.6 * np.sin(2 * np.pi * (hours / 24 - 0.3))


def steady(rng: Random, minutes: int, phase: int) -> Floats:
    """Health checks: a level that hardly varies."""
    return np.round(rng.normal(LEVEL, 4, minutes))


def poisson(rng: Random, minutes: int, phase: int) -> Floats:
    """Independent requests."""
    return rng.poisson(LEVEL / 10, minutes).astype(float)


def daily(rng: Random, minutes: int, phase: int) -> Floats:
    """The rhythm of a day: four times as much in the afternoon as at night."""
    return rng.poisson(LEVEL * _rhythm(minutes, phase)).astype(float)


def office(rng: Random, minutes: int, phase: int) -> Floats:
    """Office hours with hard edges, and a quiet weekend."""
    hours, days = _hours(minutes, phase)
    level = np.where((hours >= 8) & (hours < 18), 1.8, 0.3)
    return rng.poisson(LEVEL * np.where(days % 7 >= 5, 0.35 * level, level)).astype(float)


def bursty(rng: Random, minutes: int, phase: int) -> Floats:
    """A level that wanders for minutes (autoregression on a logarithmic scale), and batches."""
    noise, wander = rng.normal(0, 0.12, minutes), np.zeros(minutes)
    for at in range(1, minutes):
        wander[at] = 0.95 * wander[at - 1] + noise[at]
    batches = rng.random(minutes) < 0.02
    return rng.poisson(LEVEL * np.exp(wander) * np.where(batches, 2.5, 1)).astype(float)


def heavy(rng: Random, minutes: int, phase: int) -> Floats:
    """Bytes: the sizes of flows vary over orders of magnitude."""
    flows = rng.poisson(60 * _rhythm(minutes, phase))
    sizes = rng.lognormal(9, 1.6, int(flows.sum()))
    return np.round(np.add.reduceat(np.append(sizes, 0), np.append(0, flows.cumsum()[:-1])))


def backup(rng: Random, minutes: int, phase: int) -> Floats:
    """Half an hour at night that dwarfs the day."""
    values = rng.poisson(LEVEL * _rhythm(minutes, phase)).astype(float)
    hours, days = _hours(minutes, phase)
    late = rng.integers(-3, 4, int(days.max()) + 1)[days] / HOUR  # it does not begin to the minute
    return values + rng.poisson(9_000, minutes) * ((hours >= 3 + late) & (hours < 3.5 + late))


# Made from chance, minutes, and minutes since a Monday began.
Shape = Callable[[Random, int, int], Floats]
SERIES: dict[str, Shape] = {
    "steady": steady,
    "poisson": poisson,
    "daily rhythm": daily,
    "office week": office,
    "bursty": bursty,
    "heavy-tailed bytes": heavy,
    "nightly backup": backup,
}


def _evening(rng: Random, minutes: int, phase: int) -> Floats:
    """A streaming service: busiest in the evening, more so at weekends."""
    hours, days = _hours(minutes, phase)
    evening = np.exp(3 * (np.cos(2 * np.pi * (hours - 21) / 24) - 1))
    return rng.poisson(40 + 160 * evening * np.where(days % 7 >= 5, 1.5, 1)).astype(float)


def _idle(rng: Random, minutes: int, phase: int) -> Floats:
    """Mostly nothing, now and then a few records."""
    return rng.poisson(0.3, minutes).astype(float)


def _cron(rng: Random, minutes: int, phase: int) -> Floats:
    """A job each quarter of an hour."""
    at = np.arange(minutes) + phase
    return rng.poisson(np.where(at % 15 == 0, 400, 40)).astype(float)


def _overdispersed(rng: Random, minutes: int, phase: int) -> Floats:
    """Requests in clusters (negative binomial), with a rhythm."""
    mean = 80 * _rhythm(minutes, phase)
    return rng.negative_binomial(3, 3 / (3 + mean)).astype(float)


def _pareto(rng: Random, minutes: int, phase: int) -> Floats:
    """Bytes of few flows with a Pareto tail."""
    flows = rng.poisson(15, minutes) + 1
    sizes = 1500 * (1 + rng.pareto(1.7, int(flows.sum())))
    return np.round(np.add.reduceat(sizes, np.append(0, flows.cumsum()[:-1])))


def _shifting(rng: Random, minutes: int, phase: int) -> Floats:
    """Each deployment changes the level a little."""
    steps = np.cumsum(rng.normal(0, 0.15, minutes // 700 + 2))[np.arange(minutes) // 700]
    return rng.poisson(200 * np.exp(steps)).astype(float)


def _lunch(rng: Random, minutes: int, phase: int) -> Floats:
    """Soft office hours with a dip at noon, weekdays alone."""
    hours, days = _hours(minutes, phase)
    work = 1 / (1 + np.exp(-(hours - 9) * 3)) / (1 + np.exp((hours - 17.5) * 3))
    work *= 1 - 0.4 * np.exp(-((hours - 12.5) ** 2) / 0.2)
    return rng.poisson(30 + 500 * work * (days % 7 < 5)).astype(float)


# Shapes that the methods were not chosen by.
HELD_OUT: dict[str, Shape] = {
    "evening": _evening,
    "idle": _idle,
    "cron": _cron,
    "clusters": _overdispersed,
    "pareto bytes": _pareto,
    "deployments": _shifting,
    "lunch": _lunch,
}


@dataclass(frozen=True, slots=True)
class Planted:
    """A series with an incident in it.

    Attributes:
        values: The series.
        start, end: First and one past the last minute of the incident.
    """

    values: Floats
    start: int
    end: int


def _jump(values: Floats, at: int, rng: Random) -> Planted:
    """Five times the level, for a minute or a few."""
    return _times(values, at, at + int(rng.integers(1, 6)), TIMES)


def _surge(values: Floats, at: int, rng: Random) -> Planted:
    return _times(values, at, at + HOUR, TIMES)


def _drop(values: Floats, at: int, rng: Random) -> Planted:
    return _times(values, at, at + int(rng.integers(5, HOUR)), 0)


def _growth(values: Floats, at: int, rng: Random) -> Planted:
    """To five times the level within six hours."""
    return _times(values, at, at + 6 * HOUR, np.linspace(1, TIMES, 6 * HOUR))


def _host(values: Floats, at: int, rng: Random) -> Planted:
    """One host's traffic five times as much for an hour; the rest as ever."""
    return _times(values, at, at + HOUR, 1 + HOST * (TIMES - 1))


def _times(values: Floats, start: int, end: int, factor: float | Floats) -> Planted:
    made = values.copy()
    made[start:end] = np.round(made[start:end] * factor)
    return Planted(made, start, end)


INCIDENTS: dict[str, Callable[[Floats, int, Random], Planted]] = {
    "jump": _jump,
    "surge of an hour": _surge,
    "drop to nothing": _drop,
    "slow growth": _growth,
    "one host's surge": _host,
}
