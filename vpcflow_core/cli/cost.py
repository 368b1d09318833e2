"""`vpcflow cost`: what the traffic costs, and what would lower it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from vpcflow_core.cli.options import AnswerOptions
from vpcflow_core.cost.statement import BY
from vpcflow_core.errors import MisuseError

COLLECTION = "collection"
ListedBy = StrEnum("ListedBy", {name: name for name in (*BY, COLLECTION)})  # type: ignore[misc]
PATH = ListedBy("path")


def cost(
    options: AnswerOptions,
    by: Annotated[
        ListedBy,
        typer.Option(
            help="What costs are listed by; pair: source and destination; collection: what "
            "the flow logs themselves cost."
        ),
    ] = PATH,
    n: Annotated[int, typer.Option("-n", min=1, help="Number of rows, the dearest first.")] = 20,
    remedies: Annotated[
        bool,
        typer.Option("--remedies", help="List what would lower the costs, with Terraform."),
    ] = False,
    reconcile: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Set the costs beside this Cost and Usage Report of AWS: CSV, CSV.gz, Parquet, or "
            "a folder of them.",
        ),
    ] = None,
) -> None:
    """Show what the traffic costs, by path, owner, account, pair or service.

    Prices are AWS's list prices of the date that is printed; the settings change them.
    """
    if remedies and reconcile:
        raise MisuseError("--remedies and --reconcile are two questions.", "Give one of them.")
    with options.flows() as flows:
        if reconcile:
            options.show(flows.reconcile(reconcile).head(n), flows, lambda: "cost/paths")
            return
        if remedies:
            options.show(flows.remedies().head(n), flows, lambda: "cost/remedies")
            return
        if by == COLLECTION:
            options.show(flows.collection().head(n), flows, lambda: "cost/collection")
            return
        pages = {"owner": "cost/owners", "account": "cost/owners", "pair": "cost/pairs"}
        found = flows.cost(str(by), n=n)
        options.show(found, flows, lambda: pages.get(str(by), "cost/paths"))
