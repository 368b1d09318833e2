"""Interfaces as snapshots showed them, each with its kind, name, owner and place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, cast

import pandas as pd

from vpcflow_core.inventory.kinds import ENDPOINT, INTERFACE, identity_of, tags_of
from vpcflow_core.inventory.tables import Kind

Known = Callable[[Kind], pd.DataFrame]
Row = Mapping[str, Any]
# What an id of a service is looked up in: the table and its key.
_SERVICES: tuple[tuple[str, Kind, str], ...] = (
    ("i-", "instances", "instance_id"),
    ("nat-", "nat_gateways", "nat_gateway_id"),
    ("vpce-", "vpc_endpoints", "vpc_endpoint_id"),
)


@dataclass(frozen=True, slots=True)
class Holder:
    """An interface in one shape.

    Attributes:
        interface_id, kind, name, owner, account, vpc, subnet, az: Who and where; the name is the
            id of the service or interface where people gave none.
        addresses: Own addresses, public ones among them.
        public_addresses: Those that the Internet sees.
        first_seen, last_seen: Snapshots with it.
        attached: Nothing before is this interface's.
        gone: Whether the newest snapshot lacks it.
        prefixes: Blocks of IPv6 that are delegated to it: all their addresses are its own.
    """

    interface_id: str
    kind: str
    name: str
    owner: str | None
    account: str | None
    vpc: str | None
    subnet: str | None
    az: str | None
    addresses: tuple[str, ...]
    public_addresses: frozenset[str]
    first_seen: datetime
    last_seen: datetime
    attached: datetime | None
    gone: bool
    prefixes: tuple[str, ...] = ()


def holders(known: Known, owner_tags: Sequence[str]) -> Iterator[list[Holder]]:
    """The shapes of each interface, in the order of time.

    Args:
        known: What is known of a kind, as `Store.known` gives it.
        owner_tags: Keys of tags that name an owner, the best first.
    """
    services = {start: _newest(known(kind), key) for start, kind, key in _SERVICES}
    zones = {id: row["az_id"] for id, row in _newest(known("subnets"), "subnet_id").items()}
    rows = known("interfaces").sort_values(["interface_id", "first_seen"], kind="stable")
    shapes: list[Holder] = []
    for row in rows.to_dict("records"):
        shape = _holder(cast("Row", row), services, zones, owner_tags)
        if shapes and shapes[-1].interface_id != shape.interface_id:
            yield shapes
            shapes = []
        shapes.append(shape)
    if shapes:
        yield shapes


def _newest(frame: pd.DataFrame, key: str) -> dict[str, Row]:
    """Things by id, as they were seen last."""
    rows = frame.sort_values("last_seen", kind="stable").to_dict("records")
    return {str(row[key]): row for row in rows}  # type: ignore[misc]


def _holder(
    row: Row, services: Mapping[str, Mapping[str, Row]], zones: Row, owner_tags: Sequence[str]
) -> Holder:
    instance = services["i-"].get(row["instance_id"] or "")
    found = identity_of(row, instance)
    service_id = found.service_id or ""
    found_in = (rows for start, rows in services.items() if service_id.startswith(start))
    service = next(found_in, {}).get(service_id) or {}
    name = found.name or service.get("name")
    if not name and found.kind == ENDPOINT and service.get("service"):
        name = _of_endpoint(service["service"])
    plain = (
        row["interface_id"] if found.kind == INTERFACE else f"{found.kind} {row['interface_id']}"
    )
    tags = tags_of(service.get("tags")) | tags_of(row["tags"])
    public = frozenset(map(canonical, row["public_addresses"]))
    own = dict.fromkeys([*map(canonical, row["addresses"]), *sorted(public)])
    return Holder(
        row["interface_id"],
        found.kind,
        name or service_id or plain,
        _owner(tags, owner_tags),
        row["owner_id"] or row["account_id"] or None,
        row["vpc_id"],
        row["subnet_id"],
        zones.get(row["subnet_id"] or ""),
        tuple(own),
        public,
        row["first_seen"].to_pydatetime(),
        row["last_seen"].to_pydatetime(),
        datetime.fromisoformat(row["attached"]) if row["attached"] else None,
        row["gone"],
        tuple(row["prefixes"]),
    )


def _of_endpoint(service: str) -> str:
    """The service of an endpoint as people say it.

    >>> _of_endpoint("com.amazonaws.eu-central-1.ecr.api")
    'ecr.api endpoint'
    """
    parts = service.split(".")
    return f"{'.'.join(parts[3:]) if len(parts) > 3 else service} endpoint"


def _owner(tags: Mapping[str, str], keys: Sequence[str]) -> str | None:
    """The value of the first tag that is there; case does not matter in keys."""
    plain = {key.lower(): value for key, value in tags.items()}
    return next((plain[key.lower()] for key in keys if plain.get(key.lower())), None)


@lru_cache(maxsize=100_000)
def canonical(address: str) -> str:
    """The address as AWS writes it in records: `2001:db8::1`."""
    return str(ip_address(address)) if ":" in address else address
