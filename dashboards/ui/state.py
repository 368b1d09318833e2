"""What a page shows, as frozen data that round-trips through the URL; knows no Streamlit."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards.ui.parameters import PARAMETERS, written
from vpcflow_core.links import DEFAULT_RANGE, page_params, query_string
from vpcflow_core.panels.base import Panel
from vpcflow_core.panels.request import DEFAULTS, PanelRequest, Parameters
from vpcflow_core.query.dimensions import DIMENSIONS, EITHER_END, filterable
from vpcflow_core.query.filters import Filters
from vpcflow_core.ranges import Range
from vpcflow_core.times import Window

QUICK_RANGES = (
    "24h", "15m", "1h", "3h", "6h", "12h", "2d", "7d", "30d", "today", "yesterday", "this week",
)  # fmt: skip  # the first one is the default

# What pages filter by: most of them a flow's ends, some its place in the network too.
FLOW_FILTERS = ("srcaddr", "dstaddr", "srcport", "dstport", "protocol", "interface_id")
EITHER_FILTERS = ("address", "port")
NETWORK_FILTERS = ("security_group_id", "subnet_id", "vpc_id", "direction")
# What every page can be filtered by, behind "More filters".
MORE_FILTERS = (
    "country", "name", "kind", "owner", "interface_name", "instance_id", "account_id", "region",
    "az_id", *NETWORK_FILTERS,
)  # fmt: skip
# Every filter a page may have, and what its box is called; the URL uses the same names. A field
# with a `filter_help` in the field table is one.
_FIRST = (*EITHER_FILTERS, *FLOW_FILTERS, "action", *NETWORK_FILTERS)
FILTER_LABELS = {name: filterable(name).title for name in _FIRST} | {
    row.name: row.title for row in (*DIMENSIONS.values(), *EITHER_END.values()) if row.filter_help
}
# What the page Explore holds besides, and each one's default, which the address bar leaves out.
EXPLORE = {
    "tab": "questions", "ask": "pairs", "measure": "bytes", "group": "srcaddr", "group2": "none",
    "group3": "none", "chart": "bars", "top": "10", "limit_by": "average", "entity": "",
}  # fmt: skip
AT_REST = {"tz": "UTC", "refresh": "off", **EXPLORE}
# Default and meaning of what is neither a filter nor a parameter of outliers.
MEANINGS: dict[str, tuple[str, str]] = {
    "range": ("`24h`", "The time: `24h` (the most recent), `2026-11-25`, `FROM/TO` in ISO 8601."),
    "tz": ("`UTC`", "IANA name of the zone that times are shown in: `Europe/Berlin`."),
    "refresh": ("`off`", "How often the page is drawn anew by itself: `1m`."),
    "tab": ("`questions`", "Part of Explore: `questions`, `build` or `sql`."),
    "ask": ("`pairs`", "Ready question of Explore: the last part of its panel's name, `scans`."),
    "measure": ("`bytes`", "Measure of a question of your own; see measures.md."),
    "group": ("`srcaddr`", "First field to group by, or `none`."),
    "group2": ("`none`", "Second field to group by."),
    "group3": ("`none`", "Third field to group by."),
    "chart": ("`bars`", "How the question is drawn."),
    "top": ("`10`", "Groups to show."),
    "limit_by": (
        "`average`",
        "Which groups over time: `average`, `maximum` or `last`, the highest.",
    ),
    "entity": ("", "What the page Entity is about: an address, block, id or port."),
    "source": ("all", "The only source to show, by its URL or what the page calls it."),
    "once": ("`false`", "`true`: a flow that both of its interfaces logged counts once."),
    "v": ("", "Version of this scheme, written into every link."),
}
NAMES = ("range", "tz", "refresh", *EXPLORE, "source", "once", "v", *FILTER_LABELS, *PARAMETERS)


@dataclass(frozen=True, slots=True)
class PageState:
    """All that decides what a page shows.

    Attributes:
        range: What was asked for; a moving range or fixed times.
        zone: IANA name of the zone times are shown and typed in.
        filters: `(field, text)` pairs as typed, in the order of `FILTER_LABELS`.
        source: What the one source to show is called, its URL mostly; "" for all.
        parameters: What outliers are judged by.
        once: Whether a flow that several interfaces logged counts once.
    """

    range: Range = DEFAULT_RANGE
    zone: str = "UTC"
    filters: tuple[tuple[str, str], ...] = ()
    source: str = ""
    parameters: Parameters = DEFAULTS
    once: bool = False

    @property
    def where(self) -> Filters:
        """The filters, read."""
        return Filters.parse(self.filters)

    def request(self, panel: Panel, window: Window, generation: int) -> PanelRequest:
        """What a panel of the page is asked.

        Args:
            panel: The panel.
            window: What the range means now.
            generation: The store's.
        """
        return panel.request(
            window,
            self.where,
            self.parameters,
            source=self.source,
            once=self.once,
            generation=generation,
            zone=self.zone,
        )

    def params(self) -> dict[str, str]:
        """The URL's parameters; what has its default is left out."""
        texts = {**dict(self.filters), **written(self.parameters)}
        given = {name: text for name, text in texts.items() if text}
        return {**page_params(self.range, self.zone, self.once, self.source), **given}

    def query_string(self) -> str:
        """The parameters of a link to this page, with the version of their scheme."""
        return query_string(self.params())


def at_rest(name: str, value: object) -> bool:
    """Whether a box's value is its default, which the address bar leaves out."""
    parameter = PARAMETERS.get(name)
    default = parameter.write(parameter.default) if parameter else AT_REST.get(name, "")
    return not value or str(value) in (default, f"{default}.0")
