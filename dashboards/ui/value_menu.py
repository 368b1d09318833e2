"""The menu at each row of a table: what can be done with the values that stand in it."""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import pandas as pd
import streamlit as st
from pandas.api.types import is_integer

from dashboards.ui import chips, drill
from dashboards.ui.column_widths import hinted, wide
from dashboards.ui.figures import WITH_PAGE
from dashboards.ui.filter_text import Chip
from dashboards.ui.state import PageState
from vpcflow_core.errors import FilterError
from vpcflow_core.panels.entity import FIELDS as ENTITIES
from vpcflow_core.panels.entity import Entity, entity_of

# The column, its width in pixels, and the rows that have a menu: more than anybody reads.
MENU, WIDTH, MOST = "Menu", 54, 1000
HELP = "What can be done with the values of a row. By keyboard: Enter opens it, arrows lead on."
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
# Of values that are shown where filters would judge by a part of the traffic.
PAGE_OR_COPY = (chips.OPEN, chips.COPY)
# Columns of pairs, and what stands behind a name in them.
ENDS, BRACKETS = ("source", "destination"), re.compile(r"\(([^()\s]+)\)$")
# Blocks that are everything, and no place of their own.
EVERYWHERE = ("0.0.0.0/0", "::/0")
Row = Mapping[Hashable, Any]
# Of each row the values that its menu is about.
Rows = Sequence[Sequence[Chip]]


def of_fields(frame: pd.DataFrame) -> Rows:
    """The values in columns of fields, as panels and records have them."""
    shown = frame[[name for name in FIELDS if name in frame]].head(MOST)
    return [_of_row(row) for row in shown.to_dict("records")] if len(shown.columns) else []


def of_filters(conditions: Iterable[Iterable[tuple[str, str]]]) -> Rows:
    """The values of conditions, a list of them a row; those that have no page have no menu."""
    made = [[Chip(field, text, excluded=False) for field, text in row] for row in conditions]
    return [[chip for chip in row if chips.has_page(chip)] for row in made[:MOST]]


def of_texts(frame: pd.DataFrame, columns: Iterable[str]) -> Rows:
    """What the texts in these columns name, whatever stands in them: rules, answers to SQL."""
    shown = [name for name in columns if name in frame]
    rows = frame[shown].head(MOST).to_dict("records") if shown else []
    return [[chip for name in shown for chip in _named(name, row[name])] for row in rows]


def of_ends(frame: pd.DataFrame) -> Rows:
    """What the ends of pairs are: ids and addresses, or those in brackets behind a name."""
    ends = frame[[name for name in ENDS if name in frame]]
    return of_texts(ends.map(_in_brackets), ENDS)


def menus(rows: Rows, count: int, actions: Collection[str] = tuple(LABELS)) -> dict[str, pd.Series]:
    """The column of menus of a table of `count` rows, by its title; none where no row has one."""
    if not any(rows):
        return {}
    made = [[*_choices(row, actions)] for row in rows]
    return {MENU: pd.Series(made + [[]] * (count - len(made)), dtype="object")}


def config(rows: Rows, state: PageState, name: str) -> dict[str, Any]:
    """What the browser is to know of the column; nothing where there is none.

    It stays in sight, and is as wide in narrow tables as in wide ones: keys find it there.

    Args:
        rows: What the menus are about.
        state: The page's.
        name: Of the table.
    """
    if not any(rows):
        return {}
    key = f"{name}-menu"

    def choose() -> None:
        chosen = st.session_state[key]
        action, chip = _choices(rows[chosen.row])[chosen.label]
        chips.do(action, chip, state)

    return {
        MENU: st.column_config.ButtonColumn(
            MENU, width=WIDTH, type="tertiary", key=key, on_click=choose, pinned=True, help=HELP
        )
    }


def table(
    frame: pd.DataFrame,
    rows: Rows,
    state: PageState,
    name: str,
    columns: Mapping[str, Any] | None = None,
    actions: Collection[str] = tuple(LABELS),
    placeholder: str = "",
    **rest: Any,
) -> None:
    """Draw a table with a menu at each row.

    Args:
        frame: What it shows.
        rows: What the menus are about.
        state: The page's.
        name: Of the table.
        columns: What the browser is to know of its own columns.
        actions: What can be done with a value there.
        placeholder: What stands for a missing value.
        rest: As `st.dataframe` has it.
    """
    rows = [] if MENU in frame else rows
    beside = menus(rows, len(frame), actions)
    with st.container(key=f"table-{name}"):
        st.dataframe(
            frame.reset_index(drop=True).assign(**beside),
            column_order=[*beside, *map(str, frame)] if beside else None,
            column_config={
                **hinted(frame.head(MOST), {**_widths(frame), **(columns or {})}),
                **config(rows, state, name),
            },
            hide_index=True,
            placeholder=placeholder,
            key=f"rows-{name}",
            **rest,
        )


def _widths(frame: pd.DataFrame) -> dict[str, Any]:
    """Widths of columns in which an address or a name would be cut."""
    widths = wide(frame.head(MOST))
    return {name: st.column_config.Column(width=width) for name, width in widths.items()}


def _of_row(row: Row) -> list[Chip]:
    found: dict[str, Chip] = {}
    for field in FIELDS:
        if field in row and not pd.isna(row[field]) and row[field] != "":
            chip = Chip(*drill.filter_of(field, row[field]), excluded=False)
            found.setdefault(chip.value, chip)
    return [*found.values()]


def _in_brackets(value: Any) -> Any:
    """What a name stands for, where that is said: `10.0.0.5` of `prod-web-1 (10.0.0.5)`."""
    found = BRACKETS.search(value) if isinstance(value, str) else None
    return found[1] if found else value


def _named(column: str, value: Any) -> list[Chip]:
    """The one thing that a cell names, or none; numbers are ports where the column is of ports."""
    known = isinstance(value, str) or (column in ENTITIES and is_integer(value))
    entity = _entity(str(value)) if known else None
    either = chips.EITHER_OF.get(column, column)
    if entity is None or entity.text in EVERYWHERE:
        return []
    if entity.field == "port" and either not in ("port", "ports"):
        return []
    field = column if either == entity.field else entity.field
    return [Chip(field, entity.text, excluded=False)]


@lru_cache(4096)
def _entity(text: str) -> Entity | None:
    try:
        return entity_of(text)
    except FilterError:
        return None


def _choices(
    row: Iterable[Chip], actions: Collection[str] = tuple(LABELS)
) -> dict[str, tuple[str, Chip]]:
    """What can be done with the values of a row, by how the menu says it; pages come first."""
    found = [*{chip.value: chip for chip in [*row][::-1]}.values()][::-1][:MOST_VALUES]
    return {
        _label(action, chip): (action, chip)
        for action in LABELS
        if action in actions
        for chip in found
        if action != chips.EITHER or chip.field in chips.EITHER_OF
    }


def _label(action: str, chip: Chip) -> str:
    return chips.all_about(chip.value) if action == chips.OPEN else f"{LABELS[action]} {chip.value}"
