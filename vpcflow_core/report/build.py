"""What a report holds: pages of panels, each answered or with the reason why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from vpcflow_core.api import FlowLogs, RenderedPanel
from vpcflow_core.errors import MisuseError, ParameterError, VpcflowError, closest
from vpcflow_core.panels.catalogue import PANELS, Panel
from vpcflow_core.times import Window

# Pages of a report, in its order: those of the app that show traffic.
PAGES = ("overview", "accepts", "rejects", "traffic", "security-groups", "outliers")


@dataclass(frozen=True, slots=True)
class Section:
    """A panel of a report.

    Attributes:
        panel: The panel.
        shown: Its answer; None if it has none.
        problem: Why it has none.
    """

    panel: Panel
    shown: RenderedPanel | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """Answered panels, and what they were asked about.

    Attributes:
        pages: Panels by the name of their page.
        facts: What the report is about: pairs of name and text.
        notes: What to know about the answers, in sentences.
        link: The address of the first page at these very times; "" if no link can say it.
    """

    pages: dict[str, tuple[Section, ...]]
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    link: str


def made(flows: FlowLogs, pages: Sequence[str] = PAGES) -> Report:
    """Answer every panel of some pages.

    Args:
        flows: The logs, narrowed to what the report is about.
        pages: Names of pages.

    Raises:
        ParameterError: There is no such page.
    """
    for name in pages:
        if name not in PAGES:
            raise ParameterError(
                f"'{name}' is no page of reports.",
                closest(name, PAGES) or f"Pages: {', '.join(PAGES)}.",
            )
    # All panels are asked about one time, however long that takes.
    window = flows.window
    still = flows.between(window.start, window.end)
    answered = {name: _sections(still, name) for name in dict.fromkeys(pages)}
    return Report(answered, _facts(flows), (*flows.notes, *_missing(flows)), _link(still, pages))


def _sections(flows: FlowLogs, page: str) -> tuple[Section, ...]:
    panels = [panel for slug, panel in PANELS.items() if slug.startswith(f"{page}/")]
    return tuple(_section(flows, panel) for panel in panels)


def _section(flows: FlowLogs, panel: Panel) -> Section:
    try:
        shown = flows.panel(panel.slug)
    except VpcflowError as error:
        return Section(panel, None, f"{error.what} {error.next_step}".strip())
    if shown.frame.empty:
        return Section(panel, shown, f"No {panel.about} in this range.")
    return Section(panel, shown)


def _facts(flows: FlowLogs) -> tuple[tuple[str, str], ...]:
    coverage = flows.coverage
    settled = coverage.settled_until
    return (
        ("Range", str(flows.window)),
        ("Filters", str(flows.filters) or "none"),
        ("Sources", ", ".join(source.url for source in flows.catalogue.sources()) or "none"),
        ("Data", str(flows.extent) if flows.extent else "none"),
        ("Complete until", f"{settled:%Y-%m-%dT%H:%MZ}" if settled else "not known"),
        ("Counts", "each flow once" if flows.counts_once else "every record"),
        ("Made", f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}"),
    )


def _missing(flows: FlowLogs) -> list[str]:
    """A sentence for each part of the range that is missing."""
    return [
        f"Records are missing: {Window(gap.start, gap.end)}."
        for gap in flows.coverage.gaps_in(flows.window)
    ]


def _link(flows: FlowLogs, pages: Sequence[str]) -> str:
    try:
        return flows.link(pages[0], fixed=True)
    except MisuseError:
        return ""
