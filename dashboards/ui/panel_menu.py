"""A panel's menu: help, rows, SQL, downloads, and the records behind it."""

from __future__ import annotations

import io
from collections.abc import Callable

import pandas as pd
import streamlit as st
from pandas.api.types import is_datetime64_any_dtype, is_numeric_dtype

from dashboards.ui import actions
from dashboards.ui.state import PageState
from vpcflow_core.panels.catalogue import Panel, PanelAnswer
from vpcflow_core.plain_text import defused_value

ROWS_SHOWN = 1000


def draw(panel: Panel, given: PanelAnswer, state: PageState) -> None:
    """The button; what it opens is made only then."""
    with st.popover(
        "",
        icon=":material/menu:",
        key=f"menu-{panel.slug}",
        on_change="rerun",
        type="tertiary",
        help="Rows, SQL, downloads, records",
    ) as menu:
        if menu.open:
            _open(panel, given, state)


def _open(panel: Panel, given: PanelAnswer, state: PageState) -> None:
    count = len(given.frame)
    hint = " A chosen row narrows the page." if panel.drill else ""
    st.caption(f"{panel.help} {count:,} rows in {given.seconds * 1000:,.0f} ms.{hint}")
    key = actions.unchosen(f"rows-{panel.slug}")
    st.dataframe(
        given.frame.head(ROWS_SHOWN),
        hide_index=True,
        key=key,
        alt=f"Rows of {panel.title}",
        selection_mode="single-row",
        on_select=(
            (lambda: actions.choose_row(panel, given, state, key)) if panel.drill else "ignore"
        ),
    )
    if count > ROWS_SHOWN:
        st.caption(f"The first {ROWS_SHOWN:,} of {count:,} rows; the downloads have them all.")
    with st.container(horizontal=True):
        downloads(given.frame, panel.slug.replace("/", "-"))
        st.button(
            "Records behind it",
            key=f"records-{panel.slug}",
            icon=":material/list:",
            on_click=actions.show_records,
            args=(panel.slug,),
        )
    st.code(given.sql, language="sql", wrap_lines=True)


def downloads(frame: pd.DataFrame, name: str) -> None:
    """Buttons that make the whole frame's file when they are pressed."""
    _download(name, "CSV", "text/csv", lambda: csv(frame))
    _download(name, "Parquet", "application/octet-stream", lambda: parquet(frame))


def _download(name: str, kind: str, mime: str, make: Callable[[], bytes]) -> None:
    st.download_button(
        f"Download {kind}",
        make,
        f"{name}.{kind.lower()}",
        mime,
        key=f"{kind}-{name}",
        on_click="ignore",
    )


def csv(frame: pd.DataFrame) -> bytes:
    """The whole frame as CSV, times ISO 8601; no cell is a formula of a spreadsheet."""
    safe = frame.copy(deep=False)
    for number, (_, column) in enumerate(frame.items()):
        if not is_numeric_dtype(column) and not is_datetime64_any_dtype(column):
            safe.isetitem(number, [defused_value(value) for value in column])
    safe = safe.rename(columns=defused_value)
    return safe.to_csv(index=False, date_format="%Y-%m-%dT%H:%M:%SZ").encode()


def parquet(frame: pd.DataFrame) -> bytes:
    """The whole frame as Parquet."""
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()
