"""What NAT gateways, interface endpoints and transit gateways processed, by their own records."""

from __future__ import annotations

from typing import Any

import pandas as pd

from vpcflow_core.cost.charges import aws_region, other_end, sent_out, service_of
from vpcflow_core.cost.network import ENDPOINT, NAT, TGW
from vpcflow_core.cost.rows import INSIDE, mapped_pairs
from vpcflow_core.cost.work import Work, at, part


def of_nats(work: Work) -> list[pd.DataFrame]:
    """What NAT gateways processed: the two legs between client and gateway."""
    nats = work.rows[work.rows["kind"].eq(NAT)]
    if nats.empty:
        return []
    has_packet_ends = nats["pkt_srcaddr"].ne("")
    to_client = nats["far_class"].eq(INSIDE) & ~nats["is_regional"]
    inside = nats["near"].ne(nats["real_near"]).where(has_packet_ends, to_client)
    ends = nats["near_class"].eq(INSIDE) ^ nats["far_class"].eq(INSIDE)
    inside = inside.mask(nats["is_regional"], ends)
    legs = nats[inside]
    # Seen from a regional NAT gateway the client is the private end of either direction.
    turned = legs["is_regional"] & legs["near_class"].eq(INSIDE)
    client = legs["near"].where(turned, legs["far"])
    host = legs["real_far"].where(turned, legs["real_near"]).where(has_packet_ends[inside], "")
    to = legs["far_class"].where(turned, legs["near_class"])
    service = legs["service"].where(turned, legs["near_service"])
    holder = work.holders(legs["vpc_id"], client)
    shared: dict[str, Any] = {
        "source": client,
        "source_id": part(holder, "id"),
        "owner": part(holder, "owner"),
        "destination": host,
        "service": service.where(service.ne(""), service_of(to)),
        "gateway": legs["interface_id"].where(~legs["is_regional"], legs["resource_id"]),
        "az": work.zones(legs["vpc_id"], client),
        "far_region": aws_region(to),
    }
    made = [work.charge(legs, "nat", **shared, far_az=legs["az_id"])]
    made += _across_zones(work, legs, shared, holder)
    outgoing = legs["egress"].eq(False) & has_packet_ends[inside]
    outgoing &= ~to.eq(INSIDE)
    made += [
        part
        for part in sent_out(
            legs[outgoing], to[outgoing], service[outgoing], **at(shared, outgoing)
        )
        if part["rule"].iloc[0] != "aws-free"  # its bytes are in the path of the gateway
    ]
    return [*made, *_outside_legs(work, nats[~inside & ~has_packet_ends])]


def _outside_legs(work: Work, rows: pd.DataFrame) -> list[pd.DataFrame]:
    """What left NAT gateways whose logs do not say for whom."""
    if rows.empty:
        return []
    out = rows[rows["egress"].eq(True) & ~rows["far_class"].eq(INSIDE)]
    work.counted[out.index] = True
    made = sent_out(out, out["far_class"], out["service"], gateway=out["interface_id"])
    return made


def _across_zones(
    work: Work, legs: pd.DataFrame, shared: dict[str, Any], holder: pd.Series
) -> list[pd.DataFrame]:
    """Legs between a client and a NAT gateway of different zones."""
    across = shared["az"].ne("") & legs["az_id"].ne("") & shared["az"].ne(legs["az_id"])
    rows, own = legs[across], at(shared, across)
    account = part(holder[across], "account")
    account = account.where(account.ne(""), rows["account_id"])
    first = work.charge(rows, "az-nat", **own, far_az=rows["az_id"], account=account)
    if work.choices.nat_crossing_ends == 1:
        return [first]
    return [first, other_end(first, account=rows["account_id"])]


def of_services(work: Work) -> list[pd.DataFrame]:
    """Interface endpoints and transit gateways, by the records of their own interfaces."""
    rows = work.rows
    made, at = [], rows[rows["kind"].eq(ENDPOINT)]
    if len(at):
        made.append(work.charge(at, "endpoint", **_client_of(work, at), gateway=at["interface_id"]))
    into = rows[rows["kind"].eq(TGW) & rows["egress"].eq(False)]
    if len(into) and not work.has_transit:
        to = mapped_pairs(into, ("vpc_id", "real_near"), work.network.vpc_of)
        ends = {
            "az": work.zones(into["vpc_id"], into["far"]),
            "far_az": work.zones(to, into["real_near"]),
        }
        made.append(
            work.charge(into, "tgw-vpc", source=into["far"], destination=into["real_near"], **ends)
        )
    return made


def _client_of(work: Work, rows: pd.DataFrame) -> dict[str, Any]:
    holder = work.holders(rows["vpc_id"], rows["far"])
    return {
        "source": rows["far"],
        "source_id": part(holder, "id"),
        "owner": part(holder, "owner"),
        "destination": rows["near"],
        "az": work.zones(rows["vpc_id"], rows["far"]),
        "far_az": rows["az_id"],
    }
