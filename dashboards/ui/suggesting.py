"""What the boxes of filters suggest while somebody types: what is there, and what panels show.

The browser's own lists do it, so that what is typed stays as it is typed, and nothing is asked of
the server with each letter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from html import escape

import streamlit as st

from dashboards.ui import hidden_widgets, resources
from dashboards.ui.state import EITHER_FILTERS, FLOW_FILTERS
from vpcflow_core.charts import label
from vpcflow_core.inventory.tables import Kind
from vpcflow_core.panels.answer import PanelAnswer
from vpcflow_core.panels.base import Panel
from vpcflow_core.query.dimensions import EITHER_END, filterable
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
# before each suggestion, as browsers compare whole texts. Values of panels come first.
SCRIPT = """(() => {
    if (window.suggestsNames) return;
    window.suggestsNames = true;
    const listsOf = box => {
        const place = box.closest?.('[class*=st-key-typed-]');
        const key = place && [...place.classList].find(name => name.startsWith('st-key-typed-'));
        const field = key?.replace('st-key-typed-', '');
        const all = field ? [...document.querySelectorAll(`datalist[data-for~="${field}"]`)] : [];
        return all.sort((a, b) => ('seen' in b.dataset) - ('seen' in a.dataset));
    };
    const list = document.createElement('datalist');
    list.id = 'suggestions';
    let shown = '';
    const suggest = event => {
        const lists = listsOf(event.target);
        if (!lists.length) return;
        const [before] = event.target.value.match(/^(.*[,!]\\s*)?/);
        const texts = new Map();
        for (const one of lists) for (const option of one.options) {
            const value = option.dataset.value;
            if (!texts.has(value)) texts.set(value, option.textContent);
        }
        const wanted = JSON.stringify([before, ...texts.keys()]);
        if (wanted !== shown) list.replaceChildren(...[...texts].map(([value, text]) => {
            const option = document.createElement('option');
            option.value = before + value;
            option.textContent = text;
            return option;
        }));
        shown = wanted;
        document.body.append(list);
        event.target.setAttribute('list', list.id);
    };
    document.addEventListener('focusin', suggest);
    document.addEventListener('input', suggest);
})()"""
# More would be a burden to the browser; of one panel as many values as anybody looks through.
MOST, MOST_OF_PANEL = 1000, 20
# Columns of panels whose values are suggested.
SEEN = (
    *FLOW_FILTERS, "vpc_id", "subnet_id", "security_group_id", "instance_id", "account_id",
    "region", "az_id",
)  # fmt: skip
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


def draw_seen(panel: Panel, given: PanelAnswer) -> None:
    """Give the browser the values that a panel shows: they are in the range, and nothing is asked.

    Args:
        panel: The panel.
        given: Its answer.
    """
    texts = "".join(_seen(panel, given))
    if texts:
        with hidden_widgets.place(f"seen-{panel.slug}", shown=False):
            st.html(texts)


def _seen(panel: Panel, given: PanelAnswer) -> Iterator[str]:
    """A list for each column of values that a box filters by, those that come first."""
    for field in SEEN:
        if field in given.frame:
            values = given.frame[field].dropna().drop_duplicates().head(MOST_OF_PANEL)
            names = given.names.get(field, {})
            texts = ((str(value), names.get(str(value), label(field, value))) for value in values)
            pairs = [(value, beside if beside != value else "") for value, beside in texts]
            boxes = " ".join([field, *(e for e in EITHER_FILTERS if field in EITHER_END[e].ends)])
            yield f'<datalist data-for="{boxes}" data-seen="">{_options_of(pairs)}</datalist>'


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
    return _options_of(sorted(dict(_pairs(name, sets)).items())[:MOST])


def _options_of(pairs: Pairs) -> str:
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
