"""The commands of `vpcflow`, in the order of `--help`; they print, nothing else does.

A new command is a function in a file of this folder and its name here. What typer calls an
argument or option is an annotated parameter; `options` has the groups that commands share.
"""

from __future__ import annotations

from collections.abc import Callable

from vpcflow_core.cli.ask import series, sql, top
from vpcflow_core.cli.check import check
from vpcflow_core.cli.connections import connections
from vpcflow_core.cli.fields import fields
from vpcflow_core.cli.files import inspect, read
from vpcflow_core.cli.judge import forecast, outliers
from vpcflow_core.cli.serve import demo, serve
from vpcflow_core.cli.sync import sync

COMMANDS: dict[str, Callable[..., None]] = {
    command.__name__: command
    for command in (
        serve,
        demo,
        fields,
        check,
        sync,
        inspect,
        read,
        top,
        series,
        connections,
        outliers,
        forecast,
        sql,
    )
}
