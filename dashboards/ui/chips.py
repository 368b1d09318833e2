"""Each value that narrows the page, as a chip with a menu: what can be done with the value."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from html import escape

import streamlit as st

from dashboards.ui import actions, clipboard, links, opening
from dashboards.ui.filter_text import Chip, chips_of, excluding, narrowed, without
from dashboards.ui.markdown import inert
from dashboards.ui.state import EITHER_FILTERS, FILTER_LABELS, PageState
from vpcflow_core.charts import label as value_label
from vpcflow_core.errors import FilterError
from vpcflow_core.panels.entity import FIELDS, entity_of
from vpcflow_core.query.dimensions import EITHER_END, filterable

ONLY, EXCLUDE, REMOVE = "Only this", "Exclude", "Remove"
EITHER, OPEN, COPY = "Either end", "Open its page", "Copy"
# The box of either end, by that of one of them.
EITHER_OF = {end: name for name in EITHER_FILTERS for end in EITHER_END[name].ends}
CHANGES: dict[str, Callable[[str, str, str], str]] = {
    ONLY: narrowed,
    EXCLUDE: excluding,
    REMOVE: without,
}


def draw(state: PageState) -> None:
    """A chip for each value of each filter in force."""
    opening.draw(state)
    # Without chips too: what follows keeps its place, and is not drawn anew with the first one.
    with st.container(horizontal=True, vertical_alignment="center", key="chips", gap="small"):
        for field, text in state.filters:
            for chip in chips_of(field, text):
                _chip(chip, state)
            for chip in chips_of(field, text):
                if has_page(chip):
                    _page_of(chip, state)


def _chip(chip: Chip, state: PageState) -> None:
    key = f"chip-{chip.field}-{'not-' if chip.excluded else ''}{chip.value}"
    st.menu_button(
        inert(label(chip)),
        items(chip),
        key=key,
        icon=":material/filter_alt_off:" if chip.excluded else ":material/filter_alt:",
        on_click=_choose,
        args=(chip, state, key),
    )


def items(chip: Chip) -> list[str]:
    """What can be done with a chip's value."""
    either = [EITHER] if chip.field in EITHER_OF and not chip.excluded else []
    excluding = [] if chip.excluded else [EXCLUDE]
    page = [OPEN] if has_page(chip) else []
    return [ONLY, *excluding, *either, *page, COPY, REMOVE]


def _page_of(chip: Chip, state: PageState) -> None:
    """A link to the page of what a chip names, at the same time, without any filter.

    Who follows it asks for all of it. A link of Streamlit's own would keep all boxes as they are.
    """
    url = links.entity(st.context.url or "", chip.value, state)
    text = escape(all_about(chip.value))
    st.html(f'<a class="all-about" href="{escape(url)}" target="_self">{text}</a>', width="content")


@lru_cache(4096)
def all_about(value: str) -> str:
    """What a link to the page of a value says: `All about 10.0.0.5`, `All about port 22`."""
    return f"All about {'port ' if entity_of(value).field == 'port' else ''}{value}"


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


def _choose(chip: Chip, state: PageState, key: str) -> None:
    """Do what the chip's menu says."""
    do(st.session_state[key], chip, state)


def do(chosen: str, chip: Chip, state: PageState) -> None:
    """Do with a value what was chosen in a menu of it; the page need not be narrowed by it yet."""
    texts = dict(state.filters)
    before = texts.get(chip.field, "")
    if chosen == COPY:
        clipboard.copy(chip.value)
        actions.redraw()
    elif chosen == OPEN:
        opening.ask(chip.value)
        actions.redraw()
    elif chosen == EITHER:
        either = EITHER_OF[chip.field]
        actions.set_filter(chip.field, without(chip.field, before, chip.value))
        actions.set_filter(either, narrowed(either, texts.get(either, ""), chip.value))
    else:
        changed = CHANGES[chosen](chip.field, before, chip.value)
        actions.set_filter(chip.field, changed)
