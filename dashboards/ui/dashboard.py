"""The frame of every dashboard: title, time range, freshness, chips, and rows of panels."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboards.ui import (
    actions,
    audit,
    chips,
    clipboard,
    emptiness,
    focus,
    link_notes,
    panel,
    parameter_inputs,
    records_dialog,
    resources,
    saved_views,
    sidebar,
    status,
    timerange,
)
from dashboards.ui.markdown import inert
from dashboards.ui.own_place import own_place
from dashboards.ui.parameters import auto_now
from dashboards.ui.state import FILTER_LABELS, PageState
from vpcflow_core.panels.catalogue import PANELS
from vpcflow_core.panels.grouping import grouped
from vpcflow_core.ranges import Range
from vpcflow_core.times import Window

# A row is a list of panels, slug and relative width of each; a text is a heading between rows.
Row = str | Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A page, as data.

    Attributes:
        path: Its address below the app's; the names of its panels begin with it.
        title: Its name.
        icon: Its icon in the navigation.
        question: What it answers, one sentence.
        filters: Fields of the sidebar's filters.
        rows: Its panels.
        fixed: What the page itself decides, by field: another page's filter is not in force.
    """

    path: str
    title: str
    icon: str
    question: str
    filters: Sequence[str]
    rows: Sequence[Row]
    fixed: Mapping[str, str] = field(default_factory=dict)

    @property
    def slugs(self) -> list[str]:
        """Its panels' names."""
        return [slug for row in self.rows if not isinstance(row, str) for slug, _ in row]

    @property
    def used_parameters(self) -> set[str]:
        """The parameters that some panel uses."""
        return {name for slug in self.slugs for name in PANELS[slug].used_parameters}

    def draw(self) -> None:
        """Draw it."""
        state, row_end = begin(
            self.title,
            self.question,
            self.filters,
            list(self.fixed),
            self.used_parameters,
        )
        if (shown := freshness(state, row_end, self.path)) is not None:
            with own_place(self.path):
                _body(self, state, *shown)


def begin(
    title: str,
    question: str,
    filters: Sequence[str],
    fixed: Sequence[str] = (),
    used: Collection[str] = (),
) -> tuple[PageState, DeltaGenerator]:
    """Draw what stands above and beside every page; give what it says, and the title's row.

    Args:
        title: The page's name.
        question: What it answers.
        filters: Its own filters.
        fixed: Fields that the page itself decides.
        used: Names of the parameters that the page uses.
    """
    actions.begin_page()
    focus.draw()
    clipboard.draw()
    link_notes.read()
    range_, zone, row_end = timerange.controls(title, question)
    texts = sidebar.filters(filters, fixed)
    parameters = parameter_inputs.parameters(used, _auto(range_))
    source, once = sidebar.counting()
    state = PageState(range_, zone, texts, source, parameters, once)
    saved_views.remember(state)
    with st.container():
        link_notes.draw()
        _others_accounts(state)
    return state, row_end


def freshness(
    state: PageState, row_end: DeltaGenerator, page: str = ""
) -> tuple[Window, int] | None:
    """Draw how fresh the data is, and the chips; what to do while there is nothing to show.

    Args:
        state: What the page shows.
        row_end: Where the buttons stand that concern the whole page.
        page: Path of a page of which there is a report.

    Returns:
        What the range means, and the store's generation; None for an empty store.
    """
    logs = resources.logs(state.source, state.once)
    extent = logs.present_extent
    with st.container():
        status.sync_line(empty=extent is None)
    if extent is None:
        status.nothing_yet()
        return None
    window, anchored = timerange.window(state.range, extent)
    with row_end:
        status.buttons(window, extent, state, page)
    status.freshness(logs, window, anchored, state)
    chips.draw(state)
    return window, logs.catalogue.generation()


def _auto(asked: Range) -> str:
    """What the timeslice `auto` means in a range, in words; "" while there are no records."""
    logs = resources.flows()
    extent = logs.present_extent
    if extent is None:
        return ""
    return auto_now(timerange.window(asked, extent)[0], logs.coverage.interval)


def _others_accounts(state: PageState) -> None:
    """Says so where a link or filter names accounts that the visitor may not see."""
    asked = re.findall(r"\b\d{12}\b", dict(state.filters).get("account_id", ""))
    parts = resources.scope().parts
    if any(part.accounts is None for part in parts):
        return
    hidden = [one for one in asked if not any(one in (part.accounts or ()) for part in parts)]
    if hidden:
        audit.refused(f"account {', '.join(hidden[:5])}")
        st.warning(
            f"What you may see does not include account {', '.join(hidden[:5])}.",
            icon=":material/block:",
        )


def _body(dashboard: Dashboard, state: PageState, window: Window, generation: int) -> None:
    """Its panels, which keep their places on the page whether something is said above or not."""
    own = tuple(dashboard.fixed.items())
    with st.container():
        _not_in_force(dashboard)
        if emptiness.lacks_fields(own, state.filters):
            return
        emptiness.notice(state, window, own)
    for row in dashboard.rows:
        if isinstance(row, str):
            st.header(row, anchor=False)
            continue
        columns = st.columns([width for _, width in row])
        for column, (slug, _) in zip(columns, row, strict=True):
            with column:
                shown = grouped(PANELS[slug], state.parameters.grouping)
                panel.draw(state.request(shown, window, generation), state, own)
    records_dialog.show_if_asked(state, window, generation)


def _not_in_force(dashboard: Dashboard) -> None:
    """Name the filters, set elsewhere, that this page ignores."""
    for name, own in dashboard.fixed.items():
        text = sidebar.asked(name)
        if text and text != own:
            st.caption(
                f":material/filter_alt_off: {FILTER_LABELS[name]}: {inert(text)} is not in force "
                f"here: this page is about {dashboard.title.lower()}."
            )
