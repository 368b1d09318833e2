"""What interfaces exchanged with each other: within a zone, between zones, by peering."""

from __future__ import annotations

import pandas as pd

from vpcflow_core.cost.charges import other_end
from vpcflow_core.cost.network import ALB, EFS, ENDPOINT, HOST, MANAGED, NAT, TGW
from vpcflow_core.cost.rows import mapped, mapped_pairs
from vpcflow_core.cost.transit import through_transit
from vpcflow_core.cost.work import Work, part

# What billed ends a hop between zones has, by the kinds of both ends; all others have 2.
ENDS = {
    **dict.fromkeys([(HOST, MANAGED), (MANAGED, HOST), (HOST, EFS), (EFS, HOST)], 1),
    **dict.fromkeys([(MANAGED, MANAGED), (HOST, ALB), (ALB, HOST)], 0),
}  # fmt: skip
_UNPAID = (MANAGED, EFS)  # kinds whose end costs nothing
PATH_VPN, PATH_PEER, PATH_PEER_REGION = 3, 4, 5


def between_private(work: Work, rows: pd.DataFrame) -> list[pd.DataFrame]:
    """Charges of records whose far end has a private address."""
    if rows.empty:
        return []
    network = work.network
    rows = rows.assign(
        far_vpc=mapped_pairs(rows, ("vpc_id", "real_far"), network.vpc_of)
        if network.vpcs or network.holders
        else rows["vpc_id"]  # nothing says otherwise of any address
    )
    target = mapped_pairs(rows, ("subnet_id", "vpc_id", "real_far"), work.network.target)
    path, abroad = rows["traffic_path"], rows["far_vpc"].ne(rows["vpc_id"])
    hop = rows["next_hop_interface_type"]
    peered = path.isin((PATH_PEER, PATH_PEER_REGION)) | target.str.startswith("pcx-")
    transit = abroad & target.str.startswith("tgw-") | hop.eq("transit_gateway")
    transit &= ~peered
    vpn = path.eq(PATH_VPN) | target.str.startswith("vgw-")
    holder = work.holders(rows["far_vpc"], rows["real_far"])
    to_endpoint = part(holder, "kind").eq(ENDPOINT) | hop.eq("vpc_endpoint")
    unlogged = to_endpoint & ~part(holder, "id").isin(work.logged)
    to_service = to_endpoint | part(holder, "kind").isin((NAT, TGW))
    rest = ~peered & ~transit & ~vpn & ~to_service
    lost = rest & abroad
    payer = part(holder, "account")
    payer = payer.where(payer.ne(""), rows["account_id"])
    return [
        work.charge(
            rows[unlogged],
            "endpoint-client",
            gateway=part(holder[unlogged], "id"),
            account=payer[unlogged],
        ),
        *_peered(work, rows[peered], holder[peered]),
        *through_transit(work, rows[transit]),
        work.charge(rows[vpn & rows["egress"].eq(True)], "vpn"),
        work.charge(rows[lost & rows["egress"].eq(True)], "no-vpc"),
        *_in_vpc(work, rows[rest & ~abroad], holder[rest & ~abroad]),
    ]


def _sent(work: Work, rows: pd.DataFrame) -> pd.Series:
    """The records that count: the sender's; the receiver's of a sender that is not logged."""
    far = zip(rows["far_vpc"], rows["real_far"], strict=True)
    seen = pd.Series([end in work.logged_addresses for end in far], rows.index, dtype="bool")
    return rows["egress"].eq(True) | ~seen


def _zoned(work: Work, rows: pd.DataFrame) -> pd.Series:
    """The zone of the far end."""
    known = work.zones(rows["far_vpc"], rows["real_far"])
    return rows["next_hop_az_id"].where(rows["next_hop_az_id"].ne(""), known)


def _in_vpc(work: Work, rows: pd.DataFrame, holder: pd.Series) -> list[pd.DataFrame]:
    """Between two interfaces of one VPC."""
    if rows.empty:
        return []
    counts = _sent(work, rows)
    rows, holder = rows[counts], holder[counts]
    far_az = _zoned(work, rows)
    known = rows["az_id"].ne("") & far_az.ne("")
    across = known & rows["az_id"].ne(far_az)
    kinds = zip(rows["kind"], part(holder, "kind"), strict=True)
    ends = pd.Series([ENDS.get(pair, 2) for pair in kinds], rows.index, dtype="int64")
    billed = across & ends.gt(0)
    return [
        work.charge(rows[~known], "no-zone"),
        work.charge(rows[known & ~across], "same-az", far_az=far_az[known & ~across]),
        work.charge(rows[across & ends.eq(0)], "no-charge"),
        *_both_ends(work, rows[billed], holder[billed], far_az[billed], ends[billed]),
    ]


def _both_ends(
    work: Work,
    rows: pd.DataFrame,
    holder: pd.Series,
    far_az: pd.Series,
    ends: pd.Series,
    rules: tuple[str, str] = ("az-sender", "az-receiver"),
) -> list[pd.DataFrame]:
    """A charge for each billed end, to the account of that end."""
    if rows.empty:
        return []
    made = []
    account = part(holder, "account")
    account = account.where(account.ne(""), rows["account_id"])
    owner = part(holder, "owner")
    for rule, sent in zip(rules, (True, False), strict=True):
        which = rows["egress"].eq(sent)
        if not which.any():
            continue
        ends_of = work.charge(rows[which], rule, far_az=far_az[which])
        if not sent:
            ends_of = ends_of.assign(source=ends_of["destination"], destination=ends_of["source"])
        # The end of a managed service costs nothing: the other one pays alone.
        near_pays = ~rows.loc[which, "kind"].isin(_UNPAID) | ends[which].eq(2)
        first = ends_of.where(near_pays, ends_of.assign(account=account[which], owner=owner[which]))
        second = ends_of[ends[which].eq(2)]
        made += [
            first,
            other_end(second, account=account[second.index], owner=owner[second.index]),
        ]
    return made


def _peered(work: Work, rows: pd.DataFrame, holder: pd.Series) -> list[pd.DataFrame]:
    """Between peered VPCs."""
    if rows.empty:
        return []
    counts = _sent(work, rows)
    rows, holder = rows[counts], holder[counts]
    far_region = mapped(rows["far_vpc"], lambda vpc: work.network.regions.get(vpc, ""))
    abroad = rows["traffic_path"].eq(PATH_PEER_REGION)
    abroad |= far_region.ne("") & far_region.ne(rows["region"])
    far_az = _zoned(work, rows)
    known = rows["az_id"].ne("") & far_az.ne("")
    across = known & rows["az_id"].ne(far_az) & ~abroad
    ends = pd.Series(2, rows.index)
    return [
        work.charge(rows[abroad & rows["egress"].eq(True)], "peering-region"),
        work.charge(rows[~abroad & ~known], "no-zone"),
        work.charge(rows[~abroad & known & ~across], "peering-free"),
        *_both_ends(
            work,
            rows[across],
            holder[across],
            far_az[across],
            ends[across],
            ("peering-az", "peering-az"),
        ),
    ]
