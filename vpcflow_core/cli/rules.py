"""`vpcflow narrow` and `vpcflow replay`: narrower rules, and what rules would have refused."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from vpcflow_core.cli.judge import VIOLATION
from vpcflow_core.cli.options import AnswerOptions
from vpcflow_core.errors import SourceError
from vpcflow_core.rulesets.reading import LONGEST
from vpcflow_core.rulesets.tighten import proposal_of
from vpcflow_core.rulesets.writing import WRITERS

TextForm = StrEnum("TextForm", {name: name for name in WRITERS})  # type: ignore[misc]
GroupOption = Annotated[
    list[str] | None,
    typer.Option(metavar="ID", help="Security group, sg-...; repeatable. Without: all."),
]


def narrow(
    options: AnswerOptions,
    group: GroupOption = None,
    rules: Annotated[
        TextForm | None,
        typer.Option("--rules", help="Write the rules themselves, to standard output."),
    ] = None,
) -> None:
    """Say what the rules of security groups could be narrowed to.

    Rules that let nothing through go, ranges of ports become the ports used, what is open to the
    world the blocks seen, hostile sources left out. Snapshots of EC2 have the rules.
    """
    with options.flows() as flows:
        frame = flows.narrower_rules(group or ())
        if rules is None:
            options.show(frame, flows, lambda: "rules")
        else:
            sys.stdout.write(WRITERS[rules](proposal_of(frame)))


def replay(
    options: AnswerOptions,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Rules: Terraform (or terraform show -json), CloudFormation, or JSON of aws ec2 "
            "describe-security-group-rules; - for standard input.",
            allow_dash=True,
        ),
    ],
    group: GroupOption = None,
    fail: Annotated[
        bool, typer.Option("--fail/--no-fail", help="Exit with 3 where something is refused.")
    ] = True,
) -> None:
    """Say what proposed rules would have refused; exits 3 if anything.

    The rules of FILE take the place of all those of each group and way that it names. A group of
    --group has no others than FILE's either way.
    """
    text = _read(file)
    with options.flows() as flows:
        frame = flows.replay(text, group or ())
        options.show(frame, flows, lambda: "rules")
    if fail and len(frame):
        raise typer.Exit(VIOLATION)


def _read(file: Path) -> str:
    try:
        if str(file) == "-":
            return sys.stdin.read(LONGEST + 1)
        with file.open(encoding="utf-8") as opened:
            return opened.read(LONGEST + 1)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SourceError(f"{file} cannot be read: {why}.", "Give a file of rules.") from None
