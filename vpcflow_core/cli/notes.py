"""`vpcflow note` and `vpcflow notes`: what charts over time show beside the traffic."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from vpcflow_core.changes.reading import read_trails
from vpcflow_core.cli.options import OutputOption
from vpcflow_core.cli.output import Output, write
from vpcflow_core.plain_text import visible_lines
from vpcflow_core.ranges import parse_range
from vpcflow_core.settings import load_settings
from vpcflow_core.source_settings import TrailSetting
from vpcflow_core.times import format_instant
from vpcflow_core.units import number_of
from vpcflow_core.workspace import notes as kept
from vpcflow_core.workspace.workspace import find_workspace

StoreOption = Annotated[Path | None, typer.Option(help="Folder of the store.")]


def note(
    text: Annotated[str, typer.Argument(help="What happened: 'web 2.41 out'.")],
    at: Annotated[str, typer.Option(help="When (UTC); now if not given.")] = "",
    kind: Annotated[str, typer.Option(help=f"{', '.join(kept.KINDS)}.")] = "note",
    account: Annotated[str, typer.Option(help="Only who sees this account sees the note.")] = "",
    store: StoreOption = None,
) -> None:
    """Note a deploy, an incident or a change on the time axis of every chart."""
    time = at or format_instant(datetime.now(UTC))
    kept.add(_store(store), [kept.made(time, text, kind, account)])


def notes(
    csv: Annotated[
        Path | None,
        typer.Option(help="Add those of a CSV file: time, text, kind, account.", metavar="FILE"),
    ] = None,
    trail: Annotated[
        str,
        typer.Option(
            metavar="PLACE",
            help="Add network changes that CloudTrail logged: s3://bucket/prefix, a folder, or a "
            "trail's name in the settings.",
        ),
    ] = "",
    last: Annotated[str, typer.Option(help="Only the most recent 24h, 7d, ...")] = "",
    store: StoreOption = None,
    output: OutputOption = Output.table,
) -> None:
    """List the notes on the time axis, or add those of a file or of CloudTrail."""
    folder = _store(store)
    if trail:
        _add_changes(folder, trail)
        return
    if csv is not None:
        added = kept.add(folder, kept.from_csv(csv))
        print(f"{number_of(added, 'notes')} added.")
        return
    found = kept.notes(folder)
    if last and (length := parse_range(last).length):
        found = [one for one in found if one.at >= datetime.now(UTC) - length]
    columns = ("at", "kind", "text", "account", "owner")
    rows = [[getattr(one, name) for name in columns] for one in found]
    write(pd.DataFrame(rows, columns=list(columns)).rename(columns={"at": "time"}), output)


def _add_changes(folder: Path, trail: str) -> None:
    """Read what is new of a trail."""
    settings = load_settings()
    setting = settings.trails.get(trail) or TrailSetting.model_validate({"url": trail})
    for outcome in read_trails(folder, {trail: setting}, since=settings.since, keep=settings.keep):
        if outcome.error:
            raise outcome.error
        print(visible_lines("\n".join(outcome.sentences)))


def _store(given: Path | None) -> Path:
    return given.expanduser() if given else find_workspace(load_settings()).store
