"""The files that name addresses: whether they can be read, and which lines of the list cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from vpcflow_core.checks.base import Finding, refused
from vpcflow_core.errors import SettingsError
from vpcflow_core.inventory.naming import Naming
from vpcflow_core.units import number_doing

SHOWN = 10  # lines that are named


def check_names(naming: Naming) -> Iterator[Finding]:
    """What is wrong with the user's list, AWS's ranges and the database that settings name.

    None of it keeps logs from being read.
    """
    if naming.address_book:
        yield _read("address_book", lambda: _list(naming))
    if naming.aws_ranges:
        yield _read("aws_ranges", lambda: _whole("aws_ranges", naming.ranges))
    if naming.as_database:
        yield _read("as_database", lambda: _whole("as_database", naming.networks))


def _read(setting: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except SettingsError as error:
        return refused("names", setting, error, needed=False)


def _whole(setting: str, read: Callable[[], object]) -> Finding:
    read()
    return Finding("names", setting, "ok", "It can be read.")


def _list(naming: Naming) -> Finding:
    own = naming.own_names()
    count = f"{number_doing(len(own.entries), 'lines', 'name')} addresses"
    if not own.problems:
        return Finding("names", "address_book", "ok", f"{count}.")
    more = len(own.problems) - SHOWN
    named = "; ".join(problem.rstrip(".") for problem in own.problems[:SHOWN])
    listed = named + (f"; and {more:,} more" if more > 0 else "")
    return Finding(
        "names", "address_book", "warning", f"{count}; left out: {listed}", "Correct those lines."
    )
