"""From a URL to the catalogue that it names; nothing is asked there yet."""

from __future__ import annotations

from datetime import timedelta

from vpcflow_core.engines.trino.catalogue import TrinoCatalogue
from vpcflow_core.engines.trino.connection import TrinoConnection
from vpcflow_core.engines.trino.location import Location
from vpcflow_core.store.store import Store


def catalogue_at(url: str, since: timedelta | None, inventory: Store | None) -> TrinoCatalogue:
    """The catalogue of a schema at a Trino.

    Args:
        url: As `Location` reads it.
        since: Only records of that most recent time count; None: as the URL says, else all.
        inventory: Whose snapshots tell of the network; it is closed with the catalogue.

    Raises:
        SettingsError: The URL lacks a part, or the package trino is not installed.
    """
    at = Location.parse(url)
    return TrinoCatalogue(
        TrinoConnection(at),
        url,
        at.catalog,
        at.schema,
        since=since or at.since,
        refresh=at.refresh,
        inventory=inventory,
    )
