"""How wide columns of texts are in the browser, and what of a text is seen; knows no Streamlit."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd
from pandas.api.types import is_datetime64_any_dtype

from vpcflow_core.charts import title
from vpcflow_core.charts.labels import ADDRESSES, ID, shortened
from vpcflow_core.panels.base import NAMED_IDS

# Characters of the names of things that may be cut, and the width of one in pixels.
SHORT, LONGEST_ID, LETTER = 16, 48, 7
# Columns of names, and as many of their characters as are shown.
NAMES, LONGEST_NAME = (*map(title, NAMED_IDS), *map(title, ADDRESSES.values())), 18
# The width of a time, in pixels.
TIME = 150
# A column is never wider than this many characters: sentences have more. Their letters are narrow:
# pixels of one in the mean.
WIDEST, NARROW_LETTER = 70, 6.3
# What the browser calls widths, in pixels.
SIZES = {"small": 75, "medium": 200, "large": 400}
WHOLE = "A double click, or Enter, at a cell shows all of it."
# Widths of columns whose texts would push what stands right of them out of sight, in pixels; by a
# column that answers with such texts have.
NARROW = {"made_by": {"What": 180, "Made by": 210}, "billed_bytes": {"Destination": 240}}


def wide(frame: pd.DataFrame) -> dict[str, int]:
    """Widths in pixels of columns with a value far longer than the others, which would be cut.

    The table in the browser leaves such a value out of account when it measures a column. Whole
    sentences are cut: they would push all else out of sight.
    """
    found = {}
    for name, values in frame.items():
        if is_datetime64_any_dtype(values.dtype) and values.isna().any():
            found[str(name)] = TIME  # the first rows, which are measured, may have none
            continue
        lengths = [len(value) for value in values if isinstance(value, str)]
        longest = max(lengths, default=0)
        mean = sum(lengths) / max(len(lengths), 1)
        if SHORT < longest <= LONGEST_ID and longest > 1.5 * mean:
            most = LONGEST_NAME if name in NAMES else longest
            found[str(name)] = LETTER * min(longest, most) + 18
    return found


def narrowed(columns: Collection[object], shown: Collection[object]) -> dict[str, int]:
    """Widths in pixels of columns of an answer whose texts are cut for what stands right of them.

    Args:
        columns: Names in the answer.
        shown: Titles in its table.

    >>> narrowed(["source", "destination", "billed_bytes"], ["Source", "Destination"])
    {'Destination': 240}
    """
    narrow = [widths for mark, widths in NARROW.items() if mark in columns]
    return {name: width for of in narrow for name, width in of.items() if name in shown}


def too_long(frame: pd.DataFrame, widths: Mapping[str, int]) -> dict[str, int]:
    """Columns of texts that are cut: how many of their characters are seen.

    Args:
        frame: The texts.
        widths: Of columns that have one, in pixels.
    """
    found = {}
    for name, values in frame.items():
        longest = max((len(value) for value in values if isinstance(value, str)), default=0)
        width = widths.get(str(name))
        most = int((width - 16) / NARROW_LETTER) if width else WIDEST
        if longest > most:
            found[str(name)] = most
    return found


def hinted(frame: pd.DataFrame, columns: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What the browser is to know of columns; those whose texts are cut say how all is seen.

    Args:
        frame: The texts.
        columns: What it is to know besides: titles, or configurations as Streamlit has them.
    """
    known = {
        name: {"label": of} if isinstance(of, str) else dict(of)
        for name, of in (columns or {}).items()
        if of is not None
    }
    sizes = {name: of.get("width") for name, of in known.items()}
    widths = {name: _pixels(size) for name, size in sizes.items() if size is not None}
    for name in too_long(frame, widths):
        known[name] = {**known.get(name, {}), "help": known.get(name, {}).get("help") or WHOLE}
    return known


def _pixels(width: str | int) -> int:
    return width if isinstance(width, int) else SIZES[width]


def fitted(text: str, name: str, most: int) -> str:
    """A text as it is seen: names lose an id, then their middle, sentences their end.

    >>> fitted("Interface for NAT gateway nat-0b5a9fb1e7797da2b", "Source name", 18)
    'Interface… gateway'
    >>> fitted("eni-0b5a9fb1e7797da2b", "Network interface", 18)
    'eni-0b5a9fb1e7797da2b'
    >>> fitted("Bytes of prod-app-3 and more", "What", 18)
    'Bytes of prod-app…'
    """
    if len(text) <= most or ID.fullmatch(text):
        return text
    if name in NAMES:
        return shortened(ID.sub("", text) or text, most)
    if " " not in text:
        return shortened(text, most)
    return f"{text[: most - 1].rstrip()}\N{HORIZONTAL ELLIPSIS}"
