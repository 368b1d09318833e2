"""Filters as data: what a person wrote about a field, read and checked.

AND between fields, OR within one. `!` in front excludes: `!80` alone, `!80, 443` the whole list,
`10.0.0.0/8, !10.1.0.0/16` that one value. A record without a value never meets a positive filter
and always passes a negated one, for it does not have the value that is excluded.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from vpcflow_core.errors import FilterError
from vpcflow_core.query.dimensions import filterable
from vpcflow_core.query.terms import Exact, InSet, Term, read_term

# What Python callers may pass as a filter's value.
Value: TypeAlias = "str | int | Iterable[str | int]"

_PIECE = re.compile(r'\s*(!?)\s*("(?:[^"]|"")*"|[^,"!\s](?:[^,"]*[^,"\s])?)\s*')


@dataclass(frozen=True, slots=True)
class Filter:
    """What is asked of one field.

    Attributes:
        field: Name of a dimension, or of what stands for either end: `address`, `port`.
        any_of: The value must be one of these; empty: any value will do.
        none_of: The value must be none of these.
    """

    field: str
    any_of: tuple[Term, ...] = ()
    none_of: tuple[Term, ...] = ()

    def __str__(self) -> str:
        """The text that `parse_filter` reads back to this filter."""
        return ", ".join([*map(str, self.any_of), *(f"!{term}" for term in self.none_of)])


@dataclass(frozen=True, slots=True)
class Filters:
    """Filters that must all be met."""

    items: tuple[Filter, ...] = ()

    @staticmethod
    def parse(
        texts: Mapping[str, Value] | Iterable[tuple[str, Value]], extra: Collection[str] = ()
    ) -> Filters:
        """Filters from field names and what was written about them; blank texts are no filter.

        Args:
            texts: `{"srcaddr": "10.0.0.0/8"}`, or pairs; a field may come more than once.
            extra: Columns of the store, for fields outside the field table.

        Raises:
            FieldError: No such field.
            FilterError: A value cannot be read; names the field.
        """
        pairs = texts.items() if isinstance(texts, Mapping) else texts
        written = [(name, as_text(value)) for name, value in pairs]
        return Filters(tuple(parse_filter(n, text, extra) for n, text in written if text.strip()))

    def __and__(self, other: Filters) -> Filters:
        return Filters(self.items + tuple(item for item in other.items if item not in self.items))

    def __iter__(self) -> Iterator[Filter]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __str__(self) -> str:
        return "; ".join(f"{item.field}={item}" for item in self.items)

    def without(self, field: str) -> Filters:
        """All but those of that field."""
        return Filters(tuple(item for item in self.items if item.field != field))

    def columns(self, extra: Collection[str] = ()) -> tuple[str, ...]:
        """The columns of `flows` that they look at; `extra` as in `parse`."""
        names = [n for item in self.items for n in filterable(item.field, extra).columns]
        names += [
            term.column(column)
            for item in self.items
            for term in (*item.any_of, *item.none_of)
            if isinstance(term, InSet)
            for column in filterable(item.field, extra).columns
        ]
        return tuple(dict.fromkeys(names))

    def texts(self) -> dict[str, str]:
        """Text by field, as the address bar holds it (the last one of a field wins)."""
        return {item.field: str(item) for item in self.items}


NO_FILTERS = Filters()


def parse_filter(name: str, text: str, extra: Collection[str] = ()) -> Filter:
    """The filter that was written.

    Raises:
        FieldError: No such field.
        FilterError: The text cannot be read; says why.
    """
    wanted = filterable(name, extra)
    pieces = [(bang, read_term(value, wanted)) for bang, value in _pieces(wanted.name, text)]
    all_negated = bool(pieces[0][0])
    none_of = tuple(term for bang, term in pieces if bang or all_negated)
    return Filter(wanted.name, () if all_negated else tuple(t for b, t in pieces if not b), none_of)


def _pieces(name: str, text: str) -> list[tuple[str, str]]:
    """The values of a list, each with its `!` or nothing."""
    pieces, place = [], 0
    while place <= len(text):
        match = _PIECE.match(text, place)
        if match is None or (match.end() < len(text) and text[match.end()] != ","):
            raise FilterError(
                f"{name}: '{text}' cannot be read at '{text[place:].strip() or 'its end'}'.",
                'Write values with commas between: a, b; in double quotes what has commas: "a, b".',
            )
        pieces.append((match[1], match[2]))
        place = match.end() + 1
    return pieces


def as_text(value: Value) -> str:
    """A filter's text from a Python value: numbers and lists become what a person would write."""
    if isinstance(value, str):
        return value
    if isinstance(value, Iterable):
        return ", ".join(map(str, value))
    return str(value)


def exactly(value: str | int) -> str:
    """The text of the filter for just this value, whatever characters it has."""
    return str(Exact(value))
