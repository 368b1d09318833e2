"""Filters by country: `srcaddr=country:US` becomes the addresses in it that the logs really have.

Databases tell the place of an address, not the addresses of
a place: so the addresses of the window are asked for first, and looked up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from vpcflow_core.query.dimensions import filterable
from vpcflow_core.query.filters import Filter, Filters
from vpcflow_core.query.terms import AddressesOf, Country, Term

# Gives the country codes of all addresses that a field has, under the other filters.
CountriesOf = Callable[[str, Filters], dict[str, str]]


def resolved(filters: Filters, countries_of: CountriesOf) -> Filters:
    """The filters with the addresses in place of countries.

    Args:
        filters: As a person wrote them.
        countries_of: Gives the country of each address of a field, of records that meet filters;
            addresses without a country are missing.
    """
    if not any(_countries(item) for item in filters):
        return filters
    plain = Filters(tuple(item for item in filters if not _countries(item)))
    return Filters(tuple(_resolved(item, plain, countries_of) for item in filters))


def _countries(item: Filter) -> list[Country]:
    return [term for term in (*item.any_of, *item.none_of) if isinstance(term, Country)]


def _resolved(item: Filter, plain: Filters, countries_of: CountriesOf) -> Filter:
    """One filter with addresses for countries."""
    if not _countries(item):
        return item
    found = {
        address: code
        for column in filterable(item.field).columns
        for address, code in countries_of(column, plain).items()
    }

    def terms(of: Iterable[Term]) -> tuple[Term, ...]:
        return tuple(_addresses(term, found) if isinstance(term, Country) else term for term in of)

    return replace(item, any_of=terms(item.any_of), none_of=terms(item.none_of))


def _addresses(term: Country, countries: dict[str, str]) -> AddressesOf:
    own = tuple(address for address, code in countries.items() if code == term.code)
    return AddressesOf(str(term), own)
