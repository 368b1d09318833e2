"""The menu at each row of a table: what can be done with the values that stand in it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from dashboards.ui import chips, drill
from dashboards.ui.figures import WITH_PAGE
from dashboards.ui.filter_text import Chip
from dashboards.ui.state import PageState

# The column, its width in pixels, and the rows that have a menu: more than anybody reads.
MENU, WIDTH, MOST = "Menu", 54, 1000
# Columns with values that have a page, those asked about most first, and how many a menu has.
FIRST, MOST_VALUES = ("peer", "srcaddr", "dstaddr", "dstport", "interface_id"), 4
FIELDS = (*FIRST, *(field for field in WITH_PAGE if field not in FIRST))
LABELS = {
    chips.OPEN: "All about",
    chips.ONLY: "Only",
    chips.EXCLUDE: "Exclude",
    chips.EITHER: "Either end:",
    chips.COPY: "Copy",
}
Row = Mapping[Hashable, Any]


def menus(frame: pd.DataFrame) -> dict[str, pd.Series]:
    """The column of menus, by its title; none where no value of the rows has a page."""
    shown = frame[[name for name in FIELDS if name in frame]]
    if shown.columns.empty:
        return {}
    made = [[*_choices(row)] for row in shown.head(MOST).to_dict("records")]
    return {MENU: pd.Series(made + [[]] * (len(frame) - len(made)), dtype="object")}


def config(
    frame: pd.DataFrame, state: PageState, name: str, pinned: bool = False
) -> dict[str, Any]:
    """What the browser is to know of the column; nothing where there is none.

    Args:
        frame: The rows.
        state: The page's.
        name: Of the table.
        pinned: Whether it stays in sight.
    """
    if not any(field in frame for field in FIELDS):
        return {}
    key = f"{name}-menu"

    def choose() -> None:
        chosen = st.session_state[key]
        action, chip = _choices(frame.iloc[chosen.row].to_dict())[chosen.label]
        chips.do(action, chip, state)

    return {
        MENU: st.column_config.ButtonColumn(
            MENU, width=WIDTH, type="tertiary", key=key, on_click=choose, pinned=pinned
        )
    }


def _choices(row: Row) -> dict[str, tuple[str, Chip]]:
    """What can be done with the values of a row, by how the menu says it; pages come first."""
    found: dict[str, Chip] = {}
    for field in FIELDS:
        if field in row and not pd.isna(row[field]):
            chip = Chip(*drill.filter_of(field, row[field]), excluded=False)
            found.setdefault(chip.value, chip)
    return {
        f"{LABELS[action]} {chip.value}": (action, chip)
        for action in LABELS
        for chip in [*found.values()][:MOST_VALUES]
        if action != chips.EITHER or chip.field in chips.EITHER_OF
    }
