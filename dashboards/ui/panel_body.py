"""What a panel shows: a chart, a table, numbers; or why it is empty, and the way out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd
import streamlit as st
from pandas.api.types import is_datetime64_any_dtype, is_numeric_dtype
from plotly.graph_objects import Figure

from dashboards.ui import actions, drill, emptiness, links, violation_links
from dashboards.ui.emptiness import Own
from dashboards.ui.figures import figure_of
from dashboards.ui.markdown import inert
from dashboards.ui.state import PageState
from vpcflow_core.charts import CONFIG, styled, title
from vpcflow_core.charts.labels import named
from vpcflow_core.panels.base import rows
from vpcflow_core.panels.catalogue import PANELS, Headline, Panel, PanelAnswer, PanelRequest
from vpcflow_core.panels.catalogue import panel as panel_of
from vpcflow_core.panels.grouping import NEW
from vpcflow_core.units import humane, number_of

# Bands of a Sankey that a menu lists.
MOST_BANDS = 30
# Numbers that are bad news when they grow.
BAD_NEWS = ("REJECT",)
WITHOUT_BUTTONS = {**CONFIG, "displayModeBar": False}
# Characters of the names of things that may be cut, and the width of one in pixels.
SHORT, LONGEST_ID, LETTER = 16, 48, 8
# The width of a time, in pixels.
TIME = 150
# The column of a table that leads to another page.
LEAD = "Traffic then"
# Long texts, which stand last.
LONG = ("What shows it",)
# Widths of columns whose texts would push what stands right of them out of sight, in pixels.
NARROW = {"What": 180, "Made by": 210}
# The column of a table that leads to the page of a value, and the columns it may be of.
PAGE = "Page"
# The column of a remedy that leads to Explore, narrowed to the interface and address it is about.
EXPLORE = "Explore"
NARROWED = ("Network interface", "Network interface ID")
WITH_PAGE = (
    "peer", "srcblock", "srcblock16", "srcaddr", "dstaddr", "interface_id", "security_group_id",
    "instance_id", "subnet_id", "vpc_id", "dstport",
)  # fmt: skip


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
        _table(panel, given, state)
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
    return panel.chart == "map" or panel.analysis in NEW or not given.sql


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
        theme="streamlit",
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


def _table(panel: Panel, given: PanelAnswer, state: PageState) -> None:
    key = actions.unchosen(f"table-{panel.slug}")
    leads = _leads(given, state)
    more = {LEAD: leads} if leads else _explored(given, state) or _pages(given, state)
    styler = styled(panel, given, state.zone, more)
    widths = wide(styler.data)  # type: ignore[attr-defined]
    if "made_by" in given.frame:
        widths |= NARROW
    of_page = title(_with_page(given) or PAGE)
    titles = [str(name) for name in styler.columns]
    order = _order(titles, EXPLORE in more, (of_page, f"{of_page} ID"))
    # The browser writes what stays in sight in a fainter ink: only names of rules do.
    pinned = order[:1] if "open" in given.frame else []
    st.dataframe(
        styler,
        column_order=order,
        hide_index=True,
        placeholder="",
        key=key,
        alt=summary(panel, given),
        selection_mode="single-row",
        column_config={
            name: st.column_config.LinkColumn(display_text="Open", width="small")
            for name in (LEAD, PAGE, EXPLORE)
        }
        | {
            name: st.column_config.Column(width=widths.get(name), pinned=name in pinned)
            for name in (*widths, *pinned)
        },
        on_select=(
            (lambda: actions.choose_row(panel, given, state, key)) if panel.drill else "ignore"
        ),
    )
    _templates(given)


def wide(frame: pd.DataFrame) -> dict[str, int]:
    """Widths in pixels of columns with a value far longer than the others, which would be cut.

    The table in the browser leaves such a value out of account when it measures a column. Whole
    sentences are cut: they would push all else out of sight.
    """
    found = {}
    for name, values in frame.items():
        if is_datetime64_any_dtype(values.dtype) and values.isna().any():
            found[str(name)] = TIME  # the first rows, which are measured, may have none
            continue
        lengths = [len(value) for value in values if isinstance(value, str)]
        longest = max(lengths, default=0)
        mean = sum(lengths) / max(len(lengths), 1)
        if SHORT < longest <= LONGEST_ID and longest > 1.5 * mean:
            found[str(name)] = LETTER * longest + 18
    return found


def _templates(given: PanelAnswer) -> None:
    """Terraform of the rows that have some."""
    if "template" not in given.frame:
        return
    with_text = given.frame[given.frame["template"].ne("")]
    for remedy, text in zip(with_text["remedy"], with_text["template"], strict=True):
        with st.expander(f"Terraform: {inert(remedy)}"):
            st.code(text, language="hcl")


def _order(
    titles: list[str], is_explored: bool = False, of_page: Collection[str] = ()
) -> list[str]:
    """Long texts stand last; what a link to Explore is narrowed to is not shown besides.

    Other links stand beside what they are of, where narrow tables show them too.
    """
    shown = [title for title in titles if not (is_explored and title in NARROWED)]
    if LEAD in shown:
        shown.remove(LEAD)
        shown.insert(1, LEAD)
    if PAGE in shown:
        shown.remove(PAGE)
        places = [place for place, name in enumerate(shown) if name in of_page]
        shown.insert(1 + max(places, default=0), PAGE)
    return [*(t for t in shown if t not in LONG), *(t for t in shown if t in LONG)]


def _pages(given: PanelAnswer, state: PageState) -> dict[str, list[str]]:
    """For each row the page of the first of its values that has one."""
    column = _with_page(given)
    if not column:
        return {}
    url = st.context.url or ""
    texts = ["" if pd.isna(value) else str(value) for value in given.frame[column]]
    return {PAGE: [links.entity(url, text, state) if text else "" for text in texts]}


def _with_page(given: PanelAnswer) -> str:
    """The column of the values that the pages are of; "" if none has one."""
    return next((name for name in WITH_PAGE if name in given.frame), "")


def _explored(given: PanelAnswer, state: PageState) -> dict[str, list[str]]:
    """For each remedy Explore's pairs, narrowed to the interface and the address it is about."""
    if "remedy" not in given.frame:
        return {}
    url, made = st.context.url or "", []
    for row in given.frame[["interface_id", "address"]].fillna("").to_dict("records"):
        texts = {str(name): str(text) for name, text in row.items() if text}
        made.append(links.beside(url, "explore", drill.narrowing(state, texts)) if texts else "")
    return {EXPLORE: made}


def _leads(given: PanelAnswer, state: PageState) -> list[str]:
    """For each violation or episode the Traffic page at its time; none for other tables."""
    if "filters" in given.frame:
        return [violation_links.episode(state, row) for _, row in given.frame.iterrows()]
    if "deviations" not in given.frame:
        return []
    found = zip(given.frame["panel"], given.frame["bucket"], strict=True)
    return [violation_links.lead(state, PANELS[slug], at, given.every) for slug, at in found]


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
