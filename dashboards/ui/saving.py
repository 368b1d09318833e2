"""The one button that gives a file away: for who may download, and with a line in the audit log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import streamlit as st

from dashboards.ui import audit, given_files
from dashboards.ui.rights import here


def button(
    label: str,
    make: Callable[[], bytes],
    file: str,
    mime: str,
    *,
    key: str,
    help: str | None = None,
    icon: str | None = None,
    width: Literal["content", "stretch"] = "content",
) -> None:
    """Draw it; nothing for who may not download.

    Args:
        label: What stands on it.
        make: Makes the file when it is pressed, outside of any session.
        file: Its name.
        mime: Its type.
        key: Of the button.
        help: What is in the file.
        icon: Before the label.
        width: Of the button.
    """
    if not here().downloads:
        return
    write = audit.recorder()

    def made() -> bytes:
        content = make()
        given_files.keep(content, mime, file)
        write("download", file=file, bytes=len(content))
        return content

    st.download_button(
        label,
        made,
        file,
        mime,
        key=key,
        on_click="ignore",
        help=help,
        icon=icon,
        width=width,
    )
