"""What lists of blocks say of the addresses that the log has: the user's, AWS's, a database's.

Blocks are looked up once for each address of a log, and records are joined to what was found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import pyarrow as pa

from vpcflow_core.engines.base import Ask
from vpcflow_core.engines.interfaces.ends import COLUMN_OF, OUTSIDE_SCHEMA, table_of
from vpcflow_core.inventory.naming import Naming
from vpcflow_core.inventory.own_names import Entry, at_times
from vpcflow_core.inventory.tables import EVER, FOR_EVER

_SEEN = """
    SELECT srcaddr AS address FROM {relation} r WHERE srcaddr IS NOT NULL
    UNION SELECT dstaddr AS address FROM {relation} r WHERE dstaddr IS NOT NULL
"""


def seen_addresses(ask: Ask, relation: str) -> pa.ChunkedArray:
    """Each address of a relation once."""
    return ask(_SEEN.format(relation=relation), {})["address"]


def outside_table(addresses: Iterable[str], naming: Naming) -> pa.Table:
    """What lists say of addresses, as a table of `OUTSIDE_SCHEMA`; what they do not know is not in.

    Raises:
        SettingsError: A list cannot be read.
    """
    blocks, ranges, networks = naming.own_names().blocks(), naming.ranges(), naming.networks()
    zones, watched = naming.zone_sets(), naming.watched()

    def rows() -> Iterator[dict[str, Any]]:
        for address in addresses:
            known = {
                "service": ranges.service_of(address) if ranges else None,
                COLUMN_OF["as"]: networks.of(address) if networks else None,
                "zone": zones.of(address),
                "watchlist": watched.of(address),
            }
            entries = at_times(blocks.of(address)) if len(blocks) else []
            for since, until, entry in _spans(entries, any(known.values())):
                yield {
                    "address": address,
                    "since": since.replace(tzinfo=None),
                    "until": until.replace(tzinfo=None),
                    **known,
                    **(_said(entry) if entry else {}),
                }

    return table_of(rows(), OUTSIDE_SCHEMA)


def _said(entry: Entry) -> dict[str, Any]:
    network = entry.network
    is_first = network.prefixlen == network.max_prefixlen
    return {
        "is_first": is_first,
        "name": entry.name,
        "kind": entry.kind,
        "owner": entry.owner,
    }


def _spans(
    entries: list[Entry], between: bool
) -> Iterator[tuple[datetime, datetime, Entry | None]]:
    """The times of entries, and those between them if something else is known of the address."""
    start = EVER
    for entry in entries:
        if between and start < entry.since:
            yield start, entry.since, None
        yield entry.since, entry.until, entry
        start = entry.until
    if between and start < FOR_EVER:
        yield start, FOR_EVER, None
