"""The panels that the pages of accepted and of rejected flows share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vpcflow_core.panels.analyses.groups import located, places
from vpcflow_core.panels.analyses.questions import new_values
from vpcflow_core.panels.analyses.sources import fan_out
from vpcflow_core.panels.analyses.time import band, compared, trend
from vpcflow_core.panels.base import MINUTE, Panel, rows
from vpcflow_core.panels.filter_texts import SERVICES
from vpcflow_core.query.question import Query


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
        where, word, about = self.where, self.word, self.about
        volumes = ("flows", "bytes", "packets")
        yield Panel(
            f"{self.page}/source-locations",
            "Source locations",
            f"Where the public source addresses of {word} flows lie, by the GeoIP database.",
            Query(("flows", "bytes"), by=("srcaddr",), where=where),
            "map",
            drill=("srcaddr",),
            analysis=places,
            about=about,
        )
        for slug, title, field in (
            ("interfaces", "Top 10 by network interface", "interface_id"),
            ("protocols", "Top 10 by protocol", "protocol"),
        ):
            yield Panel(
                f"{self.page}/{slug}",
                title,
                f"{word.capitalize()} flows, the largest first.",
                Query(volumes, by=(field,), where=where, top=10),
                "bars",
                drill=(field,),
                about=about,
            )
        yield Panel(
            f"{self.page}/destinations",
            "Top 10 destinations",
            f"The addresses that most {word} flows went to, and where they lie.",
            Query(volumes, by=("dstaddr",), where=where, top=10),
            "table",
            drill=("dstaddr",),
            analysis=located,
            about=about,
        )
        yield Panel(
            f"{self.page}/outliers",
            f"{word.capitalize()} flows: outliers",
            f"{word.capitalize()} flows in each timeslice, and the band they were expected in.",
            Query(("flows",), every=MINUTE, where=where),
            "band",
            analysis=band,
            about=about,
        )
        for measure in ("bytes", "packets", "flows"):
            yield Panel(
                f"{self.page}/{measure}-compared",
                f"{measure.capitalize()}: now and before",
                f"{measure.capitalize()} of {word} flows in each timeslice, and what they were "
                "a day and a week before, or as the page is asked to compare.",
                Query((measure,), every=MINUTE, where=where),
                "lines",
                analysis=compared,
                about=about,
            )
        for slug, title, fields in (
            ("sources", "Top 10 sources", ("srcaddr",)),
            ("source-ports", "Top 10 sources and ports", ("srcaddr", "srcport")),
            ("destination-ports", "Top 10 destinations and ports", ("dstaddr", "dstport")),
        ):
            yield Panel(
                f"{self.page}/{slug}",
                title,
                f"{word.capitalize()} flows, the largest first.",
                Query(volumes, by=fields, where=where, top=10),
                "table",
                drill=fields,
                analysis=fan_out if slug == "sources" else rows,
                about=about,
            )
        for slug, title, fields, only in (
            ("new-sources", "New sources", ("srcaddr",), ()),
            (
                "new-services",
                "New destinations and ports",
                ("dstaddr", "dstport"),
                (("dstport", SERVICES),),
            ),
        ):
            yield Panel(
                f"{self.page}/{slug}",
                title,
                f"Those that had no {word} flows in the seven days before, the largest first.",
                Query(volumes, by=fields, where=(*where, *only), top=10),
                "table",
                drill=fields,
                analysis=new_values,
                about=title.lower(),
            )
        yield Panel(
            f"{self.page}/trend",
            f"{word.capitalize()} flows: trend",
            f"{word.capitalize()} flows in each timeslice, and where they are heading.",
            Query(("flows",), every=MINUTE, where=where),
            "trend",
            analysis=trend,
            about=about,
        )
