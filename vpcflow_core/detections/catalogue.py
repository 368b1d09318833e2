"""Every detection, and the incidents that they find together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import pandas as pd

from vpcflow_core.detections.base import HOUR, SEVERITIES, Detection, Look
from vpcflow_core.detections.incidents import Incident, incidents
from vpcflow_core.detections.knocking import KNOCKING
from vpcflow_core.detections.log_health import LOG_HEALTH
from vpcflow_core.detections.reaching_out import REACHING_OUT
from vpcflow_core.detections.unusual_ways import UNUSUAL_WAYS
from vpcflow_core.detections.watch_list import NO_LIST, WatchList
from vpcflow_core.errors import MissingDataError, ParameterError, closest
from vpcflow_core.panels.lacking import reason, sentences
from vpcflow_core.panels.log_queries import LogQueries
from vpcflow_core.query.filters import NO_FILTERS, Filters
from vpcflow_core.times import Window, ceil_to, floor_to

DETECTIONS: Mapping[str, Detection] = {
    each.slug: each for each in (*KNOCKING, *REACHING_OUT, *UNUSUAL_WAYS, *LOG_HEALTH)
}
ADDRESSES = ("srcaddr", "dstaddr", "own")
IDS = ("interface_id", "vpc_id")
NO_WATCH_LIST = "Watched addresses were not looked for: the settings have no watch list."
COLUMNS = (
    "detection", "severity", "what", "who", "names", "since", "until", "going", "evidence",
    "attack", "next_step", "filters", "id",
)  # fmt: skip


NOT_LOOKED_FOR = "could not be looked for"


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found.

    Attributes:
        incidents: The worst and newest first.
        window: The hours that were looked at; None: none is complete yet.
        notes: Up to when was looked, and what could not be looked for.
        looked: Slugs of the detections that were asked.
        missed: Why others could not be, by their titles.
        unset: Slugs of those that need a list which the settings do not have.
    """

    incidents: tuple[Incident, ...]
    window: Window | None
    notes: tuple[str, ...] = ()
    looked: tuple[str, ...] = ()
    missed: Mapping[str, str] = field(default_factory=dict)
    unset: tuple[str, ...] = ()


def detection(slug: str) -> Detection:
    """The detection of that slug.

    Raises:
        ParameterError: There is none; names the closest one.
    """
    if slug not in DETECTIONS:
        raise ParameterError(
            f"There is no detection '{slug}'.",
            f"{closest(slug, DETECTIONS)}  There are: {', '.join(DETECTIONS)}".strip(),
        )
    return DETECTIONS[slug]


def look(
    logs: LogQueries,
    of: Detection,
    window: Window,
    filters: Filters = NO_FILTERS,
    watch_list: WatchList = NO_LIST,
    thresholds: Mapping[str, float] | None = None,
) -> Look:
    """What a detection is to look at.

    Raises:
        ParameterError: The detection has no threshold of a name.
    """
    numbers = {name: each.value for name, each in of.thresholds.items()}
    for name in thresholds or {}:
        if name not in numbers:
            known = ", ".join(numbers) or "none"
            raise ParameterError(f"{of.slug} has no threshold '{name}'.", f"It has: {known}.")
    return Look(logs, window, {**numbers, **(thresholds or {})}, filters, watch_list)


def settled(logs: LogQueries, window: Window) -> Window | None:
    """The whole hours of a window of which all records have arrived; None if there are none.

    Where all flow logs have stopped, the hours after them are known as well: nothing came.
    """
    coverage, extent = logs.coverage, logs.extent
    if coverage.settled_until is None or extent is None:
        return None
    until = max(coverage.settled_until, coverage.nothing_until or coverage.settled_until)
    start = max(floor_to(window.start, HOUR), floor_to(extent.start, HOUR))
    end = min(ceil_to(window.end, HOUR), floor_to(until, HOUR))
    return Window(start, end) if start < end else None


def find(
    logs: LogQueries,
    window: Window,
    *,
    only: tuple[str, ...] = (),
    filters: Filters = NO_FILTERS,
    watch_list: WatchList = NO_LIST,
) -> Findings:
    """The incidents of a window, the worst and newest first.

    Args:
        logs: What answers.
        window: The time; whole hours of it are looked at, as far as all records have arrived.
        only: Slugs of the detections to ask; all if empty.
        filters: Conditions on the records.
        watch_list: The addresses that are watched.
    """
    asked = settled(logs, _with_silence(logs, window))
    if asked is None:
        return Findings((), None, ("No hour of the range is complete yet.",))
    chosen = [detection(slug) for slug in only] or list(DETECTIONS.values())
    unset = [each.slug for each in chosen if each.needs_list and not watch_list.count]
    found: list[Incident] = []
    looked: list[str] = []
    missed: dict[str, str] = {}
    names = names_of(logs)
    for each in (one for one in chosen if one.slug not in unset):
        try:
            signs = each.signs(look(logs, each, asked, filters, watch_list))
        except MissingDataError as error:
            missed[each.title] = reason(error)
            continue
        looked.append(each.slug)
        found += incidents(each, signs, asked.end, names)
    notes = [*sentences(missed, NOT_LOOKED_FOR), *_not_complete(asked, window)]
    return Findings(
        tuple(_worst_first(found)),
        asked,
        (*notes, NO_WATCH_LIST) if only and unset else tuple(notes),
        tuple(looked),
        missed,
        tuple(unset),
    )


def _worst_first(found: Iterable[Incident]) -> list[Incident]:
    """By severity and time, the worst and newest first; equal ones by name."""
    by_name = sorted(found, key=lambda one: (one.detection, one.id))
    return sorted(
        by_name, key=lambda one: (SEVERITIES.index(one.severity), one.since), reverse=True
    )


def _not_complete(asked: Window, window: Window) -> list[str]:
    """That the end of a window was not looked at."""
    if asked.end >= window.end - timedelta(minutes=1):
        return []
    end = f"{asked.end:%d %b %Y %H:%M} UTC"
    return [f"Looked at until {end}: of later hours records can still arrive."]


def _with_silence(logs: LogQueries, window: Window) -> Window:
    """A window that reaches to the newest record, up to when it is known that nothing came."""
    coverage, extent = logs.coverage, logs.extent
    if extent is None or coverage.nothing_until is None or window.end < extent.end:
        return window
    return Window(window.start, max(window.end, coverage.nothing_until))


def names_of(logs: LogQueries) -> dict[str, dict[str, str]]:
    """What addresses and ids are called, by field of a key."""
    known = logs.known("interfaces").dropna(subset=["name"]).sort_values("until", kind="stable")
    rows = known[["name", "addresses"]].explode("addresses").dropna()
    addresses = dict(zip(rows["addresses"], rows["name"], strict=True))
    return {**dict.fromkeys(ADDRESSES, addresses), **{field: logs.names(field) for field in IDS}}


def frame_of(found: Findings) -> pd.DataFrame:
    """The incidents as a table, one row each."""
    return pd.DataFrame([one.as_row() for one in found.incidents], columns=list(COLUMNS))


__all__ = [
    "DETECTIONS", "NOT_LOOKED_FOR", "Findings", "detection", "find", "frame_of", "look", "names_of",
    "settled",
]  # fmt: skip
