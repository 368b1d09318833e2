"""The prices of network traffic: a dated table that ships with us, and what the settings change.

GB are 2^30 bytes, dollars are US list prices without tax, a month has 730 hours: as AWS bills.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType

from vpcflow_core.errors import SettingsError, closest
from vpcflow_core.reference.files import FOLDERS

GB = 1024**3
HOURS = 730  # of a month
HOME = "us-east-1"  # whose prices stand for those of regions that the table lacks
_MARK = "~"  # after a price that no second source confirms
_NAME = "prices-????-??-??.csv"


@dataclass(frozen=True, slots=True)
class Price:
    """The price of one item in one region.

    Attributes:
        unit: What it is the price of: `GB`, `hour`, ...
        tiers: From how many GB a month on, and dollars a unit; the first is from 0.
        is_confirmed: Whether more than one source says so.
    """

    unit: str
    tiers: tuple[tuple[float, float], ...]
    is_confirmed: bool = True

    @property
    def first(self) -> float:
        """Dollars a unit of the first tier."""
        return self.tiers[0][1]

    def at(self, gb: float) -> float:
        """Dollars of the next GB of the month after those."""
        return [dollars for above, dollars in self.tiers if above <= gb][-1]

    def of(self, gb: float, before: float = 0) -> float:
        """Dollars of GB, each at its own tier.

        Args:
            gb: How many.
            before: GB of the month before them.

        >>> Price("GB", ((0, 0.09), (10, 0.05))).of(4, before=8)
        0.28
        """
        ends = [*(above for above, _ in self.tiers[1:]), float("inf")]
        parts = (
            max(min(before + gb, end) - max(before, above), 0) * dollars
            for (above, dollars), end in zip(self.tiers, ends, strict=True)
        )
        return sum(parts)


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices by item and region.

    Attributes:
        date: When they were read.
        table: By item, then by region.
        factor: What every price is multiplied by: 0.9 for 10 % discount.
        own: Prices of the settings, by `item` or `region item`: dollars of all tiers.
        internet_tb: TB a month that go to the Internet from all accounts together; they choose the
            tier of what is seen.
        free_gb: GB a month to the Internet that cost nothing.
    """

    date: date
    table: Mapping[str, Mapping[str, Price]]
    factor: float = 1.0
    own: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    internet_tb: float = 0.0
    free_gb: float = 0.0

    def price(self, item: str, region: str) -> Price:
        """The price of an item, without discount; that of us-east-1 where none is known.

        Raises:
            KeyError: There is no such item.
        """
        found = self.table[item].get(region) or self.table[item][HOME]
        own = self.own.get(f"{region} {item}", self.own.get(item))
        return found if own is None else replace(found, tiers=((0.0, own),), is_confirmed=True)

    def dollars(self, item: str, region: str) -> float:
        """Dollars of one more unit of an item."""
        price = self.price(item, region)
        gb = self.internet_tb * 1024 if item == "internet-out-gb" else 0
        return price.at(gb) * self.factor

    def is_known(self, item: str, region: str) -> bool:
        """Whether the price is that of the region itself, and confirmed."""
        own = item in self.own or f"{region} {item}" in self.own
        found = self.table[item].get(region)
        return own or (found is not None and found.is_confirmed)

    def changed(
        self,
        *,
        factor: float = 1.0,
        own: Mapping[str, float] | None = None,
        internet_tb: float = 0,
        free_gb: float = 0,
    ) -> Prices:
        """These prices with what the settings say.

        Raises:
            SettingsError: A price of the settings is of no item.
        """
        for name in own or {}:
            item = name.rpartition(" ")[2]
            if item not in self.table:
                raise SettingsError(
                    f"'{item}' is no item of the price table.",
                    f"{closest(item, self.table)} Items: {', '.join(self.table)}.".strip(),
                )
        return replace(
            self,
            factor=factor,
            own=dict(own or {}),
            internet_tb=internet_tb,
            free_gb=free_gb,
        )


@cache
def shipped() -> Prices:
    """The newest price table that ships with vpcflow."""
    path = max((p for f in FOLDERS for p in f.glob(_NAME)), key=lambda p: p.name)
    return read(path)


def read(path: Path) -> Prices:
    """The prices of a table: a row an item and tier, a column a region."""
    made: dict[str, dict[str, Price]] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            item, unit, above = row.pop("item"), row.pop("unit"), float(row.pop("above_gb"))
            for region, text in row.items():
                if text:
                    regions = made.setdefault(item, {})
                    earlier = regions.get(region) or Price(unit, ())
                    regions[region] = _with_tier(earlier, above, text)
    return Prices(date.fromisoformat(path.stem.removeprefix("prices-")), made)


def _with_tier(price: Price, above: float, text: str) -> Price:
    tier = (above, float(text.removesuffix(_MARK)))
    confirmed = price.is_confirmed and not text.endswith(_MARK)
    return replace(price, tiers=(*price.tiers, tier), is_confirmed=confirmed)
