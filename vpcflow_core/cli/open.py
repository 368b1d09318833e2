"""`vpcflow open`: from a question on the command line to the page that answers it."""

from __future__ import annotations

import webbrowser
from typing import Annotated

import typer

from vpcflow_core.cli.options import QuestionOptions
from vpcflow_core.plain_text import visible_lines


def open(
    options: QuestionOptions,
    panel: Annotated[
        str,
        typer.Argument(
            metavar="PANEL",
            help="Panel or page: overview/protocols, explore/scans, rejects. "
            "docs/reference/panels.md lists them.",
        ),
    ] = "overview",
    only_print: Annotated[
        bool, typer.Option("--print", help="Print the address, and open nothing.")
    ] = False,
) -> None:
    """Open the page that shows a panel, for the same range and filters.

    The app must be running: vpcflow serve. The setting app_url says where.
    """
    with options.flows() as flows:
        link = flows.link(panel)
    print(visible_lines(link))
    if not only_print:
        webbrowser.open(link)
