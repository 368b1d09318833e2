"""`vpcflow outliers` and `forecast`: is it normal, and where is it heading?"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from vpcflow_core.cli.ask import (
    FromOption,
    LastOption,
    OnceOption,
    OutputOption,
    StoreOption,
    ToOption,
    WhereOption,
    asked,
    tell,
)
from vpcflow_core.cli.output import Output

# What cron sees where something is unusual; 1 and 2 are failure and misuse.
VIOLATION = 3

MeasureArgument = Annotated[str, typer.Argument(metavar="MEASURE", help="What to add up: bytes.")]


class Watched(StrEnum):
    """Sides of the band."""

    up = "up"
    down = "down"
    both = "both"


class Models(StrEnum):
    """Ways to continue a series."""

    linear = "linear"
    seasonal = "seasonal"
    ar = "ar"


def outliers(
    measure: MeasureArgument,
    every: Annotated[str, typer.Option(help="Timeslice: 1m, 5m, 1h.")] = "1m",
    window: Annotated[int, typer.Option(help="Earlier timeslices the band is made of.")] = 10,
    threshold: Annotated[
        float, typer.Option(help="Half width of the band, in standard deviations.")
    ] = 3.0,
    consecutive: Annotated[
        int, typer.Option(help="So many in a row outside of it are a violation.")
    ] = 1,
    watch: Annotated[Watched, typer.Option(help="The side that is watched.")] = Watched.both,
    store: StoreOption = None,
    last: LastOption = "",
    start: FromOption = "",
    end: ToOption = "",
    where: WhereOption = None,
    once: OnceOption = False,
    output: OutputOption = Output.table,
) -> None:
    """Judge each timeslice by those before it; exits 3 if one is a violation."""
    flows = asked(store, last, start, end, where, once)
    with flows:
        frame = flows.outliers(
            measure,
            every=every,
            window=window,
            threshold=threshold,
            consecutive=consecutive,
            watch=watch.value,
        )
        tell(frame, flows, output)
    if frame["violation"].any():
        raise typer.Exit(VIOLATION)


def forecast(
    measure: MeasureArgument,
    every: Annotated[str, typer.Option(help="Timeslice: 5m, 1h; else one that suits.")] = "",
    periods: Annotated[int, typer.Option(help="How many timeslices to add.")] = 24,
    model: Annotated[
        Models, typer.Option(help="The trend; with the rhythm of the day; and the last values.")
    ] = Models.seasonal,
    store: StoreOption = None,
    last: LastOption = "",
    start: FromOption = "",
    end: ToOption = "",
    where: WhereOption = None,
    once: OnceOption = False,
    output: OutputOption = Output.table,
) -> None:
    """Continue a measure into the future, with the interval it should stay in."""
    flows = asked(store, last, start, end, where, once)
    with flows:
        frame = flows.forecast(measure, every=every or None, periods=periods, model=model.value)
        tell(frame, flows, output)
