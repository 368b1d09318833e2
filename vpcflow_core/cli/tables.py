"""`vpcflow tables`: make logs where they lie tables of an engine beyond this machine."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from vpcflow_core.cli.options import SourceOptions
from vpcflow_core.engines.open import tables_for
from vpcflow_core.settings import load_settings
from vpcflow_core.sources.open import open_source
from vpcflow_core.times import parse_duration, parse_instant
from vpcflow_core.workspace.opening import source_options
from vpcflow_core.workspace.sync import recent


def tables(
    options: SourceOptions,
    engine: Annotated[
        str,
        typer.Argument(
            metavar="ENGINE",
            help="Where the tables are to be: trino://user@host:port/catalog/schema.",
        ),
    ],
    logs: Annotated[
        str, typer.Option(help="Where the logs lie: s3://bucket/prefix, or a source's name.")
    ],
    since: Annotated[
        str, typer.Option(help="Flow logs that wrote in the most recent 2d, 30d, ... are found.")
    ] = "2d",
    start: Annotated[
        str, typer.Option("--from", help="Oldest day of the tables; else that of what is found.")
    ] = "",
    apply: Annotated[
        bool, typer.Option("--apply", help="Run the statements, besides printing them.")
    ] = False,
) -> None:
    """Write the DDL that makes logs where they lie tables of an engine.

    No data passes through this machine: names are listed, and one object of each flow log is read
    for its columns. Run it again when a flow log, account or region is new.
    """
    setting = options.setting(logs, load_settings().sources)
    source = open_source(setting.url, options=source_options(setting))
    span = recent(parse_duration(since)) if since != "all" else None
    first = parse_instant(start).date() if start else None
    made, run = tables_for(engine, source, span=span, first=first)
    for statement in made:
        print(f"{statement};\n")
        if apply:
            run(statement)
    if not apply:
        print("Nothing was run: --apply does.", file=sys.stderr)
