"""One panel on a page: title, menu, body; a failing panel fails alone, in its place."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import streamlit as st

from dashboards.ui import (
    actions,
    answers,
    clock,
    grouping,
    open_only,
    panel_body,
    panel_menu,
    resources,
    suggesting,
    violation_links,
)
from dashboards.ui.emptiness import Own
from dashboards.ui.markdown import inert
from dashboards.ui.rights import shown
from dashboards.ui.state import PageState
from vpcflow_core.errors import VpcflowError
from vpcflow_core.panels.catalogue import Panel, PanelAnswer, PanelRequest
from vpcflow_core.panels.catalogue import panel as panel_of
from vpcflow_core.redaction import redacting_logger

log = redacting_logger("vpcflow")


def draw(request: PanelRequest, state: PageState, own: Own = ()) -> None:
    """Draw a panel where it stands; it loads by itself, so that the page need not wait.

    Args:
        request: What it is asked.
        state: The page's.
        own: What the page itself asks of its records, besides its filters.
    """
    name = request.slug.replace("/", "-")
    parallel = st.fragment(parallel=True, key=f"fragment-{name}")(_panel)
    with st.container(border=True, key=f"panel-{name}", height="stretch"):
        parallel(request, state, own)


def _panel(request: PanelRequest, state: PageState, own: Own) -> None:
    """Title and the rest; an error is shown in the panel's place."""
    actions.begin_panel()
    panel = panel_of(request.slug)
    head = f"head-{request.slug.replace('/', '-')}"
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", wrap=False, key=head
    ):
        title = grouping.ungrouped(panel).title
        st.markdown(f"## {title}", help=panel.help, width="stretch", anchors=False)
        place = st.container(
            width="content", horizontal=True, vertical_alignment="center", gap="small", wrap=False
        )
    try:
        with place:
            grouping.draw(panel)
            open_only.draw(panel, state)
        with place, st.spinner("Asking", show_time=True):
            answer = answers.answer(request)
        given = _localised(answer, state)
        with place:
            panel_menu.draw(request, panel, given, state)
        if found := given.notes[: given.findings]:
            st.markdown("  \n".join(f":material/public: **{inert(text)}**" for text in found))
        panel_body.draw(request, given, state, own)
        if panel_body.shows_notes_below(panel, given):
            _below(panel, given, state)
        suggesting.draw_seen(panel, given)
    except VpcflowError as error:
        st.info(shown(error), icon=":material/info:")
    except Exception:  # the border of a panel: a mistake in one must not take the page with it
        log.exception("panel %s failed", panel.slug)
        st.error("This panel failed; the server's log says why. The others are not affected.")


def _localised(given: PanelAnswer, state: PageState) -> PanelAnswer:
    """The answer, with the times of its notes in the page's zone; the page tells of bad lists."""
    if not given.notes:
        return given
    zone, of_page = ZoneInfo(state.zone), resources.list_problems()
    notes = (clock.localised(note, zone) for note in given.notes if note not in of_page)
    return replace(given, notes=tuple(notes))


def _below(panel: Panel, given: PanelAnswer, state: PageState) -> None:
    """What to know about the answer, and ways to its violations."""
    notes = given.notes[given.findings :]
    if not notes:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("  \n".join(map(inert, notes)), width="stretch")
        if panel.chart == "band":
            violation_links.draw(panel, given, state)
