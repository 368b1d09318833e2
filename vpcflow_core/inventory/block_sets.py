"""Named sets of blocks, zones and watch lists, from the settings and from files of the user.

An address belongs to the set of the smallest block that holds it; of equal blocks, to the set that
comes first. A line that cannot be read is left out and named. A million blocks take some 20 MB, and
a look-up is a search in one sorted array.
"""

from __future__ import annotations

import csv
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, MutableSequence
from dataclasses import dataclass
from pathlib import Path

from vpcflow_core.errors import SettingsError
from vpcflow_core.inventory.block_spans import (
    BITS,
    Numbers,
    Span,
    nested,
    plain_blocks,
    span_of,
    stretches,
)

# Named blocks, as settings have them: a name, and its blocks or files.
NamedSets = tuple[tuple[str, tuple[str, ...]], ...]
MOST_BYTES = 256 * 2**20
_BLOCK, _NAME = ("block", "address", "ip", "cidr", "network"), ("zone", "list", "name")


@dataclass(frozen=True, slots=True, eq=False)
class BlockSets:
    """Which set an address is in.

    Attributes:
        names: Of the sets, in their order.
        starts: By IP version, where each stretch of addresses begins; it ends where the next does.
        sets: By IP version, the number of each stretch's set in `names`, from 1; 0: none.
        counts: How many blocks were read of each set.
        problems: What could not be read, each with its place.
    """

    names: tuple[str, ...] = ()
    starts: tuple[MutableSequence[int], MutableSequence[int]] = (array("Q"), [])
    sets: tuple[MutableSequence[int], MutableSequence[int]] = (array("H"), array("H"))
    counts: tuple[int, ...] = ()
    problems: tuple[str, ...] = ()

    def of(self, address: str) -> str | None:
        """The name of the set that an address is in; None if it is in none."""
        try:
            version, first, _ = span_of(address)
        except ValueError:
            return None
        at = bisect_right(self.starts[version], first) - 1
        number = self.sets[version][at] if at >= 0 else 0
        return self.names[number - 1] if number else None

    def spans(self) -> Iterator[tuple[int, int, int]]:
        """The stretches that are in some set: IP version (0: IPv4, 1: IPv6), first, last."""
        for version, starts in enumerate(self.starts):
            sets, last = self.sets[version], 2 ** BITS[version] - 1
            for at, number in enumerate(sets):
                if number:
                    yield version, starts[at], starts[at + 1] - 1 if at + 1 < len(sets) else last


def read_block_sets(
    named: NamedSets, listed: Path | None = None, where: str = "zones"
) -> BlockSets:
    """The sets of the settings.

    Args:
        named: Sets by name; what is no block is a file with a block a line, or a CSV file.
        listed: A CSV file of many sets, with the columns `zone` and `block`.
        where: The setting, for messages.

    Raises:
        SettingsError: A file cannot be read.
    """
    numbers = {name: number for number, (name, _) in enumerate(named, 1)}
    spans: tuple[list[Span], list[Span]] = ([], [])
    plain: list[tuple[int, Numbers, Numbers]] = []
    problems: list[str] = []
    counts = [0] * len(numbers)

    def add(name: str, text: str, place: str) -> None:
        try:
            version, first, last = span_of(text)
        except ValueError:
            problems.append(f"{place}: '{text[:60]}' is no block")
            return
        if name not in numbers:
            numbers[name] = len(numbers) + 1
            counts.append(0)
        counts[numbers[name] - 1] += 1
        spans[version].append((first, -last, -numbers[name]))

    for name, entries in named:
        for entry in entries:
            if is_block(entry):
                add(name, entry, f"{where}.{name}")
            else:
                text = text_of(Path(entry).expanduser(), f"{where}.{name}")
                (first, last, _), rest = plain_blocks(text)
                plain.append((numbers[name], first, last))
                counts[numbers[name] - 1] += len(first)
                for number, cells in lines_of(rest):
                    if not (number == 1 and _is_title(cells[0])):
                        add(name, cells[0], f"{Path(entry).name}, line {number}")
    if listed is not None:
        _read_listed(listed, add, problems)
    made = stretches(plain, spans[0]), nested(sorted(spans[1]), 1)
    starts, sets = zip(*made, strict=True)
    return BlockSets(tuple(numbers), starts, sets, tuple(counts), tuple(problems))


def _read_listed(path: Path, add: Callable[[str, str, str], None], problems: list[str]) -> None:
    """The lines of a file of many sets."""
    columns = (0, 1)
    text = text_of(path, "zone_file")
    for number, cells in lines_of(enumerate(text.splitlines(), 1)):
        if number == 1 and (found := columns_of(cells)):
            columns = found
        elif len(cells) > max(columns) and cells[columns[0]]:
            add(cells[columns[0]], cells[columns[1]], f"{path.name}, line {number}")
        elif cells:
            problems.append(f"{path.name}, line {number}: it needs a zone and a block")


def columns_of(titles: list[str]) -> tuple[int, int] | None:
    """Where the names of sets and the blocks stand, if a line has titles."""
    plain = [title.strip().lower() for title in titles]
    name = next((plain.index(word) for word in (*_NAME, "label") if word in plain), None)
    block = next((plain.index(word) for word in _BLOCK if word in plain), None)
    return None if name is None or block is None else (name, block)


def text_of(path: Path, setting: str) -> str:
    """What a file of blocks holds."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise SettingsError(
                f"{path} is larger than {MOST_BYTES >> 20} MB.", f"Give a shorter one: {setting}."
            )
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read: {error.strerror}.",
            f"Write a block or the path of a file in the setting {setting}.",
        ) from None


def lines_of(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, list[str]]]:
    """The cells of each numbered line, without comments; empty lines are left out."""
    for number, line in lines:
        if plain := line.partition("#")[0].partition(";")[0].strip():
            yield number, _cells(plain)


def _cells(line: str) -> list[str]:
    if '"' in line:
        return [cell.strip() for cell in next(csv.reader([line], skipinitialspace=True), [])]
    return [cell.strip() for cell in line.split(",")]


def is_block(text: str) -> bool:
    """Whether a text is a block or an address, not the path of a file."""
    try:
        span_of(text)
    except ValueError:
        return False
    return True


def _is_title(text: str) -> bool:
    return not any(character.isdigit() for character in text)
