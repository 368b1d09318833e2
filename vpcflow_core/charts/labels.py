"""What stands in a chart: labels of values, titles of columns, numbers with their unit."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from vpcflow_core.panels.answer import PanelAnswer
from vpcflow_core.panels.base import NAMED, Panel
from vpcflow_core.query.dimensions import BLOCKS, DIMENSIONS, GROUPED_ONLY, in_words
from vpcflow_core.query.measures import MEASURES
from vpcflow_core.reference.iana import port_label, protocol_keyword
from vpcflow_core.reference.traffic_paths import path_label
from vpcflow_core.units import UNITS, humane, number_of, one_of

# Distinct values that an analysis counted beside the measures.
FAN_OUT = ("sources", "destinations", "ports")
# What fits beside bars on a panel of half a page.
LONGEST, LONGEST_NAME, LONGEST_IPV4 = 23, 18, 15
# An id in a name: *Interface for NAT Gateway nat-0b5a9fb1e7797da2b*.
ID = re.compile(r"\s*\b[a-z]+-[0-9a-f]{8,}\b")
# Columns of addresses, and the dimensions that name them.
ADDRESSES = {"srcaddr": "src_name", "dstaddr": "dst_name"}
# Columns of ids and addresses, which can neither be read nor copied in part.
NEVER_CUT = (*NAMED, *BLOCKS)
LABELS: dict[str, Callable[[Any], str]] = {
    "dstport": lambda value: port_label(int(value)),
    "port": lambda value: port_label(int(value)),
    "srcport": lambda value: port_label(int(value)),
    "protocol": lambda value: protocol_keyword(int(value)),
    "traffic_path": lambda value: path_label(int(value)),
}
# Columns of answers that are neither fields nor measures, as they stand above a table; and the two
# measures that are named otherwise there.
TITLES = {
    "bucket": "Time",
    "place": "Place",
    "country_name": "Country",
    "first": "First seen",
    "last": "Last seen",
    "busy": "Busy for",
    "what": "What",
    "why": "Why",
    "referenced_by": "Named by rules of",
    "keep": "Cannot be deleted",
    "rule_id": "Rule",
    "network_acl_id": "Network ACL",
    "shared": "Other rules match too",
    "open": "Open to",
    "seen_blocks": "Blocks seen",
    "seen_share": "Flows from them, %",
    "hostile": "Hostile, not among them",
    "attached": "Interfaces",
    "times": "Timeslices with traffic",
    "pace": "Comes back every",
    "way": "Way",
    "share": "Share, %",
    "change": "Change, %",
    "rejection_rate": "Rejected, %",
    "group": "Group",
    "dollars": "Dollars",
    "dollars_month": "A month at this pace",
    "dollars_before": "30 days before",
    "billed_bytes": "Bytes billed",
    "bytes_month": "Bytes a month",
    "saving_month": "Saves a month",
    "remedy": "What to do",
    "lost": "Packets lost",
    "packets_lost_no_route": "No route",
    "packets_lost_blackhole": "Blackhole",
    "packets_lost_mtu_exceeded": "Too large",
    "packets_lost_ttl_expired": "Time to live ran out",
    "flow_log": "Log",
    "destination": "Destination",
    "records_day": "Records a day",
    "line_bytes": "Bytes a record",
    "bytes_day": "Text a day",
    "dollars_month_default": "With default fields",
    "dollars_month_s3": "To S3",
    "dollars_month_parquet": "To S3, Parquet",
    "dollars_month_cloudwatch": "To CloudWatch Logs",
    "talkers": "Mostly",
    "evidence": "What shows it",
    "rule": "These records count",
    "peer": "Other end",
    "bytes_out": "Bytes sent",
    "bytes_in": "Bytes received",
}


def title(column: str) -> str:
    """A column's name in words.

    >>> title("srcaddr"), title("bytes"), title("bucket"), title("my_field")
    ('Source address', 'Bytes', 'Time', 'My field')
    """
    known = MEASURES.get(column) or DIMENSIONS.get(column) or GROUPED_ONLY.get(column)
    return TITLES.get(column) or (known.title if known else in_words(column))


def label(field: str, value: Any, rest: str = "other") -> str:
    """A dimension's value as people read it: `443 (https)`, `TCP`; a null is the rest."""
    if pd.isna(value):
        return rest
    # Rules of security groups name protocols as words: tcp, all.
    return value if isinstance(value, str) else LABELS.get(field, str)(value)


def named(field: str, value: Any, names: Mapping[str, str], rest: str = "other") -> str:
    """The label of a value in full, its name first: `prod-web-1 (eni-0b5a9fb1e7797da2b)`."""
    name = _name(value, names)
    # A name is anybody's text, and plotly reads tags in it.
    return f"{escape(name)} ({value})" if name else label(field, value, rest)


def short_labels(
    panel: Panel, answer: PanelAnswer, field: str, values: Iterable[Any], longest: int = LONGEST
) -> list[str]:
    """A label for each value that fits beside a bar, no two of them the same."""
    values, names = list(values), answer.names.get(field, {})
    texts = [_short(field, value, names, panel.rest, longest) for value in values]
    seen = Counter(texts)
    full = [named(field, value, names, panel.rest) for value in values]
    return [long if seen[text] > 1 else text for text, long in zip(texts, full, strict=True)]


def _short(field: str, value: Any, names: Mapping[str, str], rest: str, longest: int) -> str:
    """The name, of an address with the address; else the value. No id or address is ever cut."""
    name = _name(value, names)
    if not name:
        text = label(field, value, rest)
        return text if field in NEVER_CUT else shortened(text, longest)
    if field in ADDRESSES and len(str(value)) <= LONGEST_IPV4:
        return f"{escape(_name_within(name, LONGEST_NAME))} ({value})"
    return escape(_name_within(name, longest))


def _name_within(name: str, longest: int) -> str:
    """A name that is not too long: an id in it goes first, as half of one says nothing."""
    without = ID.sub("", name) if len(name) > longest else name
    return shortened(without or name, longest)


def _name(value: Any, names: Mapping[str, str]) -> str | None:
    return None if pd.isna(value) else names.get(str(value))


def shortened(text: str, longest: int = LONGEST) -> str:
    """A text without its middle where it is too long.

    >>> shortened("eni-0b5a9fb1e7797da2b", 15)
    'eni-0b5…797da2b'
    """
    if len(text) <= longest:
        return text
    half = (longest - 1) // 2
    return f"{text[: longest - 1 - half]}…{text[-half:]}"


def unit(measure: str, value: float = 0) -> str:
    """The word behind a number of that measure: `flows`, `addresses`; `flow` behind a 1."""
    words = MEASURES[measure].unit if measure in MEASURES else title(measure)
    return one_of(words) if value == 1 else words


def amount(value: float, measure: str) -> str:
    """A number that need not be whole, such as a bound: `43.4`, `1.2 GB`."""
    return humane(value, measure) if measure in UNITS or value >= 1000 else f"{value:.3g}"


def at_points(texts: Iterable[str]) -> np.ndarray[Any, np.dtype[np.object_]]:
    """Texts, one a point: plotly looks at every item of a list, and not of an array."""
    return np.array([*texts], dtype=object)


def hover(
    measure: str,
    values: pd.Series,
    form: str = "<b>{}</b>",
    *,
    with_unit: bool = True,
    written: bool = False,
) -> dict[str, Any]:
    """Texts of the hover box of a series.

    plotly writes counts by itself; in units it does not know, each value is a text of its own.

    Args:
        measure: What they are.
        values: One a point; nulls are never shown.
        form: The template around the value.
        with_unit: Whether counts say what they count.
        written: Whether the points do not stand where their values are.
    """
    word = f" {unit(measure)}" if with_unit else ""
    if measure not in UNITS and not written:
        return _by_plotly(values, form, word, f" {unit(measure, 1)}" if with_unit else "")
    write = partial(counted if with_unit else humane, measure=measure)
    texts = at_points("" if pd.isna(value) else write(value) for value in values)
    template = form.replace("{}", "%{hovertext}") + "<extra></extra>"
    return {"hovertemplate": template, "hovertext": texts}


def _by_plotly(values: pd.Series, form: str, word: str, singular: str) -> dict[str, Any]:
    """Texts that plotly writes; of a series with a 1 in it, with what makes the word a plural."""
    if word == singular or not (values == 1).any():
        return {"hovertemplate": form.replace("{}", f"%{{y:,.3~f}}{word}") + "<extra></extra>"}
    ending = word.removeprefix(singular)
    template = form.replace("{}", f"%{{y:,.3~f}}{singular}%{{hovertext}}") + "<extra></extra>"
    return {
        "hovertemplate": template,
        "hovertext": np.where(values.eq(1).fillna(False), "", ending).astype(object),
    }


def counted(value: float, measure: str) -> str:
    """A number with its unit: `1,234 flows`, `1 flow`, `1.2 GB`."""
    return humane(value, measure) if measure in UNITS else f"{value:,.0f} {unit(measure, value)}"


def measured(value: float, measure: str) -> str:
    """`1.2 GB (1,288,490,188 bytes)` or `12,345 flows`."""
    number = f"{value:.3g}" if value % 1 and value < 100 else f"{int(value):,}"
    exact = f"{number} {unit(measure, value)}"
    return f"{humane(value, measure)} ({exact})" if measure in UNITS else exact


def hover_texts(panel: Panel, frame: pd.DataFrame, heads: list[str]) -> list[str]:
    """Name and every measure, exact and humane."""
    measures = [m for m in panel.query.measures if m in frame]
    columns = [[measured(value, m) for value in frame[m]] for m in measures]
    beside = [m for m in FAN_OUT if m in frame and m not in measures]
    columns += [[number_of(int(number), m) for number in frame[m].fillna(0)] for m in beside]
    return [
        "<br>".join([f"<b>{head}</b>", *parts])
        for head, *parts in zip(heads, *columns, strict=True)
    ]
