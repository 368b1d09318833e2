"""The panels that the pages of accepted and of rejected flows share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from vpcflow_core.panels.analyses.groups import located, places
from vpcflow_core.panels.analyses.questions import new_values
from vpcflow_core.panels.analyses.sources import fan_out, new_sources, sources_and_ports
from vpcflow_core.panels.analyses.time import band, compared, trend
from vpcflow_core.panels.base import MINUTE, Analysis, Chart, Panel, rows
from vpcflow_core.panels.filter_texts import SERVICES
from vpcflow_core.query.question import Query


class Row(NamedTuple):
    """A panel by values of fields: its slug, title, fields, and conditions of its own."""

    slug: str
    title: str
    fields: tuple[str, ...]
    only: tuple[tuple[str, str], ...] = ()


BARS = (
    Row("interfaces", "Top 10 by network interface", ("interface_id",)),
    Row("protocols", "Top 10 by protocol", ("protocol",)),
)
TABLES = (
    Row("sources", "Top 10 sources", ("srcaddr",)),
    Row("source-ports", "Top 10 sources and ports", ("srcaddr", "srcport")),
    Row("destination-ports", "Top 10 destinations and ports", ("dstaddr", "dstport")),
)
NEW = (
    Row("new-sources", "New sources", ("srcaddr",)),
    Row(
        "new-services",
        "New destinations and ports",
        ("dstaddr", "dstport"),
        (("dstport", SERVICES),),
    ),
)

# Tables of sources, which say how many places each tries.
WIDE: dict[str, Analysis] = {
    "sources": fan_out, "source-ports": sources_and_ports, "new-sources": new_sources,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decision:
    """What a page is about: its slug, the action, and the word for its flows."""

    page: str
    action: str
    word: str

    @property
    def where(self) -> tuple[tuple[str, str], ...]:
        """The condition that all its panels share."""
        return (("action", self.action),)

    @property
    def about(self) -> str:
        """What its records are called."""
        return f"{self.action} records"

    def panels(self) -> Iterator[Panel]:
        """What the two pages share."""
        yield self._locations()
        yield from map(self._bars, BARS)
        yield self._destinations()
        yield self._outliers()
        yield from map(self._compared, ("bytes", "packets", "flows"))
        yield from map(self._tables, TABLES)
        yield from map(self._new_values, NEW)
        yield self._trend()

    def _panel(
        self, slug: str, title: str, text: str, query: Query, chart: Chart, **more: Any
    ) -> Panel:
        """A panel of this page about the flows of its action."""
        asked = replace(query, where=(*self.where, *query.where))
        return Panel(
            f"{self.page}/{slug}", title, text, asked, chart, **{"about": self.about} | more
        )

    def _locations(self) -> Panel:
        return self._panel(
            "source-locations",
            "Source locations",
            f"Where the public source addresses of {self.word} flows lie, by the GeoIP database.",
            Query(("flows", "bytes"), by=("srcaddr",)),
            "map",
            drill=("srcaddr",),
            analysis=places,
        )

    def _bars(self, row: Row) -> Panel:
        return self._panel(
            row.slug, row.title, self._largest, _top(row.fields), "bars", drill=row.fields
        )

    def _destinations(self) -> Panel:
        return self._panel(
            "destinations",
            "Top 10 destinations",
            f"The addresses that most {self.word} flows went to, and where they lie.",
            _top(("dstaddr",)),
            "table",
            drill=("dstaddr",),
            analysis=located,
        )

    def _outliers(self) -> Panel:
        word = self.word.capitalize()
        return self._panel(
            "outliers",
            f"{word} flows: outliers",
            f"{word} flows in each timeslice, and the band they were expected in.",
            Query(("flows",), every=MINUTE),
            "band",
            analysis=band,
        )

    def _compared(self, measure: str) -> Panel:
        return self._panel(
            f"{measure}-compared",
            f"{measure.capitalize()}: now and before",
            f"{measure.capitalize()} of {self.word} flows in each timeslice, and what they were "
            "a day and a week before, or as the page is asked to compare.",
            Query((measure,), every=MINUTE),
            "lines",
            analysis=compared,
        )

    def _tables(self, row: Row) -> Panel:
        return self._panel(
            row.slug,
            row.title,
            self._largest,
            _top(row.fields),
            "table",
            drill=row.fields,
            analysis=WIDE.get(row.slug, rows),
        )

    def _new_values(self, row: Row) -> Panel:
        return self._panel(
            row.slug,
            row.title,
            f"Those that had no {self.word} flows in the seven days before, the largest first.",
            replace(_top(row.fields), where=row.only),
            "table",
            drill=row.fields,
            analysis=WIDE.get(row.slug, new_values),
            about=row.title.lower(),
            parameters=("baseline",),
        )

    def _trend(self) -> Panel:
        word = self.word.capitalize()
        return self._panel(
            "trend",
            f"{word} flows: trend",
            f"{word} flows in each timeslice, and where they are heading.",
            Query(("flows",), every=MINUTE),
            "trend",
            analysis=trend,
        )

    @property
    def _largest(self) -> str:
        return f"{self.word.capitalize()} flows, the largest first."


def _top(fields: tuple[str, ...]) -> Query:
    """The ten values that most flows had."""
    return Query(("flows", "bytes", "packets"), by=fields, top=10)
