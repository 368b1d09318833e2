"""Addresses of pages in a given state; knows no Streamlit."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote, urljoin

from dashboards.ui.state import PageState
from vpcflow_core.times import Range, Window


def moving(url: str, state: PageState) -> str:
    """The link that shows the present whenever it is opened; none for fixed times."""
    return "" if state.range.fixed else link(url, state)


def fixed(url: str, state: PageState, window: Window) -> str:
    """The link that shows this very time for ever."""
    return link(url, replace(state, range=Range(fixed=window)))


def link(url: str, state: PageState) -> str:
    """The address of the page in that state."""
    return f"{url.partition('?')[0]}?{state.query_string()}"


def beside(url: str, page: str, state: PageState) -> str:
    """The address of another page, beside the one of that address."""
    return link(urljoin(url.partition("?")[0], page), state)


def entity(url: str, text: str, state: PageState) -> str:
    """The address of the page of an address, an id or a port, at the same time."""
    there = replace(state, filters=())
    return f"{beside(url, 'entity', there)}&entity={quote(text, safe=':/')}"
