"""How far a sync is, on standard error: a bar on a terminal, else a line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar

from vpcflow_core.json_logs import is_json, note
from vpcflow_core.plain_text import visible_lines
from vpcflow_core.store.sync import Progress

PLAIN_SECONDS = 10.0


@contextmanager
def shown_progress() -> Iterator[Callable[[str, Progress], None]]:
    """What shows the progress of each source, by its name."""
    if not sys.stderr.isatty():
        yield _lines()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[now]}"))
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:

        def show(name: str, now: Progress) -> None:
            if now == Progress():  # a source begins
                for task in bar.task_ids:
                    bar.remove_task(task)
                bar.add_task(name, total=None, now="")
            total = 1.0 if now.listed else None
            bar.update(bar.task_ids[-1], completed=now.share, total=total, now=now.sentence)

        yield show


def _lines() -> Callable[[str, Progress], None]:
    last = time.monotonic()

    def show(name: str, now: Progress) -> None:
        nonlocal last
        if time.monotonic() - last >= PLAIN_SECONDS:
            last = time.monotonic()
            if is_json():
                note("sync", now.sentence, source=name)
            else:
                print(visible_lines(f"{name}: {now.sentence}"), file=sys.stderr, flush=True)

    return show
