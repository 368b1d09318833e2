"""Filters by name: `interface_id=prod-web-1` also means the interfaces that are called so.

A name that stands on a chart may be typed as it stands there, with the id behind it or a part of
it: `prod-web-1 (eni-0b5a...)`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase

from vpcflow_core.query.filters import Filter, Filters
from vpcflow_core.query.terms import AddressesOf, Exact, NamedOwner, Pattern, Term

# Fields whose values have names.
FIELDS = ("interface_id", "instance_id", "subnet_id", "vpc_id", "security_group_id")
_ID = re.compile(r"(?:eni|i|subnet|vpc|sg)-[0-9a-f]*[*]?", re.IGNORECASE)
_LABEL = re.compile(r".* \(((?:eni|i|subnet|vpc|sg)-[0-9a-f]+)[\u2026.)]*", re.IGNORECASE)

# Gives the names by id of a field's values.
NamesOf = Callable[[str], Mapping[str, str]]
# Gives the addresses of what bears a name.
AddressesOfName = Callable[[str], Iterable[str]]


def with_names(filters: Filters, names_of: NamesOf, addresses_of: AddressesOfName) -> Filters:
    """The filters, in which names are what they stand for.

    Args:
        filters: As a person wrote them.
        names_of: Gives the names by id of a field; asked only where some value may be a name.
        addresses_of: Gives the addresses of interfaces by their name, in lower case.
    """
    if not any(_may_name(item) for item in filters):
        return filters

    def terms(item: Filter, of: tuple[Term, ...]) -> tuple[Term, ...]:
        return tuple(t for term in of for t in _meant(item.field, term, names_of, addresses_of))

    return Filters(
        tuple(
            replace(item, any_of=terms(item, item.any_of), none_of=terms(item, item.none_of))
            if _may_name(item)
            else item
            for item in filters
        )
    )


def is_named(field: str, names: Mapping[str, str], text: str) -> bool:
    """Whether a value is an id, or what something is called."""
    return not _is_name(Exact(text)) or bool(list(_ids(text, names))) or "*" in text


def _may_name(item: Filter) -> bool:
    terms = (*item.any_of, *item.none_of)
    if any(isinstance(term, NamedOwner) for term in terms):
        return True
    return item.field in FIELDS and any(_is_name(term) for term in terms)


def _is_name(term: Term) -> bool:
    text = str(term.value) if isinstance(term, Exact) else getattr(term, "text", "")
    return isinstance(term, Exact | Pattern) and _ID.fullmatch(text) is None


def _meant(
    field: str, term: Term, names_of: NamesOf, addresses_of: AddressesOfName
) -> Iterator[Term]:
    """The term, and what it stands for if it is a name."""
    if isinstance(term, NamedOwner):
        yield AddressesOf(str(term), tuple(addresses_of(term.name.lower())))
        return
    yield term
    if field in FIELDS and _is_name(term):
        text = str(term.value) if isinstance(term, Exact) else str(term)
        yield from (Exact(id) for id in _ids(text, names_of(field)))


def _ids(text: str, names: Mapping[str, str]) -> Iterator[str]:
    """The ids of what is called so."""
    if label := _LABEL.fullmatch(text):
        yield from (id for id in names if id.startswith(label[1].lower()))
        return
    wanted = text.lower()
    for id, name in names.items():
        plain = name.lower()
        if plain == wanted or ("*" in wanted and fnmatchcase(plain, wanted.replace("[", "[[]"))):
            yield id
