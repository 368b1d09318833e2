"""Names of protocols and ports as IANA's registries have them.

Names are found whatever their case, and under the few other names that people type. What the
registries do not know is None, an empty tuple or the number as text, never an error: the filters
say it in words.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import cache

from vpcflow_core.reference.files import data_file

# Names that people and other tools use for what IANA calls otherwise.
PROTOCOL_ALIASES = {
    "icmpv6": "ipv6-icmp",
    "icmp6": "ipv6-icmp",
    "ospf": "ospfigp",
    "udp-lite": "udplite",
    "6in4": "ipv6",
}
SERVICE_ALIASES = {
    "dns": "domain",
    "mssql": "ms-sql-s",
    "postgres": "postgresql",
    "rdp": "ms-wbt-server",
    "smb": "microsoft-ds",
    "www": "http",
}

TRANSPORTS = {6: "tcp", 17: "udp", 132: "sctp", 33: "dccp"}


def protocol_keyword(number: int) -> str:
    """IANA's keyword of a protocol number, the number as text where there is none.

    >>> protocol_keyword(6), protocol_keyword(58), protocol_keyword(200)
    ('TCP', 'IPv6-ICMP', '200')
    """
    return _keywords().get(number, str(number))


def protocol_number(name: str) -> int | None:
    """Number of a protocol given by keyword, alias or number; None where it is unknown.

    >>> protocol_number("tcp"), protocol_number("icmpv6"), protocol_number("17")
    (6, 58, 17)
    """
    word = name.strip().lower()
    if word.isdecimal():
        return int(word) if int(word) <= 255 else None
    return _protocol_numbers().get(PROTOCOL_ALIASES.get(word, word))


def closest_protocol(name: str) -> str | None:
    """The known protocol keyword or alias nearest to a name, None where nothing is near."""
    return _closest(name, [*_protocol_numbers(), *PROTOCOL_ALIASES])


def service_name(port: int, protocol: int | None = None) -> str | None:
    """IANA's service name of a port, None where the registry has none.

    Args:
        port: 0 to 65535.
        protocol: IP protocol number; without it, TCP's name comes before UDP's.

    >>> service_name(443, 6), service_name(514, 17), service_name(514), service_name(49152)
    ('https', 'syslog', 'shell', None)
    """
    names = _service_names()
    if protocol is not None:
        return names.get((port, TRANSPORTS.get(protocol, "")))
    return next((names[port, t] for t in TRANSPORTS.values() if (port, t) in names), None)


def service_ports(name: str, protocol: int | None = None) -> tuple[int, ...]:
    """Ports of a service given by name or alias, ascending; empty where it is unknown.

    >>> service_ports("https"), service_ports("RDP"), service_ports("no-such-service")
    ((443,), (3389,), ())
    """
    word = name.strip().lower()
    found = _service_ports().get(SERVICE_ALIASES.get(word, word), ())
    transports = TRANSPORTS.values() if protocol is None else [TRANSPORTS.get(protocol)]
    return tuple(sorted({port for port, transport in found if transport in transports}))


def port_label(port: int, protocol: int | None = None) -> str:
    """Port and service name together: `443 (https)`; the port alone where it has no name."""
    return _label(port, service_name(port, protocol))


def closest_service(name: str) -> str | None:
    """The known service name or alias nearest to a name, None where nothing is near."""
    return _closest(name, [*_service_ports(), *SERVICE_ALIASES])


def _label(number: int, name: str | None) -> str:
    return f"{number} ({name})" if name else str(number)


def _closest(name: str, known: Iterable[str]) -> str | None:
    word = name.strip().lower()
    near = get_close_matches(word, list(known), n=3)
    # Letters that changed places come first: difflib finds xtp as near to tpc as tcp.
    return min(near, key=lambda match: sorted(match) != sorted(word), default=None)


def _rows(name: str) -> Iterator[dict[str, str]]:
    with data_file(name).open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


@cache
def _keywords() -> dict[int, str]:
    return {int(row["number"]): row["keyword"] for row in _rows("protocols.csv") if row["keyword"]}


@cache
def _protocol_numbers() -> dict[str, int]:
    return {keyword.lower(): number for number, keyword in _keywords().items()}


@cache
def _service_names() -> dict[tuple[int, str], str]:
    return {(int(row["port"]), row["protocol"]): row["name"] for row in _rows("services.csv")}


@cache
def _service_ports() -> dict[str, list[tuple[int, str]]]:
    ports: dict[str, list[tuple[int, str]]] = {}
    for key, name in _service_names().items():
        ports.setdefault(name.lower(), []).append(key)
    return ports
