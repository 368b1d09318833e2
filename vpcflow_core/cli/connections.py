"""`vpcflow connections`: who talked to whom, for how long, and who began."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from vpcflow_core.cli.options import AnswerOptions


class Orders(StrEnum):
    """What connections can be sorted by."""

    duration = "duration"
    bytes = "bytes"
    records = "records"
    start = "start"


def connections(
    options: AnswerOptions,
    order: Annotated[
        Orders, typer.Option(help="What the first ones have the most of; start: newest first.")
    ] = Orders.duration,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, help="Number of connections.")
    ] = 100,
) -> None:
    """List connections: client, server, duration, traffic each way.

    All records of a five-tuple at one interface, both ways, from the first to the last.
    """
    with options.flows() as flows:
        found = flows.connections(order=order.value, limit=limit)
        options.show(found, flows, lambda: "explore/connections")
