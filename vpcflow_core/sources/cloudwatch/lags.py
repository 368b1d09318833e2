"""How long events took from their time to the log group: what `ingestionTime` tells of delays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Fewer events say little of how long the slowest take.
FEWEST = 20
SLOWEST = 0.98
# What took longer was not delivered by a flow log then, but put there later.
HONEST = 90 * 60_000  # ms


def lags_of(events: Iterable[Mapping[str, Any]]) -> NDArray[np.int64]:
    """From the time of each event, the start of its record, to its arrival; ms."""
    lags = [e["ingestionTime"] - e["timestamp"] for e in events if "ingestionTime" in e]
    return np.array(lags, dtype="int64")


def delay_of(pages: Sequence[NDArray[np.int64]]) -> timedelta | None:
    """What the slowest events needed beyond the quickest.

    Args:
        pages: Lags as `lags_of` gives them.

    Returns:
        The 98th percentile less the least; None where too few events tell it, or half of them or
        more were not delivered by a flow log.
    """
    lags = np.concatenate(pages) if pages else np.empty(0, dtype="int64")
    honest = lags[(lags >= 0) & (lags <= HONEST)]
    if len(honest) < max(FEWEST, len(lags) / 2):
        return None
    return timedelta(milliseconds=int(np.quantile(honest, SLOWEST) - honest.min()))
