"""The SQL that says who is at each end of a record, by the address book.

Each end is looked up by its address, in the VPC of the interface that logged the record; an address
that one known VPC alone has is that one's wherever it is seen from, but from a VPC whose blocks are
unknown: that may have the address itself. What is found outside EC2, by lists of blocks, is a table
of the log's addresses.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from vpcflow_core.engines.interfaces.domains import DOMAIN_SCHEMA, DOMAINS, OF_DOMAINS, has_clients
from vpcflow_core.inventory.book import AddressBook, Line
from vpcflow_core.inventory.kinds import ENDPOINT, INSTANCE
from vpcflow_core.inventory.tables import EVER, FOR_EVER
from vpcflow_core.query.ends import ADDRESS_OF, ENDS, NAMES
from vpcflow_core.times import Window

# Names of the tables in a question's cursor; a person's SQL cannot say them (guard).
BOOK, OUTSIDE = "known_addresses", "known_outside"
TEXT, FLAG, TIME = pa.string(), pa.bool_(), pa.timestamp("us")
# What EC2 says, and what lists of blocks say, of an address.
OF_BOOK = ("name", "kind", "owner", "account", "vpc", "subnet", "az")
OF_PLACES = ("account", "vpc", "subnet", "az")
OF_OUTSIDE = ("name", "kind", "owner", "service", "as", "zone", "watchlist")
# `as` is a word of SQL.
COLUMN_OF = {name: "network" if name == "as" else name for name in OF_OUTSIDE}
KEY = {"address": TEXT, "since": TIME, "until": TIME}
BOOK_SCHEMA = pa.schema({**KEY, "scope": TEXT, "is_alone": FLAG, **dict.fromkeys(OF_BOOK, TEXT)})
OUTSIDE_SCHEMA = pa.schema({**KEY, "is_first": FLAG, **dict.fromkeys(COLUMN_OF.values(), TEXT)})
# What a record says of its own interface, as of the flow: by what it is, else where.
OF_RECORDS = {
    "account": ("account_id",), "vpc": ("vpc_id",), "subnet": ("subnet_id",), "az": ("az_id",),
    "name": ("instance_id", "interface_id", "resource_id"),
    "kind": ("interface_type", "instance_id"),
}  # fmt: skip
_KINDS = {
    "nat_gateway": "NAT gateway", "regional_nat_gateway": "NAT gateway",
    "network_load_balancer": "NLB", "transit_gateway": "Transit gateway", "vpc_endpoint": ENDPOINT,
}  # fmt: skip
# What leaves an interface has its address as source, what comes in as destination.
_OWN = {"src_": "egress", "dst_": "ingress"}
# The record's own word for the AWS service of an end, as of the flow.
_SERVICES = {"src_": "pkt_src_aws_service", "dst_": "pkt_dst_aws_service"}


@dataclass(frozen=True, slots=True, eq=False)
class EndFacts:
    """What is known of the ends of some records.

    Attributes:
        book: Rows of `BOOK_SCHEMA`.
        outside: Rows of `OUTSIDE_SCHEMA`.
        vpcs: VPCs whose blocks are known.
        is_timeless: Whether every row holds at every time that is asked about.
        is_placeless: Whether every row holds in every VPC that logged a record.
        is_placed: Whether the scope of each row is the VPC that logged a record, "" for an unknown
            one, and nothing else decides where it holds.
        domains: Rows of `DOMAIN_SCHEMA`.
    """

    book: pa.Table
    outside: pa.Table
    vpcs: frozenset[str]
    is_timeless: bool = False
    is_placeless: bool = False
    is_placed: bool = False
    domains: pa.Table = field(default_factory=DOMAIN_SCHEMA.empty_table)

    def tables(self, wanted: Collection[str]) -> dict[str, pa.Table]:
        """The tables by the names that the SQL calls them, with what the question uses of them."""
        said = {name.partition("_")[2] for name in wanted if name in ENDS}
        if len(self.domains) and "kind" in said:
            said.add("name")  # the kind of a name by DNS holds where there is no other name
        book = [name for name in BOOK_SCHEMA.names if name in said or name not in OF_BOOK]
        unused = {COLUMN_OF[name] for name in OF_OUTSIDE if name not in said}
        outside = [name for name in OUTSIDE_SCHEMA.names if name not in unused]
        tables = {BOOK: self.book.select(book), OUTSIDE: self.outside.select(outside)}
        return tables | ({DOMAINS: self.domains} if len(self.domains) else {})


def book_table(book: AddressBook) -> pa.Table:
    """The lines of a book as a table."""
    return table_of(map(_row, book.lines), BOOK_SCHEMA)


def table_of(rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Rows as an Arrow table; what a row lacks is null, times are UTC without a zone."""
    held = list(rows)
    columns = {
        name: pa.array([row.get(name) for row in held], schema.field(name).type)
        for name in schema.names
    }
    return pa.table(columns, schema=schema)


def _row(line: Line) -> dict[str, Any]:
    who = line.holder
    return {
        "address": line.address,
        "since": line.since.replace(tzinfo=None),
        "until": line.until.replace(tzinfo=None),
        "scope": line.vpc,
        "is_alone": line.is_alone,
        **{name: getattr(who, name) for name in OF_BOOK},
    }


def of_days(book: pa.Table, days: Window | None) -> tuple[pa.Table, bool]:
    """The rows of a book that hold at some time of the days, and whether all hold at every time."""
    if days is None:
        first, last = EVER, FOR_EVER
    else:
        first, last = days.start, days.end
    start, end = (pa.scalar(moment.replace(tzinfo=None), TIME) for moment in (first, last))
    held = book.filter(pc.and_(pc.less(book["since"], end), pc.greater(book["until"], start)))
    whole = pc.and_(pc.less_equal(held["since"], start), pc.greater_equal(held["until"], end))
    return held, bool(pc.all(whole, min_count=0).as_py())


def needs_places(wanted: Collection[str]) -> bool:
    """Whether a question needs to know where an address is, whoever has it."""
    return any(name.partition("_")[2] in OF_PLACES for name in wanted if name in ENDS)


def has_no_doubt(book: pa.Table) -> bool:
    """Whether no address of a book is one of several VPCs."""
    sure = pc.or_(book["is_alone"], pc.equal(book["scope"], ""))
    return bool(pc.all(sure, min_count=0).as_py())


def knowable_ends(present: Collection[str], said: Collection[str]) -> frozenset[str]:
    """The columns of ends that are known of some record.

    Args:
        present: Columns that some record has.
        said: What snapshots say of some address, and lists of blocks may.
    """
    ends = [end for end, address in ADDRESS_OF.items() if address in present]
    found = {f"{end}{name}" for end in ends for name in said}
    found |= {f"{end}service" for end in ends if _SERVICES[end] in present}
    found |= {f"{end}{name}" for end in ends for name in NAMES if _by_record(end, name, present)}
    return frozenset(found)


def needs_outside(wanted: Collection[str], outside: Collection[str]) -> bool:
    """Whether a question needs what lists of blocks say."""
    return any(name.partition("_")[2] in outside for name in wanted if name in ENDS)


def ends_of(
    facts: EndFacts, wanted: Set[str], names: Set[str], has_interface: bool
) -> tuple[dict[str, str], tuple[str, ...]]:
    """The columns of ends for files of some columns, and the joins that they need.

    Args:
        facts: What is known.
        wanted: Columns that the question uses.
        names: Columns of the files.
        has_interface: Whether records are joined to their interface, called `k`.
    """
    columns, joins = {}, []
    by_clients = has_clients(facts.domains)
    for end, address in ADDRESS_OF.items():
        asked = [name for name in NAMES if f"{end}{name}" in wanted]
        if not asked or address not in names:
            continue
        by_book = bool(len(facts.book)) and not set(asked).isdisjoint(OF_BOOK)
        by_lists = bool(len(facts.outside)) and not set(asked).isdisjoint(OF_OUTSIDE)
        if by_book:
            joins.append(_book_join(end, address, names, has_interface, facts))
        if by_lists:
            joins.append(_outside_join(end, address, names))
        by_names = not set(asked).isdisjoint(OF_DOMAINS) and _has_domains(facts, names)
        if by_names:
            joins += _domain_joins(end, address, names, has_interface, by_clients)
        for name in asked:
            found = _said(end, name, names, by_book, by_lists)
            if by_names and name in OF_DOMAINS:
                named = _said(end, "name", names, by_book, by_lists)
                found.append(_by_domain(end, name, named, by_clients))
            columns[f"{end}{name}"] = _first_of(found)
    return columns, tuple(joins)


def _said(end: str, name: str, names: Set[str], by_book: bool, by_lists: bool) -> list[str]:
    """What is said of an end: by the record, one address of the list, EC2, a block of the list."""
    book = f"{end}b.{name}" if by_book and name in OF_BOOK else ""
    lists = f"{end}o.{COLUMN_OF[name]}" if by_lists and name in OF_OUTSIDE else ""
    said = _by_record(end, name, names)
    # Where an interface is the record knows best; people's names come before its ids.
    before, after = (said, "") if name in OF_PLACES else ("", said)
    first = f"CASE WHEN {end}o.is_first THEN {lists} END" if book and lists else ""
    service = f"r.{_SERVICES[end]}" if name == "service" and _SERVICES[end] in names else ""
    return [part for part in (service, before, first, book, lists, after) if part]


def _by_record(end: str, name: str, names: Collection[str]) -> str:
    """What a record says of an end that is its own interface; "" where it never does.

    Which end that is flow-direction says; without it the end whose address is not its packets', as
    the interface's own stands there in its place.
    """
    columns = [column for column in OF_RECORDS.get(name, ()) if column in names]
    address = ADDRESS_OF[end]
    tests = [f"r.flow_direction = '{_OWN[end]}'"] if "flow_direction" in names else []
    tests += [f"r.pkt_{address} <> r.{address}"] if f"pkt_{address}" in names else []
    if not (columns and tests and address in names):
        return ""
    said = _kind_by_record(columns) if name == "kind" else _first_of([f"r.{c}" for c in columns])
    return f"CASE WHEN {_first_of(tests)} THEN {said} END"


def _kind_by_record(columns: Sequence[str]) -> str:
    kinds = "".join(f" WHEN '{word}' THEN '{kind}'" for word, kind in _KINDS.items())
    cases = {
        "interface_type": f"CASE r.interface_type{kinds} END",
        "instance_id": f"CASE WHEN r.instance_id IS NOT NULL THEN '{INSTANCE}' END",
    }
    return _first_of([cases[column] for column in columns])


def _first_of(found: Sequence[str]) -> str:
    """The first of some values that is known."""
    return (
        f"coalesce({', '.join(found)})" if len(found) > 1 else (*found, "CAST(NULL AS VARCHAR)")[0]
    )


def _by_domain(end: str, name: str, named: Sequence[str], by_clients: bool) -> str:
    """What DNS says, to the client first; a kind only where it gives the name."""
    said = _first_of([*([f"{end}d.{name}"] if by_clients else []), f"{end}v.{name}"])
    other = name == "kind" and named
    return f"CASE WHEN {_first_of(named)} IS NULL THEN {said} END" if other else said


def _book_join(
    end: str, address: str, names: Set[str], has_interface: bool, facts: EndFacts
) -> str:
    b, vpc = f"{end}b", _vpc_of(names, has_interface)
    known = ", ".join(f"'{name.replace(chr(39), '')}'" for name in sorted(facts.vpcs)) or "NULL"
    scope = f" AND ({b}.scope = '' OR {b}.scope = {vpc} OR ({b}.is_alone AND {vpc} IN ({known})))"
    if facts.is_placed:
        scope = f" AND {b}.scope = coalesce({vpc}, '')"
    # What need not be looked at costs as much as the lookup itself.
    where = "" if facts.is_placeless else scope
    when = "" if facts.is_timeless else _as_of(b, names)
    return f"LEFT JOIN {BOOK} {b} ON {b}.address = r.{address}{where}{when}"


def _vpc_of(names: Set[str], has_interface: bool) -> str:
    """The VPC that logged a record."""
    there = (("r.vpc_id", "vpc_id" in names), ("k.vpc_id", has_interface))
    return _first_of([word for word, is_there in there if is_there])


def _has_domains(facts: EndFacts, names: Set[str]) -> bool:
    """Whether names by DNS can be those of records: when, and between whom, must be known."""
    return bool(len(facts.domains)) and names >= {"start_time", *ADDRESS_OF.values()}


def _domain_joins(
    end: str, address: str, names: Set[str], has_interface: bool, by_clients: bool
) -> list[str]:
    """The names that others of the VPC asked for, and those that the other end asked for.

    What a client asked, its VPC did: most records have no name of the VPC, and the second join
    passes over their nulls.
    """
    client = next(f"r.{other}" for other in ADDRESS_OF.values() if other != address)
    v, d = f"{end}v", f"{end}d"
    joins = [
        f"LEFT JOIN {DOMAINS} {v} ON {v}.address = r.{address} AND {v}.client = ''"
        f" AND {v}.vpc = {_vpc_of(names, has_interface)}{_as_of(v, names)}",
        f"LEFT JOIN {DOMAINS} {d} ON {d}.address = {v}.address AND {d}.client = {client}"
        f" AND {d}.vpc = {v}.vpc{_as_of(d, names)}",
    ]
    return joins if by_clients else joins[:1]


def _outside_join(end: str, address: str, names: Set[str]) -> str:
    o = f"{end}o"
    return f"LEFT JOIN {OUTSIDE} {o} ON {o}.address = r.{address}{_as_of(o, names)}"


def _as_of(table: str, names: Set[str]) -> str:
    """The condition that a row holds at the record's start."""
    if "start_time" not in names:
        return f" AND {table}.until = TIMESTAMP '{FOR_EVER:%Y-%m-%d}'"
    return f" AND {table}.since <= r.start_time AND r.start_time < {table}.until"


EMPTY_OUTSIDE = table_of((), OUTSIDE_SCHEMA)
