"""What visitors do is written to the audit log."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

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
    """Who came, or who was turned away: once for each token, role and address.

    Streamlit has a session for each tab and each reload, which are no sign-ins.
    """
    found = people.here()
    if found is None or found.name == "":
        return
    came = (found.name, found.role, st.user.to_dict().get("iat"), st.context.ip_address)
    if came not in (known := _known()):
        known.add(came)
        note("sign-in" if found.role else "sign-in-refused")


@cache
def _known() -> set[tuple[object, ...]]:
    """The sign-ins of this process that were written down."""
    return set()


def _actor() -> Actor:
    found = people.here()
    name = found.name if found else ""
    return Actor(name, here().role or "", st.context.ip_address or "127.0.0.1")
