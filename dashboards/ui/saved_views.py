"""Saved views: opened, saved and removed beside every page."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

import streamlit as st

from dashboards.ui import audit, links, navigation_links, people, resources
from dashboards.ui.markdown import error_text, inert
from dashboards.ui.notes import may_write
from dashboards.ui.rights import here
from dashboards.ui.state import PageState
from vpcflow_core.errors import VpcflowError
from vpcflow_core.workspace import views as kept
from vpcflow_core.workspace.views import View

SHOWN = "shown_state"


def remember(state: PageState) -> None:
    """Note what the page shows, for who saves it."""
    st.session_state[SHOWN] = state


def draw(page: str, paths: frozenset[str]) -> None:
    """A button that opens a list of views, and a form that saves the page as it is.

    Args:
        page: Path of the page that is shown.
        paths: Paths of all pages.
    """
    if st.button("Views", icon=":material/bookmark:", width="stretch", key="views"):
        st.dialog("Views", icon=":material/bookmark:")(_body)(page, paths)


def _body(page: str, paths: frozenset[str]) -> None:
    try:
        found = kept.views(resources.workspace().store, _name())
    except VpcflowError as error:
        st.error(error_text(error), icon=":material/error:")
        return
    if not found:
        st.caption("Save a page with its range and filters here, to come back to it by name.")
    for number, view in enumerate(view for view in found if view.page in paths):
        _row(number, view)
    if people.here() is not None or here().admin:
        _form(page)


def _row(number: int, view: View) -> None:
    link, button = st.columns([6, 1], vertical_alignment="center")
    with link:
        navigation_links.link(view.page, inert(view.name), dict(parse_qsl(view.query)))
    whose = f" by {view.owner}" if view.for_all and view.owner != _name() else ""
    about = " ".join(filter(None, (view.description, "For all" + whose if view.for_all else "")))
    if about:
        st.caption(inert(about))
    if _may_remove(view):
        button.button(
            "",
            icon=":material/delete:",
            key=f"view-remove-{number}",
            type="tertiary",
            help="Remove this view",
            on_click=_remove,
            args=(view,),
        )


def _form(page: str) -> None:
    with st.form("view", border=False, clear_on_submit=True):
        name = st.text_input("Name", max_chars=kept.LONGEST["name"], key="view-name")
        text = st.text_input(
            "Description", max_chars=kept.LONGEST["description"], key="view-description"
        )
        for_all = may_write() and st.toggle("For all", key="view-for-all")
        if st.form_submit_button("Save this page"):
            _save(View(name.strip(), page, _query(), text.strip(), _name(), bool(for_all)))


def _query() -> str:
    """The parameters of the page as it is shown."""
    state = st.session_state.get(SHOWN, PageState())
    more = links.own(st.query_params)
    return "&".join(filter(None, (state.query_string(), urlencode(more))))


def _save(view: View) -> None:
    try:
        kept.save(resources.workspace().store, view)
    except VpcflowError as error:
        st.error(error_text(error), icon=":material/error:")
        return
    audit.note("view-saved", name=view.name, for_all=view.for_all)
    st.rerun()


def _may_remove(view: View) -> bool:
    found = people.here()
    return here().admin or (found is not None and view.owner == found.name)


def _remove(view: View) -> None:
    if _may_remove(view):
        kept.remove(resources.workspace().store, view)
        audit.note("view-removed", name=view.name)


def _name() -> str:
    found = people.here()
    return found.name if found else ""
