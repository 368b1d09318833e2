"""What a report holds: pages of panels, each answered or with the reason why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from vpcflow_core.api import FlowLogs, RenderedPanel
from vpcflow_core.errors import MisuseError, ParameterError, VpcflowError, closest
from vpcflow_core.links import pages as pages_of_app
from vpcflow_core.panels.catalogue import PANELS, Panel
from vpcflow_core.panels.grouping import grouped
from vpcflow_core.panels.request import DEFAULTS, Parameters
from vpcflow_core.plain_text import without_folders
from vpcflow_core.times import Window

# Pages of a report, in its order: those of the app that show traffic in panels of their own.
PAGES = tuple(page for page in pages_of_app() if page not in ("sources", "explore"))


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
        zone: IANA name of the zone times are shown in.
    """

    pages: dict[str, tuple[Section, ...]]
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    link: str
    zone: str = "UTC"


def made(
    flows: FlowLogs,
    pages: Sequence[str] = PAGES,
    *,
    zone: str = "UTC",
    parameters: Parameters = DEFAULTS,
) -> Report:
    """Answer every panel of some pages.

    Args:
        flows: The logs, narrowed to what the report is about.
        pages: Names of pages.
        zone: IANA name of the zone times are shown in.
        parameters: What outliers are judged by.

    Raises:
        ParameterError: There is no such page, or way to group addresses.
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
    answered = {
        name: tuple(
            _section(still, grouped(panel, parameters.grouping), zone, parameters)
            for panel in _panels(name)
        )
        for name in dict.fromkeys(pages)
    }
    notes = (*flows.notes, *_missing(flows))
    return Report(answered, _facts(flows), notes, _link(still, pages), zone)


def without_server_folders(report: Report) -> Report:
    """The report for readers who may not know the folders of this machine."""

    def hidden(section: Section) -> Section:
        shown = section.shown
        if shown is not None:
            notes = tuple(map(without_folders, shown.answer.notes))
            shown = replace(shown, answer=replace(shown.answer, notes=notes))
        return replace(section, shown=shown, problem=without_folders(section.problem))

    return replace(
        report,
        pages={name: tuple(map(hidden, sections)) for name, sections in report.pages.items()},
        facts=tuple((name, without_folders(said)) for name, said in report.facts),
        notes=tuple(map(without_folders, report.notes)),
    )


def _panels(page: str) -> list[Panel]:
    return [panel for slug, panel in PANELS.items() if slug.startswith(f"{page}/")]


def _section(flows: FlowLogs, panel: Panel, zone: str, parameters: Parameters) -> Section:
    try:
        shown = flows.panel(panel.slug, zone=zone, parameters=parameters)
    except VpcflowError as error:
        return Section(panel, None, f"{error.what} {error.next_step}".strip())
    if shown.frame.empty:
        return Section(panel, shown, f"No {panel.about} in this range.")
    return Section(panel, shown)


def _facts(flows: FlowLogs) -> tuple[tuple[str, str], ...]:
    coverage = flows.coverage
    settled = coverage.settled_until
    known = (source.url for source in flows.catalogue.sources())
    sources = [url for url in known if flows.source in ("", url)]
    return (
        ("Range", str(flows.window)),
        ("Filters", str(flows.filters) or "none"),
        ("Sources", ", ".join(sources) or "none"),
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
