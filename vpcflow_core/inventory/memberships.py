"""Which sets an address or a block is in, and by which line of a list: its block and its label."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vpcflow_core.inventory.block_sets import (
    NamedSets,
    columns_of,
    is_block,
    lines_of,
    text_of,
)
from vpcflow_core.inventory.block_spans import plain_blocks, span_of


@dataclass(frozen=True, slots=True)
class Membership:
    """That something is in a set.

    Attributes:
        name: Of the set.
        block: The smallest block of the set that holds it, as it is written.
        label: What the list says of the block; "" if nothing.
    """

    name: str
    block: str
    label: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({': '.join(filter(None, (self.block, self.label)))})"


def memberships(
    text: str, named: NamedSets, listed: Path | None = None, where: str = "zones"
) -> list[Membership]:
    """Every set that holds an address or the whole of a block, the one of the smallest block first.

    Args:
        text: The address or block.
        named: Sets by name: blocks, and files with a block a line or of `block,label`.
        listed: A CSV file of many sets.
        where: The setting, for messages.

    Raises:
        SettingsError: A file cannot be read.
    """
    try:
        wanted = span_of(text)
    except ValueError:
        return []
    found: dict[str, tuple[int, Membership]] = {}
    for name, cells in _entries(wanted, named, listed, where):
        try:
            version, first, last = span_of(cells[0])
        except ValueError:
            continue
        if version == wanted[0] and first <= wanted[1] and wanted[2] <= last:
            label = ", ".join(filter(None, cells[1:]))
            if name not in found or last - first < found[name][0]:
                found[name] = last - first, Membership(name, cells[0], label)
    return [one for _, one in sorted(found.values(), key=lambda pair: pair[0])]


def _entries(
    wanted: tuple[int, int, int], named: NamedSets, listed: Path | None, where: str
) -> Iterator[tuple[str, list[str]]]:
    """The name of a set and the cells of a line, of all lines that may hold what is wanted."""
    for name, entries in named:
        for entry in entries:
            if is_block(entry):
                yield name, [entry]
            else:
                path = Path(entry).expanduser()
                for _, cells in lines_of(_near(text_of(path, f"{where}.{name}"), wanted)):
                    yield name, cells
    if listed is not None:
        yield from _of_listed(listed)


def _of_listed(listed: Path) -> Iterator[tuple[str, list[str]]]:
    """The lines of a file of many sets, its columns in order."""
    name, block = 0, 1
    for number, cells in lines_of(enumerate(text_of(listed, "zone_file").splitlines(), 1)):
        if number == 1 and (titles := columns_of(cells)):
            name, block = titles
        elif len(cells) > max(name, block):
            more = [cell for at, cell in enumerate(cells) if at not in (name, block)]
            yield cells[name], [cells[block], *more]


def _near(text: str, wanted: tuple[int, int, int]) -> Iterable[tuple[int, str]]:
    """The numbered lines that may hold it; of a million plain ones those few that do."""
    (first, last, numbers), rest = plain_blocks(text)
    yield from rest
    if wanted[0] == 0:
        lines = text.splitlines()
        holds = np.flatnonzero((first <= wanted[1]) & (last >= wanted[2]))
        yield from ((int(numbers[at]), lines[numbers[at] - 1]) for at in holds)
