"""The SELECT of what was let through, added up by the way it took: what prices are asked of.

Addresses of the Internet are one group, so that a network of any size gives as many rows as its
own hosts have partners among themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Label,
    Select,
    String,
    case,
    column,
    false,
    func,
    literal,
    or_,
    select,
    table,
)

from vpcflow_core.query.columns import Instant, column_of
from vpcflow_core.query.conditions import conditions_of
from vpcflow_core.query.constructs import AddressIn, AllOf, OneOf, TimeBucket
from vpcflow_core.query.dimensions import require
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.measures import whole_sum
from vpcflow_core.times import Window

# Blocks that no address of the Internet lies in: RFC 1918, RFC 6598, RFC 4193.
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
ENDS = ("srcaddr", "dstaddr", "pkt_srcaddr", "pkt_dstaddr")
# What else says which way a record took, where the logs have it.
WAYS = (
    "account_id", "region", "interface_id", "vpc_id", "subnet_id", "az_id", "resource_id",
    "interface_type", "flow_direction", "direction", "traffic_path", "pkt_src_aws_service",
    "pkt_dst_aws_service", "next_hop_az_id", "next_hop_interface_type",
)  # fmt: skip
NEEDED = ("srcaddr", "dstaddr", "bytes", "action")
INTERNET = "Internet"
BUCKET = "bucket"


@dataclass(frozen=True, slots=True)
class PathQuery:
    """A question for the ways of what was let through.

    Attributes:
        every: Timeslice to group by; None: the whole window is one.
        inside: Blocks whose addresses are kept besides the private ones: IPv6 blocks of VPCs.
        own: Public addresses that are kept: those of own interfaces.
        named: Blocks of the Internet by the name that stands for their addresses: prefix lists of
            AWS's services.
        members: Addresses of the Internet by the name that stands for them: AWS's, by its ranges.
        exact: Whether addresses of the Internet are kept too.
        inferred: Whether directions that records do not have are inferred: half of the time.
        without: Columns of ways and ends that are not asked for: they tell no two ways apart.
        limit: How many rows at most, those of the most bytes.
    """

    every: timedelta | None = None
    inside: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    named: Mapping[str, Sequence[str]] = field(default_factory=dict)
    members: Mapping[str, Sequence[str]] = field(default_factory=dict)
    exact: bool = False
    inferred: bool = True
    without: frozenset[str] = frozenset()
    limit: int = 500_000


def paths_for(
    query: PathQuery, window: Window, filters: Filters, columns: Collection[str]
) -> Select[Any]:
    """The SELECT of accepted records by the way they took.

    Args:
        query: What to keep apart.
        window: Range of `start_time`.
        filters: Conditions.
        columns: The columns that some record of the store has.

    Returns:
        `bucket` if asked for, `ENDS` (the packets' own are empty where no record has them), those
        of `WAYS` that some record has, bytes, packets, flows; the most bytes first.

    Raises:
        MissingDataError: No record has a field that the question needs.
    """
    require(NEEDED, columns)
    moment = column_of("start_time")
    bucket = [TimeBucket(moment, query.every).label(BUCKET)] if query.every else []
    left_out = query.without if query.inferred else query.without | {"direction"}
    asked = [name for name in WAYS if name in columns and name not in left_out]
    ends = [name for name in ENDS if name not in left_out]
    names = [*(name for name in ends if name in columns), *asked]
    conditions = [
        moment >= window.start,
        moment < window.end,
        column_of("action") == "ACCEPT",
        *conditions_of(filters, columns),
    ]
    # What is added up by address first is classified once an address, not once a record.
    each = (
        select(*bucket, *map(column_of, names), *_sums(func.count()))
        .select_from(table("flows"))
        .where(AllOf(*conditions))
        .group_by(*bucket, *map(column_of, names))
        .subquery("each_way")
    )
    kept: list[ColumnElement[Any]] = [column(BUCKET, Instant())] if query.every else []
    ways = list(map(column_of, asked))
    placed = (
        select(*kept, *(_end(name, query, columns) for name in ends), *ways, *map(column, VOLUMES))
        .select_from(each)
        .subquery("each_place")
    )
    groups = [*kept, *(column(name, String()) for name in ends), *ways]
    sums = _sums(func.sum(column("flows")))
    return (
        select(*groups, *sums)
        .select_from(placed)
        .group_by(*groups)
        .order_by(column("bytes").desc())
        .limit(query.limit)
    )


VOLUMES = ("bytes", "packets", "flows")


def _sums(flows: ColumnElement[Any]) -> list[Label[Any]]:
    """Bytes, packets and flows of a group."""
    sums = [whole_sum(func.sum(column(name))).label(name) for name in VOLUMES[:2]]
    return [*sums, whole_sum(flows).label(VOLUMES[2])]


def _end(name: str, query: PathQuery, columns: Collection[str]) -> Label[Any]:
    """An address, or what stands for those of the Internet."""
    if name not in columns:
        return literal("").label(name)
    address = column_of(name)
    if query.exact:
        return func.coalesce(address, literal("-")).label(name)
    blocks = [AddressIn(address, ip_network(block)) for block in (*PRIVATE, *query.inside)]
    kept: ColumnElement[bool] = or_(*blocks)
    if query.own:
        kept = or_(kept, OneOf(address, query.own, "own public addresses"))
    names = [
        (or_(*(AddressIn(address, ip_network(block)) for block in blocks)), literal(title))
        for title, blocks in query.named.items()
        if blocks
    ]
    names += [
        (OneOf(address, members, f"the addresses of {title}"), literal(title))
        for title, members in query.members.items()
    ]
    chosen = case((address.is_(None), literal("-")), (kept, address), *names, else_=INTERNET)
    return chosen.label(name)


_TRANSIT = (
    "region", "tgw_id", "srcaddr", "dstaddr", "tgw_src_vpc_account_id", "tgw_src_vpc_id",
    "tgw_src_eni", "tgw_src_az_id", "tgw_dst_az_id",
)  # fmt: skip


def transit_for(
    query: PathQuery, window: Window, filters: Filters, columns: Collection[str]
) -> Select[Any]:
    """The SELECT of what came into transit gateways, by their own log.

    Args and errors are those of `paths_for`.

    Returns:
        `bucket` if asked for, the fields of `_TRANSIT`, bytes, packets, flows; most bytes first.
    """
    require((*_TRANSIT, "bytes", "flow_direction"), columns)
    moment = column_of("start_time")
    bucket = [TimeBucket(moment, query.every).label(BUCKET)] if query.every else []
    groups = [*bucket, *map(column_of, _TRANSIT)]
    conditions = [
        moment >= window.start,
        moment < window.end,
        column_of("flow_direction") == "ingress",
        *conditions_of(filters, columns),
    ]
    return (
        select(*groups, *_sums(func.count()))
        .select_from(table("transit_flows"))
        .where(AllOf(*conditions))
        .group_by(*groups)
        .order_by(column("bytes").desc())
        .limit(query.limit)
    )


ADDRESSES = 50_000  # of the Internet whose owner is looked up, those of the most bytes


def publics_for(
    end: str, query: PathQuery, window: Window, filters: Filters, columns: Collection[str]
) -> Select[Any]:
    """The SELECT of the addresses of one end that `paths_for` does not keep.

    Args:
        end: One of `ENDS`, which some record has.
        query: The question for ways; what it keeps is left out here.
        window: Range of `start_time`.
        filters: Conditions.
        columns: The columns that some record of the store has.

    Returns:
        address and bytes, the most bytes first.
    """
    moment, address = column_of("start_time"), column_of(end)
    blocks = [AddressIn(address, ip_network(block)) for block in (*PRIVATE, *query.inside)]
    conditions = [
        moment >= window.start,
        moment < window.end,
        column_of("action") == "ACCEPT",
        address.is_not(None),
        *conditions_of(filters, columns),
    ]
    each = (
        select(address.label("address"), whole_sum(func.sum(column_of("bytes"))).label("bytes"))
        .select_from(table("flows"))
        .where(AllOf(*conditions))
        .group_by(address)
        .having(~func.coalesce(or_(*blocks), false()))  # an IPv4 address in a block of IPv6: null
    )
    return each.order_by(column("bytes").desc()).limit(ADDRESSES)
