"""Each value that narrows the page, as a chip with a menu: only this, exclude, remove."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from dashboards.ui import actions
from dashboards.ui.filter_text import Chip, chips_of, excluding, narrowed, without
from dashboards.ui.markdown import inert
from dashboards.ui.state import FILTER_LABELS, PageState
from vpcflow_core.charts import label as value_label
from vpcflow_core.errors import FilterError
from vpcflow_core.panels.entity import FIELDS, entity_of
from vpcflow_core.query.dimensions import filterable

ONLY, EXCLUDE, REMOVE = "Only this", "Exclude", "Remove"
ENTITY = "entity"
CHANGES: dict[str, Callable[[str, str, str], str]] = {
    ONLY: narrowed,
    EXCLUDE: excluding,
    REMOVE: without,
}


def draw(state: PageState) -> None:
    """A chip for each value of each filter in force."""
    if not state.filters:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="chips", gap="small"):
        for field, text in state.filters:
            for chip in chips_of(field, text):
                _chip(chip, text)
            for chip in chips_of(field, text):
                if has_page(chip):
                    _page_of(chip, state)


def _chip(chip: Chip, text: str) -> None:
    key = f"chip-{chip.field}-{'not-' if chip.excluded else ''}{chip.value}"
    items = [ONLY, REMOVE] if chip.excluded else list(CHANGES)
    st.menu_button(
        inert(label(chip)),
        items,
        key=key,
        icon=":material/filter_alt_off:" if chip.excluded else ":material/filter_alt:",
        on_click=_change,
        args=(chip, text, key),
    )


def _page_of(chip: Chip, state: PageState) -> None:
    """A link to the page of what a chip names, at the same time, without filters."""
    st.page_link(
        st.Page(lambda: None, title=ENTITY, url_path=ENTITY),
        label=f"All about {inert(chip.value)}",
        icon=":material/person_search:",
        query_params={**replace(state, filters=()).params(), ENTITY: chip.value},
    )


def has_page(chip: Chip) -> bool:
    """Whether what a chip names has a page of its own."""
    try:
        return chip.field in FIELDS and bool(entity_of(chip.value))
    except FilterError:
        return False


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
