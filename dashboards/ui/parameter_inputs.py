"""The sidebar's inputs for the parameters of outliers and comparisons; bad ones are refused."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from dashboards.ui import checked_text, choices, hidden_widgets, link_notes
from dashboards.ui.markdown import inert
from dashboards.ui.parameters import (
    JUDGED_BY,
    NO_FIELD,
    PARAMETERS,
    TIMESLICES,
    WATCHES,
    Parameter,
)
from vpcflow_core.analysis.outliers import METHODS
from vpcflow_core.panels.request import ALL_PARAMETERS, DEFAULTS, Parameters
from vpcflow_core.query.dimensions import filterable

# Draws the box of a parameter that shows a text.
Draw = Callable[..., None]
JUDGED = {**{field: filterable(field).title for field in JUDGED_BY}, NO_FIELD: "Nothing"}


def parameters(used: Collection[str], auto: str = "") -> Parameters:
    """Draw the inputs; gives the parameters in force.

    Args:
        used: Names of the parameters that the page uses; inputs of others are hidden.
        auto: What the timeslice `auto` means now, in words; "" if not known.
    """
    judging = set(ALL_PARAMETERS)
    with hidden_widgets.place("grouping", shown=False):
        # Panels have menus and switches for these.
        given = st.text_input("Addresses by", key="grouping", bind="query-params").strip()
        only = st.text_input("Open only", key="open_only", bind="query-params").strip()
    of_panels = {
        "grouping": _checked("grouping", given or DEFAULTS.grouping),
        "open_only": _checked("open_only", only or "false"),
    }
    with st.sidebar, hidden_widgets.place("baseline-box", "baseline" in used):
        of_panels["baseline"] = _typed("baseline", _text)
    with st.sidebar, hidden_widgets.place("outliers", not judging.isdisjoint(used)):
        st.markdown("### Outliers")
        found = replace(DEFAULTS, method=_checked("method", _chosen("method", METHODS)))
        left, right = st.columns(2, gap="small")
        with left:
            found = replace(found, timeslice=_typed("timeslice", _timeslice))
            found = replace(found, threshold=_typed("threshold", _number))
        with right:
            found = replace(found, window=_typed("window", _number))
            found = replace(found, consecutive=_typed("consecutive", _number))
        if auto and found.timeslice is None:
            st.caption(auto)
        found = replace(found, watch=_checked("watch", _watch()))
        by = PARAMETERS["by"]
        chosen = choices.worded("by", by.label, JUDGED, JUDGED_BY[0], help=by.help)
        found = replace(found, by=_checked("by", chosen))
    with st.sidebar, hidden_widgets.place("comparison", "compare" in used):
        st.markdown("### Comparison")
        return replace(found, compare=_typed("compare", _text), **of_panels)


def _chosen(name: str, words: Sequence[str]) -> str:
    """A box with the words that there are."""
    parameter = PARAMETERS[name]
    chosen = st.selectbox(
        parameter.label,
        words,
        key=name,
        help=parameter.help,
        bind="query-params",
    )
    return chosen or words[0]


def _typed(name: str, draw: Draw) -> Any:
    """A box for text; gives the value in force, and says below the box why a text is refused.

    Args:
        name: Of the parameter.
        draw: What draws the box, which shows a text and is called so.
    """
    parameter = PARAMETERS[name]
    default = parameter.write(parameter.default)
    with hidden_widgets.place(f"held-{name}", shown=False):
        said = st.text_input(parameter.label, key=name, bind="query-params").strip()
    in_force = default if parameter.problem(said or default) else said or default
    shown = checked_text.shown(name, said) or default
    draw(
        parameter,
        shown,
        key=checked_text.typed(name),
        help=parameter.help,
        on_change=_understand,
        args=(parameter,),
    )
    # A box for numbers holds no word of a link; it shows what is in force.
    in_box = st.session_state[checked_text.typed(name)]
    fails = in_box not in (None, "") and bool(parameter.problem(str(in_box)))
    if fails and (problem := parameter.problem(shown)):
        link_notes.refused(name, shown, f"{problem} Still in force: {in_force}.")
    return parameter.read(in_force)


def _understand(parameter: Parameter) -> None:
    """Put what was typed in force; the default has no text in the address bar."""
    default = parameter.write(parameter.default)
    given = st.session_state[checked_text.typed(parameter.name)]
    is_number = isinstance(given, (int, float))
    text = parameter.write(given) if is_number else str(given or "").strip()
    checked_text.put(
        parameter.name,
        "" if text == default else text,
        lambda text: parameter.problem(text or default),
    )


def _timeslice(parameter: Parameter, shown: str, *, key: str, **rest: Any) -> None:
    st.session_state[key] = shown
    st.selectbox(
        parameter.label,
        dict.fromkeys([*TIMESLICES, shown]),
        key=key,
        accept_new_options=True,
        **rest,
    )


def _number(parameter: Parameter, shown: str, *, key: str, **rest: Any) -> None:
    """A box for a number; without limits of its own, because it would refuse without a word."""
    whole = isinstance(parameter.default, int)
    try:
        st.session_state[key] = int(float(shown)) if whole else float(shown)
    except (ValueError, OverflowError):  # a link's, which is said above the page
        st.session_state[key] = parameter.default
    st.number_input(
        parameter.label,
        step=1 if whole else 0.5,
        format="%d" if whole else "%g",
        key=key,
        **rest,
    )


def _text(parameter: Parameter, shown: str, *, key: str, **rest: Any) -> None:
    st.session_state[key] = shown
    st.text_input(parameter.label, key=key, max_chars=60, **rest)


def _watch() -> str:
    parameter = PARAMETERS["watch"]
    chosen = st.segmented_control(
        parameter.label,
        WATCHES,
        default=WATCHES[0],
        key=parameter.name,
        help=parameter.help,
        width="stretch",
        required=True,
        bind="query-params",
    )
    return chosen or WATCHES[0]


def _checked(name: str, text: str) -> Any:
    """The value in force: that of the box, or the last good one, with the reason below the box."""
    parameter: Parameter = PARAMETERS[name]
    good = st.session_state.setdefault("good_parameters", {})
    if problem := parameter.problem(text):
        kept = good.get(name, parameter.default)
        st.error(inert(f"{problem} Still in force: {parameter.write(kept)}."))
        return kept
    good[name] = parameter.read(text)
    return good[name]
