"""Which days are like each other: for all days at once as for each by itself."""

from __future__ import annotations

import warnings

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vpcflow_core.analysis.models.base import Floats, median
from vpcflow_core.analysis.models.days import APART, LEAST_APART, MOST_DAYS, WEEK, alike


@st.composite
def hours(draw: st.DrawFn) -> Floats:
    """Medians of hours by day: weekends, odd days, and days of which little is known."""
    days, wide = draw(st.integers(1, 25)), draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    made = rng.normal(50, draw(st.sampled_from([0.0, 1.0, 20.0])), (days, wide))
    made[np.arange(days) % WEEK > 4] *= draw(st.sampled_from([1.0, 0.3]))
    made[rng.random(made.shape) < draw(st.sampled_from([0.0, 0.2]))] = np.nan
    made[draw(st.integers(0, days)) :] = np.nan
    return made


@settings(max_examples=100, deadline=None)
@given(hours(), st.integers(0, 25))
def test_days_are_like_those_that_each_by_itself_is_like(hours: Floats, known: int) -> None:
    count = len(hours)
    begun = (np.arange(count) < known) & ~np.isnan(hours).all(axis=1)
    gaps = median(np.abs(hours[:, None] - hours))
    np.fill_diagonal(gaps, np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # medians of nothing are nothing
        found = alike(hours, known)
        usual = float(np.nan_to_num(np.nanmedian(np.sort(gaps, axis=1)[:, :2])))
        level = float(np.nan_to_num(np.nanmedian(hours)))
    apart = max(APART * usual, LEAST_APART * level)
    for day in range(count):
        same = [d for d in range(day - WEEK, -1, -WEEK) if begun[d]]
        near = median(np.abs(median(hours[same or [day]].T) - hours)) <= apart
        others = begun & (np.arange(count) != day)
        is_kind = (begun & near).sum() > 1 and (others & near).any()
        chosen = others & near if is_kind else others
        away = np.abs(np.arange(count) - day)
        assert (found[day] <= chosen).all()
        assert found[day].sum() == min(chosen.sum(), MOST_DAYS)
        # The nearest of them; of two that are as far, either.
        assert sorted(away[found[day]]) == sorted(away[chosen])[:MOST_DAYS]
