"""Several boxes changed at once are one step of the browser's history, not one each.

Streamlit sends the whole address for each bound box that it finds changed, and the browser makes a
step of each address that differs from the one before. So all but one are noted beforehand.
"""

from __future__ import annotations

from collections.abc import Collection

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboards.ui.state import at_rest


def together(names: Collection[str]) -> None:
    """Have the address hold these boxes' values as soon as the first of them is drawn.

    Args:
        names: Boxes that were changed since the page was drawn last.
    """
    shown = {name: st.query_params.get(name, "") for name in names}
    wanted = {name: _text(name) for name in names}
    changed = [name for name in names if wanted[name] != shown[name]]
    context = get_script_run_ctx()
    if len(changed) < 2 or context is None:
        return
    with context.session_state.query_params() as params:
        for name in changed[1:]:
            if wanted[name]:
                params.set_with_no_forward_msg(name, wanted[name])
            else:
                params.discard_param_no_forward_msg(name)
    first = changed[0]
    st.session_state[first] = st.session_state.get(first)


def _text(name: str) -> str:
    """What the address says of a box; "" for its default."""
    value = st.session_state.get(name)
    return "" if at_rest(name, value) else str(value)
