"""`vpcflow top`, `series` and `sql`: questions to the store."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from vpcflow_core.analysis.buckets import notes_of
from vpcflow_core.api import FlowLogs
from vpcflow_core.cli.output import Output, write
from vpcflow_core.errors import FilterError, MisuseError
from vpcflow_core.query.filters import Filters
from vpcflow_core.settings import load_settings
from vpcflow_core.store.store import Store
from vpcflow_core.times import parse_duration
from vpcflow_core.workspace.workspace import find_workspace

StoreOption = Annotated[Path | None, typer.Option(help="Folder of the store.")]
LastOption = Annotated[
    str,
    typer.Option(
        help="The last so long: 24h, 7d. Of the data, where that ended over an hour ago. "
        "Without a range: everything in the store."
    ),
]
FromOption = Annotated[str, typer.Option("--from", help="Start, ISO 8601, UTC without offset.")]
ToOption = Annotated[str, typer.Option("--to", help="End, not included.")]
WhereOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FIELD=VALUE",
        help="Only records like that: action=REJECT, dstport=1024-65535, protocol=tcp, "
        "srcaddr=!10.0.0.0/8. May be given several times; all must hold.",
    ),
]
OnceOption = Annotated[
    bool,
    typer.Option(
        "--once",
        help="Count a flow between two logged interfaces once: its receiver's copy is left out.",
    ),
]
OutputOption = Annotated[Output, typer.Option(help="Form of the answer.")]


def top(
    fields: Annotated[str, typer.Argument(metavar="FIELD[,FIELD]", help="What to rank.")],
    by: Annotated[str, typer.Option(help="Measure to sort by.")] = "flows",
    n: Annotated[int, typer.Option("-n", min=1, help="How many rows.")] = 10,
    store: StoreOption = None,
    last: LastOption = "",
    start: FromOption = "",
    end: ToOption = "",
    where: WhereOption = None,
    once: OnceOption = False,
    output: OutputOption = Output.table,
) -> None:
    """List the busiest values of a field, or of fields together."""
    flows = asked(store, last, start, end, where, once)
    with flows:
        tell(flows.top(fields, by=by, n=n), flows, output)


def series(
    measure: Annotated[str, typer.Argument(metavar="MEASURE", help="What to add up: bytes.")],
    every: Annotated[str, typer.Option(help="Timeslice: 1m, 5m, 1h; else one that suits.")] = "",
    by: Annotated[str, typer.Option(metavar="FIELD", help="Tell the values apart.")] = "",
    n: Annotated[int, typer.Option("-n", min=1, help="With --by: how many groups.")] = 10,
    compare: Annotated[
        str, typer.Option(metavar="1d,7d", help="Show beside it what was so long before.")
    ] = "",
    store: StoreOption = None,
    last: LastOption = "",
    start: FromOption = "",
    end: ToOption = "",
    where: WhereOption = None,
    once: OnceOption = False,
    output: OutputOption = Output.table,
) -> None:
    """Show a measure over time, zero where nothing was."""
    flows = asked(store, last, start, end, where, once)
    with flows:
        frame = flows.series(measure, every=every or None, by=by or None, n=n, compare=compare)
        changes = [name for name in frame.columns if "change_" in name]
        tell(frame.drop(columns=changes), flows, output)


def sql(
    text: Annotated[
        str, typer.Argument(metavar="SELECT", help="One SELECT over flows or records.")
    ],
    limit: Annotated[int, typer.Option(min=1, help="How many rows at most.")] = 100_000,
    store: StoreOption = None,
    last: LastOption = "",
    start: FromOption = "",
    end: ToOption = "",
    where: WhereOption = None,
    once: OnceOption = False,
    output: OutputOption = Output.table,
) -> None:
    """Run a SELECT of your own over flows, records, transit_flows, transit_records."""
    flows = asked(store, last, start, end, where, once)
    with flows:
        result = flows.ask_sql(text, max_rows=limit)
        tell(result.frame, flows, output)
        if result.truncated:
            print(f"Only the first {limit:,} rows are shown; see --limit.", file=sys.stderr)


def asked(
    store: Path | None,
    last: str,
    start: str,
    end: str,
    where: list[str] | None,
    once: bool = False,
) -> FlowLogs:
    """The logs that the common options tell of.

    Raises:
        MisuseError: The options contradict each other, or one cannot be read.
        StoreError: There is no store.
    """
    flows = FlowLogs(Store.open(store or _store(), create=False))
    if last and (start or end):
        raise MisuseError(
            f"--last {last} and --from/--to contradict each other.", "Give one of them."
        )
    if bool(start) != bool(end):
        raise MisuseError("--from and --to go together.", "Give both, or --last 24h.")
    if last:
        flows = flows.last(parse_duration(last))
    if start:
        flows = flows.between(start, end)
    if once:
        flows = flows.once()
    pairs = [_pair(text) for text in where or []]
    return flows.filtered(Filters.parse(pairs, flows.engine.columns("records")))


def _store() -> Path:
    """The store of the settings; the sample's, while the app shows that."""
    settings = load_settings()
    shown = find_workspace(settings).store
    return shown if shown.is_dir() else settings.store


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise FilterError(f"'{text}' is no filter.", "Write it as --where action=REJECT")
    return name.strip(), value.strip()


def tell(frame: pd.DataFrame, flows: FlowLogs, output: Output) -> None:
    """Print an answer; what to know about it goes to standard error."""
    write(frame, output)
    for note in (*flows.notes, *notes_of(frame)):
        print(note, file=sys.stderr)
