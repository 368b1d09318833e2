"""Log objects in a CloudWatch log group: an hour of its events each."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vpcflow_core.errors import EmptyError
from vpcflow_core.ranges import parse_range
from vpcflow_core.sources.base import LogObject
from vpcflow_core.sources.cloudwatch.client import Logs
from vpcflow_core.sources.cloudwatch.events import Event, Part, read_slice
from vpcflow_core.sources.cloudwatch.group import (
    Group,
    find_group,
    first_event,
    known_formats,
    newest_event,
    streams_of,
)
from vpcflow_core.sources.cloudwatch.lags import delay_of, lags_of
from vpcflow_core.sources.cloudwatch.slices import SLICE, Extent
from vpcflow_core.sources.cloudwatch.url import Place
from vpcflow_core.sources.open import DEFAULTS, SourceOptions
from vpcflow_core.times import EPOCH, Window, ceil_to

STREAMS_AT_ONCE = 100  # that one call of FilterLogEvents may name


def open_url(url: str, options: SourceOptions, store: Path | None) -> CloudWatchSource:
    """The source of a URL, as its row in `SCHEMES` names it."""
    return CloudWatchSource(url, options)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The group with the log streams that are read, () for all."""

    group: Group
    streams: tuple[str, ...]


class CloudWatchSource:
    """Flow logs in a log group.

    Events cannot be asked for by when they arrived, so recent hours are read again by each sync
    (see `slices`); their objects have an etag that changes. `warnings` holds what the last
    `find` and `formats` could not know.

    Args:
        url: As `cloudwatch_url` says.
        options: Profile, role, endpoint.

    Raises:
        SettingsError: The URL names no region or no group.
    """

    def __init__(self, url: str, options: SourceOptions = DEFAULTS) -> None:
        self.place = Place.parse(url)
        self.warnings: list[str] = []
        self._logs = Logs(self.place.region, str(self.place), options)
        self._lock = threading.Lock()
        self._chosen: _Chosen | None = None
        self._formats: tuple[str, ...] | None = None
        self._delays: dict[str, timedelta | None] = {}

    @property
    def url(self) -> str:
        """`cloudwatch://region/log-group`, with the streams or interfaces asked for."""
        return str(self.place)

    def find(self, span: Window | None) -> Iterator[LogObject]:
        """The hours of the group that may hold events of the span, oldest first.

        Raises:
            EmptyError: The group has no log streams.
            SourceError: It is missing, refused or out of reach.
        """
        now = datetime.now(UTC)
        with self._lock:
            self._chosen = None
        group = self._choose().group
        extent = self._extent(group, span, now)
        self._try(group, extent)
        for part in extent.slices(span):
            yield LogObject(
                uri=f"{self.url}#{part}",
                size=0,  # not known before it is read
                etag=extent.state(part),
                account=group.account,
                region=self.place.region,
                time=part.start,
            )

    def read(self, found: LogObject) -> bytes:
        """All events of an hour, as lines with their time in front or in JSON; gzip.

        Raises:
            SourceError: The group is gone, refused or out of reach.
        """
        chosen = self._choose()
        part = parse_range(found.uri.rpartition("#")[2]).window(datetime.now(UTC))
        whole = Part(_milliseconds(part.start), _milliseconds(part.end))
        lags: list[NDArray[np.int64]] = []
        data = read_slice(lambda inner: self._pages(chosen, inner, lags), whole)
        self._delays[found.uri] = delay_of(lags)
        return data

    def delay(self, found: LogObject) -> timedelta | None:
        """What the slowest events of an hour that was read needed beyond the quickest."""
        return self._delays.pop(found.uri, None)

    def formats(self) -> tuple[str, ...]:
        """Formats of the flow logs that write to the group; () where EC2 does not tell."""
        if self._formats is None:
            self._formats, trouble = known_formats(self._logs, self._choose().group)
            if trouble:
                inferred = "" if self._formats else " The formats of its lines are inferred."
                self.warnings.append(trouble + inferred)
        return self._formats

    def _choose(self) -> _Chosen:
        with self._lock:
            if self._chosen is None:
                group = find_group(self._logs, self.place)
                self._chosen = _Chosen(group, streams_of(self._logs, group, self.place))
            return self._chosen

    def _extent(self, group: Group, span: Window | None, now: datetime) -> Extent:
        newest = newest_event(self._logs, group, now)
        if newest is None:
            _, trouble = known_formats(self._logs, group)
            soon = "A flow log writes to it; its first records take ten minutes or more."
            raise EmptyError(
                f"The log group {group.name} in {self.place.region} holds no log streams.",
                trouble or soon,
            )
        first = group.created
        if span is None or span.start < first:
            first = first_event(self._logs, group)
        if group.retention:
            # An hour that is half expired is left alone: read again, it would lose records.
            first = max(first, ceil_to(now - group.retention, SLICE))
        return Extent(first, newest, now)

    def _try(self, group: Group, extent: Extent) -> None:
        """Ask for one event: else a missing permission would be reported anew for each hour."""
        newest = _milliseconds(extent.newest)
        span = {"startTime": newest, "endTime": newest + 1}
        self._logs.ask("filter_log_events", **group.identity, **span, limit=1)

    def _pages(
        self, chosen: _Chosen, part: Part, lags: list[NDArray[np.int64]]
    ) -> Iterator[tuple[list[Event], bool]]:
        """Events of a part; the end of FilterLogEvents is included, ours is not.

        How long they took is added to `lags`: of those that are fetched twice, twice.
        """
        wanted = {**chosen.group.identity, "startTime": part.start, "endTime": part.end - 1}
        for names in _named(chosen.streams):
            for answer, more in self._logs.pages("filter_log_events", **wanted, **names):
                events = answer.get("events", [])
                lags.append(lags_of(events))
                yield events, more


def _named(streams: tuple[str, ...]) -> list[dict[str, Any]]:
    """The arguments that name all streams, a call each."""
    if not streams:
        return [{}]
    starts = range(0, len(streams), STREAMS_AT_ONCE)
    return [{"logStreamNames": list(streams[at : at + STREAMS_AT_ONCE])} for at in starts]


def _milliseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(milliseconds=1)
