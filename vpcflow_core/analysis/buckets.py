"""What the analyses share: which buckets the data covers, and sentences that go with a frame."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

NOTES = "notes"
COMPLETE = "complete"


def step_of(series: pd.DataFrame) -> pd.Timedelta | None:
    """Length of the buckets of a filled series; None if there are fewer than two."""
    buckets = series["bucket"]
    return buckets.iloc[1] - buckets.iloc[0] if len(buckets) > 1 else None


def covered(
    series: pd.DataFrame, known_from: datetime | None, complete_until: datetime | None
) -> NDArray[np.bool_]:
    """Which buckets the data covers: those that may be judged, compared and learnt from.

    Args:
        series: Filled, its buckets of equal length; those that are not `complete`, where it has
            that column, are not covered.
        known_from: First record of all; buckets that end before it were never observed.
        complete_until: End of the data; buckets that end after it may still grow.
    """
    ends = series["bucket"] + (step_of(series) or pd.Timedelta(0))
    known = complete_of(series)
    if known_from is not None:
        known &= (ends > known_from).to_numpy()
    if complete_until is not None:
        known &= (ends <= complete_until).to_numpy()
    return known


def complete_of(series: pd.DataFrame) -> NDArray[np.bool_]:
    """Which buckets are complete; all, where the series does not say."""
    if COMPLETE not in series:
        return np.ones(len(series), dtype=bool)
    return series[COMPLETE].to_numpy(dtype=bool, copy=True)


def nullable(values: pd.Series[Any]) -> pd.Int64Dtype | pd.Float64Dtype | np.dtype[Any]:
    """The type in which whole numbers stay exact beside missing ones, beyond 64 bits too."""
    if pd.api.types.is_object_dtype(values):
        return np.dtype("object")
    return pd.Int64Dtype() if pd.api.types.is_integer_dtype(values) else pd.Float64Dtype()


def noted(frame: pd.DataFrame, *sentences: str) -> pd.DataFrame:
    """The frame, with sentences about it besides those that it has; each once."""
    frame.attrs[NOTES] = tuple(dict.fromkeys((*notes_of(frame), *sentences)))
    return frame


def notes_of(frame: pd.DataFrame) -> tuple[str, ...]:
    """What to know about a frame, in sentences."""
    return tuple(frame.attrs.get(NOTES, ()))
