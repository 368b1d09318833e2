"""`vpcflow summarize`: what was in each minute, as a table beside the records of an engine."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from vpcflow_core.engines.open import is_elsewhere, open_catalogue, summarize_at
from vpcflow_core.errors import MisuseError
from vpcflow_core.plain_text import visible_lines
from vpcflow_core.settings import load_settings
from vpcflow_core.times import parse_duration
from vpcflow_core.units import number_doing


def summarize(
    engine: Annotated[
        str,
        typer.Argument(
            metavar="ENGINE", help="Where the records are: trino://user@host:port/catalog/schema."
        ),
    ],
    at: Annotated[
        str,
        typer.Option(metavar="PLACE", help="Where Athena makes a new table: s3://bucket/prefix."),
    ] = "",
    since: Annotated[str, typer.Option(help="Only hours of the most recent 8d, 30d, ...")] = "",
) -> None:
    """Fill the table of minutes, from which most charts over time are answered.

    The engine fills it, hour by hour, of hours to which nothing can be added any more. It may be
    stopped and run again, and several may run at the same time.
    """
    if not is_elsewhere(engine):
        raise MisuseError(f"'{engine}' is no engine.", "A store keeps its minutes by itself.")
    span: timedelta | None = parse_duration(since) if since else None
    catalogue = open_catalogue(engine, since=span)
    try:
        count = 0
        for done in summarize_at(load_settings(), catalogue, at):
            count += 1
            print(visible_lines(f"{done.start:%Y-%m-%d %H:%M} to {done.end:%Y-%m-%d %H:%M} UTC"))
        spans = number_doing(count, "spans", "were")
        print(f"{spans} filled." if count else "Every settled hour is in the table.")
    finally:
        catalogue.close()
