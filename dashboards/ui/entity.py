"""The page of one address, block, interface, instance, group, subnet, VPC or port."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st
from plotly.graph_objects import Figure
from streamlit.delta_generator import DeltaGenerator

from dashboards.ui import (
    answers,
    checked_text,
    dashboard,
    emptiness,
    hidden_widgets,
    links,
    panel,
    records_dialog,
    resources,
    saving,
    who,
)
from dashboards.ui.evidence import about, file_name, packed_page
from dashboards.ui.markdown import code, inert
from dashboards.ui.rights import shown
from dashboards.ui.state import EITHER_FILTERS, FILTER_LABELS, FLOW_FILTERS, PageState
from vpcflow_core.charts import figure
from vpcflow_core.errors import FilterError, VpcflowError
from vpcflow_core.panels.catalogue import Panel, PanelAnswer
from vpcflow_core.panels.entity import Entity, entity_of
from vpcflow_core.panels.entity_facts import facts
from vpcflow_core.panels.entity_panels import entity_panels
from vpcflow_core.panels.grouping import grouped
from vpcflow_core.query.names import FIELDS
from vpcflow_core.times import Window

# The parameter that says what the page is about.
ENTITY = "entity"
# Panels side by side; what is not named stands alone.
ROWS = (("ways",), ("over-time",), ("peers",), ("served", "asked"), ("let-in", "new"))
NOTHING_ASKED = (
    "Type an address, block, port, id or name above, or choose **All about** in the menu of a row "
    "on any page."
)
# They look at every connection or at all rules, which takes seconds: only if they are asked for.
FOLDED = ("connections", "why")


def draw(title: str, question: str) -> None:
    """Draw the page."""
    fields = (*EITHER_FILTERS, *FLOW_FILTERS, "action")
    if (of_link := st.query_params.get(ENTITY, "").strip()) and _problem(of_link):
        checked_text.refuse(ENTITY, of_link)
        del st.query_params[ENTITY]
        st.rerun()
    state, row_end = dashboard.begin(title, question, fields, used=("baseline",))
    text, beside = _box()
    ready = dashboard.freshness(state, row_end)
    if ready is None:
        return
    if not text:
        st.info(NOTHING_ASKED, icon=":material/person_search:")
        return
    entity = entity_of(_id_of(text))
    _who(entity, state, ready[0])
    _panels(entity, _both_ways(entity, state), *ready, beside)


def _box() -> tuple[str, DeltaGenerator]:
    """The box that says what the page is about; the text in force, and a place beside the box."""
    with hidden_widgets.place(ENTITY, shown=False):
        in_force = st.text_input("Entity", key=ENTITY, bind="query-params").strip()
    key, said = checked_text.typed(ENTITY), checked_text.shown(ENTITY, in_force)
    st.session_state[key] = said
    with st.container(horizontal=True, vertical_alignment="center", key="entity-row"):
        st.text_input(
            "Address, block, port, id or name",
            key=key,
            placeholder="Address, block, port, id or name: 10.0.0.5, 10.0.0.0/24, 443, eni-0a1b",
            on_change=lambda: checked_text.put(ENTITY, st.session_state[key].strip(), _problem),
            label_visibility="collapsed",
        )
        beside = st.container(width="content")
    if problem := _problem(said):
        still = f" Still shown: {code(in_force)}." if in_force else ""
        st.info(f"{problem}{still}", icon=":material/info:")
    return in_force, beside


def _problem(text: str) -> str:
    """Why a text names nothing that has a page; "" for one that does, and for none."""
    try:
        if text:
            entity_of(_id_of(text))
    except FilterError as error:
        return shown(error)
    return ""


def _id_of(text: str) -> str:
    """The id of what is called so; other texts as they are."""
    for field in FIELDS:
        known = resources.flows().names(field).items()
        if found := next((id_ for id_, name in known if name.lower() == text.lower()), ""):
            return found
    return text


def _both_ways(entity: Entity, state: PageState) -> PageState:
    """The page without filters by the thing itself, which would leave out one of its ways."""
    own = [field for field, text in state.filters if text.strip() == entity.text]
    for field in own:
        st.caption(
            f":material/filter_alt_off: {FILTER_LABELS[field]}: {inert(entity.text)} is not in "
            "force here: this page is about all of it, both ways."
        )
    return replace(state, filters=tuple(f for f in state.filters if f[0] not in own))


def _who(entity: Entity, state: PageState, window: Window) -> None:
    """Who it is."""
    known = facts(entity, resources.flows(), window)
    with st.container(key="facts"):
        st.html(who.html(entity, known, lambda to: links.entity(st.context.url or "", to, state)))


def _panels(
    entity: Entity, state: PageState, window: Window, generation: int, beside: DeltaGenerator
) -> None:
    """What it did; the button that packs all of it stands beside the box."""
    own = entity.where
    if emptiness.lacks_fields((), state.filters):
        return
    with st.spinner("Looking for its records ...", show_time=True):
        is_empty = emptiness.is_empty(state, window, own)
    if is_empty:
        emptiness.explain(f"records of {inert(entity.text)}", state, window, "entity", own)
        return
    found = {p.slug.partition("?")[0].rpartition("/")[2]: p for p in entity_panels(entity)}
    with beside:
        _evidence(entity, found, state, window, generation)
    for row in ROWS:
        for column, name in zip(st.columns(len(row)), row, strict=True):
            with column:
                asked = grouped(found[name], state.parameters.grouping)
                panel.draw(state.request(asked, window, generation), state, own)
    for name in FOLDED:
        with st.expander(found[name].title, key=f"more-{name}", on_change="rerun") as more:
            if more.open:
                asked = grouped(found[name], state.parameters.grouping)
                panel.draw(state.request(asked, window, generation), state, own)
    records_dialog.show_if_asked(state, window, generation)


def _evidence(
    entity: Entity, panels: Mapping[str, Panel], state: PageState, window: Window, generation: int
) -> None:
    """A button that packs all that is behind the page into one file."""
    link = links.fixed(st.context.url or "", state, window, links.own(st.query_params))
    # What is asked is fixed here: the file is made outside of any session.
    asked = {
        name: (of, answers.own(state.request(of, window, generation)))
        for name, panel in panels.items()
        for of in (grouped(panel, state.parameters.grouping),)
    }

    def part(name: str) -> tuple[str, str, PanelAnswer | None, Figure | None]:
        panel, request = asked[name]
        try:
            given = answers.answer_of(request)
        except VpcflowError as error:
            return name, str(error), None, None
        drawn = panel.chart != "table" and not given.frame.empty
        shown = figure(panel, given, state.zone) if drawn else None
        return name, about(panel, given, state, window, link), given, shown

    saving.button(
        "Download all of this page",
        lambda: packed_page(map(part, asked)),
        f"{file_name(f'entity-{entity.text}', window)}.zip",
        "application/zip",
        key="evidence-entity",
        icon=":material/download:",
        help="One ZIP: of each panel the rows, the figure, the SQL, the filters and the link. "
        "Connections and why refused take some seconds.",
    )
