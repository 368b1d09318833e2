"""One panel on a page: title, chart, menu; a failing panel fails alone, in its place."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable

import pandas as pd
import streamlit as st

from dashboards.ui import house
from dashboards.ui.state import FILTER_LABELS, PageState, narrowed
from vpcflow_core.charts import CONFIG, figure
from vpcflow_core.errors import VpcflowError
from vpcflow_core.panels import Answer, Panel
from vpcflow_core.times import Window
from vpcflow_core.units import humane

log = logging.getLogger("vpcflow")
ROWS_SHOWN = 1000


def draw(panel: Panel, state: PageState, window: Window, generation: int) -> None:
    """Draw a panel where it stands; it loads by itself, so that the page need not wait."""
    name = panel.slug.replace("/", "-")
    parallel = st.fragment(parallel=True, key=f"fragment-{name}")(_body)
    with st.container(border=True, key=f"panel-{name}", height="stretch"):
        parallel(panel, state, window, generation)


def _body(panel: Panel, state: PageState, window: Window, generation: int) -> None:
    title, menu = st.columns([7, 2], vertical_alignment="center", gap="small")
    title.markdown(f"#### {panel.title}", help=panel.help)
    try:
        given = house.answer(panel.slug, str(window), state.filters, state.source, generation)
    except VpcflowError as error:
        st.info(f"{error.what}\n\n{error.next_step}", icon=":material/info:")
        return
    except Exception:  # the border of a panel: the others must stand
        log.exception("panel %s failed", panel.slug)
        st.error("This panel failed; the server's log says why. The others are not affected.")
        return
    with menu, st.container(horizontal=True, horizontal_alignment="right"):
        _menu(panel, given)
    _chart(panel, given, state, window)
    for note in given.notes:
        st.caption(note)
    if st.session_state.pop("narrowed", False):
        st.rerun()


def _chart(panel: Panel, given: Answer, state: PageState, window: Window) -> None:
    """The figure, or why there is none."""
    if is_empty(panel, given):
        st.info(empty_sentence(panel, state, window), icon=":material/search_off:")
        return
    dark = st.context.theme.type == "dark"
    key = f"chart-{panel.slug}"
    st.plotly_chart(
        figure(panel, given, state.zone, dark), config=CONFIG, key=key, theme="streamlit",
        on_select=(lambda: _narrow(panel, key)) if panel.drill else "ignore",
        selection_mode="points", alt=summary(panel, given),
    )  # fmt: skip


def is_empty(panel: Panel, given: Answer) -> bool:
    """Whether there is nothing to draw; a series of zeros is nothing."""
    return given.frame.empty or not given.frame[panel.value].any()


def empty_sentence(panel: Panel, state: PageState, window: Window) -> str:
    """Why a panel is empty, and the way out."""
    why = f"No {panel.about} between {window.start:%d %b %H:%M} and {window.end:%d %b %H:%M} UTC"
    if state.filters:
        shown = ", ".join(f"{FILTER_LABELS[field]}: {text}" for field, text in state.filters)
        return f"{why} with the filters {shown}. Clear a filter or widen the time range."
    return f"{why}. Widen the time range."


def summary(panel: Panel, given: Answer) -> str:
    """The chart in words, for those who do not see it."""
    total = humane(float(given.frame[panel.value].sum()), panel.value)
    return f"{panel.title}. {panel.help} {len(given.frame)} rows, {total} {panel.value} in all."


def _narrow(panel: Panel, key: str) -> None:
    """Narrow the page by what was clicked."""
    points = st.session_state[key].selection.points
    if not points or points[0].get("customdata") is None:
        return
    data = points[0]["customdata"]
    value = str(data[0] if isinstance(data, list) else data)
    field = panel.drill[0]
    old = str(st.session_state.get(field) or "")
    st.session_state[field] = value if field == "action" else narrowed(old, value)
    st.session_state["narrowed"] = True


def _menu(panel: Panel, given: Answer) -> None:
    """SQL, rows and downloads; made only when opened."""
    with st.popover(
        "", icon=":material/more_horiz:", key=f"menu-{panel.slug}", on_change="rerun",
        type="tertiary", help="Rows, SQL, downloads",
    ) as menu:  # fmt: skip
        if not menu.open:
            return
        st.caption(f"{panel.help} {len(given.frame):,} rows in {given.seconds * 1000:,.0f} ms.")
        st.dataframe(given.frame.head(ROWS_SHOWN), hide_index=True)
        with st.container(horizontal=True):
            _download(panel, "CSV", "text/csv", lambda: csv(given.frame))
            _download(panel, "Parquet", "application/octet-stream", lambda: parquet(given.frame))
        st.code(given.sql, language="sql", wrap_lines=True)


def _download(panel: Panel, kind: str, mime: str, make: Callable[[], bytes]) -> None:
    """A button that makes the file when it is pressed."""
    name = f"{panel.slug.replace('/', '-')}.{kind.lower()}"
    st.download_button(
        f"Download {kind}", make, name, mime, key=f"{kind}-{panel.slug}", on_click="ignore"
    )


def csv(frame: pd.DataFrame) -> bytes:
    """The whole answer as CSV, times ISO 8601."""
    return frame.to_csv(index=False, date_format="%Y-%m-%dT%H:%M:%SZ").encode()


def parquet(frame: pd.DataFrame) -> bytes:
    """The whole answer as Parquet."""
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()
