"""Boxes whose text is checked before it is in force; one that is refused stays in its box alone.

The address bar has the text in force, which a hidden box holds: a text that is refused is in no
link. The box that is shown is not bound to the address.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st


def typed(name: str) -> str:
    """Key of the box that people type into."""
    return f"typed-{name}"


def shown(name: str, in_force: str) -> str:
    """What that box shows: the text that was refused, until another one is in force."""
    refused, since = st.session_state.get(_refused(name), (in_force, in_force))
    return str(refused if since == in_force else in_force)


def refuse(name: str, text: str, in_force: str = "") -> None:
    """Keep a text in its box alone, until another one is in force."""
    st.session_state[_refused(name)] = text, in_force


def forget(name: str) -> None:
    """Keep no refused text any longer."""
    st.session_state.pop(_refused(name), None)


def put(name: str, text: str, problem: Callable[[str], str]) -> None:
    """Put a typed text in force, or refuse it before it is in the address bar.

    Args:
        name: Of the hidden box.
        text: What was typed.
        problem: Why a text is refused; "" if it is not.
    """
    forget(name)
    if problem(text):
        refuse(name, text, str(st.session_state.get(name) or ""))
    else:
        st.session_state[name] = text


def _refused(name: str) -> str:
    """Key of the text that was refused, and of the one in force when it was."""
    return f"refused-{name}"
