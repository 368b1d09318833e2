"""How long deliveries take, and what syncs of a span left out, by flow log; from the objects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vpcflow_core.flow_log_hours import DELAY, FlowLogHours
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
# Of the hours of a log group; each has its own slowest events.
MOSTLY = 0.9
MINUTE = 60_000  # ms
# AWS collects the records of five minutes, by the clock, in files that are delivered one by one.
SLOT = 5 * MINUTE
# What took longer was not delivered then but copied there.
HONEST = 60 * MINUTE
BOUNDS = (MINUTE, 30 * MINUTE)
MILLISECOND = timedelta(milliseconds=1)

# NOT INDEXED: from the newest on.
_DELIVERED = f"""
    SELECT {NAME} AS name, delivered, flow_log_id <> '' AS by_slot, time, first, last FROM (
        SELECT * FROM objects NOT INDEXED ORDER BY id DESC LIMIT {RECENT}
    ) AS objects JOIN sources ON source = sources.id
    WHERE delivered IS NOT NULL AND last IS NOT NULL AND state = 'loaded' {{also}}
"""  # noqa: S608 (our own text)
_EVENTS = f"""
    SELECT {NAME} AS name, delay FROM (
        SELECT * FROM objects NOT INDEXED ORDER BY id DESC LIMIT {RECENT}
    ) AS objects JOIN sources ON source = sources.id
    WHERE delay IS NOT NULL AND state = 'loaded' {{also}}
"""  # noqa: S608 (our own text)
_IN_PART = f"""
    SELECT {NAME} AS name, identity, spans, rest_first, rest_last
    FROM objects JOIN sources ON source = sources.id
    WHERE state IN ('loaded', 'broken') AND identity IN (
        SELECT identity FROM objects WHERE rest_first IS NOT NULL
    ) {{also}}
"""  # noqa: S608 (our own text)


def with_delays(
    logs: Iterable[FlowLogHours], ledger: Ledger, sources: Sequence[str] | None
) -> list[FlowLogHours]:
    """The flow logs with the span between their quickest and their slowest delivery.

    Args:
        logs: Flow logs; those of which it is not known stay as they are.
        ledger: The store's ledger.
        sources: URLs; None: all.
    """
    objects = _by_name(ledger, _DELIVERED, sources)
    events = _by_name(ledger, _EVENTS, sources)
    return [
        replace(log, delay=_of_events(log, events[log.name]))
        if log.name in events
        else replace(log, delay=_delay(objects[log.name]) if log.name in objects else log.delay)
        for log in logs
    ]


def _by_name(ledger: Ledger, sql: str, sources: Sequence[str] | None) -> dict[str, list[Any]]:
    by_name: dict[str, list[Any]] = defaultdict(list)
    for row in _rows(ledger, sql, sources):
        by_name[row["name"]].append(row)
    return dict(by_name)


def _of_events(log: FlowLogHours, rows: Sequence[Any]) -> timedelta:
    """What the slowest events of a log group need beyond the quickest.

    They are measured from their start, so that how long a record lasts, which `settled_until` adds
    anew, is part of it.
    """
    usual = timedelta(milliseconds=int(np.quantile([row["delay"] for row in rows], MOSTLY)))
    return _bounded((usual - log.lasting) // MILLISECOND)


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
    return _bounded(spread)


def _bounded(ms: int) -> timedelta:
    return timedelta(milliseconds=int(np.clip(ms, *BOUNDS)))


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
