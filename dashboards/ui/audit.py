"""What visitors do is written to the audit log."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboards.ui import people, resources
from dashboards.ui.rights import here
from vpcflow_core.workspace import audit
from vpcflow_core.workspace.audit import Actor, Event


def note(event: Event, **details: object) -> None:
    """Write down what the visitor does now."""
    recorder()(event, **details)


def recorder() -> Callable[..., None]:
    """The same for later, when no page of the visitor is drawn: a download is made then."""
    store, who = resources.workspace().store, _actor()

    def write(event: Event, **details: object) -> None:
        audit.record(store, event, who, details)

    return write


def refused(what: str) -> None:
    """That the visitor asked for something they may not have; once a session for each thing."""
    known = st.session_state.setdefault("refused", set())
    if what not in known:
        known.add(what)
        note("refused", what=what)


def sign_in() -> None:
    """Once a session: who came, or who was turned away."""
    found = people.here()
    if found is None or found.name == "" or st.session_state.get("signed_in_as") == found.name:
        return
    st.session_state["signed_in_as"] = found.name
    note("sign-in" if found.role else "sign-in-refused")


def _actor() -> Actor:
    found = people.here()
    name = found.name if found else ""
    return Actor(name, here().role or "", st.context.ip_address or "127.0.0.1")
