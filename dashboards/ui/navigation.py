"""The app's navigation: what a page is, and the page that the browser asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import streamlit as st

from dashboards.ui import notes, resources, saved_views, signing_in, theme
from dashboards.ui.markdown import error_text
from dashboards.ui.rights import shown
from vpcflow_core.errors import VpcflowError

APP = "vpcflow"


class Page(Protocol):
    """What navigation needs of a page."""

    @property
    def path(self) -> str:
        """Its address below the app's: `rejects`."""

    @property
    def title(self) -> str:
        """Its name."""

    @property
    def icon(self) -> str:
        """Its icon in the navigation, of Streamlit's own font: `:material/block:`."""

    def draw(self) -> None:
        """Draw it; nothing of it is drawn before."""


@dataclass(frozen=True, slots=True)
class FreePage:
    """A page that is no dashboard: a function draws it.

    Attributes:
        path: Its address below the app's.
        title: Its name.
        icon: Its icon in the navigation.
        question: What it answers, one sentence.
        body: Draws it, given title and question.
    """

    path: str
    title: str
    icon: str
    question: str
    body: Callable[[str, str], None]

    def draw(self) -> None:
        """Draw it."""
        self.body(self.title, self.question)


def show(pages: Sequence[Page]) -> None:
    """Draw the navigation, and the page that the browser asks for.

    Args:
        pages: Every page; the first one has the address of the app itself.
    """
    st.set_page_config(page_icon="\N{WATER WAVE}", layout="wide")
    try:
        if not signing_in.admitted():
            return
    except VpcflowError as error:
        st.error(error_text(error), icon=":material/error:")
        return
    entries = [_entry(page, is_first=page is pages[0]) for page in pages]
    # Without sections: Streamlit's lists of them are no lists to a screen reader.
    chosen = st.navigation(entries)

    def path_of(one: Page) -> str:
        return "" if one is pages[0] else one.path

    page = pages[entries.index(chosen)]
    st.set_page_config(f"{page.title} · {APP}")
    # Not `chosen.run()`: its widgets would be the page's own, and the browser's way back to another
    # page would lose range, filters and parameters.
    try:
        resources.notice_deleted_store()
        page.draw()
        theme.draw()
        with st.sidebar:
            saved_views.draw(path_of(page), frozenset(map(path_of, pages)))
            notes.draw()
        signing_in.account()
    except VpcflowError as error:
        st.error(shown(error), icon=":material/error:")


def _entry(page: Page, *, is_first: bool) -> st.Page:
    """What Streamlit's navigation has for a page."""
    return st.Page(
        page.draw, title=page.title, icon=page.icon, url_path=page.path, default=is_first
    )


def link(path: str, label: str, icon: str) -> None:
    """A link to the page of that path."""
    # Streamlit tells pages apart by their paths alone; this one is never run.
    st.page_link(st.Page(lambda: None, title=label, url_path=path), label=label, icon=icon)
