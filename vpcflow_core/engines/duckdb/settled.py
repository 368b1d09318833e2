"""Ends of records that are the same in every record of some days, looked up by address alone.

Who is at an end may depend on the time, the VPC, the other end and on what a record says itself. In
the records of a few days it seldom does: nearly every address is one and the same in all of them,
which one look at the log tells. Records of the other addresses, such as those that a name by DNS
holds for a while only, are few and are kept as they were named.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterable, Set
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from vpcflow_core.engines.base import Ask
from vpcflow_core.engines.duckdb.summed import COUNT, SUMS
from vpcflow_core.engines.interfaces.added import Added
from vpcflow_core.query.ends import ADDRESS_OF, ENDS

# Names of the tables in a question's cursor; a person's SQL cannot say them (guard).
SETTLED = {end: f"known_{end}settled" for end in ADDRESS_OF}
CHANGING = "known_changing"
# Columns that the records of other addresses are kept with, besides their ends.
KEPT_KEYS = ("srcaddr", "dstaddr", "action")
# Records of one look, and of all that are kept: about 50 bytes each.
MOST_CHANGING, MOST_KEPT = 1_000_000, 2_000_000
# More records than these may take longer than a question's time is.
MOST_RECORDS = 50_000_000
_TABLES = re.compile(r"\b(\w+)\.")
# A look takes as long as three to ten questions, of which each is then shorter by one or two.
LOOK_AFTER = 2
# Questions that are counted, each with what the look at its records found.
KEPT = 64


@dataclass(frozen=True, slots=True, eq=False)
class SettledEnds:
    """Who is at the ends of all records of some days.

    Attributes:
        by_end: For each end, by the word before its columns: `address`, `is_changing` and the
            columns of the end. An address without a row is unknown in every record.
        changing: The records with a changing end, added up by start, `KEPT_KEYS` and ends.
    """

    by_end: dict[str, pa.Table]
    changing: pa.Table

    def tables(self) -> dict[str, pa.Table]:
        """The tables by the names that the SQL calls them."""
        named = {SETTLED[end]: table for end, table in self.by_end.items()}
        return named | ({CHANGING: self.changing} if len(self.changing) else {})

    def of(self, names: Set[str]) -> Added:
        """What to add for files of these columns: their ends, without the changing ones."""
        columns: dict[str, str] = {}
        joins, tests = [], []
        for end, table in self.by_end.items():
            address, s = ADDRESS_OF[end], f"{end}s"
            if address not in names or not len(table):
                continue
            columns |= {name: f"{s}.{name}" for name in _ends_of(table)}
            joins.append(f"LEFT JOIN {SETTLED[end]} {s} ON {s}.address = r.{address}")
            if _changing(table):
                tests.append(f"NOT coalesce({s}.is_changing, false)")
        return Added(columns, tuple(joins), " AND ".join(tests))

    @property
    def addresses(self) -> frozenset[str]:
        """The addresses that records are looked up by."""
        return frozenset(ADDRESS_OF[end] for end in self.by_end)

    def of_sums(self, sums: str, keys: Set[str]) -> str:
        """The SELECT of kept sums with their ends, without the changing ones.

        Args:
            sums: The SQL of sums by the keys and addresses.
            keys: What the question names besides ends.
        """
        by = sorted(keys | self.addresses)
        added = self.of(self.addresses)
        named = [f"{value} AS {name}" for name, value in added.columns.items()]
        totals = [f"CAST(sum({name}) AS HUGEINT) AS {name}" for name in (*SUMS.values(), COUNT)]
        # By both addresses there are many groups: to add them up first takes as long again.
        source = sums
        if len(self.by_end) == 1:
            source = f"SELECT {', '.join((*by, *totals))} FROM ({sums}) GROUP BY ALL"  # noqa: S608 (our own text)
        listed = ", ".join((*(f"r.{name}" for name in (*by, *SUMS.values(), COUNT)), *named))
        where = f" WHERE {added.where}" if added.where else ""
        return f"SELECT {listed} FROM ({source}) r {' '.join(added.joins)}{where}"  # noqa: S608 (our own text)

    def rest(self, window: str) -> str:
        """The SELECT of the records with a changing end; "" without any.

        Args:
            window: The condition that a record lies in the range asked about.
        """
        if not len(self.changing):
            return ""
        listed = ", ".join(name for name in self.changing.schema.names if name != "start_time")
        return f"SELECT {listed} FROM {CHANGING} WHERE {window}"  # noqa: S608 (our own text)


@dataclass(slots=True)
class _Kept:
    """How often a question was asked, and what the look at its records found."""

    times: int = 0
    found: SettledEnds | None = None


class SettledCache:
    """What looks at the log found; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()

    def get(self, key: Hashable, look: Callable[[], SettledEnds | None]) -> SettledEnds | None:
        """What a look finds, once the question was asked `LOOK_AFTER` times; None: nothing of use.

        No question waits for the look of another one, and a look that failed is not made again.

        Args:
            key: What the answer depends on.
            look: Makes it.
        """
        with self._lock:
            kept = self._kept.setdefault(key, _Kept())
            self._kept.move_to_end(key)
            kept.times += 1
            is_time = kept.times == LOOK_AFTER + 1
        if is_time:
            kept.found = look()
            with self._lock:
                while len(self._kept) > KEPT or (len(self._kept) > 1 and self._rows > MOST_KEPT):
                    self._kept.popitem(last=False)
        return kept.found

    @property
    def _rows(self) -> int:
        return sum(len(kept.found.changing) for kept in self._kept.values() if kept.found)


def is_worth_a_look(named: Iterable[Added]) -> bool:
    """Whether naming a record takes more than one column of it: grouping by that costs no more.

    Args:
        named: What names the records of some files each.
    """
    texts = (text for added in named for text in added.columns.values())
    return any(set(_TABLES.findall(text)) - {"r"} or text.count("r.") > 1 for text in texts)


def look(ask: Ask, relation: str, wanted: Collection[str]) -> SettledEnds | None:
    """Look at the records of some days; None where those of changing ends are too many.

    Args:
        ask: Answers a SELECT of ours.
        relation: SQL of the records with their ends.
        wanted: Columns of ends.
    """
    by_end = {}
    for end, address in ADDRESS_OF.items():
        names = sorted(name for name in wanted if name in ENDS and name.startswith(end))
        if names:
            by_end[end] = ask(_look_at(relation, address, names), {})
    changing = {end: table.filter(table["is_changing"]) for end, table in by_end.items()}
    if sum(pc.sum(t["records"]).as_py() or 0 for t in changing.values()) > MOST_CHANGING:
        return None
    if not any(len(table) for table in changing.values()):
        return SettledEnds({end: t.drop(["records"]) for end, t in by_end.items()}, pa.table({}))
    rest = _records_of(ask, relation, changing, [n for t in by_end.values() for n in _ends_of(t)])
    return SettledEnds({end: t.drop(["records"]) for end, t in by_end.items()}, rest)


def _look_at(relation: str, address: str, names: Collection[str]) -> str:
    """What the records of each address say in common."""
    listed = ", ".join(names)
    shown = ", ".join(f"min({name}) AS {name}" for name in names)
    alike = " AND ".join(
        f"(count({n}) = 0 OR (count({n}) = count(*) AND min({n}) = max({n})))" for n in names
    )
    some = " + ".join(f"count({name})" for name in names)
    return f"""
        SELECT address, NOT ({alike}) AS is_changing, sum(records) AS records, {shown}
        FROM (
            SELECT {address} AS address, {listed}, count(*) AS records
            FROM ({relation}) r WHERE {address} IS NOT NULL GROUP BY ALL
        ) GROUP BY 1 HAVING {some} > 0
    """  # noqa: S608 (our own text)


def _records_of(
    ask: Ask, relation: str, changing: dict[str, pa.Table], names: Collection[str]
) -> pa.Table:
    """The records of addresses, added up as far as questions may tell them apart."""
    tables = {SETTLED[end]: table.select(["address"]) for end, table in changing.items()}
    tests = [f"{ADDRESS_OF[end]} IN (SELECT address FROM {SETTLED[end]})" for end in changing]  # noqa: S608 (our own text)
    keys = ", ".join(("start_time", *KEPT_KEYS, *names))
    sums = ", ".join(f"CAST(sum({of}) AS BIGINT) AS {name}" for of, name in SUMS.items())
    where = " OR ".join(tests)
    sql = (
        f"SELECT {keys}, {sums}, count(*) AS {COUNT} FROM ({relation}) r WHERE {where} GROUP BY ALL"  # noqa: S608 (our own text)
    )
    return _with_words(ask(sql, tables))


def _with_words(table: pa.Table) -> pa.Table:
    """The table, in which each text stands once."""
    columns = {
        name: table[name].dictionary_encode()
        if pa.types.is_string(table[name].type)
        else table[name]
        for name in table.schema.names
    }
    return pa.table(columns)


def _ends_of(table: pa.Table) -> list[str]:
    return [name for name in table.schema.names if name in ENDS]


def _changing(table: pa.Table) -> bool:
    return bool(pc.any(table["is_changing"], min_count=0).as_py())
