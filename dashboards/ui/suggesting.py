"""What the boxes of filters suggest while somebody types: names of what is there.

The browser's own lists do it, so that what is typed stays as it is typed, and nothing is asked of
the server with each letter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from html import escape

import streamlit as st

from dashboards.ui import hidden_widgets, resources
from vpcflow_core.inventory.tables import Kind
from vpcflow_core.query.dimensions import filterable
from vpcflow_core.query.names import FIELDS
from vpcflow_core.reference.geoip import label_points
from vpcflow_core.reference.iana import (
    PROTOCOL_ALIASES,
    SERVICE_ALIASES,
    protocol_keyword,
    service_name,
    service_ports,
)

# The guard allows this very text. A value behind a comma or a `!` has what stands before it put
# before each suggestion, as browsers compare whole texts.
SCRIPT = """(() => {
    if (window.suggestsNames) return;
    window.suggestsNames = true;
    const listOf = box => {
        const place = box.closest?.('[class*=st-key-typed-], .st-key-entity');
        const keys = place ? [...place.classList] : [];
        const key = keys.find(name => /^st-key-(typed-|entity$)/.test(name));
        const field = key?.replace(/^st-key-(typed-)?/, '');
        return field && document.querySelector(`datalist[data-for~="${field}"]`);
    };
    const suggest = event => {
        const list = listOf(event.target);
        if (!list) return;
        const [before] = event.target.value.match(/^(.*[,!]\\s*)?/);
        for (const option of list.options) option.value = before + option.dataset.value;
        event.target.setAttribute('list', list.id);
    };
    document.addEventListener('focusin', suggest);
    document.addEventListener('input', suggest);
})()"""
# More would be a burden to the browser.
MOST = 1000
# Ports below this one have well-known services.
WELL_KNOWN = 1024
# Table and column of snapshots that have the values of a filter.
KNOWN: dict[str, tuple[Kind, str]] = {
    "account_id": ("interfaces", "account_id"), "account": ("interfaces", "account_id"),
    "region": ("interfaces", "region"), "interface_name": ("interfaces", "name"),
    "name": ("interfaces", "name"), "kind": ("interfaces", "type"), "az_id": ("subnets", "az_id"),
    "az": ("subnets", "az_id"),
}  # fmt: skip
# Filters by sets of addresses, and what their names are listed by.
SETS = {"zone": "zone", "watchlist": "watch"}

# The box of the page of that name.
ENTITY = "entity"
# A value, and what is said beside it.
Pairs = Iterable[tuple[str, str]]


def draw(fields: Iterable[str], sets: Mapping[str, Iterable[str]]) -> None:
    """Give the browser the lists.

    Args:
        fields: Of the boxes on the page.
        sets: Names of zones and watch lists, by `zone` and `watch`.
    """
    by_list: dict[str, list[str]] = {ENTITY: [ENTITY]}
    for field in fields:
        by_list.setdefault(list_of(field), []).append(field)
    texts = "".join(
        f'<datalist id="suggest-{name}" data-for="{" ".join(of)}">{_options(name, sets)}</datalist>'
        for name, of in by_list.items()
        if name
    )
    with hidden_widgets.place("suggestions", shown=False):
        st.html(f"{texts}<script>{SCRIPT}</script>", unsafe_allow_javascript=True)


def list_of(field: str) -> str:
    """The list that a box takes its suggestions from; "" for none.

    >>> list_of("srcport"), list_of("address"), list_of("vpc_id"), list_of("country")
    ('port', 'address', 'vpc_id', 'country')
    >>> list_of("src_zone"), list_of("dst_name")
    ('zone', 'name')
    """
    about = filterable(field)
    plain = field.removeprefix("src_").removeprefix("dst_")
    if plain in (*FIELDS, *KNOWN, *SETS, "country", "protocol") or about.words:
        return plain
    return about.kind if about.kind in ("address", "port") else ""


def _options(name: str, sets: Mapping[str, Iterable[str]]) -> str:
    pairs = sorted(dict(_pairs(name, sets)).items())[:MOST]
    return "".join(
        f'<option value="{escape(value)}" data-value="{escape(value)}">{escape(beside)}</option>'
        for value, beside in pairs
        if "," not in value  # which stands between values
    )


def _pairs(name: str, sets: Mapping[str, Iterable[str]]) -> Pairs:
    if name == ENTITY:
        return ((called, of) for field in FIELDS for called, of in _pairs(field, sets))
    if name == "address":
        return _addresses(sets)
    if name == "port":
        return _services()
    if name == "country":
        return _countries()
    if name == "protocol":
        return _protocols()
    if name in SETS:
        return ((one, "") for one in sets.get(SETS[name], ()))
    if name in FIELDS:
        return ((called, of) for of, called in resources.flows().names(name).items())
    if words := filterable(name).words:
        return ((word, "") for word in words)
    return _of_snapshots(*KNOWN[name])


def _addresses(sets: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, str]]:
    yield from ((f"{about}:{name}", "") for about, names in sets.items() for name in names)
    yield from ((name, of) for of, name in resources.flows().names("interface_id").items())
    yield from _countries()


@cache
def _services() -> tuple[tuple[str, str], ...]:
    names: dict[str, int] = {service_name(port) or "": port for port in range(1, WELL_KNOWN)}
    names |= {alias: min(service_ports(alias)) for alias in SERVICE_ALIASES}
    # A filter reads a star as a pattern.
    return tuple((name, str(port)) for name, port in names.items() if name and "*" not in name)


@cache
def _countries() -> tuple[tuple[str, str], ...]:
    found = label_points().values()
    return tuple((place.country_name, place.country) for place in found)


@cache
def _protocols() -> tuple[tuple[str, str], ...]:
    names = {protocol_keyword(number): str(number) for number in range(256)}
    return tuple(
        [(name.lower(), of) for name, of in names.items() if name != of]
        + [(alias, "") for alias in PROTOCOL_ALIASES]
    )


def _of_snapshots(kind: Kind, column: str) -> Iterator[tuple[str, str]]:
    """The values of a column of a snapshot's table."""
    known = resources.flows().known(kind)
    if column in known:
        yield from ((str(value), "") for value in known[column].dropna().unique() if value)
