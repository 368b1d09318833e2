"""The parse report: which objects were not read whole, why, and what the lines look like."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards.ui import panel_menu, resources
from dashboards.ui.column_widths import hinted
from dashboards.ui.report_tables import lines_table, objects_table, reasons_table
from dashboards.ui.rights import Rights
from dashboards.ui.sources.activity import rows
from vpcflow_core.units import number_doing, number_of

SHOWN = 500
# More than anybody reads; the newest come first.
MOST = 20_000


def draw(rights: Rights, source: str) -> None:
    """Objects with problems, latest first; of one source, or of all for ""."""
    st.markdown("## Not loaded")
    catalogue = resources.flows().catalogue
    chosen = [s for s in catalogue.sources() if source in ("", s.url)]
    lines, broken = sum(s.malformed for s in chosen), sum(s.broken for s in chosen)
    reports = catalogue.reports(source or None, limit=MOST)
    if not reports:
        read = any(state.objects for state in chosen)
        st.caption("Every line of every object was read." if read else "Nothing was read yet.")
        return
    st.caption(
        f"{number_of(lines, 'lines')} and {number_of(broken, 'objects')} could not be read; "
        f"{number_doing(len(reports), 'objects', 'have')} something to tell."
    )
    names = {row.url: row.label(with_paths=rights.folders) for row in rows()}
    readable = [report for report in reports if rights.lines_of(report.source)]
    by_object, by_reason, of_lines = st.tabs(["Objects", "Reasons", "Lines"])
    with by_object:
        objects = objects_table(reports, names, with_paths=rights.folders)
        _table(objects.head(SHOWN), "Objects not read whole")
        _downloads(objects if readable else None, "parse-report")
    with by_reason:
        _table(reasons_table(reports), "Lines not loaded, by reason")
    with of_lines:
        if not readable:
            st.caption("Lines of these sources are shown to those alone who may add such sources.")
            return
        examples = lines_table(readable, names)
        _table(examples.head(SHOWN), "Examples of lines not loaded")
        _downloads(examples, "lines-not-loaded")


def _table(rows: pd.DataFrame, said: str) -> None:
    st.dataframe(rows, hide_index=True, placeholder="", alt=said, column_config=hinted(rows))


def _downloads(rows: pd.DataFrame | None, name: str) -> None:
    """A row of buttons; empty where nothing may be downloaded."""
    with st.container(horizontal=True):
        if rows is not None:
            panel_menu.downloads(rows, name)
