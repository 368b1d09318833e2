"""What is missing of a schema without the relations: they themselves, a right, or the schema."""

from __future__ import annotations

from vpcflow_core.engines.trino.client import Client
from vpcflow_core.engines.trino.dialect import quoted
from vpcflow_core.errors import MissingError

_SCHEMAS = "SELECT schema_name FROM {catalog}.information_schema.schemata ORDER BY 1"
# Schemas that the error lists.
MOST = 10


def missing(client: Client, url: str, catalog: str, schema: str) -> MissingError:
    """The error, with the schemas that there are.

    Args:
        client: Answers.
        url: How the place is called.
        catalog: Of the place.
        schema: Of the place.
    """
    found = client.run(_SCHEMAS.format(catalog=quoted(catalog))).table["schema_name"].to_pylist()
    make = f"make them: vpcflow tables '{url}' --logs s3://bucket/prefix"
    if schema in found:
        return MissingError(
            f"{url} has no tables or views `flows` and `records` that the user may see.",
            f"Give the user SELECT on them, or {make}",
        )
    others = [name for name in found if name != "information_schema"]
    listed = ", ".join(others[:MOST]) + (" ..." if len(others) > MOST else "")
    return MissingError(
        f"{url}: there is no schema '{schema}' that the user may see.",
        f"Schemas there: {listed or 'none'}. If it has no tables yet, {make}",
    )
