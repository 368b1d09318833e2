"""`vpcflow check`: whether a source can be read, and what to do where it cannot."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import pandas as pd
import typer

from vpcflow_core.checks import check as findings_of
from vpcflow_core.cli.output import Output, write
from vpcflow_core.cli.sync import source_setting
from vpcflow_core.settings import load_settings
from vpcflow_core.sources.open import open_source
from vpcflow_core.sources.schemes import examples
from vpcflow_core.workspace.opening import source_options


def check(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help=f"{examples()}, or a source's name in the settings.",
        ),
    ],
    log_format: Annotated[
        str, typer.Option("--format", help="Fields of lines without header: 'version account-id'.")
    ] = "",
    profile: Annotated[str, typer.Option(help="AWS profile.")] = "",
    role: Annotated[str, typer.Option(help="ARN of the role to assume.")] = "",
    endpoint_url: Annotated[str, typer.Option(help="Address of the service, not AWS's own.")] = "",
    region: Annotated[str, typer.Option(help="Region of the bucket.")] = "",
    output: Annotated[Output, typer.Option(help="Form of the answer.")] = Output.table,
) -> None:
    """Tell whether a source can be read: permissions, layout, formats, age, missing fields.

    Nothing is stored. Exits 1 if the source cannot work.
    """
    given = {
        "log_format": log_format,
        "profile": profile,
        "role_arn": role,
        "endpoint_url": endpoint_url,
        "region": region,
    }
    given = {name: value for name, value in given.items() if value}
    setting = source_setting(source, given, load_settings().sources)
    how = source_options(setting)
    found = list(findings_of(open_source(setting.url, options=how), how, log_format=log_format))
    write(pd.DataFrame([asdict(finding) for finding in found]), output)
    if any(finding.state == "failed" for finding in found):
        raise typer.Exit(1)
