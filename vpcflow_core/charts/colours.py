"""A colour for each value of a field: the same in every chart, range and page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zlib import crc32

import pandas as pd

from vpcflow_core.charts.labels import label
from vpcflow_core.charts.style import COLOURS, GREY, PALETTE


def colours(field: str, values: Sequence[Any]) -> list[str]:
    """A colour for each value, no two alike while the palette lasts.

    Known values have their own. Any other has the colour that its text leads to; where a value
    before it has that one already, the next that is free. So the largest keep theirs.

    Args:
        field: Whose values they are.
        values: The largest first; what is null is grey.

    >>> colours("action", ["REJECT", "ACCEPT"])
    ['#D55E00', '#0072B2']
    """
    known = [GREY if pd.isna(value) else COLOURS.get(label(field, value)) for value in values]
    taken = set(filter(None, known))
    found = []
    for value, own in zip(values, known, strict=True):
        colour = own or _free(label(field, value), taken)
        taken.add(colour)
        found.append(colour)
    return found


def _free(text: str, taken: set[str]) -> str:
    """The first colour after the text's own that is not taken; its own once all are."""
    first = crc32(text.encode()) % len(PALETTE)
    turned = PALETTE[first:] + PALETTE[:first]
    return next((colour for colour in turned if colour not in taken), turned[0])
