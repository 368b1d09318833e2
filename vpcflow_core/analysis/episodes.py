"""Neighbouring violations as one episode."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd

# Violations that are no further apart than this belong to one episode; one empty bucket always may.
GAP = timedelta(minutes=10)
# Series that an episode names.
NAMED = 2
COLUMNS = [
    "start", "end", "what", "measure", "value", "lower", "upper", "deviations", "change", "score",
    "panel", "field", "of",
]  # fmt: skip


def episodes(violations: pd.DataFrame, every: timedelta) -> pd.DataFrame:
    """Violations of several series, those that neighbour each other joined; the worst first.

    Args:
        violations: A row a violation, columns `bucket`, `panel`, `title`, `measure`, `value`,
            `lower`, `upper`, `error`, `deviations`, and `field` and `of`: whose series it is,
            or "".
        every: Length of the buckets, of those without one in a column `every`.

    Returns:
        A row an episode: `start`, `end`; `what`, the titles of its series, the worst first; of the
        worst violation `measure`, `value`, `lower`, `upper`, `deviations`, `panel`, `field`, `of`;
        `change`, by how much that series was more or less than expected in all; `score`, by which
        they are sorted: of the worst series, the root of the sum of squares of its deviations, so
        that what lasts counts more than what is short.
    """
    if violations.empty:
        return pd.DataFrame(columns=COLUMNS)
    found = violations.sort_values("bucket", kind="stable", ignore_index=True)
    # Overlapping in time is enough: one incident shows in many series.
    lengths = found["every"] if "every" in found else pd.Series(every, index=found.index)
    found = found.assign(until=found["bucket"] + lengths)
    most = max(GAP, 2 * pd.Timedelta(lengths.max()).to_pytimedelta())
    apart = found["bucket"] - found["until"].cummax().shift() >= most
    rows = [_episode(part) for _, part in found.groupby(apart.cumsum())]
    made = pd.DataFrame(rows, columns=COLUMNS)
    return made.sort_values(["score", "start"], ascending=[False, True], ignore_index=True)


def _listed(titles: list[str]) -> str:
    """The first of them, and how many more there are."""
    more = len(titles) - NAMED
    return ", ".join(titles[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _episode(part: pd.DataFrame) -> dict[str, object]:
    """One episode of its violations."""
    name = part["panel"] + "\t" + part["field"] + "\t" + part["of"]
    squares = part["deviations"].clip(upper=1e6).pow(2).groupby(name).sum()
    scores = np.sqrt(squares).sort_values(ascending=False, kind="stable")
    own = part[name == scores.index[0]]
    worst = own.loc[own["deviations"].idxmax()]
    order = part.groupby("title")["deviations"].max().sort_values(ascending=False).index
    first = str(worst["title"])
    return {
        "start": part["bucket"].iloc[0],
        "end": part["until"].max(),
        "what": _listed([first, *(title for title in order if title != first)]),
        "change": float(own["error"].sum()),
        "score": float(scores.iloc[0]),
        **worst[["measure", "value", "lower", "upper", "deviations"]],
        **worst[["panel", "field", "of"]],
    }
