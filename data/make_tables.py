"""Writes countries.csv and services.csv; a tool for maintainers, needs the standard library alone.

    python data/make_tables.py --atlas world-atlas/countries-10m.json \
        --ports port-numbers/index.json --iso iso_3166-1.json --zones /usr/share/zoneinfo

Where each input comes from, and its licence, is in data/README.md.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
Ring = list[tuple[float, float]]
Point = tuple[float, float]

CONTINENTS = {
    "AF": "DZ AO BJ BW BF BI CV CM CF TD KM CG CD CI DJ EG GQ ER SZ ET GA GM GH GN GW KE LS LR LY "
    "MG MW ML MR MU YT MA MZ NA NE NG RE RW SH ST SN SC SL SO ZA SS SD TZ TG TN UG EH ZM ZW",
    "AN": "AQ BV GS HM TF",
    "AS": "AF AM AZ BH BD BT BN KH CN CX CC GE HK IN ID IR IQ IL JP JO KZ KW KG LA LB MO MY MV MN "
    "MM NP KP OM PK PS PH QA SA SG KR LK SY TW TJ TH TR TM AE UZ VN YE IO TL",
    "EU": "AX AL AD AT BY BE BA BG HR CY CZ DK EE FO FI FR DE GI GR GG HU IS IE IM IT JE LV LI LT "
    "LU MT MD MC ME NL MK NO PL PT RO RU SM RS SK SI ES SJ SE CH UA GB VA XK",
    "NA": "AI AG AW BS BB BZ BM BQ CA KY CR CU CW DM DO SV GL GD GP GT HT HN JM MQ MX MS NI PA PR "
    "BL KN LC MF PM VC SX TT TC US VG VI",
    "OC": "AS AU CK FJ PF GU KI MH FM NR NC NZ NU NF MP PW PG PN WS SB TK TO TV UM VU WF",
    "SA": "AR BO BR CL CO EC FK GF GY PY PE SR UY VE",
}

# The tz list is short and plain; these few are clearer otherwise.
NAMES = {
    "AS": "American Samoa",
    "BQ": "Caribbean Netherlands",
    "CC": "Cocos Islands",
    "CD": "DR Congo",
    "CG": "Congo",
    "CI": "Ivory Coast",
    "CZ": "Czechia",
    "EH": "Western Sahara",
    "FM": "Micronesia",
    "GB": "United Kingdom",
    "HM": "Heard and McDonald Islands",
    "KP": "North Korea",
    "KR": "South Korea",
    "MF": "Saint Martin",
    "MM": "Myanmar",
    "PS": "Palestine",
    "SX": "Sint Maarten",
    "SZ": "Eswatini",
    "TF": "French Southern Territories",
    "UM": "US Minor Outlying Islands",
    "VG": "British Virgin Islands",
    "VI": "US Virgin Islands",
    "WS": "Samoa",
}

# Kosovo has no ISO code; databases and maps use this one, which ISO leaves to its users.
KOSOVO = {"alpha_2": "XK", "alpha_3": "XKX", "numeric": "", "name": "Kosovo"}

# No outline of its own and no zone; round the pole; the largest island is not the main one.
POINTS: dict[str, Point] = {"BV": (-54.42, 3.36), "AQ": (-80.0, 30.0), "KI": (1.42, 173.0)}

# The registry has several names for these ports; the package keeps the last one.
PREFERRED = {80: "http", 3478: "stun", 5349: "stuns"}
# Blocks that the registry assigns as one line and the package leaves out.
PORT_BLOCKS = ((6000, 6063, "x11"), (6665, 6669, "ircu"), (27000, 27009, "flex-lm"))


def arcs(atlas: dict[str, Any]) -> list[Ring]:
    """Undo TopoJSON's quantised differences: longitude and latitude in degrees."""
    (scale_x, scale_y), (shift_x, shift_y) = (
        atlas["transform"]["scale"],
        atlas["transform"]["translate"],
    )
    rings = []
    for arc in atlas["arcs"]:
        x = y = 0
        ring = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            ring.append((x * scale_x + shift_x, y * scale_y + shift_y))
        rings.append(ring)
    return rings


def outlines(geometry: dict[str, Any], lines: Sequence[Ring]) -> Iterator[Ring]:
    """The outer ring of every polygon of a country."""
    shapes = geometry.get("arcs", [])
    for polygon in [shapes] if geometry["type"] == "Polygon" else shapes:
        parts = (lines[i] if i >= 0 else lines[~i][::-1] for i in polygon[0])
        yield unwrapped(list(chain.from_iterable(parts)))


def unwrapped(ring: Ring) -> Ring:
    """The ring without its jump at the date line: longitudes may leave -180 to 180 degrees."""
    turn, result = 0.0, ring[:1]
    for (before, _), (x, y) in pairwise(ring):
        turn += -360.0 if x - before > 180 else 360.0 if x - before < -180 else 0.0
        result.append((x + turn, y))
    return result


def centroid(ring: Ring) -> tuple[float, Point]:
    """Area (equal-area units) and centroid (latitude, longitude in degrees) of a ring."""
    west, south = ring[0][0], math.sin(math.radians(ring[0][1]))
    flat = [(x - west, math.sin(math.radians(y)) - south) for x, y in ring]
    area = east = north = 0.0
    for (x0, y0), (x1, y1) in pairwise([*flat, flat[0]]):
        cross = x0 * y1 - x1 * y0
        area += cross
        east += (x0 + x1) * cross
        north += (y0 + y1) * cross
    if not area:
        return 0.0, (ring[0][1], ring[0][0])
    sine = min(1.0, max(-1.0, south + north / (3 * area)))  # slivers of no width go astray
    latitude = math.degrees(math.asin(sine))
    return abs(area), (latitude, west + east / (3 * area))


def inside(ring: Ring, point: Point) -> Point:
    """The point, moved along its latitude into the widest part of the ring if it lies outside."""
    latitude, longitude = point
    crossings = sorted(
        x0 + (latitude - y0) / (y1 - y0) * (x1 - x0)
        for (x0, y0), (x1, y1) in pairwise([*ring, ring[0]])
        if (y0 > latitude) != (y1 > latitude)
    )
    spans = list(zip(crossings[::2], crossings[1::2], strict=True))
    if not spans or any(west <= longitude <= east for west, east in spans):
        return point
    west, east = max(spans, key=lambda span: span[1] - span[0])
    return latitude, (west + east) / 2


def label_points(atlas_file: Path) -> dict[str, Point]:
    """Point inside the largest part of each outline, by ISO numeric code (or name)."""
    atlas = json.loads(atlas_file.read_text())
    lines = arcs(atlas)
    best: dict[str, tuple[float, Point]] = {}
    for geometry in atlas["objects"]["countries"]["geometries"]:
        key = geometry.get("id") or geometry["properties"]["name"]
        for ring in outlines(geometry, lines):
            area, point = centroid(ring)
            if area > best.get(key, (0.0, point))[0]:
                best[key] = area, inside(ring, point)
    return {key: (lat, (lon + 180) % 360 - 180) for key, (_, (lat, lon)) in best.items()}


def zone_points(zones: Path) -> dict[str, Point]:
    """Place of each country's first tz zone: `+1234-05678` or `+123456-0567890` to degrees."""
    points: dict[str, Point] = {}
    for line in (zones / "zone.tab").read_text().splitlines():
        if not line.startswith("#"):
            code, place = line.split("\t")[:2]
            split = max(place.rfind("+"), place.rfind("-"))
            points.setdefault(code, (degrees(place[:split]), degrees(place[split:])))
    return points


def degrees(text: str) -> float:
    """`+DDMM`, `+DDDMM`, `+DDMMSS` or `+DDDMMSS` as degrees."""
    digits = text[1:]
    whole = 2 if len(digits) in (4, 6) else 3
    parts = (digits[:whole], digits[whole : whole + 2], digits[whole + 2 :] or "0")
    value = sum(int(part) / 60**power for power, part in enumerate(parts))
    return -value if text[0] == "-" else value


def tz_names(zones: Path) -> dict[str, str]:
    """Country names of the tz database by alpha-2 code."""
    lines = (zones / "iso3166.tab").read_text().splitlines()
    rows = (line.split("\t") for line in lines if not line.startswith("#"))
    return {code: name.replace(" & ", " and ").replace("St ", "Saint ") for code, name in rows}


def countries(atlas: Path, iso: Path, zones: Path) -> Iterator[list[str]]:
    """Rows of countries.csv."""
    outline, zone = label_points(atlas), zone_points(zones)
    names = tz_names(zones) | NAMES
    continent = {code: key for key, codes in CONTINENTS.items() for code in codes.split()}
    entries = [*json.loads(iso.read_text())["3166-1"], KOSOVO]
    for entry in sorted(entries, key=lambda entry: entry["alpha_2"]):
        code = entry["alpha_2"]
        name = names.get(code, entry["name"])
        point = POINTS.get(code) or outline.get(entry["numeric"]) or outline.get(name)
        latitude, longitude = point or zone[code]
        yield [code, entry["alpha_3"], name, continent[code], f"{latitude:.2f}", f"{longitude:.2f}"]


def services(ports: Path) -> Iterator[list[str]]:
    """Rows of services.csv: one preferred name a port and protocol, in order."""
    table = {
        (int(key.split("/")[0]), key.split("/")[1]): name
        for key, (name, _) in json.loads(ports.read_text()).items()
        if name
    }
    table |= {
        (port, protocol): name
        for first, last, name in PORT_BLOCKS
        for port in range(first, last + 1)
        for protocol in ("tcp", "udp")
        if (port, protocol) not in table
    }
    order = {"tcp": 0, "udp": 1, "sctp": 2, "dccp": 3}
    for port, protocol in sorted(table, key=lambda key: (key[0], order[key[1]])):
        yield [str(port), protocol, PREFERRED.get(port, table[port, protocol])]


def write(name: str, header: str, rows: Iterator[list[str]]) -> None:
    """A CSV file beside this script."""
    with (HERE / name).open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split(","))
        writer.writerows(rows)


def main() -> None:
    """Read the arguments, write both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    for name in ("atlas", "ports", "iso", "zones"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    given = parser.parse_args()
    rows = countries(given.atlas, given.iso, given.zones)
    write("countries.csv", "alpha2,alpha3,name,continent,latitude,longitude", rows)
    write("services.csv", "port,protocol,name", services(given.ports))


if __name__ == "__main__":
    main()
