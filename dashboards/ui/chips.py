"""Each value that narrows the page, as a chip with a menu: only this, exclude, remove."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboards.ui import actions
from dashboards.ui.filter_text import Chip, chips_of, excluding, narrowed, without
from dashboards.ui.markdown import inert
from dashboards.ui.state import FILTER_LABELS, PageState
from vpcflow_core.charts import label as value_label
from vpcflow_core.query.dimensions import filterable

ONLY, EXCLUDE, REMOVE = "Only this", "Exclude", "Remove"
CHANGES: dict[str, Callable[[str, str, str], str]] = {
    ONLY: narrowed,
    EXCLUDE: excluding,
    REMOVE: without,
}


def draw(state: PageState) -> None:
    """A chip for each value of each filter in force."""
    if not state.filters:
        return
    with st.container(horizontal=True, key="chips", gap="small"):
        for field, text in state.filters:
            for chip in chips_of(field, text):
                _chip(chip, text)


def _chip(chip: Chip, text: str) -> None:
    key = f"chip-{chip.field}-{'not-' if chip.excluded else ''}{chip.value}"
    st.menu_button(
        inert(label(chip)),
        [ONLY, REMOVE] if chip.excluded else list(CHANGES),
        key=key,
        icon=":material/filter_alt_off:" if chip.excluded else ":material/filter_alt:",
        on_click=_change,
        args=(chip, text, key),
    )


def label(chip: Chip) -> str:
    """What a chip says: `Destination port: 443 (https)`, `Source address: not 10.0.0.0/8`."""
    value = chip.value
    if value.isdigit() and filterable(chip.field).is_number:
        value = value_label(chip.field, int(value))
    return f"{FILTER_LABELS[chip.field]}: {'not ' if chip.excluded else ''}{value}"


def _change(chip: Chip, text: str, key: str) -> None:
    """Change the filter as its chip's menu says."""
    changed = CHANGES[st.session_state[key]](chip.field, text, chip.value)
    actions.set_filter(chip.field, changed)
