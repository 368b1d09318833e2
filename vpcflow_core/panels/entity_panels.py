"""All about one entity: the panels of its page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlencode

from vpcflow_core.panels.analyses.ends import both_ways, peers
from vpcflow_core.panels.analyses.groups import busiest
from vpcflow_core.panels.analyses.questions import long_lived, new_values, refused_and_let_in
from vpcflow_core.panels.analyses.why import why
from vpcflow_core.panels.base import MINUTE, Panel
from vpcflow_core.panels.entity import Entity, entity_of
from vpcflow_core.panels.filter_texts import SERVICES
from vpcflow_core.query.question import Query

PREFIX = "entity/"
VOLUMES = ("flows", "bytes", "packets")
ENDS = ("srcaddr", "dstaddr")
CONNECTION = ("srcaddr", "srcport", "dstaddr", "dstport", "protocol", "interface_id")
ACCEPTED = ("action", "ACCEPT")

# Panels that are alike for all entities: their questions get the condition that finds its flows.
FLOWS = (
    Panel(
        "ways",
        "Accepted and refused, both ways",
        "When it was first and last seen in this time, and what was let through and refused of it.",
        Query((*VOLUMES, "first", "last"), by=("action",)),
        "table",
        analysis=both_ways,
    ),
    Panel(
        "over-time",
        "Over time",
        "Its flows in each timeslice, by decision.",
        Query(("flows",), by=("action",), every=MINUTE, top=3),
        "stacked",
        drill=("action",),
        analysis=busiest,
    ),
)
PEERS = Panel(
    "peers",
    "Whom it talks to",
    "The other ends by bytes, both ways.",
    Query(("bytes", "flows", "accepted", "rejected"), by=ENDS, top=50),
    "table",
    drill=ENDS,
)
SUSPICIONS = (
    Panel(
        "why",
        "Why refused",
        "Which rule is missing, or which network ACL refuses, by the rules there were then.",
        Query(("flows",), by=("interface_id",), where=(("action", "REJECT"),), top=20),
        "table",
        drill=("interface_id",),
        analysis=why,
    ),
    Panel(
        "let-in",
        "Mostly refused, but let in somewhere",
        "Sources most of whose flows were refused here, of which some were accepted.",
        Query(("rejected", "accepted", "bytes"), by=("srcaddr", "dstport"), top=50),
        "table",
        drill=("srcaddr", "dstport"),
        analysis=refused_and_let_in,
    ),
    Panel(
        "new",
        "What is new",
        "Pairs that never talked in the seven days before.",
        Query(VOLUMES, by=ENDS, top=50),
        "table",
        drill=ENDS,
        analysis=new_values,
        parameters=("baseline",),
    ),
    Panel(
        "connections",
        "Connections",
        "Its connections, the longest first.",
        Query(("duration",), by=CONNECTION, top=50),
        "table",
        drill=CONNECTION,
        analysis=long_lived,
    ),
)


def entity_panels(entity: Entity) -> Iterator[Panel]:
    """The panels of its page, in their order."""
    for panel in (*FLOWS, _peers(entity)):
        yield _about(entity, panel)
    yield _ports(entity, "served", "Ports served", is_server=True)
    yield _ports(entity, "asked", "Ports asked for", is_server=False)
    for panel in SUSPICIONS:
        yield _about(entity, panel)


def entity_panel(slug: str) -> Panel | None:
    """The panel of a slug that `entity_panels` gave; None for other slugs."""
    name, _, said = slug.partition("?")
    texts = parse_qs(said).get("entity", [])
    if not texts or not name.startswith(PREFIX):
        return None
    return next((p for p in entity_panels(entity_of(texts[0])) if p.slug == slug), None)


def _about(entity: Entity, panel: Panel) -> Panel:
    """The panel of an entity: of its flows alone, and with a slug of its own."""
    query = replace(panel.query, where=(*entity.where, *panel.query.where))
    return replace(panel, slug=_slug(entity, panel.slug), query=query)


def _slug(entity: Entity, name: str) -> str:
    return f"{PREFIX}{name}?{urlencode({'entity': entity.text}, safe=':/')}"


def _peers(entity: Entity) -> Panel:
    """An address has one other end in each flow; what has many addresses has pairs."""
    return replace(PEERS, drill=("peer",), analysis=peers) if entity.field == "address" else PEERS


def _ports(entity: Entity, name: str, title: str, *, is_server: bool) -> Panel:
    """Destination ports of accepted flows that go to the entity, or come from it."""
    where: tuple[tuple[str, str], ...]
    if entity.ends:
        source, destination = entity.ends[0], entity.ends[-1]
        where = ((destination if is_server else source, entity.text), ACCEPTED)
    else:
        where = (*entity.where, ACCEPTED, ("direction", "inbound" if is_server else "outbound"))
    if is_server and entity.field != "port":
        where = (*where, ("dstport", SERVICES))
    way = "to" if is_server else "from"
    return Panel(
        _slug(entity, name),
        title,
        f"Destination ports of accepted flows {way} it.",
        Query(VOLUMES, by=("dstport",), where=where, top=50),
        "table",
        drill=("dstport",),
        about=f"accepted flows {way} it",
    )
