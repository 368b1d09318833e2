"""Names by DNS as a table that records are joined to.

A name holds for the client that asked for an hour after each answer, and for its VPC for a day:
Resolver logs no time to live, and answers of its cache are not logged, so that clients use names
that others asked for. Where several names had one address at a time, all of them are the name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

DOMAINS = "known_domains"
OF_DOMAINS = ("name", "kind")
ASKED, ASKED_IN_VPC = "Domain", "Domain asked in the VPC"
CLIENT_LIFETIME, VPC_LIFETIME = timedelta(hours=1), timedelta(days=1)
SHOWN = 3  # names of one address that are spelled out
_TEXT, _TIME = pa.string(), pa.timestamp("us")
# `client` is "" where a name holds for the whole VPC.
DOMAIN_SCHEMA = pa.schema(
    {"address": _TEXT, "since": _TIME, "until": _TIME, "vpc": _TEXT, "client": _TEXT,
     "name": _TEXT, "kind": _TEXT}
)  # fmt: skip
EMPTY_DOMAINS = DOMAIN_SCHEMA.empty_table()
Named = tuple[datetime, datetime, str]


def domain_table(answers: pa.Table, seen: pa.Array | pa.ChunkedArray) -> pa.Table:
    """Rows of `DOMAIN_SCHEMA`, of which no two hold for one address, client, VPC and time.

    Args:
        answers: As `store.domains` has them.
        seen: Addresses that the log has; others are left out.
    """
    found = answers.filter(pc.is_in(answers["address"], seen))
    rows = list(zip(*(found[n].to_pylist() for n in _OF_ANSWERS), strict=True))
    made = [
        (address, since, until, vpc, client, name, kind)
        for is_whole, kind, lifetime in _LEVELS
        for (vpc, address, client), names in _by_key(rows, is_whole, lifetime)
        for since, until, name in _in_turn(names)
    ]
    columns = zip(*made, strict=True) if made else [[]] * len(DOMAIN_SCHEMA)
    arrays = [pa.array(c, f.type) for c, f in zip(columns, DOMAIN_SCHEMA, strict=True)]
    return pa.table(arrays, schema=DOMAIN_SCHEMA)


def names_alone(domains: pa.Table) -> pa.Table:
    """Rows without those of clients that say the name which their VPC's rows say at that time.

    Args:
        domains: Rows of `DOMAIN_SCHEMA`; their kinds are lost.
    """
    frame = domains.to_pandas().sort_values("since")
    whole = frame["client"].eq("")
    rows = frame[~whole]
    keys = ["address", "vpc"]
    said = pd.merge_asof(
        rows, frame[whole], on="since", by=keys, suffixes=("", "_of_vpc")
    ).set_index(rows.index)
    same = said["name"].eq(said["name_of_vpc"]) & said["until"].le(said["until_of_vpc"])
    left = frame.drop(index=same.index[same]).sort_index()
    return pa.Table.from_pandas(left, DOMAIN_SCHEMA, preserve_index=False)


def has_clients(domains: pa.Table) -> bool:
    """Whether a name holds for single clients."""
    return bool(pc.any(pc.not_equal(domains["client"], ""), min_count=0).as_py())


_OF_ANSWERS = ("vpc", "address", "client", "name", "first", "last")
_LEVELS = ((False, ASKED, CLIENT_LIFETIME), (True, ASKED_IN_VPC, VPC_LIFETIME))


def _by_key(
    rows: Iterable[tuple[Any, ...]], is_whole: bool, lifetime: timedelta
) -> Iterator[tuple[tuple[str, str, str], list[Named]]]:
    """When each name holds, by VPC, address and client."""
    keyed = sorted(
        ((vpc, address, "" if is_whole else client), (first, last + lifetime, name))
        for vpc, address, client, name, first, last in rows
    )
    for key, group in groupby(keyed, key=lambda row: row[0]):
        yield key, [named for _, named in group]


def _in_turn(names: Iterable[Named]) -> Iterator[Named]:
    """Times without overlaps, each with all names that hold then.

    >>> at = datetime(2026, 11, 1).replace
    >>> spans = [(at(hour=1), at(hour=4), "b"), (at(hour=2), at(hour=3), "a")]
    >>> [(since.hour, until.hour, name) for since, until, name in _in_turn(spans)]
    [(1, 2, 'b'), (2, 3, 'a, b'), (3, 4, 'b')]
    """
    edges = sorted(
        edge for since, until, name in names for edge in ((since, 1, name), (until, -1, name))
    )
    holding: Counter[str] = Counter()
    start: datetime | None = None
    shown = ""
    for moment, steps in groupby(edges, key=lambda edge: edge[0]):
        for _, step, name in steps:
            holding[name] += step
        now = _together([name for name, count in holding.items() if count > 0])
        if now != shown:
            if start is not None and shown:
                yield start, moment, shown
            start, shown = moment, now
        holding = +holding


def _together(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(sorted(names)[:SHOWN]) + more
