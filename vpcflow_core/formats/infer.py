"""The format of lines without header, from the shapes of their values.

A guess is made only where it cannot well be another one: a layout that AWS writes, or fields in
AWS's or in alphabetical order that fit the values in one way alone. Source and destination have
the same shape, so in any other order they are refused, with the way to give the format.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vpcflow_core.errors import FormatError
from vpcflow_core.fields import (
    DEFAULT_TRANSIT_FORMAT,
    FIELDS,
    TRANSIT_ONLY_FIELDS,
    VPC_FIELDS,
    column_name,
    field,
    find_field,
)
from vpcflow_core.formats import fast, shapes
from vpcflow_core.formats.base import LogFormat
from vpcflow_core.units import number_of

SAMPLE = 20_000  # lines looked at
_MOST_FIELDS = 64  # longer lines are no records of any version
_FEWEST_IN_ORDER = 8  # fields that have to lie in order for the order to be no accident
_MOST_KINDS = 8  # numbers of fields that are looked at; more are no logs
_FEW = 2_000  # lines looked at where each column could be many fields
_ENOUGH = 0.5  # share of the lines that have to fit a layout
_MOST_WAYS = 500
_LEAST_BYTES = 20  # of a packet: the header of IPv4
_EXAMPLE = " ".join(f.aws for f in VPC_FIELDS[:4])


def formats_of(text: pa.Array) -> tuple[LogFormat, ...]:
    """The formats of tidy lines without header; the most frequent first.

    Raises:
        FormatError: The format of the most frequent kind of line is not certain.
    """
    text = text.slice(0, SAMPLE)
    lengths = np.asarray(pc.count_substring(text, " ")) + 1
    numbers, counts = np.unique(lengths, return_counts=True)
    by_count = [int(numbers[place]) for place in np.argsort(-counts, kind="stable")[:_MOST_KINDS]]
    formats = []
    for place, length in enumerate(by_count):
        texts = _texts(text.filter(pa.array(lengths == length)), length)
        found = format_of(texts, strictly=place > 0)
        if found is not None:
            formats.append(found)
        elif place == 0 and not _any_certain(text, lengths, by_count[1:]):
            raise _refusal(text, lengths == length, length)
    return tuple(formats)


def _any_certain(text: pa.Array, lengths: npt.NDArray[np.int64], others: Sequence[int]) -> bool:
    """Whether lines that are no records are merely more than the records."""
    return any(
        format_of(_texts(text.filter(pa.array(lengths == length)), length), strictly=True)
        for length in others
    )


def _refusal(text: pa.Array, mask: npt.NDArray[np.bool_], length: int) -> FormatError:
    line = text.filter(pa.array(mask))[0].as_py()
    shown = line if len(line) <= 120 else f"{line[:120]}..."
    return FormatError(
        f"There is no header, and which fields these are ({number_of(length, 'values')}) is not "
        f"certain: {shown}",
        f'Give the format in the order of the values: --format "{_EXAMPLE} ..."',
    )


def _texts(text: pa.Array, length: int) -> pa.Table:
    if length > _MOST_FIELDS:
        return pa.table({})
    columns = [str(place) for place in range(length)]
    return fast.texts(text, columns)


def in_shape(texts: pa.Table) -> npt.NDArray[np.bool_]:
    """Which rows have, in every column, a value of the shape of the column's field."""
    good = np.ones(len(texts), dtype=bool)
    for name in texts.column_names:
        known = find_field(name)
        if known is not None:
            words = texts[name].combine_chunks().dictionary_encode()
            shaped = shapes.are_in_shape(known, words.dictionary).take(words.indices)
            good &= np.asarray(pc.fill_null(shaped, known.aws not in shapes.NEVER_MISSING))
    return good


def format_of(texts: pa.Table, *, strictly: bool) -> LogFormat | None:
    """The format of lines that have all the same number of fields, or None if not certain.

    Args:
        texts: The values, a column a field.
        strictly: Whether the version in the lines has to be that of the fields, as it is in all
            that AWS writes. Without it a line of version 3 cut off would pass for version 2.
    """
    if not len(texts):
        return None
    for layout in _layouts(texts.num_columns):
        named = texts.rename_columns(list(layout))
        good = in_shape(named)
        if good.mean() >= _ENOUGH and _agree(named.filter(pa.array(good)), strictly):
            return _format(layout)
    if texts.num_columns < _FEWEST_IN_ORDER:
        return None
    possible = _possible(texts := texts.slice(0, _FEW))
    found = {names for order in _orders() for names in _in_order(texts, possible, order)}
    return _format(found.pop()) if len(found) == 1 else None


def _agree(named: pa.Table, with_version: bool = True, least_bytes: int = 1) -> bool:
    """Whether columns that depend on each other do so: times, counts and the version."""
    names = named.column_names
    if {"start", "end"} <= set(names) and not _ordered(named, "start", "end", 1):
        return False
    # Whole layouts stand on their order already: there only most of the lines need agree.
    share = 1.0 if least_bytes > 1 else _ENOUGH
    counts = {"packets", "bytes"} <= set(names)
    if counts and not _ordered(named, "packets", "bytes", least_bytes, share):
        return False
    if not with_version or "version" not in names:
        return True
    newest = 6 if _is_transit(names) else max(field(name).version for name in names)
    return bool(pc.unique(named["version"]).to_pylist() == [str(newest)])


def _ordered(named: pa.Table, less: str, more: str, factor: int, share: float = 1.0) -> bool:
    small, large = (named[name].cast(pa.int64()) for name in (less, more))
    right = pc.mean(pc.less_equal(pc.multiply(small, factor), large)).as_py()
    return right is None or right >= share


def _in_order(
    texts: pa.Table, possible: list[frozenset[str]], order: Sequence[str]
) -> set[tuple[str, ...]]:
    """The ways to read the columns as fields in this order; several where it may be too many."""
    if sum(column.null_count == len(column) for column in texts.columns) * 2 > len(possible):
        return set()
    found: set[tuple[str, ...]] = set()
    for version in _versions(texts):
        known = [name for name in order if field(name).version <= version]
        ways = _ways(possible, known)
        if ways is None:
            return {("too", "many"), ("ways",)}
        for names in ways:
            named = texts.rename_columns(list(names))
            if _agree(named.filter(pa.array(in_shape(named))), least_bytes=_LEAST_BYTES):
                found.add(names)
    return found


def _versions(texts: pa.Table) -> set[int]:
    """What the lines' version could be: a number that a whole column holds, or any."""
    constant = [pc.unique(column).to_pylist() for column in texts.columns]
    words = {values[0] for values in constant if len(values) == 1}
    newest = max(f.version for f in VPC_FIELDS)
    return {v for v in range(2, newest + 1) if str(v) in words} or {newest}


def _ways(possible: list[frozenset[str]], order: Sequence[str]) -> list[tuple[str, ...]] | None:
    """All ways to take a field of each set such that they come in order; None if too many."""
    counts: list[dict[int, int]] = [{-1: 1}]
    for fields in possible:
        before = counts[-1]
        reached = {
            place: sum(count for earlier, count in before.items() if earlier < place)
            for place, name in enumerate(order)
            if name in fields
        }
        counts.append({place: count for place, count in reached.items() if count})
    if sum(counts[-1].values()) > _MOST_WAYS:
        return None
    # Back from the end along places that the start leads to: no more ends than ways in all.
    ends: dict[int, list[tuple[str, ...]]] = {len(order): [()]}
    for reached in reversed(counts[1:]):
        ends = {
            place: [
                (order[place], *end)
                for later, all_ in ends.items()
                if later > place
                for end in all_
            ]
            for place in reached
        }
    return [way for ways in ends.values() for way in ways]


def _possible(texts: pa.Table) -> list[frozenset[str]]:
    return [shapes.possible(column.combine_chunks()) for column in texts.columns]


def _format(names: Sequence[str]) -> LogFormat:
    return LogFormat(tuple(column_name(name) for name in names))


@cache
def _orders() -> tuple[tuple[str, ...], ...]:
    """Orders in which people list fields: AWS's tables, and the alphabet."""
    vpc = tuple(f.aws for f in VPC_FIELDS)
    transit = tuple(f.aws for f in FIELDS if f.aws in DEFAULT_TRANSIT_FORMAT)
    return vpc, tuple(sorted(vpc)), DEFAULT_TRANSIT_FORMAT, tuple(sorted(transit))


@cache
def _layouts(length: int) -> tuple[tuple[str, ...], ...]:
    """Whole layouts of that length: all fields up to a version, or all of a transit gateway."""
    versions = sorted({f.version for f in VPC_FIELDS})
    up_to = [tuple(f.aws for f in VPC_FIELDS if f.version <= version) for version in versions]
    layouts = [*up_to, DEFAULT_TRANSIT_FORMAT]
    layouts += [tuple(sorted(layout)) for layout in layouts]
    return tuple(layout for layout in layouts if len(layout) == length)


def _is_transit(names: Sequence[str]) -> bool:
    return any(f.aws in names for f in TRANSIT_ONLY_FIELDS)
