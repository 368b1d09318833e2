"""One value of a filter: what people may write, as data.

Exact `10.0.0.1`, `443`, `ACCEPT`; a block `10.0.0.0/8`; a range `1024-65535`; a name `tcp`,
`https`; a country `country:US`; a zone `zone:office` or watch list `watch:threats`; a pattern
`eni-0a*`; `-` for a missing value; anything in double quotes stands for itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from vpcflow_core.errors import FilterError, closest
from vpcflow_core.fields import KINDS
from vpcflow_core.query.dimensions import Dimension
from vpcflow_core.query.ends import ADDRESS_OF
from vpcflow_core.reference import iana

COUNTRY = "country:"
NAME = "name:"
# Fields of which a set may be asked for: `srcaddr=zone:office`.
SET_FIELDS = (*ADDRESS_OF.values(), "address")
# What is said of an end by each kind of set.
_SAID_BY = {"zone": "zone", "watch": "watchlist"}
_SET = re.compile(r"(zone|watch):\s*([\w*-]+)", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,19}")
_RANGE = re.compile(r"(\d{1,19})\s*-\s*(\d{1,19})")
_PLAIN = re.compile(r'[^\s,"*!-](?:[^,"*]*[^\s,"*])?')


@dataclass(frozen=True, slots=True)
class Exact:
    """This value."""

    value: str | int

    def __str__(self) -> str:
        text = str(self.value)
        return text if _PLAIN.fullmatch(text) else '"' + text.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class Address:
    """This address, in any of its written forms."""

    address: IPv4Address | IPv6Address

    def __str__(self) -> str:
        return str(self.address)


@dataclass(frozen=True, slots=True)
class Block:
    """Any address of this block."""

    network: IPv4Network | IPv6Network

    def __str__(self) -> str:
        return str(self.network)


@dataclass(frozen=True, slots=True)
class Country:
    """Any address that lies in this country, by the GeoIP database.

    Attributes:
        code: Its two letters.
        is_bare: Whether the filter is about countries alone, and needs no `country:`.
    """

    code: str
    is_bare: bool = False

    def __str__(self) -> str:
        return self.code if self.is_bare else f"{COUNTRY}{self.code}"


@dataclass(frozen=True, slots=True)
class NamedOwner:
    """Any address of an interface that is called so."""

    name: str

    def __str__(self) -> str:
        return f"{NAME}{self.name}"


@dataclass(frozen=True, slots=True)
class InSet:
    """Any address of a zone or of a watch list.

    Attributes:
        about: The kind of set: `zone` or `watch`.
        name: Of the set; with `*` a pattern.
    """

    about: str
    name: str

    def __str__(self) -> str:
        return f"{self.about}:{self.name}"

    @property
    def says(self) -> Exact | Pattern:
        """The same of the column that says the set."""
        return Pattern(self.name.lower()) if "*" in self.name else Exact(self.name)

    def column(self, address: str) -> str:
        """The column that says the set of an end, by the end's address."""
        says = _SAID_BY[self.about]
        return next(f"{end}{says}" for end, of in ADDRESS_OF.items() if of == address)


@dataclass(frozen=True, slots=True)
class AddressesOf:
    """One of these addresses; what a country or a name stands for once the logs were asked."""

    name: str
    addresses: tuple[str, ...]

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Span:
    """Any number from `low` to `high`, both included."""

    low: int
    high: int

    def __str__(self) -> str:
        return f"{self.low}-{self.high}"


@dataclass(frozen=True, slots=True)
class Named:
    """The numbers that bear this name."""

    name: str
    numbers: tuple[int, ...]

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Pattern:
    """Any text like this; `*` stands for any characters, case does not matter."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Missing:
    """No value, as AWS writes it: `-`."""

    def __str__(self) -> str:
        return "-"


Term = (
    Exact
    | Address
    | Block
    | Country
    | NamedOwner
    | InSet
    | AddressesOf
    | Span
    | Named
    | Pattern
    | Missing
)


def read_term(text: str, dimension: Dimension) -> Term:
    """The value that `text` tells of, for that dimension.

    Raises:
        FilterError: It cannot be one; says why, and what comes close.
    """
    if text == "-":
        return Missing()
    if dimension.name == "country":
        return replace(_country(text.strip('"'), dimension), is_bare=True)
    if text.startswith('"'):
        return _quoted(text, dimension)
    if dimension.name in SET_FIELDS and (of_set := _SET.fullmatch(text)):
        return InSet(of_set[1].lower(), of_set[2])
    if "*" in text:
        return _pattern(text, dimension)
    if dimension.kind == "address":
        if text.lower().startswith(NAME) and text[len(NAME) :].strip():
            return NamedOwner(text[len(NAME) :].strip())
        by_country = text.lower().startswith(COUNTRY)
        return _country(text, dimension) if by_country else _address(text, dimension)
    if dimension.is_number:
        return _number(text, dimension)
    return Exact(_word(text, dimension))


def _quoted(text: str, dimension: Dimension) -> Term:
    plain = text[1:-1].replace('""', '"')
    if dimension.kind == "address" or dimension.is_number:
        return read_term(plain.strip().strip('"'), dimension)
    return Exact(plain)


def _pattern(text: str, dimension: Dimension) -> Pattern:
    if dimension.is_number and not re.fullmatch(r"[\d*]+", text):
        raise FilterError(
            f"{dimension.name}: '{text}' is not a pattern of numbers.",
            "Write digits and * (80*), a range (1024-65535), or the whole name.",
        )
    return Pattern(text.lower())


def _address(text: str, dimension: Dimension) -> Address | Block:
    try:
        # A block may be written with bits of an address set: 10.1.2.3/8 is 10.0.0.0/8.
        if "%" not in text:
            return (
                Block(ip_network(text, strict=False)) if "/" in text else Address(ip_address(text))
            )
    except ValueError:
        pass
    what = "an address block" if "/" in text else "an address"
    raise FilterError(
        f"{dimension.name}: '{text}' is not {what}.",
        "Write 10.0.0.1, 10.0.0.0/8, 2001:db8::/32, 10.0.*, country:US or zone:office; "
        "! in front excludes.",
    )


def _country(text: str, dimension: Dimension) -> Country:
    """A country by its code or its English name."""
    from vpcflow_core.reference.geoip import label_points  # the readers of databases come with it

    wanted = text[len(COUNTRY) :] if text.lower().startswith(COUNTRY) else text
    wanted = wanted.strip()
    places = label_points()
    code = next(
        (c for c, p in places.items() if wanted.lower() in (c.lower(), p.country_name.lower())), ""
    )
    if not code:
        known = {place.country_name: code for code, place in places.items()}
        raise FilterError(
            f"{dimension.name}: '{wanted}' is not a country.",
            f"{closest(wanted, known)}  Write its two letters: country:US".strip(),
        )
    return Country(code)


def _number(text: str, dimension: Dimension) -> Exact | Span | Named:
    if _NUMBER.fullmatch(text):
        return Exact(_in_range(int(text), dimension))
    ends = _RANGE.fullmatch(text)
    if ends is None:
        return _named(text, dimension)
    low, high = (_in_range(int(end), dimension) for end in ends.groups())
    if low > high:
        raise FilterError(
            f"{dimension.name}: the range {text} ends before it begins.", f"Write {high}-{low}."
        )
    return Span(low, high)


def _in_range(number: int, dimension: Dimension) -> int:
    kind = KINDS[dimension.kind]
    if kind.highest is not None and number > kind.highest:
        raise FilterError(
            f"{dimension.name}: {number} is too large.",
            f"Its values go from {kind.lowest} to {kind.highest}.",
        )
    return number


def _named(text: str, dimension: Dimension) -> Named:
    name = text.lower()
    if dimension.name == "protocol":
        number = iana.protocol_number(name)
        if number is not None:
            return Named(name, (number,))
        raise _unknown_name(text, dimension, "an IANA protocol", iana.closest_protocol(name))
    if dimension.kind == "port":
        ports = tuple(sorted(iana.service_ports(name)))
        if ports:
            return Named(name, ports)
        raise _unknown_name(text, dimension, "an IANA service", iana.closest_service(name))
    raise FilterError(
        f"{dimension.name}: '{text}' is not a whole number.", "Write 7, 1-7 or a list: 1, 3, 5."
    )


def _unknown_name(text: str, dimension: Dimension, what: str, near: str | None) -> FilterError:
    hint = f"Did you mean {near}?  " if near else ""
    return FilterError(
        f"{dimension.name}: '{text}' is neither a number nor the name of {what}.",
        f"{hint}Write a number, a range (1024-65535) or a name.",
    )


def _word(text: str, dimension: Dimension) -> str:
    known = dimension.words
    if not known:
        return text
    found = next((word for word in known if word.lower() == text.lower()), None)
    if found is None:
        hint = closest(text, [word.lower() for word in known])
        raise FilterError(
            f"{dimension.name}: '{text}' is not one of its values.",
            f"{hint}  Its values: {', '.join(known)}.".strip(),
        )
    return found
