"""Silence that lasts longer than it ever did."""

from __future__ import annotations

import numpy as np

from vpcflow_core.analysis.bands.base import Bools, Floats

# Times the second longest silence before; and buckets that a silence lasts at least.
LONGER = 2
LEAST_SILENCE = 5


def unusual_silence(values: Floats, known: Bools, learnt: int) -> Bools:
    """Buckets of zeros in a row, from where the row is over twice as long as is usual.

    Usual is the second longest row before: what happened once is no habit yet. A row that is most
    of the time before is how things are, though: after its one burst an address is silent again.
    It finds what a band cannot: where a single zero is nothing odd, the band reaches down to it.

    Args:
        values: A value a bucket.
        known: Which of them are known.
        learnt: Buckets before the first verdict.
    """
    silent = known & (values == 0)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], silent, [False]]).astype(np.int8)))
    found = np.zeros(len(values), dtype=bool)
    before = np.concatenate([[0], np.cumsum(known)])
    longest = second = 0
    for start, end in edges.reshape(-1, 2).tolist():
        usual = longest if 2 * longest > before[start] else second
        limit = max(LEAST_SILENCE, LONGER * usual)
        if start >= learnt:
            found[start + limit : end] = True
        second = max(second, min(end - start, longest))
        longest = max(longest, end - start)
    return found
