"""Upload files: judged one by one, kept as a source of their own, and what was read of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

import streamlit as st

from dashboards.ui import resources
from dashboards.ui.column_widths import hinted
from dashboards.ui.markdown import code, error_text, inert
from dashboards.ui.report_tables import examples, summary
from dashboards.ui.rights import Rights
from dashboards.ui.sources import target_store
from dashboards.ui.sources.adding import how_to_change
from vpcflow_core.errors import SettingsError, VpcflowError
from vpcflow_core.formats.base import LogFormat, Report
from vpcflow_core.intake import judging
from vpcflow_core.intake.judge import MB
from vpcflow_core.intake.verdict import Verdict
from vpcflow_core.source_settings import SourceSetting
from vpcflow_core.sources.uploads import UPLOADS, keep, safe_file, safe_name, size_of_all
from vpcflow_core.units import number_of

# All uploads of a store together may be this many times as large as one file.
TOGETHER = 40


class File(Protocol):
    """What the browser sends."""

    name: str

    def getvalue(self) -> bytes:
        """Its content."""


def draw(rights: Rights) -> None:
    """The form and the report of the last upload, or why there is none."""
    st.markdown("## Upload files")
    if not rights.uploads:
        st.caption(f"Files cannot be uploaded here. {how_to_change(rights)}")
        return
    limit = resources.settings().upload_limit
    # A new key empties the box once its files were read.
    number = st.session_state.setdefault("uploads", 0)
    with st.form("upload", border=False):
        files = st.file_uploader(
            "Log files",
            accept_multiple_files=True,
            key=f"files-{number}",
            max_upload_size=limit,
            help="Text, JSON, CSV or Parquet, plain or packed with gzip. They become a source of "
            "their own, which can be removed again.",
        )
        name = st.text_input("Name", key="upload-name", help="What to call them together.")
        with st.expander("Format of lines without header"):
            text = st.text_input("Fields", key="upload-format", placeholder="version account-id")
        if st.form_submit_button("Read files", icon=":material/upload_file:"):
            _take(files or [], name.strip(), text.strip(), limit)
    _show_last()


def _take(files: Sequence[File], name: str, text: str, limit: int) -> None:
    """Judge the files and keep those that hold records."""
    try:
        if not files:
            raise SettingsError("No file was chosen.", "Drop files into the box, or browse.")
        given = LogFormat.parse(text) if text else None
        where = target_store.workspace()
        contents = [file.getvalue() for file in files]
        _check_room(sum(map(len, contents)) + size_of_all(where.store), limit)
        with st.spinner("Reading the files ...", show_time=True):
            judged = [
                judging.judge_apart(file.name, content, limit, given)
                for file, content in zip(files, contents, strict=True)
            ]
            judging.rest()
        kept = {
            f"{number}/{verdict.name}": content
            for number, (verdict, content) in enumerate(zip(judged, contents, strict=True))
            if not verdict.refused
        }
        called = ""
        if kept:
            url = keep(where.store, name or _name(files), kept)
            setting = SourceSetting(url=url, log_format=text)
            called = target_store.take_in(setting, url.removeprefix(UPLOADS))
    except VpcflowError as error:
        st.error(error_text(error), icon=":material/error:")
        return
    except OSError as error:
        st.error(
            f"The files could not be kept: {inert(str(error.strerror))}.", icon=":material/error:"
        )
        return
    st.session_state["uploaded"] = (called, judged)
    st.session_state["uploads"] += 1
    st.rerun()


def _name(files: Sequence[File]) -> str:
    """Their name unless one is given: that of the first file."""
    return safe_name(safe_file(files[0].name).partition(".")[0])


def _check_room(size: int, limit: int) -> None:
    if size > TOGETHER * limit * MB:
        raise SettingsError(
            f"All uploads together may take {TOGETHER * limit:,} MB.", "Remove some first."
        )


def _show_last() -> None:
    """What was read of the files that were uploaded last."""
    if "uploaded" not in st.session_state:
        return
    called, judged = st.session_state["uploaded"]
    with st.container(key="upload-report"):
        if called:
            st.success(f"Kept as the source {code(called)}.", icon=":material/check:")
        for verdict in judged:
            _show(verdict)


def _show(verdict: Verdict) -> None:
    report = verdict.report
    if report is None or verdict.refused:
        st.error(
            f"{code(verdict.name)} was not taken. {inert(verdict.refused)}", icon=":material/error:"
        )
    if report is None:
        return
    if report.records:
        st.markdown(f"{code(verdict.name)}: {summary(report)}")
        st.caption(f"{number_of(len(report.fields), 'fields')}: {code(' '.join(report.fields))}")
    for note in _notes(report):
        st.warning(note, icon=":material/warning:")
    if report.reasons:
        lines = examples(report)
        st.dataframe(
            lines,
            column_config=hinted(lines),
            hide_index=True,
            placeholder="",
            alt=f"Lines of {verdict.name} not loaded",
            key=f"lines-{verdict.name}",
        )


def _notes(report: Report) -> list[str]:
    """What else there is to know of a file."""
    notes = [code(note) for note in report.notes]
    if report.broken and report.records:
        notes.append(f"It ends early: {code(report.broken)}. What stands before is read.")
    keep_for = resources.settings().keep
    if keep_for and report.first and report.first < datetime.now(UTC) - keep_for:
        notes.append(
            f"Records older than {number_of(keep_for.days, 'days')} are dropped (setting `keep`)."
        )
    return notes
