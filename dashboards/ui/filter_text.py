"""The text of a filter, changed as clicks and chips ask for it; knows no Streamlit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from vpcflow_core.errors import MisuseError
from vpcflow_core.flow_logs.sets import require_sets
from vpcflow_core.query.dimensions import DIMENSIONS, filterable
from vpcflow_core.query.filters import Filter, Filters, parse_filter
from vpcflow_core.query.names import FIELDS, is_named
from vpcflow_core.query.terms import Exact, Term

DECISIONS = DIMENSIONS["action"].words
NO_SETS: Mapping[str, Iterable[str]] = {}


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
    """Why the text is no filter for the field, named as its box is; "" if it is one."""
    try:
        require_sets(Filters.parse([(name, text)] if text else []))
    except MisuseError as error:
        what = error.what
        if what.startswith(f"{name}: "):
            what = f"{filterable(name).title}{what.removeprefix(name)}"
        return f"{what} {error.next_step}".strip()
    return ""


def understood(
    field: str, text: str, names: Iterable[str], sets: Mapping[str, Iterable[str]] = NO_SETS
) -> str:
    """A text of a box of addresses, in which names are marked as what they name.

    Args:
        field: Of the box.
        text: What was typed.
        names: Of interfaces.
        sets: Names of zones and watch lists, by `zone` and `watch`.

    >>> understood("srcaddr", "Germany, !Prod-Web-1, elsewhere", ["prod-web-1"])
    'country:DE, !name:Prod-Web-1, elsewhere'
    """
    known = {name.lower(): f"{about}:{name}" for about, of in sets.items() for name in of}
    known |= {name.lower(): "" for name in names}
    return ", ".join(_marked(field, piece.strip(), known) for piece in text.split(","))


def _marked(field: str, piece: str, known: Mapping[str, str]) -> str:
    bang, plain = ("!", piece[1:].strip()) if piece.startswith("!") else ("", piece)
    if not plain or not filter_problem(field, plain):
        return piece
    if plain.lower() in known:
        return bang + (known[plain.lower()] or f"name:{plain}")
    country = f"country:{plain}"
    return piece if filter_problem(field, country) else f"{bang}{parse_filter(field, country)}"


def suggestion(field: str, text: str, names: Mapping[str, str]) -> str:
    """That a value of a filter is no name there is, and which come close; "" where all are."""
    if field not in FIELDS or not names:
        return ""
    values = [str(t.value) for t in parse_filter(field, text).any_of if isinstance(t, Exact)]
    unknown = next((value for value in values if not is_named(field, names, value)), None)
    if unknown is None:
        return ""
    near = near_names(unknown, names)
    return f"'{unknown}' is no name here. {near}".strip()


def near_names(text: str, names: Mapping[str, str]) -> str:
    """The names that a text is part of, or that are like it, as a sentence; "" without any.

    >>> near_names("web-1", {"eni-1": "prod-web-1", "eni-2": "db"})
    'There are: prod-web-1.'
    """
    known = sorted({name for name in names.values() if text.lower() in name.lower()})
    near = known or get_close_matches(text, sorted(set(names.values())), 5)
    return f"There are: {', '.join(near[:8])}." if text and near else ""


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
