"""What a detection is: a question that finds signs, hour by hour, and what they mean.

A sign is what was seen of one key (a source, a pair, an interface) in one hour. What a detection
says of an hour depends on the records up to the end of that hour alone, so that asking for a day at
once, or hour by hour as the day goes on, finds the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Literal, TypeAlias

import pandas as pd

from vpcflow_core.detections.watch_list import NO_LIST, WatchList
from vpcflow_core.errors import MissingDataError
from vpcflow_core.panels.log_queries import LogQueries
from vpcflow_core.query.filters import NO_FILTERS, Filters
from vpcflow_core.query.question import Query
from vpcflow_core.times import Window

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Severity = Literal["low", "medium", "high", "critical"]
SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high", "critical")
# Columns of every frame of signs; the fields of the key and the counts come besides.
TIMES = ("bucket", "first", "last")
# What the far address of a sign was called; of detections with a `far` end.
CALLED = "called"
# Addresses that are looked up at once.
MOST_NAMED = 500
Where: TypeAlias = tuple[tuple[str, str], ...]

# Blocks of IPv6 as patterns: comparing the text takes a fraction of the time.
_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc*", "fd*")
_SPECIAL = ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "fe8*", "ff*")
INSIDE = ", ".join(_PRIVATE)
OUTSIDE = ", ".join(f"!{block}" for block in (*_PRIVATE, *_SPECIAL))
_INSIDE_V4 = tuple(ip_network(block) for block in _PRIVATE if "/" in block)
# What comes in at an interface, from other networks and from its own subnet.
COMING: Where = (("direction", "inbound, internal"),)
FROM_OUTSIDE: Where = (("direction", "inbound"), ("srcaddr", OUTSIDE))
TO_OUTSIDE: Where = (("direction", "outbound"), ("dstaddr", OUTSIDE))
# Ports of clients lie above the system ports (RFC 6335); those of services below the range from
# which Linux gives clients theirs (32768-60999). It leaves out answers, which go the other way.
ASKING: Where = (("srcport", "1024-65535"),)
TO_SERVICE: Where = (*ASKING, ("dstport", "1-32767"))


def is_inside(address: str) -> bool:
    """Whether an address is private; the same as the filter `INSIDE`."""
    if ":" in address:
        return address.lower().startswith(("fc", "fd"))
    return any(ip_address(address) in block for block in _INSIDE_V4)


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number that decides, and why it is this one."""

    value: float
    unit: str
    reason: str


@dataclass(frozen=True, slots=True)
class Look:
    """What a detection looks at.

    Attributes:
        logs: What answers.
        window: The hours to judge, whole ones of which all records have arrived.
        thresholds: The numbers in force, by name.
        filters: Conditions on the records that are looked at.
        watch_list: The addresses that are watched.
    """

    logs: LogQueries
    window: Window
    thresholds: Mapping[str, float] = field(default_factory=dict)
    filters: Filters = NO_FILTERS
    watch_list: WatchList = NO_LIST

    def ask(self, query: Query, before: timedelta = timedelta(0)) -> pd.DataFrame:
        """The rows of a question about the window and the time before it."""
        return self.during(query, Window(self.window.start - before, self.window.end))

    def during(self, query: Query, window: Window) -> pd.DataFrame:
        """The rows of a question about another window."""
        return self.logs.sparse(query, window, self.filters).frame

    def judged(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows of the hours that are judged."""
        start, end = pd.Timestamp(self.window.start), pd.Timestamp(self.window.end)
        inside = (frame["bucket"] >= start) & (frame["bucket"] < end)
        return frame[inside].reset_index(drop=True)

    def carriers(self) -> frozenset[str]:
        """Addresses of NAT gateways, which pass on what others send."""
        known = self.logs.known("interfaces")
        rows = known[known["type"].isin(["nat_gateway", "natGateway"])]
        return frozenset(rows["addresses"].explode().dropna())

    def far_names(self, signs: pd.DataFrame, field: str) -> pd.DataFrame:
        """The signs with `called`: what the address of a field was called in their hour, or "".

        Such names are the domains that own hosts asked a resolver for.
        """
        listed = ", ".join(sorted(signs[field].unique())[:MOST_NAMED])
        query = Query(("flows",), ("dstaddr", "dst_name"), HOUR, (("dstaddr", listed),))
        try:
            found = self.during(query, self.window)
        except MissingDataError:  # nothing gives addresses names
            return signs.assign(called="")
        named = found.sort_values("flows").drop_duplicates(["bucket", "dstaddr"], keep="last")
        names = named.set_index(["bucket", "dstaddr"])["dst_name"]
        keys = pd.MultiIndex.from_arrays([signs["bucket"], signs[field]])
        return signs.assign(called=names.reindex(keys).astype("object").fillna("").to_numpy())

    def without_carriers(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows whose source is no NAT gateway: the sender's own records say the same."""
        return frame[~frame["srcaddr"].isin(self.carriers())].reset_index(drop=True)


Find: TypeAlias = Callable[[Look], pd.DataFrame]


@dataclass(frozen=True, slots=True)
class Hourly:
    """Finds the hours in which measures reach their thresholds.

    Attributes:
        measures: What is counted, besides the first and last time.
        by: Fields of the key.
        where: Which records.
        least: Measures that must reach a threshold, each with its name.
        records: Whether records without traffic are asked (NODATA, SKIPDATA).
        carried: Whether what a NAT gateway passes on counts as its own.
    """

    measures: tuple[str, ...]
    by: tuple[str, ...]
    where: Where
    least: tuple[tuple[str, str], ...] = ()
    records: bool = False
    carried: bool = True

    def __call__(self, look: Look) -> pd.DataFrame:
        """The signs."""
        found = look.ask(self.query(look))
        return found if self.carried else look.without_carriers(found)

    def query(self, look: Look) -> Query:
        """The question."""
        times = () if self.records else ("first", "last")
        least = tuple((measure, look.thresholds[name]) for measure, name in self.least)
        return Query(
            (*self.measures, *times),
            self.by,
            HOUR,
            self.where,
            records=self.records,
            least=least,
        )


@dataclass(frozen=True, slots=True)
class Detection:
    """One detection, as data.

    Attributes:
        slug: Its name for ever: `port-scan`.
        title: What stands above its incidents.
        question: What it asks.
        what: One incident in a sentence; fields and counts in braces.
        severity: How bad an incident is; a column `severity` of the signs may say otherwise.
        attack: Id of the technique in MITRE ATT&CK; "" where none fits.
        key: Fields by which signs belong to one incident.
        counts: How the counts of an incident are made of those of its hours: `sum`, or `max` where
            hours cannot be added up (distinct addresses).
        find: Finds the signs; columns `TIMES`, key and counts.
        thresholds: The numbers that decide, by name.
        next_step: What to do about an incident.
        page: The page that shows it.
        where: Filters of that page besides those of the key.
        quiet: An incident has ended when nothing was seen of it for this long.
        needs_list: Whether it looks for nothing without a watch list.
        far: The field of its key with the address of the Internet that own hosts called, whose
            name says most; "" for none.
    """

    slug: str
    title: str
    question: str
    what: str
    severity: Severity
    attack: str
    key: tuple[str, ...]
    counts: Mapping[str, Literal["sum", "max"]]
    find: Find
    thresholds: Mapping[str, Threshold]
    next_step: str
    page: str = "traffic"
    where: Where = ()
    quiet: timedelta = 2 * HOUR
    needs_list: bool = False
    far: str = ""

    @property
    def columns(self) -> list[str]:
        """Columns of its signs."""
        return [*TIMES, *self.key, *self.counts, "severity", *([CALLED] if self.far else [])]

    def signs(self, look: Look) -> pd.DataFrame:
        """Its signs in the hours of a look, in order.

        Raises:
            MissingDataError: The logs lack a field that it needs.
        """
        found = self.find(look)
        if found.empty:
            return pd.DataFrame(columns=self.columns)
        if "first" not in found:
            found = found.assign(first=found["bucket"], last=found["bucket"] + HOUR)
        if "severity" not in found:
            found = found.assign(severity=self.severity)
        found = look.judged(found).dropna(subset=list(self.key))
        if self.far and len(found):
            found = look.far_names(found, self.far)
        return found[self.columns].sort_values(["bucket", *self.key], ignore_index=True)
