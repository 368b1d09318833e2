"""The report of a page: what `vpcflow report` writes of it, as one file to download."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Lock

import streamlit as st

from dashboards.ui import links, resources, saving
from dashboards.ui.evidence import file_name
from dashboards.ui.rights import here
from dashboards.ui.state import PageState
from vpcflow_core.api import FlowLogs
from vpcflow_core.errors import FailureError
from vpcflow_core.ranges import Range
from vpcflow_core.report.build import PAGES, Report, made, without_server_folders
from vpcflow_core.report.evidence import evidence_zip
from vpcflow_core.report.html import report_html
from vpcflow_core.report.pdf import browser_here, write_pdf
from vpcflow_core.times import Window

# One at a time on this server, as each may take the memory of a query and a browser.
_ONE = Lock()
PATIENCE = 60.0


def draw(page: str, state: PageState, window: Window) -> None:
    """A button that offers the report of a page; nothing for pages of which there is none."""
    if page not in PAGES or not here().downloads:
        return
    with st.popover(
        "Report",
        icon=":material/description:",
        type="tertiary",
        key="report",
        on_change="rerun",
        help="This page as one file, for mail and archive",
    ) as shown:
        if shown.open:
            _offers(page, state, window)


def _offers(page: str, state: PageState, window: Window) -> None:
    st.caption(
        "This page with its range and filters, SQL and coverage as one file. "
        "Its figures need no Internet."
    )
    # What is asked is fixed here: a file is made outside of any session.
    logs = resources.logs(state.source, state.once)
    link = links.fixed(st.context.url or "", state, window)
    with_folders = here().folders

    def report() -> Report:
        return report_of(logs, page, state, window, link, with_folders=with_folders)

    name = file_name(page, window)
    _offer("HTML", f"{name}.html", "text/html", lambda: report_html(report()).encode())
    if browser_here():
        _offer("PDF", f"{name}.pdf", "application/pdf", lambda: pdf(report_html(report())))
    _offer("Evidence", f"{name}.zip", "application/zip", lambda: evidence(report()))
    st.caption("Evidence is a ZIP: the report, and of each panel the rows, the SQL and the figure.")


def _offer(kind: str, file: str, mime: str, make: Callable[[], bytes]) -> None:
    saving.button(
        kind,
        lambda: alone(make),
        file,
        mime,
        key=f"report-{kind}",
        icon=":material/download:",
        width="stretch",
    )


def report_of(
    logs: FlowLogs,
    page: str,
    state: PageState,
    window: Window,
    link: str,
    *,
    with_folders: bool,
) -> Report:
    """The report of a page as it is shown.

    Args:
        logs: What the page asks.
        page: Its path.
        state: Its filters and parameters.
        window: What its range means now.
        link: Its address at this very time.
        with_folders: Whether the reader may know the server's folders.
    """
    asked = replace(logs, range=Range(fixed=window)).filtered(state.where)
    found = made(asked, [page], zone=state.zone, parameters=state.parameters)
    found = replace(found, link=link)
    return found if with_folders else without_server_folders(found)


def evidence(report: Report) -> bytes:
    """The report with all that it was made of."""
    return evidence_zip(report, report_html(report))


def pdf(html: str) -> bytes:
    """The report, printed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.pdf"
        write_pdf(html, path)
        return path.read_bytes()


def alone(make: Callable[[], bytes]) -> bytes:
    """Make a file while no other one is made.

    Raises:
        FailureError: Others took too long.
    """
    if not _ONE.acquire(timeout=PATIENCE):
        raise FailureError("Other reports are being made.", "Try again in a minute.")
    try:
        return make()
    finally:
        _ONE.release()
