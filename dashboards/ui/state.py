"""What a page shows, as frozen data that round-trips through the URL; knows no Streamlit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo, available_timezones

from vpcflow_core.errors import MisuseError, TimeError
from vpcflow_core.query.filters import Filters
from vpcflow_core.times import Range, parse_range

VERSION = "1"
DEFAULT_RANGE = Range(length=timedelta(hours=24))
QUICK_RANGES = ("24h", "1h", "6h", "7d")  # the first one is the default

# Every filter a page may have, and what its box is called; the URL uses the same names.
FILTER_LABELS = {
    "srcaddr": "Source address",
    "dstaddr": "Destination address",
    "srcport": "Source port",
    "dstport": "Destination port",
    "protocol": "Protocol",
    "interface_id": "Network interface",
    "action": "Decision",
    "security_group_id": "Security group",
    "subnet_id": "Subnet",
    "vpc_id": "VPC",
    "direction": "Direction",
}


@dataclass(frozen=True, slots=True)
class PageState:
    """Range, zone, filters and source of a page.

    Attributes:
        range: What was asked for; a moving range or fixed times.
        zone: IANA name of the zone times are shown and typed in.
        filters: `(field, text)` pairs as typed, in the order of `FILTER_LABELS`.
        source: URL of the one source to show; "" for all.
    """

    range: Range = DEFAULT_RANGE
    zone: str = "UTC"
    filters: tuple[tuple[str, str], ...] = ()
    source: str = ""

    @property
    def where(self) -> Filters:
        """The filters, read."""
        return Filters.parse(self.filters)

    def params(self) -> dict[str, str]:
        """The URL's parameters; what has its default is left out."""
        named = {
            "range": str(self.range) if self.range != DEFAULT_RANGE else "",
            "tz": self.zone if self.zone != "UTC" else "",
            "source": self.source,
            **dict(self.filters),
        }
        return {name: text for name, text in named.items() if text}

    def query_string(self) -> str:
        """The parameters of a link to this page, with the version of their scheme."""
        return urlencode({**self.params(), "v": VERSION}, safe="/:,*!")


def parse_state(params: Mapping[str, str]) -> tuple[PageState, list[str]]:
    """Read a link's parameters; what cannot be read is left out and told in a sentence."""
    notes: list[str] = []
    zone = params.get("tz", "UTC")
    if zone not in available_timezones():
        notes.append(f"The time zone '{zone}' is unknown; UTC is used.")
        zone = "UTC"
    return (
        PageState(
            _range(params.get("range", ""), zone, notes), zone, _filters(params, notes),
            params.get("source", ""),
        ),
        notes,
    )  # fmt: skip


def _range(text: str, zone: str, notes: list[str]) -> Range:
    """The range of a text; the default, with a note, if it cannot be read."""
    try:
        return parse_range(text, ZoneInfo(zone)) if text else DEFAULT_RANGE
    except TimeError as error:
        notes.append(f"{error.what} The last 24 hours are shown.")
        return DEFAULT_RANGE


def _filters(params: Mapping[str, str], notes: list[str]) -> tuple[tuple[str, str], ...]:
    """The filters that can be read."""
    read = []
    for name in FILTER_LABELS:
        text = params.get(name, "").strip()
        problem = filter_problem(name, text)
        if problem:
            notes.append(problem)
        elif text:
            read.append((name, text))
    return tuple(read)


def filter_problem(name: str, text: str) -> str:
    """Why the text is no filter for the field, in words; "" if it is one."""
    try:
        Filters.parse([(name, text)] if text else [])
    except MisuseError as error:
        return f"{error.what} {error.next_step}".strip()
    return ""


def narrowed(text: str, value: str) -> str:
    """The filter text that also lets through `value` alone: a click narrows, never widens.

    A value that the text already asks for replaces the list it is in; exclusions stay.
    """
    excluded = [part for part in (p.strip() for p in text.split(",")) if part.startswith("!")]
    return ", ".join([value, *(part for part in excluded if part != f"!{value}")])
