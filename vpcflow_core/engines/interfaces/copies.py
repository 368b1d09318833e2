"""The SQL that pairs the two copies of a flow between two logged interfaces.

Sender and receiver both log the flow. The receiver's copy is left out only where the sender's copy
of that connection is there, at about that time: docs/decisions/knowledge-of-interfaces.md.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass
from datetime import timedelta

from vpcflow_core.engines.interfaces.added import Added, key_of
from vpcflow_core.engines.interfaces.direction import is_received, is_sent
from vpcflow_core.engines.interfaces.facts import ENDS, OWNERS, Facts

# First and last number to a column of a SELECT and a join after its relations.
Unnested = Callable[[str, str], tuple[str, str]]
# The senders' copies of a question: a table of its cursor.
COPIES = "sent_copies"
PORTS = ("srcport", "dstport", "protocol")
_NEEDED = ENDS | {"interface_id", "action", "start_time"}
# Copies of one flow start within a slice of each other, whatever their aggregation interval.
_SLICE, _SLACK = 600, 60
# A NAT gateway logs itself as destination, the sender the address far off. Their ports pair them
# where those say which connection it is.
_TELLING = "protocol IN (6, 17) AND srcport >= 1024"
# How far beyond a window the other copies of its records may start: a record lasts ten minutes.
AROUND = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, eq=False)
class Sent:
    """Chooses the records whose interface sent the packets, as `select_files` takes it."""

    facts: Facts

    def of(self, names: Set[str]) -> Added:
        """What to add for files of these columns."""
        key = key_of(self.facts, names) if names >= _NEEDED else ""
        sent = is_sent(self.facts, names, bool(key)) if names >= _NEEDED else ""
        if not sent:
            return Added({}, (), "false")
        return Added({}, (key,) if key else (), f"r.action = 'ACCEPT' AND {sent}")


def sent_copies(sent: str, unnested: Unnested) -> str:
    """The SELECT that makes `COPIES`, a row for each connection, receiver and slice of time.

    Args:
        sent: SELECT of the records that their interface sent; see `Sent`.
        unnested: How the engine makes a row for each whole number of a range.

    Returns:
        Columns: `srcaddr` (every own address of the sender, as receivers may log another one than
        it does), `receiver` (null: the destination is no interface's), the ports, and `slice`.
    """
    ports = ", ".join(PORTS)
    begin, end = (_seconds(f"f.{name}") for name in ("start_time", "end_time"))
    first = _slice(f"({begin} - {_SLACK})")
    last = _slice(f"(greatest({begin}, coalesce({end}, 0)) + {_SLACK})")
    column, join = unnested(first, last)
    return f"""WITH sent AS (
    SELECT DISTINCT f.interface_id AS sender, f.srcaddr, o.interface_id AS receiver, {ports},
        {column} AS slice
    FROM ({sent}) f LEFT JOIN {OWNERS} o ON o.address = f.dstaddr{join}
    WHERE CASE WHEN o.interface_id IS NULL THEN {_TELLING} ELSE o.interface_id <> f.interface_id END
)
SELECT srcaddr, receiver, {ports}, slice FROM sent
UNION SELECT a.address, receiver, {ports}, slice
    FROM sent JOIN {OWNERS} a ON a.interface_id = sent.sender"""  # noqa: S608 (our own text)


def _seconds(time: str) -> str:
    return f"date_diff('second', TIMESTAMP '1970-01-01 00:00:00', {time})"


def _slice(seconds: str) -> str:
    # Divided as floats: whole numbers divide to whole ones in Trino, and do not in DuckDB.
    return f"CAST(floor({seconds} / {_SLICE}e0) AS BIGINT)"


def receivers_copies(facts: Facts, names: Set[str]) -> Added:
    """What finds the receiver's copies among the records of these columns, called `r`.

    Returns:
        The joins, and as `where` the condition that a copy meets; nothing where none can be found.
    """
    located = bool(key_of(facts, names))
    received = is_received(facts, names, located) if names >= _NEEDED else ""
    if not received or not len(facts.owners):
        return Added({})
    flow = [
        f"{{0}}.{name} IS NOT DISTINCT FROM r.{name}" if name in names else f"{{0}}.{name} IS NULL"
        for name in PORTS
    ]
    flow += ["{0}.srcaddr = r.srcaddr", f"{{0}}.slice = {_slice(_seconds('r.start_time'))}"]
    joins = (
        f"LEFT JOIN {COPIES} {name} ON {' AND '.join([to, *flow]).format(name)}"
        for name, to in (("c", "c.receiver = r.interface_id"), ("t", "t.receiver IS NULL"))
    )
    paired = "coalesce(c.srcaddr, t.srcaddr) IS NOT NULL"
    return Added({}, tuple(joins), f"{paired} AND r.action = 'ACCEPT' AND {received}")
