"""Panels of addresses, grouped by what addresses belong to: a block, a country, a network, a zone.

The slug says the grouping, `rejects/sources@24`, so that such a panel is cached, drawn and saved as
any other.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from vpcflow_core.errors import ParameterError
from vpcflow_core.panels.analyses.connections import longest
from vpcflow_core.panels.analyses.ends import PEER, peers
from vpcflow_core.panels.analyses.groups import busiest, located
from vpcflow_core.panels.analyses.questions import (
    by_own_lists,
    long_lived,
    new_and_how_rare,
    new_values,
    refused_and_let_in,
    with_other,
)
from vpcflow_core.panels.analyses.sources import (
    fan_out,
    new_and_rare_sources,
    new_sources,
    sources_and_ports,
)
from vpcflow_core.panels.base import Panel, rows
from vpcflow_core.query.dimensions import dimension

MARK = "@"
ADDRESS = "address"
ENDS = ("srcaddr", "dstaddr")
# Analyses that take what they group by from the question.
NEW = (new_values, new_and_how_rare, new_sources, new_and_rare_sources)
ANALYSES = (
    rows, located, fan_out, sources_and_ports, busiest, refused_and_let_in, by_own_lists,
    with_other, longest, long_lived, peers, *NEW,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Grouping:
    """One way to group addresses.

    Attributes:
        title: As a menu and titles of panels say it.
        ends: What stands in place of source and destination address.
        either: What stands in place of the other end of one that a page is about.
        rest: What the row is called of addresses that belong to no group; "" if there are none.
    """

    title: str
    ends: tuple[str, str]
    either: str = PEER
    rest: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the logs must have."""
        return tuple(dimension(name).column for name in self.ends)


GROUPINGS: dict[str, Grouping] = {
    "24": Grouping("/24 (IPv6: /64)", ("srcblock", "dstblock")),
    "16": Grouping("/16 (IPv6: /48)", ("srcblock16", "dstblock16")),
    "country": Grouping("country", ("src_country", "dst_country"), "country", "no country"),
    "as": Grouping("network (AS)", ("src_as", "dst_as"), "as", "no network"),
    "name": Grouping("name", ("src_name", "dst_name"), "name", "no name"),
    "zone": Grouping("zone", ("src_zone", "dst_zone"), "zone", "no zone"),
}


def is_groupable(panel: Panel) -> bool:
    """Whether a panel lists addresses that can be grouped."""
    return panel.analysis in ANALYSES and not set(ENDS).isdisjoint(panel.query.by)


def possible(columns: Collection[str]) -> dict[str, str]:
    """The titles of the groupings that some records allow, by name; addresses first."""
    known = {name: of.title for name, of in GROUPINGS.items() if set(of.columns) & set(columns)}
    return {ADDRESS: ADDRESS, **known}


def grouped(panel: Panel, name: str) -> Panel:
    """The panel with its addresses grouped; the panel itself where it has none.

    Args:
        panel: The panel.
        name: `address`, or a key of `GROUPINGS`.

    Raises:
        ParameterError: There is no such grouping.
    """
    if name == ADDRESS or not is_groupable(panel):
        return panel
    if name not in GROUPINGS:
        raise ParameterError(
            f"'{name}' is no way to group addresses.", f"Write {', '.join([ADDRESS, *GROUPINGS])}."
        )
    way = GROUPINGS[name]
    instead = dict(zip(ENDS, way.ends, strict=True)) | {PEER: way.either}
    by = tuple(instead.get(field, field) for field in panel.query.by)
    # The rest is there already, as "other"; and what has no group is never new.
    has_rest = bool(way.rest) and panel.analysis not in (busiest, with_other, *NEW)
    nulls = tuple(name for name in by if name in way.ends) if has_rest else ()
    return replace(
        panel,
        slug=f"{panel.slug}{MARK}{name}",
        title=f"{panel.title}, by {way.title}",
        query=replace(panel.query, by=by, nulls=(*panel.query.nulls, *nulls)),
        drill=tuple(instead.get(field, field) for field in panel.drill),
        analysis=rows if panel.analysis is located else panel.analysis,
        rest=way.rest if has_rest else panel.rest,
    )
