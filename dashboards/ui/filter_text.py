"""The text of a filter, changed as clicks and chips ask for it; knows no Streamlit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vpcflow_core.errors import MisuseError
from vpcflow_core.query.dimensions import DIMENSIONS
from vpcflow_core.query.filters import Filter, Filters, parse_filter
from vpcflow_core.query.terms import Term

DECISIONS = DIMENSIONS["action"].words


@dataclass(frozen=True, slots=True)
class Chip:
    """One value of a filter in force.

    Attributes:
        field: Name of its field.
        value: Its text, without `!`.
        excluded: Whether it is left out.
    """

    field: str
    value: str
    excluded: bool


def filter_problem(name: str, text: str) -> str:
    """Why the text is no filter for the field, in words; "" if it is one."""
    try:
        Filters.parse([(name, text)] if text else [])
    except MisuseError as error:
        return f"{error.what} {error.next_step}".strip()
    return ""


def chips_of(field: str, text: str) -> list[Chip]:
    """Each value of a filter's text."""
    found = parse_filter(field, text)
    return [
        *(Chip(field, str(term), False) for term in found.any_of),
        *(Chip(field, str(term), True) for term in found.none_of),
    ]


def narrowed(field: str, text: str, value: str) -> str:
    """The text that lets through `value` alone; other exclusions stay: a click never widens."""
    return _changed(field, text, value, lambda f, v: Filter(f.field, v, _less(f.none_of, v)))


def excluding(field: str, text: str, value: str) -> str:
    """The text that leaves out `value` besides what it left out before."""
    return _changed(
        field,
        text,
        value,
        lambda f, v: Filter(f.field, _less(f.any_of, v), (*_less(f.none_of, v), *v)),
    )


def without(field: str, text: str, value: str) -> str:
    """The text without `value`."""
    return _changed(
        field, text, value, lambda f, v: Filter(f.field, _less(f.any_of, v), _less(f.none_of, v))
    )


def decision_of(text: str) -> str:
    """The one decision that a filter's text lets through; "" for both, or none."""
    found = parse_filter("action", text) if text.strip() else Filter("action")
    wanted = {str(term) for term in found.any_of} or set(DECISIONS)
    left = wanted - {str(term) for term in found.none_of}
    return left.pop() if len(left) == 1 else ""


def _changed(
    field: str, text: str, value: str, change: Callable[[Filter, tuple[Term, ...]], Filter]
) -> str:
    before = parse_filter(field, text) if text.strip() else Filter(field)
    after = str(change(before, parse_filter(field, value).any_of))
    return decision_of(after) if field == "action" else after


def _less(terms: tuple[Term, ...], gone: tuple[Term, ...]) -> tuple[Term, ...]:
    return tuple(term for term in terms if term not in gone)
