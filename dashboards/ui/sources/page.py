"""The Sources page: its parts in their places."""

import streamlit as st

from dashboards.ui import link_notes, panel, resources, saved_views, sidebar, status, timerange
from dashboards.ui.markdown import inert
from dashboards.ui.rights import Rights, here
from dashboards.ui.sources import (
    activity,
    adding,
    elsewhere,
    inventory,
    parse_report,
    removing,
    uploading,
)
from dashboards.ui.state import PageState
from vpcflow_core.panels.catalogue import PANELS
from vpcflow_core.variables import misspelt


def draw(title: str, question: str) -> None:
    """Draw the page; without any record too: it is the way out of an empty store."""
    link_notes.read()
    range_, zone, _ = timerange.controls(title, question)
    rights = here()
    with st.sidebar:
        source = sidebar.source()
    state = PageState(range_, zone, source=source)
    link_notes.draw()
    saved_views.remember(state)
    for sentence in misspelt() if rights.admin else ():
        st.warning(inert(sentence), icon=":material/warning:")
    if resources.elsewhere():
        elsewhere.draw()
        _coverage(state)
    else:
        _stored(rights, state)
    with st.container(border=True, key="ec2"):
        inventory.draw(rights)


def _stored(rights: Rights, state: PageState) -> None:
    """What is read to the store of this machine, and the ways to add to it."""
    activity.draw(rights)
    removing.draw(rights)
    status.damage(resources.logs(state.source, False))
    _coverage(state)
    _forms(rights)
    with st.container(border=True, key="not-read"):
        parse_report.draw(rights, resources.url_of(state.source))


def _coverage(state: PageState) -> None:
    logs = resources.logs(state.source, False)
    if logs.present_extent is None:
        return
    status.repeats(logs)
    window, _ = timerange.window(state.range, logs.present_extent)
    request = state.request(PANELS["sources/coverage"], window, logs.catalogue.generation())
    panel.draw(request, state)


def _forms(rights: Rights) -> None:
    left, right = st.columns(2)
    with left, st.container(border=True, key="adding", height="stretch"):
        adding.draw(rights)
    with right, st.container(border=True, key="uploading", height="stretch"):
        uploading.draw(rights)
