"""All about one address, block, interface, instance, group, subnet, VPC or port."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import parse_qs, urlencode

from vpcflow_core.errors import FilterError
from vpcflow_core.panels.analyses.ends import both_ways, peers
from vpcflow_core.panels.analyses.groups import busiest
from vpcflow_core.panels.analyses.questions import long_lived, new_values, refused_and_let_in
from vpcflow_core.panels.analyses.why import why
from vpcflow_core.panels.base import Analysis, Chart, Panel
from vpcflow_core.panels.filter_texts import SERVICES
from vpcflow_core.query.dimensions import EITHER_END
from vpcflow_core.query.filters import exactly, parse_filter
from vpcflow_core.query.question import Query
from vpcflow_core.query.terms import Address, Block, Exact, Named

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
