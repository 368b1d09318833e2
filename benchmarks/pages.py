"""What the pages of the app take of a store: `python -m benchmarks.pages STORE`.

Each page is opened in a process of its own, which asks all its panels one after the other, and all
of them once more. Processor time counts what a busy machine's clock does not: compare that.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

PAGES = ("overview", "accepts", "rejects", "traffic", "security-groups", "outliers")
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Taken:
    """What something took, in seconds of processors (all threads) and of the clock."""

    cpu: float
    clock: float


@dataclass(frozen=True, slots=True)
class Opened:
    """What opening a page took.

    Attributes:
        page: Its address.
        panels: Each panel by its name, in the order of the page; first the opening of the store.
        again: All panels once more, in the same process.
        figures: Drawing all of them, their answers at hand.
        behind: What is made afterwards, for later questions, that no visitor waits for.
        peak: Bytes of memory at most.
    """

    page: str
    panels: dict[str, Taken]
    again: Taken
    figures: Taken
    behind: Taken
    peak: int

    @property
    def all(self) -> Taken:
        """All panels together."""
        every = self.panels.values()
        return Taken(sum(one.cpu for one in every), sum(one.clock for one in every))


def timed(work: Callable[[], Any]) -> Taken:
    """Do some work; what that took."""
    cpu, clock = time.process_time(), time.perf_counter()
    work()
    return Taken(time.process_time() - cpu, time.perf_counter() - clock)


def open_page(store: str, page: str, days: float, where: Sequence[str]) -> Opened:
    """Answer and draw the panels of a page in this process, without what logs cannot answer.

    Args:
        store: Folder of the store.
        page: Address of the page.
        days: Length of the range, up to the end of the newest day.
        where: Filters, as `field=value`.
    """
    from contextlib import suppress

    from vpcflow_core.analysis.forecast import prepare
    from vpcflow_core.api import FlowLogs
    from vpcflow_core.charts import figure
    from vpcflow_core.engines.duckdb.engine import DuckDBEngine
    from vpcflow_core.errors import MissingDataError
    from vpcflow_core.panels.catalogue import PANELS, Panel, PanelAnswer
    from vpcflow_core.query.filters import Filters
    from vpcflow_core.times import Window, ceil_to

    prepare()  # as the app does once it runs
    flows: list[FlowLogs] = []
    opening = timed(lambda: flows.append(FlowLogs.open(store)))
    (logs,) = flows
    assert logs.extent, f"There is nothing in {store}."
    end = ceil_to(logs.extent.end, DAY)
    window = Window(end - days * DAY, end)
    filters = Filters.parse([(name, value) for name, _, value in (w.partition("=") for w in where)])

    answers: dict[str, PanelAnswer] = {}

    def ask(panel: Panel) -> None:
        with suppress(MissingDataError):
            answers[panel.slug] = panel.answer(panel.request(window, filters), logs)

    def draw() -> None:
        for slug, answer in answers.items():
            if len(answer.frame):
                figure(PANELS[slug], answer)

    shown = [panel for slug, panel in PANELS.items() if slug.partition("/")[0] == page]
    panels = {panel.slug: timed(lambda panel=panel: ask(panel)) for panel in shown}
    again, figures = timed(lambda: [ask(panel) for panel in shown]), timed(draw)
    assert isinstance(logs.engine, DuckDBEngine)
    behind = timed(logs.engine.finish_behind)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Opened(page, {"opening the store": opening, **panels}, again, figures, behind, peak)


def measure(store: str, page: str, days: float = 1, where: Sequence[str] = ()) -> Opened:
    """As `open_page`, in a new process."""
    request = json.dumps([store, page, days, list(where)])
    command = [sys.executable, "-m", "benchmarks.pages", "--child", request]
    made = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    panels = {slug: Taken(**taken) for slug, taken in made["panels"].items()}
    others = (Taken(**made[name]) for name in ("again", "figures", "behind"))
    return Opened(made["page"], panels, *others, made["peak"])


def table(opened: Sequence[Opened], *, by_panel: bool = False) -> str:
    """The pages as text, with their panels if wanted."""
    named = f"{'again, cpu s':>14}{'drawn':>7}{'behind':>8}{'peak MB':>9}"
    lines = [f"{'':40}{'cpu s':>8}{'clock s':>9}{named}"]
    for one in opened:
        lines.append(
            f"{one.page:40}{one.all.cpu:8.2f}{one.all.clock:9.2f}{one.again.cpu:14.2f}"
            f"{one.figures.cpu:7.2f}{one.behind.cpu:8.2f}{one.peak / 1e6:9,.0f}"
        )
        rows = one.panels.items() if by_panel else ()
        lines += [f"  {slug:38}{taken.cpu:8.2f}{taken.clock:9.2f}" for slug, taken in rows]
    return "\n".join(lines)


def main() -> None:
    """Open the pages, and print what each took."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages", description=__doc__)
    parser.add_argument("store", help="Folder of a store.")
    parser.add_argument("--page", action="append", choices=PAGES, help="Only this page.")
    parser.add_argument("--days", type=float, default=1, help="Length of the range (1).")
    parser.add_argument("--where", action="append", default=[], help="Filter, field=value.")
    parser.add_argument("--panels", action="store_true", help="Each panel by itself.")
    if sys.argv[1:2] == ["--child"]:
        store, page, days, where = json.loads(sys.argv[2])
        print(json.dumps(asdict(open_page(store, page, days, where))))
        return
    options = parser.parse_args()
    for page in options.page or PAGES:
        opened = measure(options.store, page, options.days, options.where)
        print(table([opened], by_panel=options.panels), flush=True)


if __name__ == "__main__":
    main()
