"""`vpcflow report`: dashboards as one file, for mail, archive and cron."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vpcflow_core.cli.options import QuestionOptions
from vpcflow_core.errors import MisuseError
from vpcflow_core.panels.grouping import ADDRESS, GROUPINGS
from vpcflow_core.panels.request import Parameters
from vpcflow_core.report.build import PAGES, made
from vpcflow_core.report.evidence import evidence_zip
from vpcflow_core.report.html import report_html
from vpcflow_core.report.pdf import write_pdf


def report(
    options: QuestionOptions,
    html: Annotated[Path | None, typer.Option(help="HTML file to write.")] = None,
    pdf: Annotated[
        Path | None,
        typer.Option(help="PDF file to write, by this machine's Chromium or Chrome."),
    ] = None,
    evidence: Annotated[
        Path | None,
        typer.Option(help="ZIP to write: rows as CSV and Parquet, SQL, figures, report and link."),
    ] = None,
    page: Annotated[
        list[str] | None, typer.Option(help=f"Page, repeatable: {', '.join(PAGES)}; else all.")
    ] = None,
    grouping: Annotated[
        str,
        typer.Option(help=f"Group addresses by: {', '.join([ADDRESS, *GROUPINGS])}."),
    ] = ADDRESS,
    open_only: Annotated[
        bool, typer.Option("--open-only", help="Only rules that are open to the world.")
    ] = False,
) -> None:
    """Write dashboards as one file whose figures need no Internet."""
    if not (html or pdf or evidence):
        raise MisuseError("There is no file to write.", "Give --html, --pdf or --evidence.")
    chosen = Parameters(grouping=grouping, open_only=open_only)
    with options.flows() as flows:
        answered = made(flows, page or PAGES, parameters=chosen)
    text = report_html(answered)
    if html:
        _write(html, text.encode())
    if evidence:
        _write(evidence, evidence_zip(answered, text))
    if pdf:
        write_pdf(text, pdf)
        _say(pdf)


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    _say(path)


def _say(path: Path) -> None:
    print(f"{path}: {path.stat().st_size / 2**20:.1f} MB")
