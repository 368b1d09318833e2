"""The commands of `vpcflow`, in the order of `--help`; they print, nothing else does.

A new command is a function in a file of this folder and a line here. What typer calls an argument
or option is an annotated parameter; `options` has the groups that commands share.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, MutableMapping
from importlib import import_module
from types import ModuleType

Function = Callable[..., None]

# File, name, and what `--help` says of it: the first line of its docstring. A file is imported when
# its command is run, as most need pandas and DuckDB, and help shall be there at once.
_FILES = (
    ("serve", "serve", "Open the dashboards on these sources, or on what is configured."),
    ("serve", "demo", "Open the dashboards on a made-up network of the last nine days."),
    ("fields", "fields", "List every field of the flow-log record."),
    ("check", "check", "Check whether a source can be read, and what stands in the way."),
    ("tables", "tables", "Write the DDL that makes logs where they lie tables of an engine."),
    (
        "summarize",
        "summarize",
        "Fill the table of minutes, from which most charts over time are answered.",
    ),
    ("sync", "sync", "Load new log objects into the store, each exactly once."),
    ("files", "inspect", "Report what is in log files: format, records, bad lines."),
    ("files", "read", "Print the records of log files, in one form for all formats."),
    ("ask", "top", "List the busiest values of a field, or of fields together."),
    ("ask", "series", "Show a measure over time, zero where nothing was."),
    ("connections", "connections", "List connections: client, server, duration, traffic each way."),
    ("why", "why", "Say why connections were refused: the missing rule, or what refused them."),
    ("rules", "narrow", "Say what the rules of security groups could be narrowed to."),
    ("rules", "replay", "Say what proposed rules would have refused; exits 3 if anything."),
    ("judge", "outliers", "Mark unusual timeslices of a measure; exits 3 if one is."),
    ("judge", "forecast", "Forecast a measure, with a 95 % interval."),
    ("cost", "cost", "Show what the traffic costs, by path, owner, account, pair or service."),
    (
        "findings",
        "findings",
        "List incidents: scans, brute force, data sent out, what is new; exits 3 if there is one.",
    ),
    (
        "watch",
        "watch",
        "Send alerts about incidents that began or ended since the last run; exits 3 if one began.",
    ),
    ("ask", "sql", "Run your own SELECT over flows and records."),
    ("report", "report", "Write dashboards as one file whose figures need no Internet."),
    ("open", "open", "Open the page that shows a panel, for the same range and filters."),
    (
        "backup",
        "backup",
        "Copy the store to a folder, and check the copy; syncs and the app go on meanwhile.",
    ),
    ("backup", "restore", "Make a store of a backup that is whole."),
    ("notes", "note", "Note a deploy, an incident or a change on the time axis of every chart."),
    ("notes", "notes", "List the notes on the time axis, or add those of a file or of CloudTrail."),
    ("mcp", "mcp", "Answer the questions of an AI assistant (Model Context Protocol), read-only."),
)


def _imported(file: str) -> ModuleType:
    """A file of commands with all it needs, objects that stay.

    To look for garbage among them, while they are loaded and at the end, took a fifth of the
    processor time of `vpcflow top`.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        return import_module(f"vpcflow_core.cli.{file}")
    finally:
        gc.freeze()
        if collects:
            gc.enable()


class Commands(MutableMapping[str, Function]):
    """Functions by the name of their command, each imported when it is asked for."""

    def __init__(self) -> None:
        self._files = {name: (file, summary) for file, name, summary in _FILES}
        self._functions: dict[str, Function] = {}

    def summary(self, name: str) -> str:
        """What `--help` says of a command."""
        if name in self._files:
            return self._files[name][1]
        return (self[name].__doc__ or "").strip().partition("\n")[0]

    def __getitem__(self, name: str) -> Function:
        if name not in self._functions:
            self._functions[name] = getattr(_imported(self._files[name][0]), name)
        return self._functions[name]

    def __setitem__(self, name: str, function: Function) -> None:
        self._files.pop(name, None)
        self._functions[name] = function

    def __delitem__(self, name: str) -> None:
        self._files.pop(name, None)
        self._functions.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*self._files, *self._functions)))

    def __len__(self) -> int:
        return len(set(self._files) | set(self._functions))


COMMANDS = Commands()
