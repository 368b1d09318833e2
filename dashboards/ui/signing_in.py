"""What stands before the pages where people sign in, and the way out."""

from __future__ import annotations

import streamlit as st
from streamlit.auth_util import is_authlib_installed

from dashboards.ui import audit, people, resources
from dashboards.ui.markdown import inert
from vpcflow_core.errors import SettingsError
from vpcflow_core.team import Person
from vpcflow_core.units import number_of

ROLES = {
    "viewer": "You can look at every page.",
    "analyst": "You can also write SQL and download.",
    "admin": "You can also add sources and start syncs.",
}


def admitted() -> bool:
    """Whether the visitor may see pages; if not, what they can do is drawn."""
    found = people.here()
    if found is None:
        return True
    audit.sign_in()
    if found.role:
        return True
    st.title("vpcflow", anchor=False)
    if found.name:
        st.error(
            inert(
                f"{found.name} is signed in, but nothing is granted to this account. Ask whoever "
                "runs vpcflow for a grant to one of your groups."
            ),
            icon=":material/block:",
        )
        st.button("Sign out", on_click=_out, icon=":material/logout:", key="sign-out")
        return False
    # Asked for again here: a secret that is missing or too short is said before anyone signs in.
    sign_in = resources.settings().sign_in
    if sign_in is not None:
        sign_in.secret_of_cookies()
        sign_in.secret_of_client()
        if not is_authlib_installed():
            raise SettingsError(
                "Signing in needs Authlib.", 'Install it: pip install "vpcflow[team]"'
            )
    st.markdown("Sign in to look at the flow logs.")
    st.button("Sign in", on_click=st.login, type="primary", icon=":material/login:", key="sign-in")
    return False


def account() -> None:
    """Who is signed in, what they may see, and the way out; at the end of the sidebar."""
    found = people.here()
    if found is None or found.role is None:
        return
    with (
        st.sidebar,
        st.popover(
            inert(found.name), icon=":material/account_circle:", width="stretch", key="account"
        ),
    ):
        st.markdown(f"**{found.role.capitalize()}.** {ROLES[found.role]} {_seen(found)}")
        st.button("Sign out", on_click=_out, icon=":material/logout:", key="sign-out")


def _seen(found: Person) -> str:
    """What of the records, in a sentence."""
    if any(part.accounts is None and part.sources is None for part in found.scope.parts):
        return "You see all accounts and sources."
    parts = [
        " in ".join(
            filter(
                None,
                (
                    f"accounts {', '.join(part.accounts)}" if part.accounts else "all accounts",
                    number_of(len(part.sources), "sources") if part.sources else "",
                ),
            )
        )
        for part in found.scope.parts
    ]
    return f"You see {' and '.join(parts)}."


def _out() -> None:
    audit.note("sign-out")
    st.logout()
