"""The sidebar: one box a filter, each checked in its place; the last good text stays in force."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboards.ui.house import source_urls
from dashboards.ui.state import FILTER_LABELS, filter_problem

DECISIONS = ["ACCEPT", "REJECT"]
ADDRESS_HELP = (
    "An address, a block, a pattern or a list: `10.0.0.5`, `10.0.0.0/8`, `2001:db8::/32`, "
    "`203.0.*`. A leading `!` leaves out: `!10.0.0.0/8`."
)
PORT_HELP = "A port, name, range or list: `443`, `https`, `1024-65535`, `80, 443`, `!22`."
ID_HELP = "An id, a pattern or a list: `eni-0a1b`, `eni-0a*`, `!eni-0a1b`."
HELP = {
    "srcaddr": ADDRESS_HELP,
    "dstaddr": ADDRESS_HELP,
    "srcport": PORT_HELP,
    "dstport": PORT_HELP,
    "protocol": "A keyword, a number or a list: `tcp`, `17`, `tcp, udp`, `!icmp`.",
}


def filters(fields: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Draw the boxes of these fields; gives the filters in force as `(field, text)`."""
    with st.sidebar:
        st.markdown("### Filters")
        texts = {field: _decision() if field == "action" else _box(field) for field in fields}
        if any(texts.values()):
            st.button("Clear all filters", on_click=clear, args=(tuple(fields),), width="stretch")
    return tuple((field, text) for field, text in texts.items() if text)


def source() -> str:
    """Draw the choice of source where the store holds several; gives its URL, "" for all."""
    urls = source_urls()
    if len(urls) < 2:
        return ""
    with st.sidebar:
        names = {"": "All sources", **{url: url for url in urls}}
        chosen = st.selectbox(
            "Source", list(names), key="source", format_func=names.__getitem__, bind="query-params"
        )
    return str(chosen or "")


def clear(fields: Sequence[str]) -> None:
    """Empty the boxes of these fields."""
    for field in fields:
        st.session_state[field] = None if field == "action" else ""


def _decision() -> str:
    """ACCEPT or REJECT; nothing chosen is both."""
    chosen = st.segmented_control(
        FILTER_LABELS["action"], DECISIONS, key="action", bind="query-params", width="stretch"
    )
    return str(chosen or "")


def _box(field: str) -> str:
    """One text box; a text that cannot be read is refused below it, and the last good one kept."""
    text = st.text_input(
        FILTER_LABELS[field], key=field, bind="query-params", help=HELP.get(field, ID_HELP)
    )
    text = (text or "").strip()
    problem = filter_problem(field, text)
    good = st.session_state.setdefault("good_filters", {})
    if problem:
        kept = good.get(field, "")
        st.error(f"{problem} " + (f"Still in force: {kept}" if kept else "It is not in force."))
    else:
        good[field] = text
    return str(good.get(field, ""))
