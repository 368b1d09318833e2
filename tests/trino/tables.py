"""A store's Parquet files as tables of a Trino, as they lie there: nothing is copied."""

from __future__ import annotations

from pathlib import Path

from tests.trino.server import execute
from vpcflow_core.fields import find_field
from vpcflow_core.store.base import RELATIONS
from vpcflow_core.store.store import Store

KINDS = {"VARCHAR[]": "array(varchar)", "TIMESTAMP": "timestamp(3)"}


def load(port: int, schema: str, store: Store) -> None:
    """Make a schema with the relations of a store; its files lie in a folder for each part."""
    execute(port, f"CREATE SCHEMA IF NOT EXISTS hive.{schema}")
    parts = {part for parts in RELATIONS.values() for part in parts}
    for part in parts:
        files = [
            f for f in store.files("records") + store.files("transit_records") if f.part == part
        ]
        folder = store.path / "files" / part
        if files:
            assert {file.path for file in files} == set(folder.rglob("*.parquet"))
            columns = store.columns("transit_records" if part.startswith("transit") else "records")
            _table(port, f"hive.{schema}.{part}_files", folder, columns)
    there = {row[0] for row in execute(port, f"SHOW TABLES FROM hive.{schema}")}
    for relation, made_of in RELATIONS.items():
        columns = ", ".join(f'"{name}"' for name in store.columns(relation))
        selects = [f"SELECT {columns} FROM hive.{schema}.{part}_files" for part in made_of
                   if f"{part}_files" in there]  # fmt: skip
        if selects:
            view = " UNION ALL ".join(selects)
            execute(port, f"CREATE OR REPLACE VIEW hive.{schema}.{relation} AS {view}")


def _table(port: int, name: str, folder: Path, columns: tuple[str, ...]) -> None:
    listed = ", ".join(f'"{column}" {_kind(column)}' for column in columns)
    execute(
        port,
        f"CREATE TABLE {name} ({listed}) WITH (format = 'PARQUET', "
        f"external_location = 'local://{folder}')",
    )


def _kind(column: str) -> str:
    field = find_field(column)
    sql = field.sql if field and field.name == column else "VARCHAR"
    return KINDS.get(sql, sql)
