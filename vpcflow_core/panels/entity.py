"""All about one address, block, interface, instance, group, subnet, VPC or port."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import parse_qs, urlencode

import pandas as pd

from vpcflow_core.errors import FilterError
from vpcflow_core.panels.analyses.ends import both_ways, peers
from vpcflow_core.panels.analyses.groups import busiest
from vpcflow_core.panels.analyses.questions import long_lived, new_values, refused_and_let_in
from vpcflow_core.panels.analyses.why import why
from vpcflow_core.panels.base import Analysis, Chart, LogQueries, Panel
from vpcflow_core.panels.filter_texts import SERVICES
from vpcflow_core.query.dimensions import EITHER_END
from vpcflow_core.query.filters import exactly, parse_filter
from vpcflow_core.query.question import Query
from vpcflow_core.query.terms import Address, Block, Exact, Named
from vpcflow_core.reference.iana import port_label

PREFIX = "entity/"
MINUTE = timedelta(minutes=1)
VOLUMES = ("flows", "bytes", "packets")
CONNECTION = ("srcaddr", "srcport", "dstaddr", "dstport", "protocol", "interface_id")
# Kinds of ids, by what they begin with: their field and what they are called.
IDS = {
    "eni": ("interface_id", "Network interface"),
    "i": ("instance_id", "Instance"),
    "sg": ("security_group_id", "Security group"),
    "subnet": ("subnet_id", "Subnet"),
    "vpc": ("vpc_id", "VPC"),
}
# Fields whose values have a page, and the fields of the filter box that finds it.
FIELDS = (
    "srcaddr", "dstaddr", "address", "interface_id", "instance_id", "security_group_id",
    "subnet_id", "vpc_id", "srcport", "dstport", "port",
)  # fmt: skip

# Of what has many addresses, as many are looked up in zones and watch lists.
MOST_ENDS = 20
# What is said of the interfaces that an entity is, or that are in it; the column of each.
FACTS = {
    "Interface": "interface_id", "Interface name": "name", "Kind": "type",
    "Instance": "instance_id", "Owner": "owner_id", "Subnet": "subnet_id", "VPC": "vpc_id",
    "Account": "account_id", "Region": "region",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entity:
    """One thing to look at.

    Attributes:
        text: How it is written: `10.0.0.5`, `10.0.0.0/24`, `eni-0a1b`, `443`.
        kind: What it is, in words.
        field: The filter that finds its flows; of addresses and ports that of either end.
    """

    text: str
    kind: str
    field: str

    @property
    def where(self) -> tuple[tuple[str, str], ...]:
        """The condition that its flows meet."""
        return ((self.field, self.text),)

    @property
    def ends(self) -> tuple[str, ...]:
        """Where it stands as source and as destination; () for what has no sides."""
        return EITHER_END[self.field].ends if self.field in EITHER_END else ()


def entity_of(text: str) -> Entity:
    """What a text names.

    Raises:
        FilterError: It is no address, block, id or port.
    """
    plain = text.strip()
    prefix = plain.partition("-")[0].lower()
    if prefix in IDS and re.fullmatch(r"[a-z]+-[\w-]+", plain, re.IGNORECASE):
        field, kind = IDS[prefix]
        return Entity(exactly(plain), kind, field)
    name = "address" if re.search(r"[.:]", plain) else "port"
    try:
        read = parse_filter(name, plain)
    except FilterError:
        read = None
    if read is None or len(read.any_of) != 1 or read.none_of:
        raise FilterError(
            f"'{text}' is nothing that has a page.",
            "Write an address, a block, a port, or an id: 10.0.0.5, 10.0.0.0/24, 443, eni-0a1b.",
        )
    (term,) = read.any_of
    kinds: dict[type, str] = {Address: "Address", Block: "Block", Exact: "Port", Named: "Service"}
    if type(term) not in kinds:
        raise FilterError(f"'{text}' is nothing that has a page.", "Write one address or port.")
    return Entity(str(term), kinds[type(term)], name)


def entity_panels(entity: Entity) -> Iterator[Panel]:
    """The panels of its page, in their order."""
    where = entity.where
    let_in = (*where, ("action", "ACCEPT"))
    either = ("srcaddr", "dstaddr")
    side = entity.ends or ("direction",)
    yield _panel(
        entity,
        "ways",
        "Accepted and refused, both ways",
        "When it was first and last seen in this time, and what was let through and refused of it.",
        Query((*VOLUMES, "first", "last"), by=("action",), where=where),
        "table",
        both_ways,
        (),
    )
    yield _panel(
        entity,
        "over-time",
        "Over time",
        "Its flows in each timeslice, by decision.",
        Query(("flows",), by=("action",), every=MINUTE, where=where, top=3),
        "stacked",
        busiest,
        ("action",),
    )
    yield _panel(
        entity,
        "peers",
        "Whom it talks to",
        "The other ends by bytes, both ways.",
        Query(("bytes", "flows", "accepted", "rejected"), by=either, where=where, top=50),
        "table",
        peers if entity.field == "address" else None,
        ("peer",) if entity.field == "address" else either,
    )
    for name, title, end in (("served", "Ports served", -1), ("asked", "Ports asked for", 0)):
        own = ((side[end], entity.text), ("action", "ACCEPT")) if entity.ends else let_in
        if not entity.ends:
            own = (*let_in, ("direction", "inbound" if end else "outbound"))
        if end and entity.field != "port":
            own = (*own, ("dstport", SERVICES))
        yield _panel(
            entity,
            name,
            title,
            f"Destination ports of accepted flows {'to' if end else 'from'} it.",
            Query(VOLUMES, by=("dstport",), where=own, top=50),
            "table",
            None,
            ("dstport",),
            f"accepted flows {'to' if end else 'from'} it",
        )
    yield _panel(
        entity,
        "why",
        "Why refused",
        "Which rule is missing, or which network ACL refuses, by the rules there were then.",
        Query(("flows",), by=("interface_id",), where=(*where, ("action", "REJECT")), top=20),
        "table",
        why,
        ("interface_id",),
    )
    yield _panel(
        entity,
        "let-in",
        "Mostly refused, but let in somewhere",
        "Sources most of whose flows were refused here, of which some were accepted.",
        Query(("rejected", "accepted", "bytes"), by=("srcaddr", "dstport"), where=where, top=50),
        "table",
        refused_and_let_in,
        ("srcaddr", "dstport"),
    )
    yield _panel(
        entity,
        "new",
        "What is new",
        "Pairs that never talked in the seven days before.",
        Query(VOLUMES, by=either, where=where, top=50),
        "table",
        new_values,
        either,
    )
    yield _panel(
        entity,
        "connections",
        "Connections",
        "Its connections, the longest first.",
        Query(("duration",), by=CONNECTION, where=where, top=50),
        "table",
        long_lived,
        CONNECTION,
    )


def entity_panel(slug: str) -> Panel | None:
    """The panel of a slug that `entity_panels` gave; None for other slugs."""
    name, _, said = slug.partition("?")
    texts = parse_qs(said).get("entity", [])
    if not texts or not name.startswith(PREFIX):
        return None
    return next((p for p in entity_panels(entity_of(texts[0])) if p.slug == slug), None)


def _panel(
    entity: Entity,
    name: str,
    title: str,
    about: str,
    query: Query,
    chart: Chart,
    analysis: Analysis | None,
    drill: tuple[str, ...],
    empty: str = "records",
) -> Panel:
    slug = f"{PREFIX}{name}?{urlencode({'entity': entity.text}, safe=':/')}"
    made = Panel(slug, title, about, query, chart, drill, about=empty)
    if analysis is new_values:
        made = replace(made, parameters=("baseline",))
    return made if analysis is None else replace(made, analysis=analysis)


def facts(entity: Entity, logs: LogQueries) -> dict[str, str]:
    """Who it is, by what EC2, the GeoIP database and IANA know; what is not known is missing."""
    if entity.field == "port":
        return {"Service": port_label(int(entity.text))} if entity.text.isdigit() else {}
    owning = _owning(entity, logs.known("interfaces"))
    names = logs.names(entity.field) if entity.field != "address" else {}
    found = {"Name": names.get(entity.text.strip('"'), "")}
    found |= _of_interfaces(owning, logs)
    if entity.kind == "Address":
        found |= _of_address(entity.text, logs)
    found |= logs.sets_of([entity.text] if entity.field == "address" else _ends_of(owning))
    return {name: text for name, text in found.items() if text}


def _ends_of(rows: pd.DataFrame) -> list[str]:
    """The first addresses of interfaces."""
    columns = [rows[name] for name in ("addresses", "public_addresses") if name in rows]
    found = pd.concat(columns).explode().dropna() if columns else pd.Series()
    return list(found.unique())[:MOST_ENDS]


def _owning(entity: Entity, interfaces: pd.DataFrame) -> pd.DataFrame:
    """The interfaces that it is, or that are in it."""
    now = interfaces[~interfaces["gone"].astype(bool)]
    text = entity.text.strip('"')
    if entity.kind == "Address":
        has = [
            text in (*_listed(own), *_listed(public))
            for own, public in zip(now["addresses"], now["public_addresses"], strict=True)
        ]
        return now[has]
    if entity.field == "security_group_id":
        return now[[text in _listed(groups) for groups in now["security_group_ids"]]]
    return now[now[entity.field] == text] if entity.field in now else now.head(0)


def _listed(values: object) -> list[str]:
    return [] if values is None or isinstance(values, float) else list(values)  # type: ignore[call-overload]


def _of_interfaces(rows: pd.DataFrame, logs: LogQueries) -> dict[str, str]:
    """What interfaces have in common, or how many they are."""
    if rows.empty:
        return {}
    said = {label: _common(rows[column], column, logs) for label, column in FACTS.items()}
    for label, column in (
        ("Addresses", "addresses"),
        ("Public addresses", "public_addresses"),
        ("Security groups", "security_group_ids"),
    ):
        values = rows[column].explode().dropna()
        said[label] = _common(values, "security_group_id" if "group" in column else "", logs)
    return said


def _common(values: pd.Series, column: str, logs: LogQueries) -> str:
    """The values in words; of many the number."""
    found = [str(value) for value in values.dropna().unique()]
    if len(found) > 6:
        return f"{len(found):,} different ones"
    names = logs.names(column) if column in {field for field, _ in IDS.values()} else {}
    return ", ".join(f"{value} ({names[value]})" if value in names else value for value in found)


def _of_address(text: str, logs: LogQueries) -> dict[str, str]:
    """Where an address lies."""
    (row,) = logs.places.locate([text]).to_dict("records")
    place = [row[part] for part in ("city", "country_name") if isinstance(row[part], str)]
    return {"Place": ", ".join(place), "Kind of address": str(row["class"])}
