"""`vpcflow findings`: what of known kinds of trouble there was."""

from __future__ import annotations

from typing import Annotated

import typer

from vpcflow_core.cli.judge import VIOLATION
from vpcflow_core.cli.options import AnswerOptions
from vpcflow_core.cli.output import AnswerForm

# What a table shows; the other forms have all.
SHOWN = ("severity", "detection", "what", "since", "until", "going")


def findings(
    options: AnswerOptions,
    only: Annotated[
        str,
        typer.Option(metavar="SLUG,SLUG", help="Only these: port-scan, brute-force, ..."),
    ] = "",
    detections: Annotated[
        bool, typer.Option("--detections", help="List what is looked for instead.")
    ] = False,
    fail: Annotated[
        bool, typer.Option("--fail/--no-fail", help="Exit with 3 where there is an incident.")
    ] = True,
) -> None:
    """List incidents: scans, brute force, data sent out, what is new; exits 3 if there is one."""
    with options.flows() as flows:
        frame = flows.detections() if detections else flows.findings(only)
        if options.form is AnswerForm.table and not detections:
            frame = frame[list(SHOWN)]
        options.show(frame, flows, lambda: "findings")
    if fail and not detections and len(frame):
        raise typer.Exit(VIOLATION)
