"""`vpcflow outliers` and `forecast`: is it normal, and where is it heading?"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from vpcflow_core.cli.options import AnswerOptions, PlaceOption, Places
from vpcflow_core.series import NUMBERS

# What cron sees where something is unusual; 1 and 2 are failure and misuse.
VIOLATION = 3

MeasureArgument = Annotated[
    str, typer.Argument(metavar="MEASURE", help=f"Measure: {', '.join(NUMBERS)}.")
]


class Watched(StrEnum):
    """Sides of the band."""

    up = "up"
    down = "down"
    both = "both"


class Methods(StrEnum):
    """Ways to say what is expected of a timeslice."""

    seasonal = "seasonal"
    robust = "robust"
    trailing = "trailing"


class Models(StrEnum):
    """Ways to continue a series."""

    auto = "auto"
    linear = "linear"
    seasonal = "seasonal"
    ar = "ar"


def outliers(
    options: AnswerOptions,
    measure: MeasureArgument,
    every: Annotated[str, typer.Option(help="Timeslice: 1m, 5m, 1h.")] = "1m",
    method: Annotated[
        Methods,
        typer.Option(
            help="What is expected. seasonal: the last two hours and the same time of the last "
            "days; robust: the last two hours; trailing: the last few timeslices."
        ),
    ] = Methods.seasonal,
    window: Annotated[
        int, typer.Option(help="Earlier timeslices that the band of 'trailing' is made of.")
    ] = 10,
    threshold: Annotated[float, typer.Option(help="Half width of the band, in deviations.")] = 3.0,
    consecutive: Annotated[
        int, typer.Option(help="Timeslices in a row outside the band that are a violation.")
    ] = 1,
    watch: Annotated[Watched, typer.Option(help="Side of the band to watch.")] = Watched.both,
    place: PlaceOption = Places.spread,
    by: Annotated[
        str, typer.Option(help="Judge each value of these fields by itself, with commas.")
    ] = "",
    number: Annotated[int, typer.Option("-n", help="Values of --by, the busiest first.")] = 10,
) -> None:
    """Mark unusual timeslices of a measure; exits 3 if one is.

    Each is compared with what was expected of it: docs/decisions/unusual.md.
    """
    with options.flows() as flows:
        frame = flows.outliers(
            measure,
            every=every,
            method=method.value,
            window=window,
            threshold=threshold,
            consecutive=consecutive,
            watch=watch.value,
            place=place.value,
            by=by,
            n=number,
        )
        options.show(frame, flows, lambda: "outliers")
    if frame["violation"].any():
        raise typer.Exit(VIOLATION)


def forecast(
    options: AnswerOptions,
    measure: MeasureArgument,
    every: Annotated[
        str, typer.Option(help="Timeslice: 5m, 1h; by default one that suits the range.")
    ] = "",
    periods: Annotated[int, typer.Option(help="Number of timeslices to add.")] = 24,
    model: Annotated[
        Models,
        typer.Option(
            help="auto: the same time of the days that are like the one to come; "
            "linear: a straight trend; seasonal: with the rhythm of the day; "
            "ar: with the last values as well."
        ),
    ] = Models.auto,
    place: PlaceOption = Places.spread,
) -> None:
    """Forecast a measure, with a 95 % interval."""
    with options.flows() as flows:
        frame = flows.forecast(
            measure, every=every or None, periods=periods, model=model.value, place=place.value
        )
        options.show(frame, flows, lambda: "traffic")
