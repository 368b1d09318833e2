"""What a panel shows: a chart, a table, numbers; or why it is empty, and the way out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st
from pandas.api.types import is_numeric_dtype
from plotly.graph_objects import Figure

from dashboards.ui import actions, drill, emptiness, links, panel_table
from dashboards.ui.emptiness import Own
from dashboards.ui.figures import figure_of
from dashboards.ui.markdown import inert
from dashboards.ui.state import PageState
from vpcflow_core.charts import CONFIG
from vpcflow_core.charts.labels import named
from vpcflow_core.panels.base import rows
from vpcflow_core.panels.catalogue import Headline, Panel, PanelAnswer, PanelRequest
from vpcflow_core.panels.catalogue import panel as panel_of
from vpcflow_core.panels.grouping import NEW
from vpcflow_core.units import humane, number_of

# Bands of a Sankey that a menu lists.
MOST_BANDS = 30
# Measures whose panels say what the records lack, where nothing has a price.
PRICED = ("dollars", "saving_month")
# Numbers that are bad news when they grow.
BAD_NEWS = ("REJECT",)
WITHOUT_BUTTONS = {**CONFIG, "displayModeBar": False}


def draw(request: PanelRequest, given: PanelAnswer, state: PageState, own: Own) -> None:
    """Draw the answer to a request."""
    panel = panel_of(request.slug)
    if panel.chart == "number":
        _numbers(panel, given)
        if given.every is not None:
            _plot(panel, given, figure_of(request, given, state.zone), WITHOUT_BUTTONS)
    elif is_empty(panel, given):
        _empty(panel, request, given, state, own)
    elif panel.chart == "table":
        panel_table.draw(panel, given, state, summary(panel, given))
    else:
        of_value = links.entity(st.context.url or "", "", state)
        _chart(panel, given, state, figure_of(request, given, state.zone, of_value))
        if panel.chart == "sankey":
            _bands(panel, given, state)


def is_empty(panel: Panel, given: PanelAnswer) -> bool:
    """Whether there is nothing to draw; a series of zeros is nothing."""
    if given.frame.empty or panel.chart == "table":
        return given.frame.empty
    drawn = panel.value if panel.value in given.frame else "value"
    return not given.frame[drawn].fillna(0).any()


def says_why(panel: Panel, given: PanelAnswer) -> bool:
    """Whether its notes stand in the place of an answer that is empty."""
    if not given.notes or not is_empty(panel, given):
        return False
    of_costs = panel.query.measures[0] in PRICED
    return panel.chart == "map" or panel.analysis in NEW or of_costs or not given.sql


def shows_notes_below(panel: Panel, given: PanelAnswer) -> bool:
    """Whether its notes stand below: also of headlines of zero and of tables without rows."""
    if not is_empty(panel, given) or given.headlines:
        return True
    return panel.chart == "table" and not says_why(panel, given)


def _empty(
    panel: Panel, request: PanelRequest, given: PanelAnswer, state: PageState, own: Own
) -> None:
    """Why there is nothing; where the whole page is empty, the page says so once."""
    if given.findings:
        return  # which stand above, and say why
    if emptiness.is_empty(state, request.window, own):
        st.caption("Nothing to show.")
    elif says_why(panel, given):
        # There are flows, but none has a place; or there is nothing to ask about yet.
        st.info("  \n".join(map(inert, given.notes)), icon=":material/info:")
    else:
        where = panel.query.where or own
        # What an analysis has not found need not be for want of records.
        found = (
            "matches" if panel.analysis is not rows and panel.about == "records" else panel.about
        )
        emptiness.explain(found, state, request.window, panel.slug, where)


def _chart(panel: Panel, given: PanelAnswer, state: PageState, chart: Figure) -> None:
    over_time = panel.chart in drill.TIME_CHARTS
    _plot(
        panel,
        given,
        chart,
        on_select=lambda: _selected(panel, state, f"chart-{panel.slug}"),
        selection_mode=("points", "box") if over_time else "points",
    )


def _bands(panel: Panel, given: PanelAnswer, state: PageState) -> None:
    """A menu that narrows the page to one band: the browser tells of no click on it."""
    key, (left, right) = f"bands-{panel.slug}", panel.query.by[:2]
    rows = [row for _, row in given.frame.head(MOST_BANDS).iterrows()]

    def text(place: int) -> str:
        ends = (named(end, rows[place][end], given.names.get(end, {})) for end in (left, right))
        return f"{' to '.join(ends)}: {humane(rows[place][panel.value], panel.value)}"

    def choose() -> None:
        actions.narrow(state, panel, drill.of_row(panel, rows[st.session_state[key]]))

    st.menu_button(
        "Narrow to one of these",
        list(range(len(rows))),
        format_func=text,
        key=key,
        icon=":material/filter_alt:",
        type="tertiary",
        on_click=choose,
    )


def _plot(
    panel: Panel, given: PanelAnswer, chart: Figure, config: Mapping[str, Any] = CONFIG, **rest: Any
) -> None:
    st.plotly_chart(
        chart,
        config=dict(config),
        key=f"chart-{panel.slug}",
        theme=None,
        alt=summary(panel, given),
        **rest,
    )


def _selected(panel: Panel, state: PageState, key: str) -> None:
    """A drag narrows the range, a click the page."""
    chosen = st.session_state[key].selection
    if chosen.box:
        actions.choose_window(drill.dragged(chosen.box[0]["x"], state.zone))
        return
    values: Any = chosen.points[0].get("customdata") if chosen.points else None
    if values is None or not panel.drill:
        return
    actions.narrow(state, panel, values)


def _numbers(panel: Panel, given: PanelAnswer) -> None:
    """The headlines, side by side where there is room."""
    bad = any(value in BAD_NEWS for _, value in panel.query.where)
    with st.container(horizontal=True):
        for headline in given.headlines:
            _number(panel, headline, bad)


def _number(panel: Panel, headline: Headline, bad: bool) -> None:
    change = _percent(headline.change)
    st.metric(
        inert(headline.label) or panel.title,
        humane(headline.value, headline.measure),
        change,
        "inverse" if bad else "blue",
        help=f"Exactly {headline.value:,} {headline.measure}",
        label_visibility="visible" if headline.label else "collapsed",
        delta_description=None if change is None else "in a day",
    )


def _percent(change: float | None) -> str | int | None:
    """A change in percent; the number 0 where there is none, which alone is drawn in grey."""
    if change is None or round(change, 1) == 0:
        return None if change is None else 0
    return f"{change:+,.{1 if abs(change) < 100 else 0}f} %"


def summary(panel: Panel, given: PanelAnswer) -> str:
    """A panel in words, for those who do not see it."""
    if panel.value not in given.frame or not is_numeric_dtype(given.frame[panel.value].dtype):
        return " ".join([f"{panel.title}. {panel.help}", *given.notes])
    total = humane(float(given.frame[panel.value].sum()), panel.value)
    rows = number_of(len(given.frame), "rows")
    return f"{panel.title}. {panel.help} {rows}, {total} {panel.value} in all."
