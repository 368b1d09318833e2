"""Addresses of pages in a given state; knows no Streamlit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote, urlencode, urljoin

from dashboards.ui.state import EXPLORE, PageState
from vpcflow_core.ranges import Range
from vpcflow_core.times import Window

More = Mapping[str, str]
NO_MORE: More = {}


def own(params: More) -> dict[str, str]:
    """What Explore and Entity hold in the address besides the state: what they ask about."""
    return {name: params[name] for name in EXPLORE if name in params}


def moving(url: str, state: PageState, more: More = NO_MORE) -> str:
    """The link that shows the present whenever it is opened; none for fixed times."""
    return "" if state.range.fixed else link(url, state, more)


def fixed(url: str, state: PageState, window: Window, more: More = NO_MORE) -> str:
    """The link that shows this very time for ever."""
    return link(url, replace(state, range=Range(fixed=window)), more)


def link(url: str, state: PageState, more: More = NO_MORE) -> str:
    """The address of the page in that state.

    Args:
        url: Of the page; what it asks is left out.
        state: What the page shows.
        more: Other parameters, as `own` gives them.
    """
    said = filter(None, (state.query_string(), urlencode(more, safe=":/")))
    return f"{url.partition('?')[0]}?{'&'.join(said)}"


def beside(url: str, page: str, state: PageState) -> str:
    """The address of another page, beside the one of that address."""
    return link(urljoin(url.partition("?")[0], page), state)


def entity(url: str, text: str, state: PageState) -> str:
    """The address of the page of an address, an id or a port, at the same time."""
    there = replace(state, filters=())
    return f"{beside(url, 'entity', there)}&entity={quote(text, safe=':/')}"
