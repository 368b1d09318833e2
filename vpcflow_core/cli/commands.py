"""The commands of `vpcflow`, one module a group; they print, nothing else does."""

from __future__ import annotations

from collections.abc import Callable

from vpcflow_core.cli.ask import series, sql, top
from vpcflow_core.cli.check import check
from vpcflow_core.cli.fields import fields
from vpcflow_core.cli.files import inspect, read
from vpcflow_core.cli.judge import forecast, outliers
from vpcflow_core.cli.serve import demo, serve
from vpcflow_core.cli.sync import sync

COMMANDS: dict[str, Callable[..., None]] = {
    "serve": serve,
    "demo": demo,
    "fields": fields,
    "check": check,
    "sync": sync,
    "inspect": inspect,
    "read": read,
    "top": top,
    "series": series,
    "outliers": outliers,
    "forecast": forecast,
    "sql": sql,
}
