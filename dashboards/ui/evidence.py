"""A panel as one file: rows, figure, SQL, and what was asked; knows no Streamlit."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from zipfile import ZIP_DEFLATED, ZipFile

from plotly.graph_objects import Figure

from dashboards.ui.state import FILTER_LABELS, PageState
from vpcflow_core.arrow import parquet_bytes
from vpcflow_core.csv_file import csv_bytes
from vpcflow_core.panels.catalogue import Panel, PanelAnswer
from vpcflow_core.times import Window, format_instant


def file_name(name: str, window: Window) -> str:
    """Page, panel and range as the name of a file, without what file systems refuse.

    >>> from vpcflow_core.ranges import parse_range
    >>> file_name("rejects/sources", parse_range("2026-11-25").fixed)
    'rejects-sources_20261125T0000Z-20261126T0000Z'
    """
    ends = "-".join(f"{at:%Y%m%dT%H%MZ}" for at in (window.start, window.end))
    return f"{re.sub(r'[^A-Za-z0-9._-]+', '-', name)[:100]}_{ends}"


def about(panel: Panel, given: PanelAnswer, state: PageState, window: Window, link: str) -> str:
    """What was asked, in lines: panel, time, filters, what to know, and the link to it."""
    lines = [
        f"Panel: {panel.title} ({panel.slug})",
        f"What it shows: {panel.help}",
        f"From: {format_instant(window.start)}",
        f"To (not included): {format_instant(window.end)}",
        *(f"Filter, {FILTER_LABELS[field]}: {text}" for field, text in state.filters),
        *(f"The panel's own condition, {field}: {text}" for field, text in panel.query.where),
        *([f"Source: {state.source}"] if state.source else []),
        *(["Each flow counts once."] if state.once else []),
        f"Rows: {len(given.frame):,}",
        *(f"Note: {note}" for note in given.notes),
        f"Link: {link}",
    ]
    return "\n".join(lines) + "\n"


def packed(given: PanelAnswer, said: str, figure: Figure | None) -> bytes:
    """A ZIP of the rows (CSV, Parquet), the SQL, what was asked, and the figure as a page.

    Args:
        given: What the panel shows.
        said: What was asked, as `about` says it.
        figure: Its figure; None for tables.
    """
    buffer = io.BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        _add(archive, "", given, said, figure)
    return buffer.getvalue()


def packed_page(parts: Iterable[tuple[str, str, PanelAnswer | None, Figure | None]]) -> bytes:
    """A ZIP with a folder for each panel of a page, as `packed` makes it of one.

    Args:
        parts: Of each panel the folder, what was asked, what it shows and its figure; without an
            answer the text says why there is none.
    """
    buffer = io.BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for name, said, given, figure in parts:
            if given is None:
                archive.writestr(f"{name}/about.txt", said)
            else:
                _add(archive, f"{name}/", given, said, figure)
    return buffer.getvalue()


def _add(
    archive: ZipFile, folder: str, given: PanelAnswer, said: str, figure: Figure | None
) -> None:
    archive.writestr(f"{folder}about.txt", said)
    archive.writestr(f"{folder}rows.csv", csv_bytes(given.frame))
    archive.writestr(f"{folder}rows.parquet", parquet_bytes(given.frame))
    archive.writestr(f"{folder}query.sql", given.sql)
    if figure is not None:
        archive.writestr(f"{folder}figure.html", figure.to_html(include_plotlyjs=True))
