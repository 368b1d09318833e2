"""Writes country.mmdb in the GeoIP2-Country schema; a tool for maintainers, needs mmdb-writer.

    python data/make_country.py geo-whois-asn-country.mmdb iptoasn-country.mmdb

Inputs are the ip-location-db project's flat databases ({"country_code": "US"}); why these two, and
why the second one corrects the first, is in docs/decisions/country-database.md.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from functools import cache
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any

import maxminddb
from mmdb_writer import MMDBWriter
from netaddr import IPNetwork, IPSet

HERE = Path(__file__).parent
Network = IPv4Network | IPv6Network

# Holders of an IPv6 block of APNIC's whose own whois entry is missing show up as Australia, where
# APNIC sits. Singapore and Hong Kong stay out: their networks do serve Australia (measured).
APNIC = """
    AF BD BN BT CN FJ GU ID IN JP KH KI KR LA LK MH MM MN MO MV MY NC NP NR NZ PF PG PH PK PW SB
    TH TL TO TV TW VN VU WS
""".split()  # noqa: SIM905 - a list of codes reads better as text
CONTINENTS = {
    "AF": "Africa",
    "AN": "Antarctica",
    "AS": "Asia",
    "EU": "Europe",
    "NA": "North America",
    "OC": "Oceania",
    "SA": "South America",
}


class Writer(MMDBWriter):
    """A writer whose build date is that of the source, not that of the conversion."""

    epoch = 0

    def _build_meta(self) -> dict[str, Any]:
        return {**super()._build_meta(), "build_epoch": self.epoch}


@cache
def known() -> dict[str, dict[str, Any]]:
    """GeoIP2-Country record by alpha-2 code, from countries.csv."""
    with (HERE / "countries.csv").open(newline="") as file:
        return {row["alpha2"]: record(row) for row in csv.DictReader(file)}


def record(row: dict[str, str]) -> dict[str, Any]:
    """One country as GeoIP2 has it."""
    continent = row["continent"]
    return {
        "continent": {"code": continent, "names": {"en": CONTINENTS[continent]}},
        "country": {"iso_code": row["alpha2"], "names": {"en": row["name"]}},
    }


def native(network: Network) -> bool:
    """Whether it is real IPv6; the reader gives IPv4 networks as such or below ::/96."""
    return network.version == 6 and int(network.network_address) >> 96 != 0


def entries(base: maxminddb.Reader, other: maxminddb.Reader) -> Iterator[tuple[str, str]]:
    """Networks and country codes, wide ones before the corrections inside them."""
    for network, found in base:
        code = found["country_code"]
        if code == "AU" and native(network):
            answer, length = other.get_with_prefix_len(network.network_address)
            better = answer["country_code"] if answer else ""
            if length <= network.prefixlen and better in APNIC:
                code = better
        yield str(network), code
    for network, found in other:
        if native(network) and found["country_code"] in APNIC:
            answer, length = base.get_with_prefix_len(network.network_address)
            if answer and answer["country_code"] == "AU" and length < network.prefixlen:
                yield str(network), found["country_code"]


def main(base_file: str, other_file: str) -> None:
    """Convert; prints the codes that are no country's and are dropped, retired ones mostly."""
    with maxminddb.open_database(base_file) as base, maxminddb.open_database(other_file) as other:
        writer = Writer(
            ip_version=6,
            database_type="vpcflow-Country",
            languages=["en"],
            description="geo-whois-asn-country (CC0, with data of nro.net)",
            ipv4_compatible=True,
        )
        writer.epoch = base.metadata().build_epoch
        dropped: dict[str, int] = {}
        for network, code in entries(base, other):
            if code in known():
                writer.insert_network(IPSet([IPNetwork(network)]), known()[code])
            else:
                dropped[code] = dropped.get(code, 0) + 1
    writer.to_db_file(str(HERE / "country.mmdb"))
    print("dropped:", dropped)


if __name__ == "__main__":
    main(*sys.argv[1:])
