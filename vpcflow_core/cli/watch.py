"""`vpcflow watch`: sends what began and ended since its last run; `--rehearse` shows the past."""

from __future__ import annotations

import logging
import sys
from dataclasses import asdict, fields
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from vpcflow_core.alerts.messages import Message
from vpcflow_core.alerts.outbox import state_folder
from vpcflow_core.alerts.proposals import Proposal, proposals
from vpcflow_core.alerts.watch import rehearse
from vpcflow_core.alerts.watch import watch as run
from vpcflow_core.api import FlowLogs
from vpcflow_core.cli.judge import VIOLATION
from vpcflow_core.cli.options import AnswerOptions
from vpcflow_core.cli.repeating import RepeatOptions
from vpcflow_core.errors import FailureError, MisuseError
from vpcflow_core.flow_logs.finding import watch_list
from vpcflow_core.json_logs import is_json, log_as, note
from vpcflow_core.plain_text import visible_lines
from vpcflow_core.settings import Settings, load_settings
from vpcflow_core.units import number_doing
from vpcflow_core.workspace.reviews import reviews
from vpcflow_core.workspace.workspace import find_workspace

PROPOSED = [each.name for each in fields(Proposal)]
COLUMNS = ("at", "rule", "kind", "severity", "what")


def watch(
    options: AnswerOptions,
    repeated: RepeatOptions,
    past: Annotated[
        str,
        typer.Option("--rehearse", metavar="LENGTH", help="What the past 30d would have sent."),
    ] = "",
    budget: Annotated[
        float,
        typer.Option(
            help="With --rehearse: list thresholds with which each detection of a rule sends at "
            "most this many alerts a day."
        ),
    ] = 0.0,
) -> None:
    """Send alerts about incidents that began or ended since the last run; exits 3 if one began."""
    settings = load_settings()
    log_as(settings.log_format)
    _check(options, past, budget)
    if repeated.every and past:
        raise MisuseError("--every and --rehearse contradict each other.", "Give one of them.")
    folder = options.store or find_workspace(settings).store
    watched = state_folder(folder, options.engine_url())
    repeated.run(lambda: _run(options, settings, folder, past, budget), folder, settings, watched)


def _run(options: AnswerOptions, settings: Settings, folder: Path, past: str, budget: float) -> int:
    """Look once; gives the exit code.

    Args:
        options: What is looked at; an engine beyond this machine may be the source.
        settings: Rules and channels.
        folder: Of the store, which has what was decided, and what was sent.
        past: As `watch`.
        budget: As `watch`.

    Raises:
        FailureError: Messages wait that could not be sent.
    """
    with options.flows() as flows:
        if budget:
            _propose(options, flows, settings, folder, past, budget)
            return 0
        if past:
            decided = reviews(folder)
            window = flows.last(past).window
            messages, problems = rehearse(flows, settings, window, watch_list(), decided)
        else:
            url = options.engine_url()
            outcome = run(flows, settings, folder, engine_url=url, watch_list=watch_list())
            messages, problems = list(outcome.messages), [*outcome.problems, *outcome.failures]
        options.show(_frame(messages), flows, lambda: "findings")
    for problem in problems:
        if is_json():
            note("watch", problem, level=logging.WARNING)
        else:
            print(visible_lines(problem), file=sys.stderr)
    if past:
        return 0
    note("watch", "looked", until=outcome.until, sent=outcome.sent, waiting=outcome.waiting)
    if outcome.failures:
        waiting = number_doing(outcome.waiting, "messages", "wait")
        what = f"Not all could be done; {waiting} to be sent."
        raise FailureError(what, "The next run tries again.")
    return VIOLATION if any(message.kind == "began" for message in messages) else 0


def _check(options: AnswerOptions, past: str, budget: float) -> None:
    """Refuse what would leave out records of hours that are looked at once alone.

    Raises:
        MisuseError: The options contradict each other.
    """
    if budget and not past:
        raise MisuseError("--budget looks at the past.", "Say which: --rehearse 30d --budget 2")
    if options.last or options.start or options.end:
        raise MisuseError(
            "watch looks at what settled since its last run, or at the past of --rehearse.",
            "Leave out --last, --from and --to.",
        )
    narrowed = options.where or options.once or (options.source and not options.engine_url())
    if not past and narrowed:
        raise MisuseError(
            "--where, --source and --once of watch go with --rehearse alone: it looks at each hour "
            "once.",
            "Write conditions into the rule: where = { ... }",
        )


def _propose(
    options: AnswerOptions,
    flows: FlowLogs,
    settings: Settings,
    folder: Path,
    past: str,
    budget: float,
) -> None:
    """List what each detection of each rule would have sent, and thresholds for the budget."""
    window = flows.last(past).window
    decided = reviews(folder)
    found = proposals(flows, settings, window, budget, watch_list(), decided)
    rows = pd.DataFrame([asdict(each) for each in found], columns=PROPOSED)
    options.show(rows, flows, lambda: "findings")


def _frame(messages: list[Message]) -> pd.DataFrame:
    rows = [(m.at, m.rule, m.kind, m.incident["severity"], m.incident["what"]) for m in messages]
    return pd.DataFrame(rows, columns=list(COLUMNS))
