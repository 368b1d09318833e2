"""From a URL to the catalogue that it names; nothing is asked there yet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from vpcflow_core.engines.trino.athena_location import AthenaLocation
from vpcflow_core.engines.trino.catalogue import TrinoCatalogue
from vpcflow_core.engines.trino.client import Client
from vpcflow_core.engines.trino.connection import TrinoConnection
from vpcflow_core.engines.trino.location import Location
from vpcflow_core.engines.trino.logs import trees_of
from vpcflow_core.engines.trino.tables import statements
from vpcflow_core.sources.base import Source
from vpcflow_core.store.store import Store
from vpcflow_core.times import Window


def catalogue_at(url: str, since: timedelta | None, inventory: Store | None) -> TrinoCatalogue:
    """The catalogue of a schema at a Trino, or of a database at Athena.

    Args:
        url: As `Location` or `AthenaLocation` reads it.
        since: Only records of that most recent time count; None: as the URL says, else all.
        inventory: Whose snapshots tell of the network; it is closed with the catalogue.

    Raises:
        SettingsError: The URL lacks a part, or the package trino is not installed.
    """
    client: Client
    at: Location | AthenaLocation
    if _is_athena(url):
        at = AthenaLocation.parse(url)
        client, schema = _athena(at), at.database
    else:
        at = Location.parse(url)
        client, schema = TrinoConnection(at), at.schema
    return TrinoCatalogue(
        client,
        url,
        at.catalog,
        schema,
        since=since or at.since,
        refresh=at.refresh,
        inventory=inventory,
    )


def tables_at(
    url: str, source: Source, span: Window | None, first: date | None
) -> tuple[list[str], Callable[[str], object]]:
    """The statements that make logs tables of a schema, and what runs one."""
    if _is_athena(url):
        there = AthenaLocation.parse(url)
        name = f"{there.catalog}.{there.database}"
        return statements(trees_of(source, span), name, "athena", first=first), _athena(there).run
    at = Location.parse(url)
    place = f"{at.catalog}.{at.schema}"
    made = statements(trees_of(source, span), place, "trino", first=first)
    return made, TrinoConnection(at).run


def _is_athena(url: str) -> bool:
    return url.lower().startswith("athena://")


def _athena(place: AthenaLocation) -> Client:
    """The client; boto3 is imported only where Athena is asked."""
    from vpcflow_core.engines.trino.athena import AthenaClient

    return AthenaClient(place)
