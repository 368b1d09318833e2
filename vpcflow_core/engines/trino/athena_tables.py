"""What Athena's tables are made of, and what a question about a day of them will cost.

Glue says where the objects of a table lie, S3 how large those of a day are; neither costs more than
some requests of a listing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

from vpcflow_core.engines.base import StoredTable
from vpcflow_core.engines.trino.athena_location import AthenaLocation
from vpcflow_core.sources.aws.client import client_of, session_of
from vpcflow_core.sources.open import SourceOptions

TB, LEAST_BILLED = 10**12, 10_000_000
# Accounts and regions that are listed at most; what they have stands for all.
FOLDERS = 50
_FORMS = {"parquet": "Parquet", "text": "text"}
_WORDS = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "'": ""}


def stored(location: AthenaLocation, today: date | None = None) -> list[StoredTable]:
    """The tables of a database that hold records.

    Args:
        location: The database.
        today: Sizes are those of the day before.

    Raises:
        AccessError: Glue or S3 refuses.
    """
    day = (today or datetime.now(UTC).date()) - timedelta(days=1)
    # Not at `endpoint`, which is Athena's alone.
    options = SourceOptions(profile=location.profile, region=location.region)
    session = session_of(options)
    region = location.region or session.region_name
    glue, s3 = (client_of(session, n, options, region, attempts=3) for n in ("glue", "s3"))
    pages = glue.get_paginator("get_tables").paginate(DatabaseName=location.database)
    tables = [table for page in pages for table in page["TableList"]]
    return [made for table in tables if (made := _table(s3, table, day, location.price))]


def _table(s3: Any, table: dict[str, Any], day: date, price: float) -> StoredTable | None:
    properties = table.get("Parameters", {})
    if properties.get("table_type", "").upper() == "ICEBERG":
        return _iceberg(s3, table["Name"], properties["metadata_location"])
    if properties.get("projection.enabled") != "true":
        return None
    kind = "text" if "Text" in table["StorageDescriptor"].get("InputFormat", "") else "parquet"
    prefixes = _prefixes(properties, day)
    size = sum(_size(s3, prefix) for prefix in prefixes[:FOLDERS])
    size = size * len(prefixes) // max(1, min(len(prefixes), FOLDERS))
    by = tuple(key["Name"] for key in table.get("PartitionKeys", ()))
    cost = max(size, LEAST_BILLED) / TB * price
    return StoredTable(table["Name"], _FORMS[kind], by, size, day, cost)


def _prefixes(properties: dict[str, str], day: date) -> list[str]:
    """The folders of a day, as partition projection names them."""
    template = properties["storage.location.template"]
    names = re.findall(r"\$\{(\w+)\}", template)
    values = [list(_values(properties, name, day)) for name in names]
    made = []
    for chosen in product(*values):
        path = template
        for name, value in zip(names, chosen, strict=True):
            path = path.replace(f"${{{name}}}", value)
        # An hourly table has folders of hours in that of the day, whose name is cut off.
        made.append(path[: path.index("\0")] if "\0" in path else path)
    return made


def _values(properties: dict[str, str], name: str, day: date) -> Iterator[str]:
    if listed := properties.get(f"projection.{name}.values"):
        yield from listed.split(",")
        return
    form, hours, _ = properties[f"projection.{name}.format"].partition("HH")
    form = form.replace("/'hour='", "/").removesuffix("hour='") if hours else form
    for word, means in _WORDS.items():
        form = form.replace(word, means)
    yield day.strftime(form) + ("\0" if hours else "")


def _size(s3: Any, place: str) -> int:
    """Bytes of the objects in a folder."""
    bucket, _, prefix = place.removeprefix("s3://").partition("/")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return sum(found["Size"] for page in pages for found in page.get("Contents", ()))


def _iceberg(s3: Any, name: str, metadata: str) -> StoredTable:
    """An Iceberg table: its newest snapshot says how large it is."""
    bucket, _, key = metadata.removeprefix("s3://").partition("/")
    made = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    newest = [s for s in made["snapshots"] if s["snapshot-id"] == made.get("current-snapshot-id")]
    size = int(newest[0]["summary"].get("total-files-size", 0)) if newest else 0
    fields = made["partition-specs"][-1]["fields"]
    return StoredTable(name, "Iceberg", tuple(field["name"] for field in fields), size)
