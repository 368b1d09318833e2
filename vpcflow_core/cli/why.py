"""`vpcflow why`: which rule or network ACL refused connections."""

from __future__ import annotations

from typing import Annotated

import typer

from vpcflow_core.cli.options import AnswerOptions


def why(
    options: AnswerOptions,
    limit: Annotated[int, typer.Option("-n", min=1, help="Number of rows.")] = 50,
) -> None:
    """Say why connections were refused: the missing rule, or what refused them.

    By the groups, rules and network ACLs of the time, from snapshots of EC2.
    """
    with options.flows() as flows:
        options.show(flows.why(n=limit), flows, lambda: "rejects/why")
