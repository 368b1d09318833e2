"""The same time of the days that are like the day to come: robust to spikes, aware of weekdays.

All is on a square-root scale, on which counts vary alike whatever their level.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vpcflow_core.analysis.models.base import TAILS, Curve, Floats, median, rolled

Bools = NDArray[np.bool_]

WEEK = 7
# Days that a day is predicted from, at most.
MOST_DAYS = 14
# Days are of another kind where they differ by this many times what days of one kind do, and by
# this share of the level.
APART, LEAST_APART = 6.0, 0.1
# Parts of a day whose kind is decided each by itself.
PARTS = 8
# Part of a day around a time, over which its neighbours smooth it, and over which its spread is.
SMOOTH, SPREAD = 1 / 144, 1 / 12
MOST_SMOOTH = 7
# What a growth from day to day has to save of the error of the last days to be believed.
EARNED = 0.1
LEAST_DAYS_OF_GROWTH = 5
# Part of a day that other days have to predict, for its errors to be those of the interval.
COMPARED = 0.25
# By how much more another day is away than a day's own neighbourhood, where there is no other.
ALONE = 1.1


@dataclass(frozen=True, slots=True)
class Days:
    """A series by calendar day, also the days to come.

    Attributes:
        levels: Square root of the value by day and time of the day; NaN where it is not known.
        known: Days that have begun before the end of the history.
    """

    levels: Floats
    known: int

    @property
    def hours(self) -> Floats:
        """Median of each hour (or bucket, if longer), by day."""
        parts = math.gcd(self.levels.shape[1], 24)
        split = self.levels.reshape(len(self.levels), parts, -1)
        return median(split)

    def parts(self) -> Iterator[tuple[slice, Floats]]:
        """Parts of the day, three hours each, and the medians of their hours, by day.

        A weekend begins at midnight of the people there, not of UTC.
        """
        hours, wide = self.hours, self.levels.shape[1]
        count = math.gcd(hours.shape[1], PARTS)
        for part, of in enumerate(np.split(hours, count, axis=1)):
            yield slice(part * wide // count, (part + 1) * wide // count), of


def by_days(values: Floats, first: int, per_day: int, rows: int) -> Curve:
    """Continue a series by the same time of the days before.

    A day is predicted by the median of those of the last 14 days that are like it: like the same
    day of the week before, where the data reaches back so far, three hours by three hours; and
    smoothed over the neighbours of ten minutes, if that errs less. The interval is made of the
    errors of the past, where each day is predicted by the others. A growth from day to day is
    believed if it would have made the errors of the last two days smaller by a tenth.

    Args:
        values: A value a bucket, NaN where there is none; a day at least.
        first: Number of the first bucket since 1970.
        per_day: Buckets a day.
        rows: Buckets to predict, those of the history first.
    """
    into, count = first % per_day, len(values)
    grid = np.full(math.ceil((into + rows) / per_day) * per_day, np.nan)
    grid[into : into + count] = np.sqrt(np.maximum(values, 0))
    days = Days(grid.reshape(-1, per_day), math.ceil((into + count) / per_day))
    with warnings.catch_warnings(), np.errstate(invalid="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # medians of nothing are nothing
        parts = _predicted(days, _growth(days))
    predicted, lower, upper = (part.ravel()[into : into + rows] for part in parts)
    return Curve(
        np.maximum(predicted, 0) ** 2, np.maximum(lower, 0) ** 2, np.maximum(upper, 0) ** 2
    )


def _predicted(days: Days, grown: Floats) -> tuple[Floats, Floats, Floats]:
    """Middle and interval of every day."""
    flat = Days(days.levels / grown, days.known)
    middle = _middle(flat)
    errors = flat.levels - middle
    if (~np.isnan(errors)).sum() < COMPARED * errors.shape[1]:
        # Hardly more than one day: how far it is from its own neighbourhood, and a bit more.
        smooth = _smoothed(flat.levels, max(1, _around(flat)))
        errors = (flat.levels - smooth) * ALONE
    spread = _spread(errors)
    low, high = np.nanquantile(errors / spread, TAILS)
    middle = _filled(middle, flat.levels)
    edges = middle + min(low, 0) * spread, middle + max(high, 0) * spread
    return middle * grown, edges[0] * grown, edges[1] * grown


def _middle(days: Days) -> Floats:
    """What the other days say of each day."""
    plain = _medians(days)
    smooth = median(rolled(plain, _around(days)))
    missed = [np.nanmean(np.abs(days.levels - middle)) for middle in (plain, smooth)]
    return plain if missed[0] <= missed[1] else smooth


def _medians(days: Days) -> Floats:
    """The median of the days that are like each, part by part."""
    made = np.full_like(days.levels, np.nan)
    for part, hours in days.parts():
        for day, like in enumerate(alike(hours, days.known)):
            chosen = days.levels[like, part]
            if len(chosen):
                made[day, part] = median(chosen.T)
    return made


def _around(days: Days) -> int:
    """Neighbours that smooth a time, on either side."""
    return min(MOST_SMOOTH, int(days.levels.shape[1] * SMOOTH))


def alike(hours: Floats, known: int) -> Bools:
    """For each day, which of the days of the past are like it in a part; never itself.

    Args:
        hours: The medians of the part's hours, by day.
        known: Days of the past.
    """
    count = len(hours)
    begun = (np.arange(count) < known) & ~np.isnan(hours).all(axis=1)
    gaps = median(np.abs(hours[:, None] - hours))
    np.fill_diagonal(gaps, np.nan)
    usual = float(np.nan_to_num(np.nanmedian(np.sort(gaps, axis=1)[:, :2])))
    apart = max(APART * usual, LEAST_APART * float(np.nan_to_num(np.nanmedian(hours))))
    bases = hours.copy()
    for day in range(WEEK, count):
        if same := [d for d in range(day - WEEK, -1, -WEEK) if begun[d]]:
            bases[day] = median(hours[same].T)
    near = median(np.abs(bases[:, None] - hours)) <= apart
    away = np.abs(np.arange(count)[:, None] - np.arange(count))
    others = begun & (away > 0)
    # A kind of one day is no kind: it may have been an odd one.
    of_kind = ((begun & near).sum(axis=1) > 1) & (others & near).any(axis=1)
    chosen = np.where(of_kind[:, None], others & near, others)
    nearest = np.argsort(np.where(chosen, away, count), axis=1)[:, :MOST_DAYS]
    made = np.zeros((count, count), dtype=bool)
    np.put_along_axis(made, nearest, np.take_along_axis(chosen, nearest, 1), 1)
    return made


def _growth(days: Days) -> Floats:
    """The level of each day over that of the first, 1 if growing does not earn its place."""
    whole = np.flatnonzero(~np.isnan(days.levels).all(axis=1))
    count = len(days.levels)
    if len(whole) < LEAST_DAYS_OF_GROWTH:
        return np.ones((count, 1))
    held_out = whole[-2:]
    past = days.levels.copy()
    past[held_out[0] :] = np.nan
    before = Days(past, int(held_out[0]))
    missed = []
    for grown in (np.ones((count, 1)), _rate(before)):
        middle = _middle(Days(past / grown, before.known)) * grown
        missed.append(float(np.nanmean(np.abs(days.levels - middle)[held_out])))
    return _rate(days) if missed[1] < (1 - EARNED) * missed[0] else np.ones((count, 1))


def _rate(days: Days) -> Floats:
    """The median of the rates between days (Theil and Sen), each compared with its kind."""
    kinds, count = alike(days.hours, days.known), len(days.levels)
    middle = median(days.hours.T)
    ratios = median(np.log(np.maximum(days.hours, 1e-9) / np.maximum(middle, 1e-9)))
    earlier, later = np.triu_indices(count, 1)
    rates = (ratios[later] - ratios[earlier]) / (later - earlier)
    rates = rates[kinds[earlier, later] & ~np.isnan(rates)]
    rate = float(np.median(rates)) if len(rates) else 0.0
    return np.asarray(np.exp(rate * (np.arange(count) - days.known + 1)))[:, None]


def _spread(errors: Floats) -> Floats:
    """How far values are from their prediction, by time of the day; never far below the usual."""
    around = max(1, int(errors.shape[1] * SPREAD))
    each = median(np.abs(errors).T)
    usual = float(np.nanmedian(np.abs(errors)))
    local = median(rolled(each, around))
    return np.maximum(np.nan_to_num(local, nan=usual), max(usual / 3, 1e-9))


def _smoothed(levels: Floats, around: int) -> Floats:
    return median(rolled(levels, around))


def _filled(middle: Floats, levels: Floats) -> Floats:
    """Times that no day has: the times beside them, else the middle of all."""
    if not np.isnan(middle).any():
        return middle
    line = middle.ravel()
    known = np.flatnonzero(~np.isnan(line))
    if not len(known):
        return np.full_like(middle, np.nanmedian(levels))
    return np.interp(np.arange(len(line)), known, line[known]).reshape(middle.shape)
