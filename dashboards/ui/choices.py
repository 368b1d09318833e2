"""Boxes that show words, of which the address bar holds the names.

A bound box would write its words into the address bar: so a hidden box is bound, and what is
chosen in the one that is shown is put into it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import streamlit as st

from dashboards.ui import hidden_widgets
from dashboards.ui.state import AT_REST
from dashboards.ui.words import BOXES


def choice(
    name: str,
    lacking: Collection[str] = (),
    *,
    draw: Callable[..., Any] = st.selectbox,
    **look: Any,
) -> str:
    """Draw a box; gives the name of what is chosen.

    Args:
        name: Of the parameter in the address bar, and in `BOXES`.
        lacking: Words of the box that the store has nothing for.
        draw: What draws it: `st.selectbox`, `st.segmented_control`.
        look: How it is drawn.
    """
    box = BOXES[name]
    titles = {word: title for word, title in box.titles.items() if word not in lacking}
    return worded(name, box.label, titles, AT_REST[name], draw=draw, **look)


def worded(
    name: str,
    label: str,
    titles: Mapping[str, str],
    default: str,
    *,
    draw: Callable[..., Any] = st.selectbox,
    **look: Any,
) -> str:
    """Draw a box of a parameter; gives the name of what is chosen.

    Args:
        name: Of the parameter in the address bar.
        label: Of the box.
        titles: What each of its words is called.
        default: The word that the address bar leaves out.
        draw: What draws it.
        look: How it is drawn.
    """
    with hidden_widgets.place(name, shown=False):
        given = st.text_input(label, key=name, bind="query-params").strip() or default
    names = list(titles)
    key = f"choice-{name}"
    st.session_state[key] = given if given in titles else _first(names, default)
    draw(
        label,
        names,
        key=key,
        format_func=titles.__getitem__,
        on_change=_choose,
        args=(name, key, default),
        **look,
    )
    return str(st.session_state[key])


def _first(names: Sequence[str], default: str) -> str:
    return default if default in names else names[0]


def _choose(name: str, key: str, default: str) -> None:
    chosen = st.session_state[key] or default
    st.session_state[name] = "" if chosen == default else chosen
