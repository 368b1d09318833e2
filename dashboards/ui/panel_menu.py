"""A panel's menu: help, rows, SQL, downloads, and the records behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st
from pandas.api.types import is_numeric_dtype

from dashboards.ui import actions, links, saving, value_menu
from dashboards.ui.column_widths import hinted
from dashboards.ui.evidence import about, file_name, packed
from dashboards.ui.figures import figure_of
from dashboards.ui.state import PageState
from vpcflow_core.arrow import parquet_bytes
from vpcflow_core.charts import title
from vpcflow_core.csv_file import csv_bytes
from vpcflow_core.panels.catalogue import Panel, PanelAnswer, PanelRequest
from vpcflow_core.query.measures import MEASURES
from vpcflow_core.units import number_of

ROWS_SHOWN = 1000


def draw(request: PanelRequest, panel: Panel, given: PanelAnswer, state: PageState) -> None:
    """The button; what it opens is made only then."""
    with st.popover(
        f"Menu of {panel.title}",
        icon=":material/menu:",
        key=f"menu-{panel.slug}",
        on_change="rerun",
        type="tertiary",
        help="Rows, SQL, downloads, records",
    ) as menu:
        if menu.open:
            _open(request, panel, given, state)


def _open(request: PanelRequest, panel: Panel, given: PanelAnswer, state: PageState) -> None:
    count = len(given.frame)
    hint = " A chosen row narrows the page." if panel.drill else ""
    st.caption(f"{panel.help} {number_of(count, 'rows')} in {given.seconds * 1000:,.0f} ms.{hint}")
    key = actions.unchosen(f"rows-{panel.slug}")
    rows = given.frame.head(ROWS_SHOWN)
    values = value_menu.of_fields(rows)
    menus = value_menu.menus(values, len(rows))
    st.dataframe(
        rows.reset_index(drop=True).assign(**menus),
        column_order=[*menus, *map(str, rows)],
        hide_index=True,
        placeholder="",
        key=key,
        alt=f"Rows of {panel.title}",
        column_config=hinted(rows, {str(name): _column(str(name), rows) for name in rows})
        | value_menu.config(values, state, key),
        selection_mode="single-row",
        on_select=(
            (lambda: actions.choose_row(panel, given, state, key)) if panel.drill else "ignore"
        ),
    )
    if count > ROWS_SHOWN:
        st.caption(f"The first {ROWS_SHOWN:,} of {count:,} rows; the downloads have them all.")
    with st.container(horizontal=True):
        downloads(given.frame, panel.slug.replace("/", "-"), file_name(panel.slug, request.window))
        _evidence(request, panel, given, state)
        st.button(
            "Records behind it",
            key=f"records-{panel.slug}",
            icon=":material/list:",
            on_click=actions.show_records,
            args=(panel.slug,),
        )
    st.code(given.sql, language="sql", wrap_lines=True)


def _column(name: str, rows: pd.DataFrame) -> Any:
    """What the browser is to know of a column: numbers are exact, and grouped by thousands."""
    if f"{name}_name" in rows:
        return f"{title(name)} code"
    if name not in MEASURES or not is_numeric_dtype(rows[name].dtype):
        return title(name)
    return st.column_config.NumberColumn(title(name), format="localized")


def _evidence(request: PanelRequest, panel: Panel, given: PanelAnswer, state: PageState) -> None:
    """A button that packs all of it into one file."""
    url = st.context.url or ""
    link = links.fixed(url, state, request.window, links.own(st.query_params))
    drawn = panel.chart != "table" and not given.frame.empty

    def make() -> bytes:
        figure = figure_of(request, given, state.zone) if drawn else None
        return packed(given, about(panel, given, state, request.window, link), figure)

    name = panel.slug.replace("/", "-")
    saving.button(
        "Download evidence",
        make,
        f"{file_name(panel.slug, request.window)}.zip",
        "application/zip",
        key=f"evidence-{name}",
        help="One ZIP: the rows, the figure, the SQL, the filters and the link",
    )


def downloads(frame: pd.DataFrame, name: str, file: str = "") -> None:
    """Buttons that make the whole frame's file when they are pressed.

    Args:
        frame: The rows.
        name: Of the buttons.
        file: Name of the file, without its ending; `name` if not given.
    """
    _download(name, file or name, "CSV", "text/csv", lambda: csv_bytes(frame))
    _download(
        name, file or name, "Parquet", "application/octet-stream", lambda: parquet_bytes(frame)
    )


def _download(name: str, file: str, kind: str, mime: str, make: Callable[[], bytes]) -> None:
    saving.button(
        f"Download {kind}",
        make,
        f"{file}.{kind.lower()}",
        mime,
        key=f"{kind}-{name}",
    )
