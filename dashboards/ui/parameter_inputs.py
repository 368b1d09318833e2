"""The sidebar's inputs for the parameters of outliers and comparisons; bad ones are refused."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from dashboards.ui import hidden_widgets
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
        of_panels["baseline"] = _checked("baseline", _text("baseline"))
    with st.sidebar, hidden_widgets.place("outliers", not judging.isdisjoint(used)):
        st.markdown("### Outliers")
        found = replace(DEFAULTS, method=_checked("method", _chosen("method", METHODS)))
        left, right = st.columns(2, gap="small")
        with left:
            found = replace(found, timeslice=_checked("timeslice", _timeslice()))
            found = replace(found, threshold=_checked("threshold", _number("threshold", 0.5)))
        with right:
            found = replace(found, window=_checked("window", _number("window", 1)))
            found = replace(found, consecutive=_checked("consecutive", _number("consecutive", 1)))
        if auto and found.timeslice is None:
            st.caption(auto)
        found = replace(found, watch=_checked("watch", _watch()))
        by = _chosen("by", (*JUDGED_BY, NO_FIELD))
        found = replace(found, by=_checked("by", by))
    with st.sidebar, hidden_widgets.place("comparison", "compare" in used):
        st.markdown("### Comparison")
        return replace(found, compare=_checked("compare", _text("compare")), **of_panels)


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


def _timeslice() -> str:
    parameter = PARAMETERS["timeslice"]
    chosen = st.selectbox(
        parameter.label,
        TIMESLICES,
        key=parameter.name,
        accept_new_options=True,
        help=parameter.help,
        bind="query-params",
    )
    return chosen or TIMESLICES[0]


def _number(name: str, step: float) -> str:
    """A box for a number; without limits of its own, because it would refuse without a word."""
    parameter = PARAMETERS[name]
    format_ = "%d" if isinstance(parameter.default, int) else "%g"
    chosen = st.number_input(
        parameter.label,
        value=parameter.default,
        step=step,
        format=format_,
        key=name,
        help=parameter.help,
        bind="query-params",
    )
    return parameter.write(parameter.default if chosen is None else chosen)


def _text(name: str) -> str:
    parameter = PARAMETERS[name]
    default = parameter.write(parameter.default)
    given = st.text_input(
        parameter.label,
        default,
        key=parameter.name,
        help=parameter.help,
        max_chars=60,
        bind="query-params",
    )
    return given.strip() or default


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
