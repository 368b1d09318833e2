"""The commands of `vpcflow`, one module a group; they print, nothing else does."""

from __future__ import annotations

from collections.abc import Callable

from vpcflow_core.commands.fields import fields
from vpcflow_core.commands.files import inspect, read

COMMANDS: dict[str, Callable[..., None]] = {
    "fields": fields,
    "inspect": inspect,
    "read": read,
}
