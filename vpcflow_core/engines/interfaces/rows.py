"""What snapshots know of interfaces, as a table to join records to.

One row an interface and shape. Blocks of subnets are written so that a test of an address is a
comparison of texts: `net` is the prefix in whole octets; where the block ends inside an octet, it
is the one at `octet` and lies between `low` and `high`. `net6` is the prefix of `address_hex`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

import pandas as pd
import pyarrow as pa

TEXT, TEXTS, INT, TIME = pa.string(), pa.list_(pa.string()), pa.int32(), pa.timestamp("us")
BLOCK = {"net": TEXT, "octet": INT, "low": INT, "high": INT, "net6": TEXT}
# own4: the primary address, which lies in `net` where that is known. own: all others, public ones
# and IPv6 among them; null if there are none. home: its subnet, from a snapshot or the log.
SCHEMA = pa.schema(
    {
        "interface_id": TEXT, "since": TIME, "until": TIME,
        "vpc_id": TEXT, "subnet_id": TEXT, "instance_id": TEXT, "security_group_ids": TEXTS,
        "region": TEXT,
        "interface_name": TEXT, "interface_owner": TEXT,
        "own4": TEXT, "own": TEXTS, "home": TEXT, **BLOCK,
    }
)  # fmt: skip
# Columns of `flows` that a snapshot can fill.
FILLED = (
    "vpc_id", "subnet_id", "instance_id", "security_group_ids", "region", "interface_name",
    "interface_owner",
)  # fmt: skip
EVER, FOR_EVER = pd.Timestamp("1970-01-01"), pd.Timestamp("2200-01-01")
Block = dict[str, Any]
Row = dict[str, Any]


def blocks_of(subnets: pd.DataFrame) -> dict[str, Block]:
    """The columns of `BLOCK` for each subnet, as it was seen last.

    A subnet has one block of IPv4 and one of IPv6 at most.

    Args:
        subnets: As `Store.known` gives them.
    """
    newest = subnets.sort_values("until", kind="stable").drop_duplicates("subnet_id", keep="last")
    pairs = zip(newest["subnet_id"], newest["cidrs"], strict=True)
    return {subnet: block for subnet, cidrs in pairs if (block := _block(cidrs))}


def subnet_rows(subnets: pd.DataFrame, blocks: Mapping[str, Block]) -> pa.Table:
    """The table for records that name a subnet, but no interface: by `home`."""
    newest = subnets.sort_values("until", kind="stable").drop_duplicates("subnet_id", keep="last")
    rows = zip(newest["subnet_id"], newest["vpc_id"], strict=True)
    return table_of({"home": id, "vpc_id": vpc, **blocks.get(id, {})} for id, vpc in rows)


def interface_rows(interfaces: pd.DataFrame, blocks: Mapping[str, Block]) -> list[dict[str, Any]]:
    """The rows of all interfaces and shapes, as dicts of `SCHEMA`; no two hold at one time.

    Args:
        interfaces: As `Store.known` gives them.
        blocks: Of the subnets.
    """
    frame = interfaces.sort_values(["interface_id", "first_seen"], kind="stable")
    # An interface in snapshots of two accounts (a shared VPC) still has one sequence of shapes.
    seen = frame["first_seen"].dt.tz_localize(None).astype("datetime64[us]")
    by_id = seen.groupby(frame["interface_id"])
    since = seen.where(by_id.cumcount() > 0, EVER)
    until = by_id.shift(-1).fillna(FOR_EVER)
    frame = frame.assign(since=since, until=until)[since < until]
    return [_row(row, blocks) for row in frame.to_dict("records")]


def _row(row: dict[Any, Any], blocks: Mapping[str, Block]) -> dict[str, Any]:
    block = blocks.get(row["subnet_id"], {})
    addresses = [canonical(address) for address in row["addresses"]]
    first = next((a for a in addresses[:1] if ":" not in a and inside(a, block)), None)
    others = [a for a in (*addresses, *map(canonical, row["public_addresses"])) if a != first]
    named = {
        "interface_name": row["name"] or row["description"],
        "interface_owner": row["owner_id"],
    }
    kept = {name: row[name] for name in SCHEMA.names if name in row} | named
    return {**kept, "own4": first, "own": others or None, "home": row["subnet_id"], **block}


def table_of(rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Rows as an Arrow table of `SCHEMA`; what a row lacks is null."""
    held = list(rows)
    return pa.table(
        {
            name: pa.array([row.get(name) for row in held], SCHEMA.field(name).type)
            for name in SCHEMA.names
        },
        schema=SCHEMA,
    )


@lru_cache(maxsize=100_000)
def canonical(address: str) -> str:
    """The address as AWS writes it in records: `2001:db8::1`."""
    return str(ip_address(address)) if ":" in address else address


def _block(cidrs: Iterable[str]) -> Block:
    networks = [ip_network(cidr, strict=False) for cidr in cidrs]
    v4 = next((n for n in networks if isinstance(n, IPv4Network)), None)
    v6 = next((n for n in networks if isinstance(n, IPv6Network)), None)
    return (_block4(v4) if v4 else {}) | (_block6(v6) if v6 else {})


def _block4(network: IPv4Network) -> Block:
    """Of `10.0.16.0/20`: net `10.0.`, octet 3 from 16 to 31."""
    whole, rest = divmod(network.prefixlen, 8)
    octets = str(network.network_address).split(".")
    made: Block = {"net": "".join(f"{octet}." for octet in octets[:whole]) if whole < 4 else None}
    if rest:
        low = int(octets[whole])
        made |= {"octet": whole + 1, "low": low, "high": low + 2 ** (8 - rest) - 1}
    return made


def _block6(network: IPv6Network) -> Block:
    """EC2 gives out whole hexadecimal digits (/44 to /64); other blocks are as if unknown."""
    digits, rest = divmod(network.prefixlen, 4)
    return {} if rest else {"net6": f"{int(network[0]):032x}"[:digits]}


def inside(address: str, block: Block) -> bool:
    """Whether an IPv4 address lies in the block; yes, where none is known."""
    if "net" not in block:
        return True
    if block["net"] is None or not address.startswith(block["net"]):
        return False
    octet = block.get("octet")
    return octet is None or block["low"] <= int(address.split(".")[octet - 1]) <= block["high"]
