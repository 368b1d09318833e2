"""Addresses of pages: what the app, `FlowLogs.link` and `vpcflow --link` write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote, urlencode

from vpcflow_core.errors import ParameterError
from vpcflow_core.panels.built import PREFIX, built
from vpcflow_core.panels.catalogue import PANELS, panel
from vpcflow_core.panels.grouping import MARK
from vpcflow_core.query.dimensions import DIMENSIONS, EITHER_END
from vpcflow_core.query.filters import NO_FILTERS, Filter, Filters
from vpcflow_core.ranges import Range

# Version of the names and forms of the parameters; older ones are read by the same rules.
VERSION = 1
DEFAULT_RANGE = Range(length=timedelta(hours=24))
# The part of the page Explore for SELECTs.
SQL_PAGE = "explore/sql"
# Boxes of the page Explore for the fields that a question is grouped by.
_GROUPS = ("group", "group2", "group3")
_UNESCAPED = "/:,*!"


@dataclass(frozen=True, slots=True)
class View:
    """What a page is asked to show.

    Attributes:
        range: The time.
        filters: Conditions besides those of its panels.
        source: URL of the only source to show; "" for all.
        once: Whether a flow that several interfaces logged counts once.
        zone: IANA name of the zone times are shown in.
    """

    range: Range = DEFAULT_RANGE
    filters: Filters = NO_FILTERS
    source: str = ""
    once: bool = False
    zone: str = "UTC"

    def params(self) -> dict[str, str]:
        """The page's parameters; what has its default is left out.

        Raises:
            ParameterError: Pages have no such filter.
        """
        texts = page_params(self.range, self.zone, self.once, self.source)
        return {**texts, **filter_texts(self.filters)}


def page_params(range_: Range, zone: str, once: bool, source: str) -> dict[str, str]:
    """Text by parameter of what every page has; what has its default is left out."""
    texts = {
        "range": str(range_) if range_ != DEFAULT_RANGE else "",
        "tz": zone if zone != "UTC" else "",
        "once": "true" if once else "",
        "source": source,
    }
    return {name: text for name, text in texts.items() if text}


def query_string(params: Mapping[str, str]) -> str:
    """The parameters of a link, with the version of their scheme."""
    return urlencode({**params, "v": VERSION}, safe=_UNESCAPED)


def page_link(app: str, shown: str, view: View) -> str:
    """The address of the page that shows a panel.

    Args:
        app: Address of the app: `http://localhost:8501`.
        shown: The panel's slug (`overview/protocols`, a question of Explore), or a page's name.
        view: What the page is to show.

    Raises:
        ParameterError: There is no such panel, or pages have no such filter.

    >>> view = View(filters=Filters.parse({"dstport": "22, 3389"}))
    >>> page_link("http://localhost:8501", "explore/scans", view)
    'http://localhost:8501/explore?ask=scans&dstport=22,+3389&v=1'
    """
    page, own = page_of(shown)
    return f"{app.rstrip('/')}/{quote(page)}?{query_string({**own, **view.params()})}"


def page_of(shown: str) -> tuple[str, dict[str, str]]:
    """The page that shows a panel, and the parameters with which it does."""
    if shown in pages():
        return shown, {}
    if shown == SQL_PAGE:
        return "explore", {"tab": "sql"}
    slug, mark, way = panel(shown).slug.partition(MARK)
    page, _, name = slug.partition("/")
    grouping = {"grouping": way} if mark else {}
    if slug.startswith(PREFIX):
        asked = built(slug)
        groups = dict(zip(_GROUPS, (*asked.by, "none"), strict=False))
        own = {"tab": "build", "measure": asked.measure, "chart": asked.chart}
        limit = {} if asked.limit_by == "average" else {"limit_by": asked.limit_by}
        return page, {**own, **groups, "top": str(asked.top), **limit, **grouping}
    return page, {**({"ask": name} if page == "explore" else {}), **grouping}


def pages() -> tuple[str, ...]:
    """Names of the pages that have panels."""
    of_panels = dict.fromkeys(slug.partition("/")[0] for slug in PANELS)
    return (*of_panels, "findings", "rules", "explore")


def filter_texts(filters: Iterable[Filter]) -> dict[str, str]:
    """Filters as the parameters of a page, one a field.

    Raises:
        ParameterError: Pages have no filter of that field, or one text cannot say both conditions
            on a field.
    """
    found: dict[str, Filter] = {}
    for item in filters:
        row = EITHER_END.get(item.field) or DIMENSIONS.get(item.field)
        if row is None or not row.filter_help:
            raise ParameterError(
                f"Pages have no filter '{item.field}', so no link can say it.",
                "docs/reference/filters.md lists those they have.",
            )
        found[item.field] = _both(found.get(item.field, Filter(item.field)), item)
    return {field: str(item) for field, item in found.items()}


def _both(one: Filter, other: Filter) -> Filter:
    """One filter that lets through what both do."""
    if one.any_of and other.any_of and one.any_of != other.any_of:
        raise ParameterError(
            f"No link can say both {one.field}={one} and {one.field}={other}.",
            "Give one condition on the field.",
        )
    none_of = tuple(dict.fromkeys((*one.none_of, *other.none_of)))
    return Filter(one.field, one.any_of or other.any_of, none_of)
