"""The sidebar's boxes for what outliers are judged by; bad values are refused beside them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from dashboards.ui import hidden_widgets
from dashboards.ui.parameters import KNOBS, TIMESLICES, WATCHES, Knob
from vpcflow_core.panels.base import DEFAULTS, Parameters


def parameters(shown: bool) -> Parameters:
    """Draw the boxes; gives the parameters in force.

    Args:
        shown: Whether the page heeds them; else nobody sees the boxes.
    """
    with st.sidebar, hidden_widgets.place("outliers", shown):
        st.markdown("### Outliers")
        left, right = st.columns(2, gap="small")
        with left:
            found = replace(DEFAULTS, timeslice=_checked("timeslice", _timeslice()))
            found = replace(found, threshold=_checked("threshold", _number("threshold", 0.5)))
        with right:
            found = replace(found, window=_checked("window", _number("window", 1)))
            found = replace(found, consecutive=_checked("consecutive", _number("consecutive", 1)))
        return replace(found, watch=_checked("watch", _watch()))


def _timeslice() -> str:
    knob = KNOBS["timeslice"]
    chosen = st.selectbox(
        knob.label,
        TIMESLICES,
        key=knob.name,
        accept_new_options=True,
        help=knob.help,
        bind="query-params",
    )
    return chosen or TIMESLICES[0]


def _number(name: str, step: float) -> str:
    """A box for a number; without limits of its own, because it would refuse without a word."""
    knob = KNOBS[name]
    format_ = "%d" if isinstance(knob.default, int) else "%g"
    chosen = st.number_input(
        knob.label,
        value=knob.default,
        step=step,
        format=format_,
        key=name,
        help=knob.help,
        bind="query-params",
    )
    return knob.write(knob.default if chosen is None else chosen)


def _watch() -> str:
    knob = KNOBS["watch"]
    chosen = st.segmented_control(
        knob.label,
        WATCHES,
        default=WATCHES[0],
        key=knob.name,
        help=knob.help,
        width="stretch",
        required=True,
        bind="query-params",
    )
    return chosen or WATCHES[0]


def _checked(name: str, text: str) -> Any:
    """The value in force: that of the box, or the last good one, with the reason below the box."""
    knob: Knob = KNOBS[name]
    good = st.session_state.setdefault("good_parameters", {})
    if problem := knob.problem(text):
        kept = good.get(name, knob.default)
        st.error(f"{problem} Still in force: {knob.write(kept)}.")
        return kept
    good[name] = knob.read(text)
    return good[name]
