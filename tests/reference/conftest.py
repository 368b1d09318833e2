"""A tiny GeoIP2 database, written by hand, so that the tests need no file of anybody's."""

import struct
from ipaddress import ip_network
from pathlib import Path

import pytest

MARKER = b"\xab\xcd\xefMaxMind.com"
BUILT = 1767225600  # 2026-01-01T00:00Z


# The widths that libmaxminddb insists on in the metadata; other numbers have 32 bits.
UINT16, UINT32, UINT64 = 5, 6, 9
WIDTHS = {
    "record_size": UINT16,
    "ip_version": UINT16,
    "binary_format_major_version": UINT16,
    "binary_format_minor_version": UINT16,
    "build_epoch": UINT64,
}


def encode(value, width=UINT32):
    """One value of MaxMind DB format 2.0: map, list, text, double or unsigned integer."""
    if isinstance(value, dict):
        items = (encode(key) + encode(item, WIDTHS.get(key, UINT32)) for key, item in value.items())
        return control(7, len(value)) + b"".join(items)
    if isinstance(value, list):
        return control(11, len(value)) + b"".join(map(encode, value))
    if isinstance(value, str):
        return control(2, len(value.encode())) + value.encode()
    if isinstance(value, float):
        return control(3, 8) + struct.pack(">d", value)
    body = value.to_bytes((value.bit_length() + 7) // 8)
    return control(width, len(body)) + body


def control(kind, size):
    """The byte before a value; kinds above 7 and sizes above 28 take one more."""
    short, more = (size, b"") if size < 29 else (29, bytes([size - 29]))
    return bytes([kind << 5 | short]) + more if kind <= 7 else bytes([short, kind - 7]) + more


def write_database(path: Path, kind: str, records: dict[str, dict], description: str = "") -> Path:
    """An IPv4 database of disjoint networks, 32-bit tree."""
    nodes, data, offsets = [[None, None]], b"", {}
    for network, record in records.items():
        offsets[network] = len(data)
        data += encode(record)
        block = ip_network(network)
        bits = [int(block.network_address) >> 31 - i & 1 for i in range(block.prefixlen)]
        node = 0
        for bit in bits[:-1]:
            if nodes[node][bit] is None:
                nodes.append([None, None])
                nodes[node][bit] = len(nodes) - 1
            node = nodes[node][bit]
        nodes[node][bits[-1]] = network
    count = len(nodes)

    def pointer(child):
        if child is None:
            return count
        return child if isinstance(child, int) else count + 16 + offsets[child]

    tree = b"".join(struct.pack(">II", pointer(left), pointer(right)) for left, right in nodes)
    metadata = {
        "node_count": count,
        "record_size": 32,
        "ip_version": 4,
        "database_type": kind,
        "binary_format_major_version": 2,
        "binary_format_minor_version": 0,
        "build_epoch": BUILT,
        "languages": ["en"],
        "description": {"en": description} if description else {},
    }
    path.write_bytes(tree + bytes(16) + data + MARKER + encode(metadata))
    return path


def city(code: str, country: str, name: str, latitude: float, longitude: float) -> dict:
    return {
        "city": {"names": {"en": name}},
        "country": {"iso_code": code, "names": {"en": country}},
        "location": {"latitude": latitude, "longitude": longitude},
    }


@pytest.fixture
def city_database(tmp_path: Path) -> Path:
    """London, a country without a point, a registered country only, and an empty record."""
    records = {
        "81.2.69.0/24": city("GB", "United Kingdom", "London", 51.5142, -0.0931),
        "89.160.20.0/24": {
            "city": {"names": {"en": "Linköping"}},
            "country": {"iso_code": "SE", "names": {"en": "Sweden"}},
        },
        "67.43.156.0/24": {"registered_country": {"iso_code": "BT", "names": {"en": "Bhutan"}}},
        "5.5.5.0/24": {"location": {"latitude": 1.0, "longitude": 2.0}},
    }
    return write_database(
        tmp_path / "cities.mmdb", "GeoLite2-City", records, "GeoLite2City database"
    )


@pytest.fixture
def country_database(tmp_path: Path) -> Path:
    records = {"8.8.8.0/24": {"country": {"iso_code": "FR", "names": {"en": "France"}}}}
    return write_database(tmp_path / "countries.mmdb", "GeoLite2-Country", records)


@pytest.fixture
def asn_database(tmp_path: Path) -> Path:
    records = {"8.8.8.0/24": {"autonomous_system_organization": "Google"}}
    return write_database(tmp_path / "networks.mmdb", "GeoLite2-ASN", records)
