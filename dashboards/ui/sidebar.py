"""The sidebar: one box a filter, each checked in its place; the last good text stays in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboards.ui import actions, checked_text, hidden_widgets, link_notes, refreshing, suggesting
from dashboards.ui.filter_text import DECISIONS, filter_problem, near_names, suggestion, understood
from dashboards.ui.markdown import code, inert
from dashboards.ui.resources import flows, source_urls, workspace
from dashboards.ui.rights import here
from dashboards.ui.source_labels import source_labels
from dashboards.ui.state import EITHER_FILTERS, FILTER_LABELS, FLOW_FILTERS, MORE_FILTERS
from vpcflow_core.errors import SettingsError
from vpcflow_core.flow_logs.sets import WORDS, block_sets
from vpcflow_core.query.dimensions import filterable
from vpcflow_core.query.names import FIELDS

# Of the fold that holds more filters: whether it is open.
MORE = "more-filters"
# Names of zones and watch lists in the help of a box.
SHOWN = 8


def filters(fields: Sequence[str], fixed: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Draw the boxes of a page.

    A filter that was set on another page stays in force, in a box of its own: what narrows a page
    is always seen on it.

    Args:
        fields: The page's own filters.
        fixed: Fields that the page itself decides; they get no box.

    Returns:
        The filters in force as `(field, text)`, in the order of `FILTER_LABELS`.
    """
    behind = [f for f in MORE_FILTERS if f not in (*fields, *fixed)]
    own = (*fields, *(behind if st.session_state.get(MORE) else ()))
    brought = [f for f in FILTER_LABELS if f not in (*own, *fixed) and asked(f)]
    with st.sidebar:
        st.markdown("### Filters")
        first = (*EITHER_FILTERS, *FLOW_FILTERS)
        held = hidden_widgets.place("filters", shown=False)
        texts = {field: _box(field, held) for field in fields if field in first}
        # It stands at the same place on every page, or the browser would lose hold of it.
        with hidden_widgets.place("decision", "action" in fields):
            decision = _decision()
        texts["action"] = decision if "action" in fields else ""
        texts |= {f: _box(f, held) for f in (*fields, *brought) if f not in (*texts, "action")}
        texts |= _more(behind, held)
        suggesting.draw(texts, _sets())
        if any(texts.values()):
            st.button("Clear all filters", on_click=clear, args=(tuple(texts),), width="stretch")
    return tuple((field, texts[field]) for field in FILTER_LABELS if texts.get(field))


def _more(fields: Sequence[str], held: DeltaGenerator) -> dict[str, str]:
    """The boxes of filters that are seldom needed; none while they are folded away."""
    with st.expander("More filters", key=MORE, on_change="rerun") as more:
        return {field: _box(field, held) for field in fields} if more.open else {}


def asked(field: str) -> str:
    """What the box or the address bar says of a field."""
    return str(st.session_state.get(field, st.query_params.get(field, "")) or "")


def counting() -> tuple[str, bool]:
    """Draw what counts: the source, where there are several, and whether each flow counts once."""
    with st.sidebar:
        st.markdown("### Counting")
        once = st.toggle(
            "Count each flow once",
            key="once",
            bind="query-params",
            help="A flow between two of your interfaces is logged by both. This leaves out the "
            "second record of each.",
        )
        chosen = source()
        refreshing.draw()
        return chosen, once


def clear(fields: Sequence[str]) -> None:
    """Empty the boxes of these fields."""
    for field in fields:
        st.session_state[field] = None if field == "action" else ""
        actions.changed(field)
        checked_text.forget(field)


def source() -> str:
    """The choice of source where the store holds several; gives what it is called, "" for all."""
    known = source_labels(workspace(), source_urls(), with_paths=here().folders)
    if len(known) < 2:
        return ""
    names = {"": "All sources", **{label: label for label in known}}
    chosen = st.selectbox(
        "Source", list(names), key="source", format_func=names.__getitem__, bind="query-params"
    )
    return str(chosen or "")


def _decision() -> str:
    """ACCEPT or REJECT; nothing chosen is both."""
    chosen = st.segmented_control(
        FILTER_LABELS["action"],
        DECISIONS,
        key="action",
        bind="query-params",
        help=_help("action"),
        width="stretch",
    )
    return str(chosen or "")


def _help(field: str) -> str | None:
    """How a filter by the field is written, and which zones and lists there are."""
    said = filterable(field).filter_help
    if not _may_name_sets(field):
        return said or None
    known = [
        f"{WORDS[kind][0].capitalize()}s: {', '.join(code(f'{kind}:{name}') for name in shown)}."
        for kind, names in _sets().items()
        if (shown := names[:SHOWN])
    ]
    return " ".join([said, *known])


def _may_name_sets(field: str) -> bool:
    """Whether a box takes addresses, which zones and watch lists stand for."""
    return filterable(field).kind == "address" and field != "country"


def _sets() -> dict[str, tuple[str, ...]]:
    """The names of zones and watch lists; none where a list cannot be read, as the page says."""
    try:
        return {kind: block_sets(kind).names for kind in WORDS}
    except SettingsError:
        return {}


def _box(field: str, held: DeltaGenerator) -> str:
    """One text box, and the text in force; one that is refused stays in its box alone."""
    said = held.text_input(FILTER_LABELS[field], key=field, bind="query-params") or ""
    in_force = "" if filter_problem(field, said.strip()) else said.strip()
    shown = checked_text.shown(field, said)
    st.session_state[checked_text.typed(field)] = shown
    st.text_input(
        FILTER_LABELS[field],
        key=checked_text.typed(field),
        help=_help(field),
        on_change=_understand,
        args=(field,),
    )
    if problem := filter_problem(field, shown.strip()):
        still = f"Still in force: {in_force}" if in_force else "It is not in force."
        near = near_names(shown.strip().lstrip("!"), _names(field)) if _may_name_sets(field) else ""
        link_notes.refused(field, shown, " ".join(filter(None, (problem, near, still))))
    elif in_force and (hint := suggestion(field, in_force, _names(field))):
        st.caption(inert(hint))
    return in_force


def _names(field: str) -> Mapping[str, str]:
    """What the values of a field are called, by id; of addresses the interfaces that have them."""
    if field in FIELDS:
        return flows().names(field)
    return flows().names("interface_id") if _may_name_sets(field) else {}


def _understand(field: str) -> None:
    """Put a typed text in force; names typed plainly into a box of addresses are read."""
    text = str(st.session_state[checked_text.typed(field)] or "").strip()
    if filterable(field).kind == "address" and filter_problem(field, text):
        text = understood(field, text, _names(field).values(), _sets())
    checked_text.put(field, text, partial(filter_problem, field))
