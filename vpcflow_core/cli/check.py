"""`vpcflow check`: whether a source can be read, and what to do where it cannot."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import pandas as pd
import typer

from vpcflow_core.checks import check as findings_of
from vpcflow_core.checks import check_accounts, check_elsewhere, check_names, check_trails
from vpcflow_core.cli.options import OutputOption, SourceOptions
from vpcflow_core.cli.output import Output, write
from vpcflow_core.engines.open import is_elsewhere, naming_of
from vpcflow_core.settings import load_settings
from vpcflow_core.sources.open import open_source
from vpcflow_core.sources.schemes import examples
from vpcflow_core.workspace.opening import source_options


def check(
    options: SourceOptions,
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help=f"{examples()}, or a source's name in the settings.",
        ),
    ],
    output: OutputOption = Output.table,
) -> None:
    """Check whether a source can be read, and what stands in the way.

    Looks at credentials, permissions, layout, formats, age of the newest record, missing fields,
    at the files of settings that name addresses, and at CloudTrail's log files.

    Nothing is stored. Exits 1 if the source cannot work.
    """
    settings = load_settings()
    setting = options.setting(source, settings.sources)
    how = source_options(setting)
    opened = open_source(setting.url, options=how)
    if is_elsewhere(opened.url):
        found = list(check_elsewhere(opened.url))
    else:
        found = list(findings_of(opened, how, log_format=setting.log_format))
    if setting.ec2_accounts:
        found += check_accounts(
            how, setting.ec2_accounts, setting.ec2_role, *setting.ec2_regions[:1]
        )
    found += check_names(naming_of(settings))
    found += check_trails(settings.trails)
    write(pd.DataFrame(map(asdict, found), dtype="object"), output)
    if any(finding.state == "failed" for finding in found):
        raise typer.Exit(1)
