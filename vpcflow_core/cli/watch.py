"""`vpcflow watch`: sends what began and ended since its last run; `--rehearse` shows the past."""

from __future__ import annotations

import sys
from typing import Annotated

import pandas as pd
import typer

from vpcflow_core.alerts.messages import Message
from vpcflow_core.alerts.watch import rehearse
from vpcflow_core.alerts.watch import watch as run
from vpcflow_core.cli.judge import VIOLATION
from vpcflow_core.cli.options import AnswerOptions
from vpcflow_core.errors import FailureError, MisuseError
from vpcflow_core.flow_logs.finding import watch_list
from vpcflow_core.plain_text import visible_lines
from vpcflow_core.settings import load_settings

COLUMNS = ("at", "rule", "kind", "severity", "what")


def watch(
    options: AnswerOptions,
    past: Annotated[
        str,
        typer.Option("--rehearse", metavar="LENGTH", help="What the past 30d would have sent."),
    ] = "",
) -> None:
    """Send alerts about incidents that began or ended since the last run; exits 3 if one began."""
    settings = load_settings()
    with options.flows() as flows:
        if flows.store is None:
            raise MisuseError("watch needs a store of its own.", "Give --store FOLDER.")
        if past:
            window = flows.last(past).window
            messages, problems = rehearse(flows, settings, window, watch_list())
        else:
            outcome = run(flows, settings, flows.store.path, watch_list=watch_list())
            messages, problems = list(outcome.messages), list(outcome.problems)
        options.show(_frame(messages), flows)
    for problem in problems:
        print(visible_lines(problem), file=sys.stderr)
    if not past and outcome.waiting and problems:
        what = f"{outcome.waiting} messages wait to be sent."
        raise FailureError(what, "The next run tries again.")
    if any(message.kind == "began" for message in messages):
        raise typer.Exit(VIOLATION)


def _frame(messages: list[Message]) -> pd.DataFrame:
    rows = [(m.at, m.rule, m.kind, m.incident["severity"], m.incident["what"]) for m in messages]
    return pd.DataFrame(rows, columns=list(COLUMNS))
