"""What notebooks show: what is in logs, and a panel's figure, without the Internet."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from html import escape
from typing import TYPE_CHECKING, Any

from vpcflow_core.plain_text import visible

if TYPE_CHECKING:
    import pandas as pd

    from vpcflow_core.api import FlowLogs
    from vpcflow_core.flow_logs.rendered import RenderedPanel
    from vpcflow_core.store.result import Progress

ROWS = 20
# What JupyterLab and VS Code draw by the plotly.js that they or the plotly package bring.
PLOTLY = "application/vnd.plotly.v1+json"


def logs_html(flows: FlowLogs) -> str:
    """What is in these logs: sources, records, range, conditions and what to know."""
    sources = flows.catalogue.sources()
    extent = flows.extent
    lines = [
        ("Sources", ", ".join(source.url for source in sources) or "none"),
        ("Records", f"{sum(source.records for source in sources):,}"),
        ("Data", str(extent) if extent else "none"),
        ("Asked about", str(flows.window) if flows.range else "all of it"),
        ("Filters", str(flows.filters) or "none"),
        ("Counts", "each flow once" if flows.counts_once else "every record"),
    ]
    cells = "".join(
        f"<tr><th>{text(name)}</th><td>{text(value)}</td></tr>" for name, value in lines
    )
    return f"<table>{cells}</table>{notes_html(flows.notes)}"


def panel_html(shown: RenderedPanel) -> str:
    """A panel's title, first rows, notes and SQL."""
    count = len(shown.frame)
    more = f"<p>The first {ROWS} of {count:,} rows.</p>" if count > ROWS else ""
    return (
        f"<h4>{text(shown.panel.title)}</h4><p>{text(shown.panel.help)}</p>"
        f"{rows_html(shown.frame.head(ROWS))}{more}{notes_html(shown.answer.notes)}"
        f"<details><summary>SQL</summary><pre>{escape(shown.sql)}</pre></details>"
    )


def panel_bundle(shown: RenderedPanel) -> dict[str, Any]:
    """A panel as notebooks show it: its figure where they can draw one, its rows where not."""
    bundle: dict[str, Any] = {"text/html": panel_html(shown), "text/plain": repr(shown)}
    if shown.frame.empty or shown.panel.chart == "table":
        return bundle
    from vpcflow_core.charts import CONFIG  # plotly takes a while to import

    chart = shown.figure().update_layout(
        title={"text": text(shown.panel.title), "x": 0, "xanchor": "left", "font": {"size": 15}},
        margin={"t": 48},
    )
    return bundle | {PLOTLY: json.loads(chart.to_json()) | {"config": CONFIG}}


def progress_bar() -> Callable[[Progress], None] | None:
    """Draws how far loading is, below the cell of a notebook; None outside of one."""
    python = sys.modules.get("IPython")  # a kernel has imported it; nothing else need
    if python is None or not hasattr(python.get_ipython(), "kernel"):
        return None
    return Bar(python.display.display)


class Bar:
    """A bar that is drawn once and then changed in its place.

    Args:
        display: Shows a bundle in a notebook, as IPython's function does; gives its handle.
    """

    def __init__(self, display: Callable[..., Any]) -> None:
        self._display = display
        self._handle: Any = None

    def __call__(self, progress: Progress) -> None:
        """Show how far loading is."""
        bundle = {"text/html": bar_html(progress), "text/plain": progress.sentence}
        if self._handle is None:
            self._handle = self._display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)


def bar_html(progress: Progress) -> str:
    """How far loading is: a bar and a sentence."""
    done, total = progress.amounts
    known = f' value="{done}" max="{total}"' if progress.listed and total else ""
    return f"<progress{known}></progress> {text(progress.sentence)}"


def rows_html(frame: pd.DataFrame) -> str:
    """Rows as a table; no value is markup."""
    shown = frame.map(lambda value: visible(value) if isinstance(value, str) else value)
    return str(shown.to_html(index=False, border=0, na_rep="-"))


def notes_html(notes: Iterable[str]) -> str:
    """Sentences below an answer."""
    return "".join(f"<p><small>{text(note)}</small></p>" for note in notes)


def text(value: str) -> str:
    """Text of logs that is neither markup nor an order to whatever shows it."""
    return escape(visible(value))
