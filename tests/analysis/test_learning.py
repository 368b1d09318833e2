"""Bands that are learnt many blocks at a time equal those of a loop over all blocks."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view

from tests.analysis.plain_bands import plain
from vpcflow_core.analysis.bands import days
from vpcflow_core.analysis.bands.base import Bools, Floats
from vpcflow_core.analysis.bands.learning import Learning, Pace

MINUTES = st.sampled_from([5, 7, 30, 60])


@st.composite
def changing(draw: st.DrawFn) -> tuple[Floats, Bools]:
    """A series with spikes, silences, levels that last, and holes of which nothing is known."""
    count, level = draw(st.integers(0, 1_500)), draw(st.sampled_from([0.2, 3.0, 300.0]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    values = rng.poisson(level, count).astype(float)
    known = np.ones(count, dtype=bool)
    for _ in range(draw(st.integers(0, 5))):
        start, length = draw(st.integers(0, max(count - 1, 0))), draw(st.integers(1, 200))
        part = slice(start, start + length)
        times = draw(st.sampled_from([0, 1.5, 4, 20, None]))
        if times is None:
            known[part] = False
        else:
            values[part] *= times
    return values, known


@settings(max_examples=60, deadline=None)
@given(changing(), MINUTES, st.integers(0, 400), st.booleans())
def test_blocks_judged_at_once_are_judged_as_one_by_one(
    series: tuple[Floats, Bools], minutes: int, first: int, seasonal: bool
) -> None:
    values, known = series
    pace, level = Pace.of(timedelta(minutes=minutes)), np.sqrt(values)
    made = Learning(level, known, pace, first, 1.0, seasonal=seasonal)
    made.learn()
    expected = plain(level, known, pace, first, seasonal)
    assert (made.judged == expected.judged).all()
    np.testing.assert_array_equal(made.expected, expected.expected)
    np.testing.assert_allclose(made.beyond, expected.beyond, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("length", [30, 60, 200])
def test_blocks_after_one_that_left_the_band_do_not_learn_from_it(length: int) -> None:
    values = np.random.default_rng(1).poisson(200, 3_000).astype(float)
    values[2_000 : 2_000 + length] *= 4
    known, pace = np.ones(3_000, dtype=bool), Pace.of(timedelta(minutes=5))
    made = Learning(np.sqrt(values), known, pace, 0, 1.0, seasonal=True)
    made.learn()
    expected = plain(np.sqrt(values), known, pace, 0, True)
    np.testing.assert_array_equal(made.expected, expected.expected)


@pytest.mark.parametrize("around", [0, 1, 2, 3, 10])
@pytest.mark.parametrize("extreme", [np.fmin, np.fmax, np.logical_or])
def test_extremes_of_what_is_around_are_those_of_each_window(
    around: int, extreme: np.ufunc
) -> None:
    rng = np.random.default_rng(around)
    values = np.where(rng.random((3, 60)) < 0.3, np.nan, rng.normal(size=(3, 60)))
    if extreme is np.logical_or:
        values = values > 1
    windows = sliding_window_view(values, 2 * around + 1, axis=1)
    np.testing.assert_array_equal(
        days._over(values, around, extreme), extreme.reduce(windows, axis=2)
    )
