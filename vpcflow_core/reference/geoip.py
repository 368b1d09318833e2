"""Where on Earth an address is.

A city database has the place itself; a country database the country, whose label point
then stands for the place. Every database is read by geoip2's own reader.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

import pandas as pd
from geoip2.database import Reader
from geoip2.errors import AddressNotFoundError
from geoip2.models import City, Country
from maxminddb import InvalidDatabaseError

from vpcflow_core.errors import SettingsError
from vpcflow_core.redaction import redacting_logger
from vpcflow_core.reference.address_classes import AddressClass, classify, classify_one, pack
from vpcflow_core.reference.files import data_file

log = redacting_logger(__name__)

Kind = Literal["city", "country"]

# Where geoipupdate and the packages of Linux, FreeBSD and macOS put databases.
SYSTEM_FOLDERS = (
    "/var/lib/GeoIP",
    "/usr/share/GeoIP",
    "/usr/local/share/GeoIP",
    "/usr/local/var/GeoIP",
    "/opt/homebrew/var/GeoIP",
    "/opt/homebrew/share/GeoIP",
)
# Best first: a city says more than a country.
SYSTEM_NAMES = (
    "GeoIP2-City.mmdb",
    "GeoLite2-City.mmdb",
    "dbip-city*.mmdb",
    "GeoIP2-Country.mmdb",
    "GeoLite2-Country.mmdb",
    "dbip-country*.mmdb",
)

# Distinct addresses remembered by one object; about 30 MB when full.
REMEMBERED = 1 << 17


@dataclass(frozen=True, slots=True)
class Place:
    """Where an address is.

    Attributes:
        country: ISO 3166-1 alpha-2 code (`XK` for Kosovo).
        country_name: Its English name.
        city: English name, None where the database has countries only.
        latitude: Degrees north; the country's label point where the place is not known closer.
        longitude: Degrees east.
    """

    country: str
    country_name: str
    city: str | None
    latitude: float
    longitude: float


class Places:
    """Finds places by address in one database. Make it with `open`; safe to share by threads."""

    def __init__(self, reader: Reader, path: Path) -> None:
        self._reader = reader
        self._path = path
        self._read = reader.city if self.kind == "city" else reader.country
        self._find = lru_cache(maxsize=REMEMBERED)(self._look_up)

    @classmethod
    def open(cls, paths: Sequence[Path] = (), *, search_system: bool = True) -> Places:
        """Open the best database there is.

        Args:
            paths: Configured databases; where there are any, the first that knows cities is used,
                else the first.
            search_system: Whether to look in the system's places (`SYSTEM_FOLDERS`) when none is
                configured. The database that ships with vpcflow is what remains.

        Raises:
            SettingsError: A configured path is missing or not a City or Country database.
        """
        opened = [cls._configured(Path(path)) for path in paths]
        if not opened and search_system:
            opened = list(cls._installed())[:1]
        if not opened:
            shipped = data_file("country.mmdb")
            opened = [cls(Reader(shipped), shipped)]
        opened.sort(key=lambda places: places.kind != "city")
        for spare in opened[1:]:
            spare.close()
        return opened[0]

    @classmethod
    def _configured(cls, path: Path) -> Places:
        try:
            return cls(Reader(path), path)
        except FileNotFoundError as error:
            raise SettingsError(
                f"The GeoIP database {path} does not exist.",
                next_step="Correct the path, or remove it: a country database ships with vpcflow.",
            ) from error
        except (OSError, InvalidDatabaseError) as error:
            raise SettingsError(
                f"The GeoIP database {path} cannot be read ({error}).",
                next_step="Give a City or Country database in MaxMind's .mmdb format.",
            ) from error

    @classmethod
    def _installed(cls) -> Iterator[Places]:
        for path in system_databases():
            try:
                yield cls(Reader(path), path)
            except (OSError, InvalidDatabaseError, SettingsError) as error:
                log.warning("Passed over the GeoIP database %s: %s", path, error)

    def close(self) -> None:
        """Give the file back; the object finds nothing afterwards."""
        self._reader.close()

    @property
    def kind(self) -> Kind:
        """Whether the database has cities or only countries.

        Raises:
            SettingsError: It is of another type, such as ASN or a flat country table.
        """
        name = self._reader.metadata().database_type
        if "City" in name or "Enterprise" in name:
            return "city"
        if "Country" in name:
            return "country"
        raise SettingsError(
            f"The GeoIP database {self._path} is of type {name!r}, not a City or Country database.",
            next_step="Give a database in the GeoIP2 schema, such as GeoLite2-City.mmdb.",
        )

    @property
    def built(self) -> date:
        """Day of the data (UTC), as the database itself says."""
        return datetime.fromtimestamp(self._reader.metadata().build_epoch, UTC).date()

    @property
    def description(self) -> str:
        """One line: `city database GeoLite2City database, built 2026-01-01`."""
        metadata = self._reader.metadata()
        name = metadata.description.get("en") or metadata.database_type
        return f"{self.kind} database {name}, built {self.built}"

    def place(self, address: str) -> Place | None:
        """Where one address is; None for addresses that are not public and for unknown ones."""
        public = classify_one(address) == AddressClass.PUBLIC
        return self._find(address) if public else None

    def locate(self, addresses: Iterable[object]) -> pd.DataFrame:
        """Classes and places of addresses; what is not a text is left out.

        Returns:
            One row a distinct address, in order of first appearance: address, class (null where
            it is no address), country, country_name, city (text or null), latitude, longitude
            (degrees or null).
        """
        distinct = list(dict.fromkeys(a for a in addresses if isinstance(a, str)))
        classes = classify(distinct)
        found = [
            self._find(address) if kind == AddressClass.PUBLIC else None
            for address, kind in zip(distinct, classes, strict=True)
        ]
        columns: dict[str, pd.Series] = {
            "address": pd.Series(distinct, dtype="str"),
            "class": pd.Series(classes, dtype="str"),
        }
        for name, kind in _COLUMNS.items():
            values = [getattr(place, name) if place else None for place in found]
            columns[name] = pd.Series(values, dtype=kind)
        return pd.DataFrame(columns)

    def _look_up(self, address: str) -> Place | None:
        packed = pack(address)
        if packed and len(packed) == 4 and ":" in address:
            address = ".".join(map(str, packed))
        try:
            return _place(self._read(address))
        except AddressNotFoundError:
            return None


_COLUMNS = {
    "country": "str",
    "country_name": "str",
    "city": "str",
    "latitude": "float64",
    "longitude": "float64",
}


def system_databases() -> Iterator[Path]:
    """City and Country databases in the system's usual places, the best first."""
    for pattern in SYSTEM_NAMES:
        for folder in SYSTEM_FOLDERS:
            yield from sorted(Path(folder).glob(pattern), reverse=True)


@cache
def label_points() -> dict[str, Place]:
    """Every country by alpha-2 code, at the point that stands for it on a map."""
    with data_file("countries.csv").open(newline="", encoding="utf-8") as file:
        return {
            row["alpha2"]: Place(
                row["alpha2"], row["name"], None, float(row["latitude"]), float(row["longitude"])
            )
            for row in csv.DictReader(file)
        }


def _place(answer: City | Country) -> Place | None:
    """A place from a database's answer: its city and point where it has them, else the label."""
    found = answer.country if answer.country.iso_code else answer.registered_country
    if not found.iso_code:
        return None
    label = label_points().get(found.iso_code) or _unlisted(found.iso_code, found.name)
    if not isinstance(answer, City):
        return label
    latitude, longitude = answer.location.latitude, answer.location.longitude
    if latitude is None or longitude is None:
        return replace(label, city=answer.city.name)
    return Place(label.country, label.country_name, answer.city.name, latitude, longitude)


def _unlisted(code: str, name: str | None) -> Place:
    """A country that is newer than our table: it has a name, but no point."""
    return Place(code, name or code, None, float("nan"), float("nan"))
