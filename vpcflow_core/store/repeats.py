"""Flow logs that log the same traffic: which of them is used for totals, found by each sync.

A VPC's and a subnet's flow log, one of version 2 and one of version 5, or one to S3 and one to
CloudWatch Logs write each record of an interface twice, in general not in the same words. Per
interface, action and hour one of them is used: that with more fields, then that with the shorter
records, then that with the lower id. `flows` leaves out the others' records of the time that the
one used covers; `records` has all. docs/decisions/repeated-flow-logs.md says why so.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vpcflow_core.store.ledger import Ledger, to_ms
from vpcflow_core.store.repeated_day import Day
from vpcflow_core.times import Window

if TYPE_CHECKING:
    from vpcflow_core.store.writer import Writer

# Interfaces that more than one flow log wrote of at about the same time.
_SUSPECTS = """
    SELECT DISTINCT a.interface FROM carriers a JOIN carriers b ON a.interface = b.interface
    WHERE (a.source <> b.source OR a.flow_log <> b.flow_log)
        AND (a.flow_log = '' OR a.flow_log <> b.flow_log)
        AND a.first <= b.last AND b.first <= a.last
"""
_SPANS = """
    SELECT repeats.flow_log, repeats.source, interface, action, first, last, url
    FROM repeats JOIN sources ON used_source = sources.id
    WHERE first < ? AND last > ?
"""
_SUMMARY = """
    SELECT used, repeated, sum(records), sum(total) FROM repeated
    GROUP BY used, repeated ORDER BY used, repeated
"""
_CARRY = """
    INSERT INTO carriers VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
    first = min(first, excluded.first), last = max(last, excluded.last)
"""


@dataclass(frozen=True, slots=True)
class Repeated:
    """A flow log that repeats another; ids, or URLs of sources where there is no id.

    Attributes:
        used: The one that totals use.
        repeated: The one of which they leave out what both logged.
        records: Records of it that are left out.
        total: Records of traffic that it has on the days with such records.
    """

    used: str
    repeated: str
    records: int
    total: int

    @property
    def share(self) -> float:
        """The part of the repeated one that is left out, 0 to 1."""
        return self.records / self.total if self.total else 0.0

    @property
    def sentence(self) -> str:
        """What is counted and what is not."""
        return (
            f"{self.repeated} logs the same traffic as {self.used}: totals use {self.used} and "
            f"leave out {self.records:,} of {self.total:,} records ({self.share:.0%}) of "
            f"{self.repeated}; `records` has all of them."
        )


@dataclass(frozen=True, slots=True)
class Span:
    """Records that `flows` leaves out: of one flow log, interface and action; times in ms.

    Attributes:
        flow_log: Its id; "" where records have none.
        source: URL of the source where they have none, else "".
    """

    flow_log: str
    source: str
    interface: str
    action: str | None
    first: int
    last: int


def carry(
    change: sqlite3.Connection,
    source: int,
    carried: dict[tuple[str, str], tuple[int, int]],
    days: Iterable[str],
) -> None:
    """Note which flow log wrote of which interface when, and that these days are to be judged."""
    rows = [(source, *names, *ends) for names, ends in carried.items()]
    change.executemany(_CARRY, rows)
    change.executemany("INSERT OR IGNORE INTO unjudged VALUES (?)", [(day,) for day in days])


def forget(change: sqlite3.Connection, source: int) -> None:
    """Drop what is known of a source."""
    change.execute("DELETE FROM carriers WHERE source = ?", [source])
    for table in ("repeats", "repeated"):
        both = "used_source = ? OR repeated_source = ?"
        change.execute(f"DELETE FROM {table} WHERE {both}", [source, source])  # noqa: S608 (our own text)


def find(writer: Writer) -> None:
    """Judge the days whose records have changed since they were last judged."""
    ledger = writer.store.ledger
    days = [row[0] for row in ledger.rows("SELECT day FROM unjudged ORDER BY day")]
    if not days:
        return
    several = len(ledger.rows("SELECT DISTINCT source, flow_log FROM carriers LIMIT 2")) > 1
    suspects = [row[0] for row in ledger.rows(_SUSPECTS)] if several else []
    urls = {row["id"]: row["url"] for row in ledger.rows("SELECT id, url FROM sources")}
    for day in days:
        files = list(writer.files("WHERE part = 'flows' AND day = ?", [day])) if suspects else []
        judged = Day(writer.store.path, files, suspects, urls)
        with ledger.transaction() as change:
            for table in ("repeats", "repeated", "unjudged"):
                change.execute(f"DELETE FROM {table} WHERE day = ?", [day])  # noqa: S608 (our own text)
            marks = ", ".join("?" * 9)
            rows = [(day, *row) for row in judged.spans()]
            change.executemany(f"INSERT INTO repeats VALUES ({marks})", rows)  # noqa: S608 (marks)
            rows = [(day, *row) for row in judged.summary()]
            change.executemany("INSERT INTO repeated VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def spans(ledger: Ledger, window: Window | None, sources: Sequence[str] | None) -> list[Span]:
    """What `flows` leaves out.

    Args:
        ledger: The store's ledger.
        window: Only what touches it; None: all.
        sources: URLs of those asked about; None: all. What others have stands for nothing.
    """
    ends = (to_ms(window.end), to_ms(window.start)) if window else (2**62, 0)
    rows = ledger.rows(_SPANS, ends)
    return [Span(*tuple(row)[:6]) for row in rows if sources is None or row["url"] in sources]


def summary(ledger: Ledger) -> list[Repeated]:
    """Which flow logs repeat others, over all days."""
    return [Repeated(*row) for row in ledger.rows(_SUMMARY)]
