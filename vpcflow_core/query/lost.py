"""The SELECT of the packets that transit gateways lost, by attachment and reason."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, func, select, table

from vpcflow_core.query.columns import column_of
from vpcflow_core.query.conditions import conditions_of
from vpcflow_core.query.constructs import AllOf
from vpcflow_core.query.dimensions import require
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.measures import whole_sum
from vpcflow_core.times import Window

REASONS = (
    "packets_lost_no_route", "packets_lost_blackhole", "packets_lost_mtu_exceeded",
    "packets_lost_ttl_expired",
)  # fmt: skip
BY = ("tgw_id", "tgw_attachment_id", "srcaddr", "dstaddr")


def lost_for(window: Window, filters: Filters, columns: Collection[str], limit: int) -> Select[Any]:
    """The SELECT of lost packets.

    Args:
        window: Range of `start_time`.
        filters: Conditions.
        columns: The columns that some record of transit gateways has.
        limit: How many rows at most.

    Returns:
        `BY`, packets (all of the records), lost, and each of `REASONS`; the most lost first, rows
        without loss left out.

    Raises:
        MissingDataError: No record of a transit gateway has a field that it needs.
    """
    require((*REASONS, *BY, "packets"), columns)
    moment = column_of("start_time")
    sums = {name: whole_sum(func.sum(column_of(name))) for name in ("packets", *REASONS)}
    lost = sum((sums[name] for name in REASONS[1:]), sums[REASONS[0]])
    groups = list(map(column_of, BY))
    conditions = [moment >= window.start, moment < window.end, *conditions_of(filters, columns)]
    return (
        select(
            *groups,
            lost.label("lost"),
            *(total.label(name) for name, total in sums.items()),
        )
        .select_from(table("transit_flows"))
        .where(AllOf(*conditions))
        .group_by(*groups)
        .having(lost > 0)
        .order_by(lost.desc())
        .limit(limit)
    )
