"""What the snapshots of a store say of interfaces, subnets, and the ends of records."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import pandas as pd
import pyarrow as pa

from vpcflow_core.engines.base import CountsSnapshots, HasDomains
from vpcflow_core.engines.interfaces.ends import OF_BOOK, book_table
from vpcflow_core.engines.interfaces.rows import (
    FILLED,
    Block,
    Row,
    blocks_of,
    interface_rows,
    subnet_rows,
)
from vpcflow_core.inventory.book import AddressBook, address_book
from vpcflow_core.inventory.subnets import SubnetBlocks


@dataclass(frozen=True, slots=True)
class Said:
    """What snapshots say of some record, as names alone.

    Attributes:
        columns: Columns of `flows` that they can fill.
        names: What they say of an end of a record (`ends.OF_BOOK`).
    """

    columns: frozenset[str]
    names: frozenset[str]


# Gives what was kept under a key, or makes it and keeps it.
Keep: TypeAlias = Callable[[tuple[Hashable, ...], Callable[[], Said]], Said]


def newly(_: tuple[Hashable, ...], make: Callable[[], Said]) -> Said:
    """Keeps nothing."""
    return make()


class SnapshotFacts:
    """Facts of the first `count` snapshots, computed lazily."""

    def __init__(
        self, store: CountsSnapshots, owner_tags: Sequence[str] = (), keep: Keep = newly
    ) -> None:
        self.count = store.snapshot_count()
        self._keep = keep
        self._store = store
        self._owner_tags = owner_tags

    @cached_property
    def blocks(self) -> dict[str, Block]:
        """Blocks by subnet."""
        return blocks_of(self._subnets)

    @cached_property
    def rows(self) -> list[Row]:
        """Rows of `known.SCHEMA`, one an interface and shape."""
        return interface_rows(self._store.known("interfaces"), self.blocks)

    @cached_property
    def subnets(self) -> pa.Table:
        """The table by subnet."""
        return subnet_rows(self._subnets, self.blocks)

    @cached_property
    def said(self) -> Said:
        """What they say of some record; kept, as all of them would be read to know it."""
        # A ledger that was lost counts from 1 again: the times of the newest ones tell it apart.
        newest = tuple(self._store.snapshots())
        return self._keep((self.count, newest, *self._owner_tags), self._read_said)

    def _read_said(self) -> Said:
        holders = [line.holder for line in self.book.lines]
        filled = {name for name in FILLED if any(_is_filled(row[name]) for row in self.rows)}
        return Said(
            columns=frozenset(filled | ({"interface_id"} if self.rows else set())),
            names=frozenset(n for n in OF_BOOK if any(getattr(h, n) for h in holders)),
        )

    @cached_property
    def homes(self) -> dict[str, str | None]:
        """The VPC of each interface; it never has another."""
        return {row["interface_id"]: row["vpc_id"] for row in self.rows}

    @cached_property
    def has_domains(self) -> bool:
        """Whether names by DNS are known."""
        return isinstance(self._store, HasDomains) and self._store.has_domains()

    @cached_property
    def book(self) -> AddressBook:
        """Who had which address when."""
        return address_book(self._store.known, self._owner_tags, self._store.hidden_blocks())

    @cached_property
    def book_rows(self) -> pa.Table:
        """The book as a table."""
        return book_table(self.book)

    @cached_property
    def prefixes(self) -> frozenset[str]:
        """Blocks of IPv6 that are delegated to interfaces."""
        of_each = self._store.known("interfaces")["prefixes"]
        return frozenset(block for blocks in of_each for block in blocks)

    def rows_within(self, seen: Iterable[str]) -> pa.Table:
        """The book as a table, with the addresses of a log that are in prefixes."""
        hidden = self._store.hidden_blocks()
        return book_table(address_book(self._store.known, self._owner_tags, hidden, seen))

    @cached_property
    def subnet_blocks(self) -> SubnetBlocks:
        """Subnets by VPC and block."""
        return SubnetBlocks(self._subnets)

    @cached_property
    def _subnets(self) -> pd.DataFrame:
        return self._store.known("subnets")


def _is_filled(value: Any) -> bool:
    return bool(value) if isinstance(value, list) else not pd.isna(value)
