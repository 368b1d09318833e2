"""A person's own list of who has which addresses: a CSV file of offices, pods, data centres.

Its columns are `block`, `name`, `owner`, `kind`, `from` and `until`, in any order; `block` (or
`address`) is a block or one address, and any but that may be missing or empty. Times are ISO 8601,
UTC without an offset. A line that cannot be read is left out and named.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from ipaddress import ip_network
from pathlib import Path

from vpcflow_core.addresses import parse_block
from vpcflow_core.errors import SettingsError, TimeError, closest
from vpcflow_core.inventory.blocks import Blocks, Network
from vpcflow_core.inventory.tables import EVER, FOR_EVER
from vpcflow_core.times import parse_instant

COLUMNS = ("block", "name", "owner", "kind", "from", "until")
_BLOCK = ("block", "address", "block or address")
# A line of a hundred thousand is a table of pods; more is a mistake, and costs memory.
MOST_LINES = 500_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One line.

    Attributes:
        network: The block; of one address, the block of just that.
        name, owner, kind: What it says; None where it says nothing.
        since, until: When it holds; `until` is not included.
    """

    network: Network
    name: str | None
    owner: str | None
    kind: str | None
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class OwnNames:
    """What a file says.

    Attributes:
        entries: Its lines that could be read.
        problems: The others, each with its number and what is wrong with it.
    """

    entries: tuple[Entry, ...] = ()
    problems: tuple[str, ...] = ()

    def blocks(self) -> Blocks[Entry]:
        """The entries by block."""
        found: Blocks[Entry] = Blocks()
        for entry in self.entries:
            found.add(entry.network, entry)
        return found


def read_own_names(path: Path) -> OwnNames:
    """The lines of a file.

    Raises:
        SettingsError: It cannot be read at all, or has no column of blocks.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _read(csv.DictReader(file, skipinitialspace=True, restkey="rest"), path)
    except FileNotFoundError:
        raise SettingsError(
            f"The list of addresses {path} does not exist.", "Correct the setting address_book."
        ) from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SettingsError(
            f"The list of addresses {path} cannot be read ({error}).", "Save it as CSV in UTF-8."
        ) from None


def _read(lines: csv.DictReader[str], path: Path) -> OwnNames:
    names = {(name or "").strip().lower(): name for name in lines.fieldnames or ()}
    block = next((names[name] for name in _BLOCK if name in names), None)
    if block is None:
        raise SettingsError(
            f"{path} has no column `block`.",
            f"Its first line names the columns: {', '.join(COLUMNS)}.",
        )
    if unknown := next((n for n in names if n and n not in (*COLUMNS, *_BLOCK)), None):
        raise SettingsError(
            f"{path} has a column `{unknown}`.",
            f"{closest(unknown, COLUMNS)}  Columns: {', '.join(COLUMNS)}.".strip(),
        )
    entries, problems = [], []
    for line in lines:
        if lines.line_num > MOST_LINES:
            problems.append(f"lines after {MOST_LINES:,}: more than are read")
            break
        said = {key: (line.get(name) or "").strip() for key, name in names.items()}
        said["block"] = (line.get(block) or "").strip()
        try:
            entries.append(_entry(said, "rest" in line))
        except (SettingsError, TimeError) as error:
            problems.append(f"line {lines.line_num}: {error.what}")
    return OwnNames(tuple(entries), tuple(problems))


def _entry(said: Mapping[str, str], has_more: bool) -> Entry:
    if has_more:
        raise SettingsError("it has more values than there are columns.")
    if not said["block"]:
        raise SettingsError("it has no block.")
    since, until = (
        parse_instant(said[name]) if said.get(name) else end
        for name, end in (("from", EVER), ("until", FOR_EVER))
    )
    if since >= until:
        raise SettingsError(f"it ends ({said['until']}) before it begins ({said['from']}).")
    name, owner, kind = (said.get(name) or None for name in ("name", "owner", "kind"))
    entry = Entry(ip_network(parse_block(said["block"])), name, owner, kind, since, until)
    if not (entry.name or entry.owner or entry.kind):
        raise SettingsError("it names nothing: name, owner and kind are empty.")
    return entry


def at_times(entries: Iterator[Entry]) -> list[Entry]:
    """Of entries for one address, the first one that holds at each time, without overlaps.

    Args:
        entries: The most specific ones first.
    """
    kept: list[tuple[datetime, datetime, Entry]] = []
    for entry in entries:
        free = [(entry.since, entry.until)]
        for start, end, _ in kept:
            free = [part for span in free for part in _without(span, start, end)]
        kept += [(start, end, entry) for start, end in free]
    parts = sorted(kept, key=lambda part: part[0])
    return [replace(entry, since=start, until=end) for start, end, entry in parts]


def _without(
    span: tuple[datetime, datetime], start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """What is left of a span without another one."""
    if end <= span[0] or start >= span[1]:
        yield span
        return
    if span[0] < start:
        yield span[0], start
    if end < span[1]:
        yield end, span[1]
