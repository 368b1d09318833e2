"""The DDL that makes flow logs where they lie tables of Trino or Athena, from the field table.

Partitions are computed from the question (partition projection): nothing has to be registered as
days pass. A table of text has columns `c1` to `c64`; which of them is which field follows from the
flow-log id in `"$path"`. Views over it are the canonical relations.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from vpcflow_core.engines.trino.dialect import named, quoted, text
from vpcflow_core.engines.trino.logs import FlowLog, Tree
from vpcflow_core.engines.trino.relations import DAY
from vpcflow_core.errors import SettingsError
from vpcflow_core.fields import FIELDS, find_field
from vpcflow_core.sources.s3.layout import LABELS, Layout
from vpcflow_core.store.placing import QUIET_WHEN_NULL

# 54 fields exist; a line with more has them ignored.
COLUMNS = 64
Flavour = Literal["trino", "athena"]
_KINDS = {"TIMESTAMP": "bigint", "VARCHAR[]": "varchar"}
# How the folders of a day or hour are written, for projection and for `strftime`.
_FORMATS: dict[Layout, str] = {
    "default": "yyyy/MM/dd", "hourly": "yyyy/MM/dd/HH",
    "hive": "'year='yyyy'/month='MM'/day='dd",
    "hive-hourly": "'year='yyyy'/month='MM'/day='dd'/hour='HH",
}  # fmt: skip
_STARTS: dict[Layout, str] = {
    "default": "%Y/%m/%d", "hourly": "%Y/%m/%d/00",
    "hive": "year=%Y/month=%m/day=%d", "hive-hourly": "year=%Y/month=%m/day=%d/hour=00",
}  # fmt: skip
_NULLS = {"TIMESTAMP": "timestamp(3)", "VARCHAR[]": "array(varchar)"}
# A time later than this in seconds is one in milliseconds.
_MILLISECONDS = 10_000_000_000
_RAW = {"start_time": "start", "end_time": "end"}
_ID = """regexp_extract("$path", '_(fl-[0-9a-f]+)_', 1)"""


@dataclass(frozen=True, slots=True)
class Partition:
    """A computed column of partitions.

    Attributes:
        name: Its name.
        level: What stands for it in the folders' template.
        values: Its values, where they are listed.
        format: How it is written, where it is a date.
        ends: First and last, where it is a date.
    """

    name: str
    level: str
    values: tuple[str, ...] = ()
    format: str = ""
    ends: tuple[str, str] = ("", "")


def statements(
    trees: Sequence[Tree], place: str, flavour: Flavour, *, first: date | None = None
) -> list[str]:
    """The statements that make the tables and views, in their order; they may be run again.

    Args:
        trees: What lies there.
        place: Name of the schema: `hive.logs`.
        flavour: Whose words: Trino's, or those of Athena (Hive's, for tables).
        first: Oldest day of partitions; the day of the oldest object that was seen if None.
    """
    made, parts = [_schema(place, flavour)], []
    for number, tree in enumerate(trees, 1):
        kind = "parquet" if tree.is_parquet else "text"
        name = f"logs_{kind}_{number}"
        made += _table(_ddl(place, flavour, name), tree, flavour, first or tree.first)
        parts += _selects(name, place, tree)
    for prefix, is_transit in (("", False), ("transit_", True)):
        if some := [(fields, select) for fields, select, transit in parts if transit == is_transit]:
            logs = [log for tree in trees for log in tree.flow_logs if log.is_transit == is_transit]
            made += _views(place, prefix, some, flavour, logs)
    return made


def _schema(place: str, flavour: Flavour) -> str:
    kind = "SCHEMA" if flavour == "trino" else "DATABASE"
    return f"CREATE {kind} IF NOT EXISTS {_ddl(place, flavour)}"


def _ddl(place: str, flavour: Flavour, *names: str) -> str:
    """The schema, or something in it, as DDL names it."""
    catalog, _, schema = place.rpartition(".")
    return named(catalog, schema, *names) if flavour == "trino" else named(schema, *names, mark="`")


def _in_select(place: str, *names: str) -> str:
    """As a SELECT names it, which is Trino's at Athena too."""
    catalog, _, schema = place.rpartition(".")
    return named(catalog, schema, *names)


def _table(name: str, tree: Tree, flavour: Flavour, first: date) -> list[str]:
    columns = _parquet_columns(tree) if tree.is_parquet else _text_columns()
    make = _trino_table if flavour == "trino" else _athena_table
    return [f"DROP TABLE IF EXISTS {name}", make(name, columns, tree, first)]


def _text_columns() -> dict[str, str]:
    return {f"c{number}": "varchar" for number in range(1, COLUMNS + 1)}


def _parquet_columns(tree: Tree) -> dict[str, str]:
    """Every field that some flow log of the tree has, as AWS names it in Parquet."""
    present = {name for log in tree.flow_logs for name in log.fields}
    known = {field.name: _KINDS.get(field.sql, field.sql.lower()) for field in FIELDS}
    return {_RAW.get(name, name): kind for name, kind in known.items() if name in present}


def partitions(tree: Tree, first: date) -> list[Partition]:
    """The computed columns of a tree: account, region, and days."""
    made = [
        Partition("log_account", "account", tree.accounts),
        Partition("log_region", "region", tree.regions),
    ]
    form = _FORMATS[tree.layout]
    start = first.strftime(_STARTS[tree.layout])
    name = f"{DAY}_" if tree.layout.startswith("hive") else DAY
    return [*made, Partition(name, "day", format=form, ends=(start, "NOW"))]


def template(tree: Tree, parts: Iterable[Partition]) -> str:
    """Where the objects of a partition lie."""
    marks = {part.level: f"${{{part.name}}}" for part in parts}
    hive = tree.layout.startswith("hive")
    account, region = (
        (LABELS[level] if hive else "") + marks[level] for level in ("account", "region")
    )
    return f"{location(tree)}{account}/{tree.service}/{region}/{marks['day']}/"


def location(tree: Tree) -> str:
    """The folder `AWSLogs`, as an engine names it."""
    return f"{tree.root}AWSLogs/"


def _trino_table(name: str, columns: dict[str, str], tree: Tree, first: date) -> str:
    parts = partitions(tree, first)
    listed = [f"{quoted(column)} {kind}" for column, kind in columns.items()]
    listed += [f"{part.name} varchar WITH ({_trino_projection(part)})" for part in parts]
    names = ", ".join(text(part.name) for part in parts)
    form = "format = 'PARQUET'"
    if not tree.is_parquet:
        form = "format = 'TEXTFILE', textfile_field_separator = ' ', skip_header_line_count = 1"
    return (
        f"CREATE TABLE {name} (\n  " + ",\n  ".join(listed) + f"\n) WITH (\n  {form},\n"
        f"  external_location = {text(location(tree))},\n  partitioned_by = ARRAY[{names}],\n"
        "  partition_projection_enabled = true,\n"
        f"  partition_projection_location_template = {text(template(tree, parts))}\n)"
    )


def _trino_projection(part: Partition) -> str:
    if part.values:
        values = ", ".join(map(text, part.values))
        return f"partition_projection_type = 'enum', partition_projection_values = ARRAY[{values}]"
    ends = ", ".join(map(text, part.ends))
    hours = ", partition_projection_interval = 1, partition_projection_interval_unit = 'HOURS'"
    return (
        f"partition_projection_type = 'date', partition_projection_format = {text(part.format)}, "
        f"partition_projection_range = ARRAY[{ends}]{hours if 'HH' in part.format else ''}"
    )


def _athena_table(name: str, columns: dict[str, str], tree: Tree, first: date) -> str:
    parts = partitions(tree, first)
    kinds = {"varchar": "string", "integer": "int"}
    listed = ",\n  ".join(f"`{column}` {kinds.get(k, k)}" for column, k in columns.items())
    by = ", ".join(f"`{part.name}` string" for part in parts)
    stored = "STORED AS PARQUET"
    if not tree.is_parquet:
        stored = "ROW FORMAT DELIMITED FIELDS TERMINATED BY ' '"
    properties = {"projection.enabled": "true"}
    if not tree.is_parquet:
        properties["skip.header.line.count"] = "1"
    for part in parts:
        properties |= _athena_projection(part)
    properties["storage.location.template"] = template(tree, parts)
    shown = ",\n  ".join(f"{text(key)}={text(value)}" for key, value in properties.items())
    return (
        f"CREATE EXTERNAL TABLE {name} (\n  {listed}\n)\nPARTITIONED BY ({by})\n{stored}\n"
        f"LOCATION {text(location(tree))}\nTBLPROPERTIES (\n  {shown}\n)"
    )


def _athena_projection(part: Partition) -> dict[str, str]:
    start = f"projection.{part.name}"
    if part.values:
        return {f"{start}.type": "enum", f"{start}.values": ",".join(part.values)}
    return {
        f"{start}.type": "date",
        f"{start}.format": part.format,
        f"{start}.range": ",".join(part.ends),
        f"{start}.interval": "1",
        f"{start}.interval.unit": "HOURS" if "HH" in part.format else "DAYS",
    }


def _selects(name: str, place: str, tree: Tree) -> list[tuple[tuple[str, ...], str, bool]]:
    """For VPC's and transit gateways' logs: the columns, and the SELECT that gives them."""
    made = []
    for is_transit in (False, True):
        logs = [log for log in tree.flow_logs if log.is_transit == is_transit]
        if logs:
            present = {column for log in logs for column in log.fields}
            fields = [field.name for field in FIELDS if field.name in present]
            fields += [] if "flow_log_id" in fields else ["flow_log_id"]
            made.append(
                (tuple(fields), _select(_in_select(place, name), tree, logs, fields), is_transit)
            )
    return made


def _select(table: str, tree: Tree, logs: Sequence[FlowLog], fields: Iterable[str]) -> str:
    ids = ", ".join(text(log.id) for log in logs)
    listed = ",\n    ".join(f"{_value(tree, logs, name)} AS {quoted(name)}" for name in fields)
    day = DAY
    if tree.layout.startswith("hive"):
        # `year=2026/month=11/day=02/hour=07`, without the labels.
        day = f"regexp_replace({DAY}_, '[a-z]+=', '') AS {DAY}"
    source = f"SELECT *, {_ID} AS fl FROM {table}"  # noqa: S608 (names of our own)
    return (
        f"SELECT\n    {listed},\n    log_account, log_region, {day}\n"
        f"  FROM ({source})\n  WHERE fl IN ({ids})"
    )


def _value(tree: Tree, logs: Sequence[FlowLog], name: str) -> str:
    """A field of a record, typed; null where it has none."""
    if name == "flow_log_id":
        return "fl"
    field = find_field(name)
    kind = field.sql if field and field.name == name else "VARCHAR"
    if tree.is_parquet:
        raw = quoted(_RAW.get(name, name))
    else:
        cases = " ".join(
            f"WHEN {text(log.id)} THEN c{log.fields.index(name) + 1}"
            for log in logs
            if name in log.fields[:COLUMNS]
        )
        raw = f"CASE fl {cases} END"
    if kind == "TIMESTAMP":
        return _time(raw)
    return f"nullif({raw}, '-')" if kind == "VARCHAR" else f"TRY_CAST({raw} AS {kind.lower()})"


def _time(raw: str) -> str:
    seconds = f"TRY_CAST({raw} AS bigint)"
    # Milliseconds, as some that copy logs write them.
    seconds = f"IF({seconds} > {_MILLISECONDS}, {seconds} / 1000, {seconds})"
    return f"CAST(from_unixtime({seconds}, 'UTC') AS timestamp(3))"


def _views(
    place: str,
    prefix: str,
    parts: Sequence[tuple[tuple[str, ...], str]],
    flavour: Flavour,
    logs: Sequence[FlowLog],
) -> list[str]:
    """`records`, and `flows`: the traffic whose time can be."""
    present = {name for fields, _ in parts for name in fields}
    names = [field.name for field in FIELDS if field.name in present]
    if "start_time" not in names:
        raise SettingsError(
            "No flow log there has the field start, by which records are found in time.",
            "Add ${start} to the flow log's format.",
        )
    columns = [*names, "log_account", "log_region", DAY]
    selects = [
        "SELECT "
        + ", ".join(_cast(name, name in fields or name not in names) for name in columns)
        + f"\nFROM (\n  {select}\n)"
        for fields, select in parts
    ]
    catalog, _, schema = place.rpartition(".")
    at = named(catalog, schema) if flavour == "trino" else named(schema)
    union = "\nUNION ALL\n".join(selects)
    return [
        f"CREATE OR REPLACE VIEW {at}.{prefix}records AS\n{union}",
        f"CREATE OR REPLACE VIEW {at}.{prefix}flows AS\nSELECT * FROM {at}.{prefix}records\n"
        f"WHERE {_is_traffic(logs)} AND start_time >= TIMESTAMP '2010-01-01 00:00:00'",
    ]


def _is_traffic(logs: Sequence[FlowLog]) -> str:
    """By log-status; of flow logs without it all records that say something, as in the store."""
    ids: dict[tuple[str, ...], list[str]] = {}
    for log in logs:
        if "log_status" not in log.fields:
            said = tuple(name for name in QUIET_WHEN_NULL if name in log.fields)
            ids.setdefault(said, []).append(log.id)
    tests = ["log_status = 'OK'"] if sum(map(len, ids.values())) < len(logs) else []
    for said, some in ids.items():
        tests.append(f"flow_log_id IN ({', '.join(map(text, some))})")
        if said:
            tests[-1] += f" AND ({' OR '.join(f'{name} IS NOT NULL' for name in said)})"
    return f"({' OR '.join(tests)})"


def _cast(name: str, is_there: bool) -> str:
    if is_there:
        return quoted(name)
    field = find_field(name)
    kind = _NULLS.get(field.sql, field.sql.lower()) if field else "varchar"
    return f"CAST(NULL AS {kind}) AS {quoted(name)}"
