"""A remedy, and the charges that are left for one: what `remedies` is made with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from vpcflow_core.cost.billing import Bill
from vpcflow_core.cost.endpoint_services import ServicesOf

SHARE = 0.01  # of the traffic that a host makes at least to be named
COLUMNS = (
    "remedy", "saving_month", "evidence", "talkers", "bytes_month", "dollars",
    "interface_id", "address", "template",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Remedy:
    """One thing to do.

    Attributes:
        text: What, in one line.
        saving: Dollars a month.
        evidence: What shows it, in words.
        talkers: Who makes most of the traffic.
        bytes_month: Bytes a month that it is about.
        dollars: What they cost in the range.
        interface_id: The interface whose records show the traffic, "" if there is none.
        address: The address that most of it belongs to, likewise.
        template: Terraform, "" if it is none of its matters.
    """

    text: str
    saving: float
    evidence: str
    talkers: str = ""
    bytes_month: float = 0.0
    dollars: float = 0.0
    interface_id: str = ""
    address: str = ""
    template: str = ""


def rows_of(remedies: list[Remedy]) -> pd.DataFrame:
    """Remedies as rows of `COLUMNS`."""
    rows = [
        (
            r.text,
            r.saving,
            r.evidence,
            r.talkers,
            round(r.bytes_month),
            r.dollars,
            r.interface_id,
            r.address,
            r.template,
        )
        for r in remedies
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


class Savings:
    """A bill, and its charges that no remedy has taken yet."""

    def __init__(self, bill: Bill, services: ServicesOf) -> None:
        self.bill = bill
        self.services = services
        self.left = bill.found.charges
        self.network = bill.network

    def take(self, rows: pd.DataFrame) -> None:
        """What a remedy saves, no other one does."""
        self.left = self.left.drop(rows.index)

    def price(self, item: str, region: str) -> float:
        """Dollars of a unit."""
        return self.bill.prices.dollars(item, region)

    def month(self, value: float) -> float:
        """A value of the range as one of a month."""
        return value * self.bill.months

    def talkers(self, rows: pd.DataFrame) -> tuple[str, str]:
        """The hosts of most bytes in words, and the address of the first."""
        sums = rows.groupby(["source", "source_id"], as_index=False)[["billed"]].sum()
        first = sums.sort_values("billed", ascending=False).head(3)
        whole = float(rows["billed"].sum()) or 1.0
        words = [
            f"{self.named(str(source), str(id_))} ({100 * float(billed) / whole:.0f} %)"
            for source, id_, billed in zip(*(first[name] for name in first), strict=True)
            if billed >= SHARE * whole
        ]
        return ", ".join(words), str(first["source"].iloc[0]) if len(first) else ""

    def named(self, address: str, interface: str) -> str:
        """A host by its name, else its address."""
        known = self.network.interfaces.get(interface)
        return known.name if known and known.name else address

    def vpc(self, vpc: str) -> str:
        """A VPC by its name, else its id; a word where it is not known."""
        return self.network.names.get(vpc) or vpc or "the VPC"


def groups_of(rows: pd.DataFrame, *names: str) -> Iterator[tuple[tuple[str, ...], pd.DataFrame]]:
    """The rows of each set of values."""
    for values, part in rows.groupby(list(names)):
        yield tuple(map(str, values)), part
