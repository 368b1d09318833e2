"""`vpcflow top`, `series` and `sql`: questions to the store."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vpcflow_core.cli.options import AnswerOptions, LimitOption, Limits, PlaceOption, Places
from vpcflow_core.query.measures import MEASURES
from vpcflow_core.query.question import names_of

if TYPE_CHECKING:
    from vpcflow_core.panels.base import Chart


def top(
    options: AnswerOptions,
    fields: Annotated[
        str, typer.Argument(metavar="FIELD[,FIELD]", help="Field to rank, or several together.")
    ],
    by: Annotated[str, typer.Option(metavar="MEASURE", help="Measure to sort by.")] = "flows",
    n: Annotated[int, typer.Option("-n", min=1, help="Number of rows.")] = 10,
) -> None:
    """List the busiest values of a field, or of fields together."""
    with options.flows() as flows:
        asked = names_of(fields)
        chart: Chart = "bars" if len(asked) == 1 else "table"
        options.show(flows.top(fields, by=by, n=n), flows, lambda: _slug(by, asked, chart, n))


def series(
    options: AnswerOptions,
    measure: Annotated[
        str, typer.Argument(metavar="MEASURE", help=f"Measure: {', '.join(MEASURES)}.")
    ],
    every: Annotated[
        str, typer.Option(help="Timeslice: 1m, 5m, 1h; by default one that suits the range.")
    ] = "",
    by: Annotated[str, typer.Option(metavar="FIELD", help="Field to group by.")] = "",
    n: Annotated[int, typer.Option("-n", min=1, help="Number of groups, with --by.")] = 10,
    limit_by: LimitOption = Limits.average,
    compare: Annotated[
        str, typer.Option(metavar="1d,7d", help="Also show the values 1d or 7d earlier.")
    ] = "",
    place: PlaceOption = Places.start,
    timezone: Annotated[
        str, typer.Option(help="Zone by whose clock --compare finds the same time: Europe/Berlin.")
    ] = "UTC",
) -> None:
    """Show a measure over time, zero where nothing was."""
    with options.flows() as flows:
        frame = flows.series(
            measure,
            every=every or None,
            by=by or None,
            n=n,
            limit_by=limit_by.value,
            compare=compare,
            place=place.value,
            zone=timezone,
        )
        changes = [name for name in frame.columns if "change_" in name]
        groups = names_of(by or ())
        chart: Chart = "lines" if compare else "stacked" if groups else "columns"
        options.show(
            frame.drop(columns=changes),
            flows,
            lambda: _slug(measure, groups, chart, n, limit_by.value),
        )


def sql(
    options: AnswerOptions,
    text: Annotated[
        str, typer.Argument(metavar="SELECT", help="One SELECT over flows or records.")
    ],
    limit: Annotated[int, typer.Option(min=1, help="Largest number of rows.")] = 100_000,
) -> None:
    """Run your own SELECT over flows and records.

    Relations: flows, records, connections, transit_flows, transit_records.
    """
    with options.flows() as flows:
        result = flows.ask_sql(text, max_rows=limit)
        options.show(result.frame, flows, _sql_page)
        if result.truncated:
            print(f"There are more rows: {limit:,} shown; see --limit.", file=sys.stderr)


def _slug(*built: Any) -> str:
    """The panel of Explore with the same question; all panels are imported, for `--link` alone."""
    from vpcflow_core.panels.built import Built

    return Built(*built).slug


def _sql_page() -> str:
    from vpcflow_core.links import SQL_PAGE

    return SQL_PAGE
