"""A question that somebody put together: its measure, what it is grouped by, how it is drawn.

Its slug says all of it, so that it is cached, drawn and linked to as any panel.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, TypeAlias
from urllib.parse import parse_qs, urlencode

from vpcflow_core.errors import ParameterError
from vpcflow_core.panels.analyses.changes import changed
from vpcflow_core.panels.analyses.groups import busiest
from vpcflow_core.panels.analyses.questions import with_other
from vpcflow_core.panels.analyses.time import compared
from vpcflow_core.panels.base import Analysis, Chart, Panel, rows
from vpcflow_core.query.dimensions import dimension
from vpcflow_core.query.limits import require_limit
from vpcflow_core.query.measures import measure
from vpcflow_core.query.question import Limit, Query

PREFIX = "explore/built?"
MINUTE = timedelta(minutes=1)
MOST = 1000
# A table too, of what groups have and what they had before.
CHANGES: Literal["changes"] = "changes"
Drawn: TypeAlias = Chart | Literal["changes"]
# How a question can be drawn, by its name, and how many dimensions that takes: fewest and most.
DRAWN: dict[Drawn, tuple[str, int, int]] = {
    "table": ("Table", 0, 3),
    CHANGES: ("Table of changes", 1, 3),
    "bars": ("Bars", 1, 1),
    "donut": ("Donut", 1, 1),
    "sankey": ("Who to whom", 2, 2),
    "matrix": ("Matrix", 2, 2),
    "columns": ("Columns over time", 0, 0),
    "stacked": ("Stacked columns over time", 1, 1),
    "area": ("Stacked areas over time", 1, 1),
    "curves": ("Lines over time", 1, 1),
    "heat": ("Heat map over time", 1, 1),
    "lines": ("Line over time, with yesterday and last week", 0, 0),
}
# Which of the groups over time are shown.
LIMITS: dict[Limit, str] = {
    "average": "highest average", "maximum": "highest maximum", "last": "highest last value",
}  # fmt: skip
OVER_TIME: tuple[Chart, ...] = ("columns", "stacked", "area", "curves", "heat", "lines")
STACKED: tuple[Chart, ...] = ("stacked", "area")
GROUPED_OVER_TIME: tuple[Chart, ...] = (*STACKED, "curves", "heat")
_ANALYSES: dict[Drawn, Analysis] = {
    CHANGES: changed,
    "bars": with_other,
    "donut": with_other,
    "stacked": busiest,
    "area": busiest,
    "curves": busiest,
    "heat": busiest,
    "lines": compared,
}


@dataclass(frozen=True, slots=True)
class Built:
    """A question that was put together.

    Attributes:
        measure: What is counted.
        by: Dimensions to group by, three at most.
        chart: How it is drawn; a key of `DRAWN`.
        top: Groups to show.
        limit_by: Which groups over time these are; a key of `LIMITS`.

    Raises:
        FieldError: No such measure or dimension.
        ParameterError: The chart shows fewer dimensions, or there is no such number of groups.
    """

    measure: str = "bytes"
    by: tuple[str, ...] = ("srcaddr",)
    chart: Drawn = "bars"
    top: int = 10
    limit_by: Limit = "average"

    def __post_init__(self) -> None:
        measure(self.measure)
        for name in self.by:
            dimension(name)
        if self.chart not in DRAWN:
            raise ParameterError(f"'{self.chart}' is no chart.", f"Charts: {', '.join(DRAWN)}.")
        title, fewest, most = DRAWN[self.chart]
        if not fewest <= len(self.by) <= most:
            wanted = f"{fewest}" if fewest == most else f"{fewest} to {most}"
            raise ParameterError(
                f"{title} needs {wanted} fields to group by, not {len(self.by)}.",
                "Choose another chart, or other fields.",
            )
        if not 1 <= self.top <= MOST:
            raise ParameterError(f"{self.top} is no number of groups.", f"Write 1 to {MOST:,}.")
        require_limit(self.limit_by)
        if measure(self.measure).is_time and self.chart != "table":
            raise ParameterError(
                f"{measure(self.measure).title} is a time, which only a table shows.",
                "Draw it as a table, or choose another measure.",
            )
        if self.chart in STACKED and not measure(self.measure).groups_add_up:
            raise ParameterError(
                f"{measure(self.measure).title} of parts do not add up.",
                "Choose lines, a heat map or a table, or flows, bytes, packets or a rate.",
            )

    @property
    def slug(self) -> str:
        """Its name, from which `built` makes it again."""
        said = {"measure": self.measure, "by": ",".join(self.by), "chart": self.chart}
        more = {} if self.limit_by == "average" else {"limit_by": self.limit_by}
        return PREFIX + urlencode(said | {"top": self.top} | more, safe=",")

    @property
    def panel(self) -> Panel:
        """What asks and draws it."""
        of, fields = measure(self.measure), [dimension(name) for name in self.by]
        over_time = self.chart in OVER_TIME
        grouped = " and ".join(field.title.lower() for field in fields)
        title = f"{of.title} by {grouped}" if grouped else of.title
        beside = () if over_time or self.chart == CHANGES else _beside(self.measure)
        query = Query(
            (self.measure, *beside),
            by=tuple(field.name for field in fields),
            every=MINUTE if over_time else None,
            top=self.top if self.by else None,
            limit_by=self.limit_by,
        )
        analysis = _ANALYSES.get(self.chart, rows)
        if analysis is with_other and not of.groups_add_up:
            analysis = rows
        chart: Chart = "table" if self.chart == CHANGES else self.chart
        used = ("compare",) if self.chart == CHANGES else None
        return Panel(self.slug, title, of.doc, query, chart, query.by, analysis, parameters=used)


def built(slug: str) -> Built:
    """The question of a slug.

    Raises:
        MisuseError: It says none that can be asked.
    """
    said = {name: values[0] for name, values in parse_qs(slug.removeprefix(PREFIX)).items()}
    top = said.get("top", "10")
    return Built(
        said.get("measure", "bytes"),
        tuple(filter(None, said.get("by", "").split(","))),
        said.get("chart", "table"),  # type: ignore[arg-type]  # it is looked at there
        int(top) if top.isascii() and top.isdigit() else 0,
        said.get("limit_by", "average"),  # type: ignore[arg-type]  # it is looked at there
    )


def _beside(name: str) -> tuple[str, ...]:
    """Measures shown beside one in a table and in hovers."""
    volumes = ("flows", "bytes", "packets")
    return tuple(other for other in volumes if other != name) if name in volumes else ()
