"""The one table of measures: what can be counted or added up; may import errors and fields.

Every measure is an exact 64-bit integer. What a record does not tell (null) adds nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import BigInteger, ColumnElement, Label, and_, cast, distinct, func

from vpcflow_core.errors import FieldError, closest
from vpcflow_core.query.columns import column_of

Aggregate = Literal["count", "sum", "distinct"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One number a question can ask for.

    Attributes:
        name: As in queries, and the name of its column in answers.
        title: For people.
        unit: `flows`, `records`, `bytes`, `packets`, `addresses` or `ports`.
        doc: One sentence.
        aggregate: How records become the number.
        field: Column that is added up or counted.
        action: Only records of this action count.
    """

    name: str
    title: str
    unit: str
    doc: str
    aggregate: Aggregate
    field: str = ""
    action: str = ""

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns without which there is no answer."""
        return tuple(name for name in (self.field, "action" if self.action else "") if name)

    def expression(self, *conditions: ColumnElement[bool]) -> Label[Any]:
        """Its SQL, labelled with its name, over the records that meet the conditions."""
        if self.action:
            conditions = (*conditions, column_of("action") == self.action)
        total = self._aggregate().filter(and_(*conditions)) if conditions else self._aggregate()
        if self.aggregate == "sum":
            # Engines widen sums (DuckDB to 128 bits), and wide integers reach pandas as floats.
            total = cast(func.coalesce(total, 0), BigInteger)
        labelled: Label[Any] = total.label(self.name)
        return labelled

    def _aggregate(self) -> Any:
        if self.aggregate == "count":
            return func.count()
        column = column_of(self.field)
        return func.sum(column) if self.aggregate == "sum" else func.count(distinct(column))


_TABLE = (
    Measure("flows", "Flows", "flows", "Records that tell of traffic.", "count"),
    Measure("bytes", "Bytes", "bytes", "Bytes of all flows.", "sum", "bytes"),
    Measure("packets", "Packets", "packets", "Packets of all flows.", "sum", "packets"),
    Measure("sources", "Sources", "addresses", "Distinct source addresses.", "distinct", "srcaddr"),
    Measure(
        "destinations", "Destinations", "addresses", "Distinct destination addresses.",
        "distinct", "dstaddr",
    ),
    Measure("ports", "Ports", "ports", "Distinct destination ports.", "distinct", "dstport"),
    Measure(
        "accepted", "Accepted", "flows", "Flows that were let through.", "count", action="ACCEPT"
    ),
    Measure("rejected", "Rejected", "flows", "Flows that were refused.", "count", action="REJECT"),
    Measure(
        "records", "Records", "records", "Lines of the log, with or without traffic.", "count"
    ),
)  # fmt: skip

MEASURES: dict[str, Measure] = {measure.name: measure for measure in _TABLE}


def measure(name: str) -> Measure:
    """The measure of that name.

    Raises:
        FieldError: There is none; names the closest one.
    """
    if name not in MEASURES:
        hint = closest(name, MEASURES)
        raise FieldError(
            f"'{name}' is not a measure.", f"{hint}  Measures: {', '.join(MEASURES)}".strip()
        )
    return MEASURES[name]
