"""From a location and the settings to the table: its catalog, and the table, made if it is new.

pyiceberg is an extra (`vpcflow[lake]`): whoever imports this room needs it. What a catalog wants
besides (credentials, an endpoint, a region) is pyiceberg's own configuration for the catalog
`vpcflow`: variables such as `PYICEBERG_CATALOG__VPCFLOW__TOKEN`, or its file `.pyiceberg.yaml`.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.exceptions import (
    AuthorizationExpiredError,
    ForbiddenError,
    NamespaceAlreadyExistsError,
    NoSuchTableError,
    NotInstalledError,
    OAuthError,
    RESTError,
    TableAlreadyExistsError,
    UnauthorizedError,
)
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import DayTransform, IdentityTransform
from pyiceberg.types import NestedField, StringType, TimestampType
from sqlalchemy.exc import SQLAlchemyError

from vpcflow_core.errors import AccessError, FailureError, SettingsError
from vpcflow_core.lake.table import RETRIES, LakeTable, pause
from vpcflow_core.redaction import redacted
from vpcflow_core.store.base import PART_COLUMN

NAME = "vpcflow"
TABLE = "records"
SQLITE = "catalog.sqlite"
# Seconds that a writer waits for another one at a catalog in SQLite.
SQLITE_WAIT = 60
OPENINGS = 4
# How a catalog of REST says that it wants other credentials, or gives no right.
_REFUSED = (
    PermissionError,
    UnauthorizedError,
    ForbiddenError,
    AuthorizationExpiredError,
    OAuthError,
)
_PROPERTIES = {
    "format-version": "2",
    # Retrying would put an append behind another writer's, unseen: `LakeTable.add` looks first.
    RETRIES: "0",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "50",
    "write.parquet.row-group-limit": "131072",
}
_SCHEMA = Schema(
    NestedField(1, PART_COLUMN, StringType(), required=False),
    NestedField(2, "start_time", TimestampType(), required=False),
)
_SPEC = PartitionSpec(
    PartitionField(1, 1000, IdentityTransform(), "part"),
    PartitionField(2, 1001, DayTransform(), "start_day"),
)


def open_lake(location: str, catalog: str = "", database: str = "flowlogs") -> LakeTable:
    """The table at a location; made where there is none.

    Args:
        location: `s3://bucket/prefix`, or a folder of this machine.
        catalog: `glue`, the URL of a REST catalog (`https://...`) or of a database
            (`postgresql://...`, `sqlite:///...`); "": Glue for S3, else a file in the folder.
        database: Of the table `records` in the catalog.

    Raises:
        SettingsError: The location is no place for a table, or the table lies elsewhere.
        AccessError: The catalog or the place refuses.
        FailureError: They cannot be reached.
    """
    logging.getLogger("pyiceberg").setLevel(logging.ERROR)
    place = _place(location)
    name = f"{database}.{TABLE}"
    with failures(location):
        table = _opened(_properties(place, catalog), database, name, place)
    if table.location().rstrip("/") != place:
        raise SettingsError(
            f"The table {name} of the catalog lies at {table.location()}, not at {place}.",
            "Give that location, or another setting lake_database.",
        )
    return LakeTable(table)


def _opened(properties: dict[str, str], database: str, name: str, place: str) -> Any:
    """The table; several writers may make a new one, and a catalog in SQL, at the same time."""
    for attempt in range(OPENINGS):
        try:
            return _table_of(properties, database, name, place)
        except SQLAlchemyError:
            pause(attempt)
    return _table_of(properties, database, name, place)


def _table_of(properties: dict[str, str], database: str, name: str, place: str) -> Any:
    """The table, whose catalog stays open."""
    catalog = load_catalog(NAME, **properties)
    try:
        return _table(catalog, database, name, place)
    except BaseException:
        catalog.close()
        raise


def _table(at: Catalog, database: str, name: str, place: str) -> Any:
    try:
        return at.load_table(name)
    except NoSuchTableError:
        with suppress(NamespaceAlreadyExistsError):
            at.create_namespace(database)
    try:
        return at.create_table(
            name, _SCHEMA, location=place, partition_spec=_SPEC, properties=_PROPERTIES
        )
    except TableAlreadyExistsError:  # another writer was quicker
        return at.load_table(name)


def _place(location: str) -> str:
    """The location with its scheme, which other engines want."""
    scheme, separator, _ = location.partition("://")
    if separator and scheme not in ("s3", "file"):
        raise SettingsError(
            f"'{redacted(location)}' is no place for a table.",
            "Give s3://bucket/prefix or a folder.",
        )
    if scheme == "s3" and separator:
        return location.rstrip("/")
    return Path(location.removeprefix("file://")).expanduser().absolute().as_uri()


def _of_aws() -> dict[str, str]:
    """The endpoint of S3 that AWS's own variables name, as boto3 obeys them for Glue."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    named = {"s3.endpoint": endpoint, "s3.region": region}
    if endpoint:
        named["s3.force-virtual-addressing"] = "false"
    return {name: value for name, value in named.items() if value}


def _properties(place: str, catalog: str) -> dict[str, str]:
    """How pyiceberg reaches the catalog and the place."""
    reached = _of_aws() if place.startswith("s3:") else {}
    return _catalog(place, catalog) | reached


def _catalog(place: str, catalog: str) -> dict[str, str]:
    if catalog == "glue" or (not catalog and place.startswith("s3:")):
        return {"type": "glue"}
    if catalog.startswith(("http://", "https://")):
        return {"type": "rest", "uri": catalog}
    if not catalog:
        folder = Path(place.removeprefix("file://"))
        folder.mkdir(parents=True, exist_ok=True)
        catalog = f"sqlite:///{folder / SQLITE}"
    if catalog.startswith("sqlite:") and "?" not in catalog:
        catalog += f"?timeout={SQLITE_WAIT}"
    if "://" not in catalog:
        raise SettingsError(
            f"'{redacted(catalog)}' is no catalog.",
            "lake_catalog is glue, https://..., postgresql://... or sqlite:///...",
        )
    return {"type": "sql", "uri": catalog}


@contextmanager
def failures(location: str) -> Iterator[None]:
    """Errors of the catalog and of the place as ours."""
    try:
        yield
    except NotInstalledError as error:
        raise SettingsError(
            "A catalog in PostgreSQL needs its Python driver, which is not installed.",
            "pip install 'psycopg[binary]'",
        ) from error
    except (SQLAlchemyError, OSError, RESTError) as error:
        what = redacted(str(error).partition("\n")[0])
        if isinstance(error, _REFUSED) or "AccessDenied" in what or "ACCESS_DENIED" in what:
            raise AccessError(
                f"Writing to {location} was refused: {what}", "See docs/engines.md, Permissions."
            ) from error
        raise FailureError(f"The table at {location} cannot be reached: {what}") from error
