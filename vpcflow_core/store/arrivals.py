"""How long deliveries take, and what syncs of a span left out, by flow log; from the objects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vpcflow_core.coverage import DELAY
from vpcflow_core.store.ledger import Ledger
from vpcflow_core.store.spans import EVER, Spans, from_text, minus, union

# What the hours of an object belong to, as `covering` names it.
NAME = """iif(flow_log_id <> '', flow_log_id, iif(account || region = '', url,
    trim(account || ' ' || region)))"""
# The objects loaded last; of one flow log AWS delivers 288 files a day or a few times that.
RECENT = 5_000
# Fewer say little of what the slowest of them is.
FEWEST = 20
SLOWEST = 0.98
MINUTE = 60_000  # ms
# AWS collects the records of five minutes, by the clock, in files that are delivered one by one.
SLOT = 5 * MINUTE
# What took longer was not delivered then but copied there.
HONEST = 60 * MINUTE
BOUNDS = (MINUTE, 30 * MINUTE)

# NOT INDEXED: from the newest on.
_DELIVERED = f"""
    SELECT {NAME} AS name, delivered, flow_log_id <> '' AS by_slot, time, first, last FROM (
        SELECT * FROM objects NOT INDEXED ORDER BY id DESC LIMIT {RECENT}
    ) AS objects JOIN sources ON source = sources.id
    WHERE delivered IS NOT NULL AND last IS NOT NULL AND state = 'loaded' {{also}}
"""  # noqa: S608 (our own text)
_IN_PART = f"""
    SELECT {NAME} AS name, identity, spans, rest_first, rest_last
    FROM objects JOIN sources ON source = sources.id
    WHERE state IN ('loaded', 'broken') AND identity IN (
        SELECT identity FROM objects WHERE rest_first IS NOT NULL
    ) {{also}}
"""  # noqa: S608 (our own text)


def delays(ledger: Ledger, sources: Sequence[str] | None) -> dict[str, timedelta]:
    """Span between the quickest and the slowest delivery, of flow logs of which that is known.

    Args:
        ledger: The store's ledger.
        sources: URLs; None: all.
    """
    by_name: dict[str, list[Any]] = defaultdict(list)
    for row in _rows(ledger, _DELIVERED, sources):
        by_name[row["name"]].append(row)
    return {name: _delay(rows) for name, rows in by_name.items()}


def left_out(ledger: Ledger, sources: Sequence[str] | None) -> dict[str, Spans]:
    """The times of which records lie in objects that were loaded for a span only, by flow log.

    Args:
        ledger: The store's ledger.
        sources: URLs; None: all.
    """
    objects: dict[str, list[Any]] = defaultdict(list)
    for row in _rows(ledger, _IN_PART, sources):
        objects[row["identity"]].append(row)
    by_name: dict[str, Spans] = {}
    for name, spans in (found for rows in objects.values() for found in _lacking(rows)):
        by_name[name] = union(by_name.get(name, ()), spans)
    return {name: _closed(spans) for name, spans in by_name.items() if spans}


def _closed(spans: Spans) -> Spans:
    """The spans, as one where no more than five minutes lie between: objects follow one another."""
    wide = union(*(((start, end + SLOT),) for start, end in spans))
    return tuple((start, end - SLOT) for start, end in wide)


def _rows(ledger: Ledger, sql: str, sources: Sequence[str] | None) -> list[Any]:
    marks = ", ".join("?" * len(sources or ()))
    also = "" if sources is None else f"AND url IN ({marks})"
    return ledger.rows(sql.format(also=also), list(sources or ()))


def _delay(rows: Sequence[Any]) -> timedelta:
    """What the slowest deliveries of a flow log need beyond the quickest.

    A file with AWS's name is measured from the five minutes it was made for: one that comes late
    holds back all five. Of others it is measured from their newest record.
    """
    by_slot = all(row["by_slot"] and row["time"] is not None for row in rows)
    ends = [row["time"] + SLOT if by_slot else row["last"] for row in rows]
    lags = np.array([row["delivered"] for row in rows]) - np.array(ends)
    honest = lags[(lags >= 0) & (lags <= HONEST)]
    if len(honest) < max(FEWEST, len(lags) / 2):
        return DELAY
    spread = _spread(honest)
    if by_slot:
        spread = -(-spread // SLOT) * SLOT
    return timedelta(milliseconds=int(np.clip(spread, *BOUNDS)))


def _spread(lags: NDArray[np.int64]) -> int:
    return int(np.quantile(lags, SLOWEST) - lags.min())


def _lacking(rows: Iterable[Any]) -> Iterator[tuple[str, Spans]]:
    """What is missing of one object, whatever sources lead to it; by the flow log's name."""
    rows = list(rows)
    held = union(*(EVER if row["rest_first"] is None else from_text(row["spans"]) for row in rows))
    for row in rows:
        if row["rest_first"] is not None:
            rest = minus(((row["rest_first"], row["rest_last"] + 1),), held)
            yield row["name"], rest
