"""`vpcflow mcp`: the questions of vpcflow for an AI assistant."""

from __future__ import annotations

from vpcflow_core.cli.options import QuestionOptions
from vpcflow_core.mcp.server import require_sdk, serve


def mcp(options: QuestionOptions) -> None:
    """Answer the questions of an AI assistant (Model Context Protocol), read-only.

    It speaks on standard input and output; the assistant starts it: docs/mcp.md. Conditions
    (--where) and --source hold for every answer; --last is the range where a question names none.
    """
    require_sdk()
    with options.flows() as flows:
        serve(flows)
