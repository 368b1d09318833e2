"""Records added up by their way, completed by what is known of the network."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from ipaddress import ip_address, ip_network
from typing import Any

import pandas as pd

from vpcflow_core.cost.charges import service_of
from vpcflow_core.cost.network import HOST, NAT, TYPES, Interface, KnownNetwork
from vpcflow_core.query.cost import INTERNET, PRIVATE

_PRIVATE = tuple(ip_network(block) for block in PRIVATE)
OWN_PUBLIC = "own public address"
INSIDE = "inside"
_UNKNOWN = Interface("")


def prepared(paths: pd.DataFrame, network: KnownNetwork) -> pd.DataFrame:
    """The rows of `query.cost.paths_for` with both ends as the logging interface sees them.

    Args:
        paths: Rows as they were answered.
        network: What is known.

    Returns:
        The rows, text columns without null, and: kind (of the interface), is_regional, egress
        (True, False, None), near and far (addresses of the records), real_near and real_far (of
        their packets), near_class and far_class of the packets' ends (`inside`, `own public
        address`, else the name of AWS's ranges or `Internet`), service and near_service (as
        logged), owner, name, is_public.
    """
    rows = paths.copy()
    for name in _TEXTS:
        if name not in rows:
            rows[name] = ""
        rows[name] = rows[name].astype("object").where(rows[name].notna(), "").replace("-", "")
    if "traffic_path" not in rows:
        rows["traffic_path"] = 0
    rows["traffic_path"] = rows["traffic_path"].astype("Int64").fillna(0).astype("int64")
    rows["bytes"] = rows["bytes"].astype("float64")
    _add_interfaces(rows, network)
    _add_ends(rows, network)
    return _with_inferred_nats(rows)


_TEXTS = (
    "srcaddr", "dstaddr", "pkt_srcaddr", "pkt_dstaddr", "account_id", "region", "interface_id",
    "vpc_id", "subnet_id", "az_id", "resource_id", "interface_type", "flow_direction", "direction",
    "pkt_src_aws_service", "pkt_dst_aws_service", "next_hop_az_id", "next_hop_interface_type",
)  # fmt: skip


def mapped(values: pd.Series, of: Callable[[Any], Any]) -> pd.Series:
    """A function of each value, computed once a value."""
    return values.map({value: of(value) for value in values.unique()}).astype("object")


def mapped_pairs(rows: pd.DataFrame, names: Collection[str], of: Callable[..., Any]) -> pd.Series:
    """A function of several columns, computed once for each set of values."""
    if rows.empty:
        return pd.Series(index=rows.index, dtype="object")
    keys = rows.groupby(list(names), sort=False, dropna=False).ngroup()
    first = rows.loc[~keys.duplicated(), list(names)]
    answers = {
        keys.loc[index]: of(*values)
        for index, values in zip(first.index, first.itertuples(index=False), strict=True)
    }
    return keys.map(answers)


def _add_interfaces(rows: pd.DataFrame, network: KnownNetwork) -> None:
    """What EC2 or the record itself says of the logging interface."""
    found = {name: network.interfaces.get(name, _UNKNOWN) for name in rows["interface_id"].unique()}
    for column, part in _PARTS.items():
        known = rows["interface_id"].map({name: getattr(i, part) for name, i in found.items()})
        filled = rows[column].where(rows[column].ne(""), known) if column in _TEXTS else known
        rows[column] = filled
    rows.loc[rows["account_id"].eq("unknown"), "account_id"] = ""
    typed = rows["interface_type"].map(TYPES)
    rows["kind"] = typed.where(typed.notna(), rows["kind"]).where(
        ~rows["resource_id"].str.startswith("nat-"), NAT
    )
    rows["is_regional"] = rows["resource_id"].str.startswith("nat-") & rows["interface_id"].eq("")
    rows["region"] = rows["region"].where(
        rows["region"].ne(""), mapped(rows["vpc_id"], lambda vpc: network.regions.get(vpc, ""))
    )


# Columns by the part of an interface that fills them.
_PARTS = {
    "account_id": "account", "region": "region", "vpc_id": "vpc", "subnet_id": "subnet",
    "az_id": "az", "kind": "kind", "owner": "owner", "name": "name", "is_public": "is_public",
}  # fmt: skip


def _add_ends(rows: pd.DataFrame, network: KnownNetwork) -> None:
    """Direction, and both ends as the interface sees them."""
    rows["egress"] = _egress(rows, network)
    out = rows["egress"].eq(True)
    for near, far, ends in (("near", "far", ""), ("real_near", "real_far", "pkt_")):
        src, dst = rows[f"{ends}srcaddr"], rows[f"{ends}dstaddr"]
        src, dst = src.where(src.ne(""), rows["srcaddr"]), dst.where(dst.ne(""), rows["dstaddr"])
        rows[near], rows[far] = src.where(out, dst), dst.where(out, src)
    for end in ("near", "far"):
        rows[f"{end}_class"] = mapped(rows[f"real_{end}"], lambda a: class_of(a, network))
    source, target = rows["pkt_src_aws_service"], rows["pkt_dst_aws_service"]
    said = target.where(out, source)
    rows["service"] = said.where(said.ne(""), service_of(rows["far_class"]))
    rows["near_service"] = source.where(out, target)


def _egress(rows: pd.DataFrame, network: KnownNetwork) -> pd.Series:
    """Whether a record left its interface; None where nothing says so."""
    by_words = rows["flow_direction"].map({"egress": True, "ingress": False})
    by_engine = rows["direction"].map({"outbound": True, "inbound": False})
    # VPCs may have the same addresses: each is looked up with the interface that logged it.
    held = {f"{holder.id} {address}" for (_, address), holder in network.holders.items()}
    sends = (rows["interface_id"] + " " + rows["srcaddr"]).isin(held)
    gets = (rows["interface_id"] + " " + rows["dstaddr"]).isin(held)
    by_holder = (
        pd.Series(None, index=rows.index, dtype="object").mask(sends, True).mask(gets, False)
    )
    found = by_words.astype("object")
    for other in (by_holder, by_engine.astype("object")):
        found = found.where(found.notna(), other)
    # A regional NAT gateway has no interface: what leaves a private address comes in there.
    regional = rows["is_regional"]
    leaves = mapped(rows["srcaddr"], lambda a: class_of(a, network) != INSIDE)
    return found.mask(regional & found.isna(), leaves)


def class_of(address: str, network: KnownNetwork) -> str:
    """`inside`, `own public address`, or what stands for an address of the Internet."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address  # it stands for addresses already
    if address in network.publics:
        return OWN_PUBLIC
    if any(parsed in block for block in _PRIVATE if block.version == parsed.version):
        return INSIDE
    if parsed.version == 6 and any(parsed in net for net, _ in network.vpcs if net.version == 6):
        return INSIDE
    for name, blocks in network.lists.items():
        if any(parsed in ip_network(b) for b in blocks if (":" in b) == (parsed.version == 6)):
            return name
    return INTERNET


def _with_inferred_nats(rows: pd.DataFrame) -> pd.DataFrame:
    """Interfaces that change addresses as a NAT gateway does are one, whatever EC2 shows."""
    shows = (
        rows["kind"].eq(HOST)
        & rows["near"].ne(rows["real_near"])
        & ~rows["near_class"].isin((INSIDE, ""))
        & rows["far"].eq(rows["real_far"])
        & rows["far_class"].eq(INSIDE)
        & ~rows["is_public"].eq(True)
    )
    inferred: set[Hashable] = set(rows.loc[shows, "interface_id"]) - {""}
    rows["kind"] = rows["kind"].mask(rows["interface_id"].isin(inferred), NAT)
    return rows
