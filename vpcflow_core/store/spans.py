"""Sets of time: sorted spans that do not touch, in milliseconds since 1970, ends not included."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime

from vpcflow_core.store.ledger import from_ms, to_ms
from vpcflow_core.times import Window

Spans = tuple[tuple[int, int], ...]
# Times of records are never negative (fields.KINDS), and none is later than that.
LATEST = 2**62
NEVER: Spans = ()
EVER: Spans = ((0, LATEST),)


def spans_of(window: Window | None) -> Spans:
    """A window as a set; None: all time."""
    return EVER if window is None else between(window.start, window.end)


def between(start: datetime, end: datetime) -> Spans:
    """The time from `start` to `end`; none where the end is no later."""
    low, high = max(to_ms(start), 0), to_ms(end)
    return ((low, high),) if low < high else NEVER


def windows_of(spans: Spans) -> list[Window]:
    """Its spans as windows; all of them must end within the calendar."""
    return [Window(from_ms(start), from_ms(end)) for start, end in spans]


def union(*sets: Spans) -> Spans:
    """What lies in any of them.

    >>> union(((0, 10), (20, 30)), ((10, 15),))
    ((0, 15), (20, 30))
    """
    return tuple(_joined(sorted(span for spans in sets for span in spans)))


def _joined(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    open_from, open_to = -1, -1
    for start, end in spans:
        if start > open_to:
            if open_from < open_to:
                yield open_from, open_to
            open_from, open_to = start, end
        open_to = max(open_to, end)
    if open_from < open_to:
        yield open_from, open_to


def minus(spans: Spans, taken: Spans) -> Spans:
    """What lies in the first and not in the second.

    >>> minus(((0, 10), (20, 30)), ((5, 25),))
    ((0, 5), (25, 30))
    """
    for low, high in taken:
        parts = (
            part
            for start, end in spans
            for part in ((start, min(end, low)), (max(start, high), end))
        )
        spans = tuple((start, end) for start, end in parts if start < end)
    return spans


def common(spans: Spans, others: Spans) -> Spans:
    """What lies in both.

    >>> common(((0, 10), (20, 30)), ((5, 25),))
    ((5, 10), (20, 25))
    """
    return minus(spans, minus(EVER, others))


def to_text(spans: Spans) -> str | None:
    """The set as the ledger keeps it; all time is NULL."""
    return None if spans == EVER else json.dumps(spans)


def from_text(text: str | None) -> Spans:
    """The set that the ledger keeps.

    >>> from_text(to_text(((5, 25),))), from_text(to_text(EVER)) == EVER
    (((5, 25),), True)
    """
    return EVER if text is None else tuple((start, end) for start, end in json.loads(text))
