"""Autonomous systems of public addresses, of a database (.mmdb) that a user put in place."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vpcflow_core.errors import SettingsError

if TYPE_CHECKING:
    import maxminddb

REMEMBERED = 1 << 17


class Networks:
    """Finds the autonomous system of an address. Make it with `open`; safe to share by threads."""

    def __init__(self, reader: maxminddb.Reader) -> None:
        self._reader = reader
        self.of = lru_cache(maxsize=REMEMBERED)(self._look_up)

    @classmethod
    def open(cls, path: Path) -> Networks:
        """The database in a file.

        Raises:
            SettingsError: It is missing, or is no database of autonomous systems.
        """
        import maxminddb  # few set such a database

        try:
            reader = maxminddb.open_database(str(path))
        except FileNotFoundError:
            raise SettingsError(
                f"The database {path} does not exist.", "Correct the setting as_database."
            ) from None
        except (OSError, maxminddb.InvalidDatabaseError) as error:
            raise SettingsError(f"The database {path} cannot be read ({error}).") from None
        if "asn" not in reader.metadata().database_type.lower():
            raise SettingsError(
                f"{path} is a database of {reader.metadata().database_type}.",
                "Give one of autonomous systems, such as GeoLite2-ASN.mmdb.",
            )
        return cls(reader)

    def _look_up(self, address: str) -> str | None:
        """`AS16509 AMAZON-02`; None where the database says nothing."""
        try:
            found: Any = self._reader.get(address)
        except ValueError:
            return None
        number = found.get("autonomous_system_number") if isinstance(found, dict) else None
        if number is None:
            return None
        return f"AS{number} {found.get('autonomous_system_organization') or ''}".strip()
