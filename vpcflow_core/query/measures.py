"""The one table of measures: what can be counted, added up or found.

Counts and sums are exact whole numbers, beyond 64 bits too; what a record does not tell (null) adds
nothing to them.
Times and quantiles are of what is there, and null where nothing is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import DECIMAL, ColumnElement, Double, Label, and_, case, cast, distinct, func

from vpcflow_core.errors import FieldError, closest
from vpcflow_core.query.columns import column_of, is_port
from vpcflow_core.query.constructs import Quantile, SecondsBetween
from vpcflow_core.query.lasting import seconds_lasted

Aggregate = Literal["count", "sum", "distinct", "duration", "first", "last", "quantile", "rate"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One number a question can ask for.

    Attributes:
        name: As in queries, and the name of its column in answers.
        title: For people.
        unit: `flows`, `records`, `bytes`, `packets`, `addresses`, `interfaces`, `accounts`,
            `ports`, `seconds`, `time`, `bit/s` or `packets/s`.
        doc: One sentence.
        aggregate: How records become the number.
        field: Column that is added up or counted.
        action: Only records of this action count.
        share: Of a quantile: how many of the values lie below it.
        total: Of a rate: the measure of which it is so much a second; see `query.rates`.
        times: What a rate has of each one of its total: 8 bits of a byte.
    """

    name: str
    title: str
    unit: str
    doc: str
    aggregate: Aggregate
    field: str = ""
    action: str = ""
    share: float = 0.0
    total: str = ""
    times: int = 1

    @property
    def empty(self) -> int | None:
        """What it is where there are no records: nothing adds up to 0, but has no time."""
        return None if self.aggregate in ("first", "last", "quantile") else 0

    @property
    def adds_up(self) -> bool:
        """Whether the values of the buckets of a window add up to the value of the window."""
        return self.aggregate in ("count", "sum", "duration")

    @property
    def groups_add_up(self) -> bool:
        """Whether the values of groups of records add up to the value of all of them."""
        return self.adds_up or self.aggregate == "rate"

    @property
    def spreads(self) -> bool:
        """Whether it can be spread over the time that a record lasts: bytes and packets."""
        return self.aggregate in ("sum", "rate")

    @property
    def is_speed(self) -> bool:
        """Whether it is of how fast each flow was by itself."""
        return self.aggregate == "quantile" and self.unit == "bit/s"

    @property
    def is_time(self) -> bool:
        """Whether it is a point in time, which can be shown but not calculated with."""
        return self.unit == "time"

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns without which there is no answer."""
        others = (
            "action" if self.action else "",
            "protocol" if self.unit == "ports" else "",
            "end_time" if self.is_speed else "",
        )
        return tuple(name for name in (self.field, *others) if name)

    def expression(self, *conditions: ColumnElement[bool]) -> Label[Any]:
        """Its SQL, labelled with its name, over the records that meet the conditions."""
        if self.action:
            conditions = (*conditions, column_of("action") == self.action)
        total = self._aggregate(conditions)
        if self.aggregate in ("sum", "duration"):
            total = whole_sum(total)
        labelled: Label[Any] = total.label(self.name)
        return labelled

    def _aggregate(self, conditions: tuple[ColumnElement[bool], ...]) -> Any:
        if self.aggregate == "quantile":
            # FILTER does not go with every construct: what does not count is null, and left out.
            counted = case((and_(*conditions), self._value()), else_=None) if conditions else None
            return Quantile(self._value() if counted is None else counted, self.share)
        total = AGGREGATES[self.aggregate](self._value())
        return total.filter(and_(*conditions)) if conditions else total

    def _value(self) -> ColumnElement[Any]:
        if self.aggregate == "duration":
            lasted = SecondsBetween(column_of("start_time"), column_of("end_time"))
            return func.greatest(lasted, 0)  # a record may end before it starts
        if self.is_speed:
            lasts = seconds_lasted()
            # One that ends before it begins lies where it begins.
            seconds: ColumnElement[Any] = case((lasts < 1, 1), else_=lasts)
            return cast(column_of(self.field), Double()) * self.times / cast(seconds, Double())
        if self.unit == "ports":
            return case((is_port(column_of(self.field)), column_of(self.field)), else_=None)
        return column_of(self.field)


# The widest whole number that every engine has.
WHOLE: DECIMAL[Decimal] = DECIMAL(38, 0)


def whole_sum(total: ColumnElement[Any]) -> ColumnElement[Any]:
    """A sum of whole numbers as one that reaches pandas exactly, 0 where there is nothing.

    Engines widen sums (DuckDB to 128 bits), and wide integers reach pandas as floats.
    """
    return cast(func.coalesce(total, 0), WHOLE)


AGGREGATES: dict[Aggregate, Callable[[ColumnElement[Any]], Any]] = {
    "count": lambda _: func.count(),
    "sum": func.sum,
    "distinct": lambda value: func.count(distinct(value)),
    "duration": func.sum,
    "first": func.min,
    "last": func.max,
}

_TABLE = (
    Measure("flows", "Flows", "flows", "Records that tell of traffic.", "count"),
    Measure("bytes", "Bytes", "bytes", "Bytes of all flows.", "sum", "bytes"),
    Measure("packets", "Packets", "packets", "Packets of all flows.", "sum", "packets"),
    Measure("sources", "Sources", "addresses", "Distinct source addresses.", "distinct", "srcaddr"),
    Measure(
        "destinations", "Destinations", "addresses", "Distinct destination addresses.",
        "distinct", "dstaddr",
    ),
    Measure(
        "interfaces", "Interfaces", "interfaces", "Distinct network interfaces.",
        "distinct", "interface_id",
    ),
    Measure("accounts", "Accounts", "accounts", "Distinct accounts.", "distinct", "account_id"),
    Measure("ports", "Ports", "ports", "Distinct destination ports.", "distinct", "dstport"),
    Measure(
        "accepted", "Accepted", "flows", "Flows that were let through.", "count", action="ACCEPT"
    ),
    Measure("rejected", "Rejected", "flows", "Flows that were refused.", "count", action="REJECT"),
    Measure(
        "records", "Records", "records", "Lines of the log, with or without traffic.", "count"
    ),
    Measure(
        "duration", "Duration", "seconds", "Seconds from start to end, of all flows added up.",
        "duration", "end_time",
    ),
    Measure("first", "First", "time", "When the first flow started.", "first", "start_time"),
    Measure("last", "Last", "time", "When the last flow ended.", "last", "end_time"),
    *(
        Measure(
            f"packets_{name}", f"Packets, {title}", "packets", f"{doc} packets of a flow.",
            "quantile", "packets", share=share,
        )
        for name, title, doc, share in (
            ("min", "least", "The fewest", 0.0),
            ("q1", "25 %", "A quarter of the flows have at most this many", 0.25),
            ("median", "median", "Half of the flows have at most this many", 0.5),
            ("q3", "75 %", "Three quarters of the flows have at most this many", 0.75),
            ("p95", "95 %", "Of a hundred flows 95 have at most this many", 0.95),
            ("max", "most", "The most", 1.0),
        )
    ),
    Measure(
        "bits_per_second", "Bits a second", "bit/s",
        "Bits of all flows, divided by the seconds of the timeslice or of the range.",
        "rate", "bytes", total="bytes", times=8,
    ),
    Measure(
        "packets_per_second", "Packets a second", "packets/s",
        "Packets of all flows, divided by the seconds of the timeslice or of the range.",
        "rate", "packets", total="packets",
    ),
    *(
        Measure(
            f"flow_bits_per_second_{name}", f"Bits a second of a flow, {title}", "bit/s",
            f"{doc} bits a second, each by its own bytes and time.",
            "quantile", "bytes", share=share, times=8,
        )
        for name, title, doc, share in (
            ("median", "median", "Half of the flows have at most this many", 0.5),
            ("p95", "95 %", "Of a hundred flows 95 have at most this many", 0.95),
            ("max", "most", "The fastest flow has this many", 1.0),
        )
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
