"""The field table: complete, mirrored, found by any spelling, and unchanged but on purpose."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from vpcflow_core.charts.labels import TITLES
from vpcflow_core.engines.duckdb.dialect import DuckDBDialect
from vpcflow_core.errors import FieldError
from vpcflow_core.fields import (
    COLLECTOR_FIELDS,
    DEFAULT_TRANSIT_FORMAT,
    DEFAULT_VPC_FORMAT,
    FIELDS,
    KINDS,
    TRANSIT_FIELDS,
    VPC_FIELDS,
    Field,
    column_name,
    field,
    find_field,
    is_transit,
)
from vpcflow_core.query.columns import TYPES

GOLDEN = Path(__file__).parent / "golden" / "fields.txt"


def dump() -> str:
    return "".join(
        f"{f.aws} {f.name} v{f.version} {f.sql} {f.arrow} {f.role} {f.relation} {f.mirror} "
        f"title={f.title!r} words={'|'.join(f.words)} closed={f.is_closed} "
        f"filter={bool(f.filter_help)} learnt={bool(f.learnt)}\n"
        for f in FIELDS
    )


def test_the_field_table_is_as_the_golden_dump_shows() -> None:
    assert dump() == GOLDEN.read_text(encoding="utf-8"), "changed on purpose? write the dump anew"


@pytest.mark.parametrize(
    ("version", "count"),
    [(2, 14), (3, 21), (4, 25), (5, 29), (7, 39), (8, 40), (9, 41), (10, 42), (11, 54)],
)
def test_every_record_version_has_the_number_of_fields_aws_documents(
    version: int, count: int
) -> None:
    assert sum(f.version <= version for f in VPC_FIELDS) == count


def test_the_default_formats_are_awss() -> None:
    assert DEFAULT_VPC_FORMAT[:4] == ("version", "account-id", "interface-id", "srcaddr")
    assert len(DEFAULT_VPC_FORMAT) == 14
    assert len(DEFAULT_TRANSIT_FORMAT) == 36
    assert set(DEFAULT_TRANSIT_FORMAT) == {f.aws for f in TRANSIT_FIELDS}


def test_mirrors_are_mutual() -> None:
    for f in FIELDS:
        assert f.mirror is None or field(f.mirror).mirror == f.aws


def test_names_are_unique_and_documented() -> None:
    assert len({f.name for f in FIELDS}) == len(FIELDS) == len({f.aws for f in FIELDS})
    assert all(f.doc.endswith(".") and f.kind in KINDS for f in FIELDS)


@pytest.mark.parametrize("row", FIELDS, ids=lambda row: row.name)
def test_no_field_lacks_a_word(row: Field) -> None:
    assert row.title[:1].isupper()
    assert not row.title.endswith(".")
    assert not row.filter_help or row.filter_help.endswith(".")
    assert row.role == "dimension" or not (row.filter_help or row.words or row.learnt)
    assert len(set(row.words)) == len(row.words) != 1
    if row.filter_help:
        assert all(f"`{word}`" in row.filter_help for word in row.words)
    if row.is_closed:
        assert row.words == tuple(word.upper() for word in row.words) != ()


def test_no_two_columns_have_the_same_title() -> None:
    titles = [f.title for f in FIELDS] + list(TITLES.values())
    assert sorted(titles) == sorted(set(titles))


@pytest.mark.parametrize("kind", KINDS)
def test_the_type_of_a_kind_is_declared_once(kind: str) -> None:
    sql = KINDS[kind].sql
    written, compiled = (
        duckdb.sql(f"SELECT CAST(NULL AS {word}) AS x")
        for word in (sql, TYPES[sql].compile(DuckDBDialect()))
    )
    assert written.types == compiled.types
    assert written.to_arrow_table().column(0).cast(KINDS[kind].arrow).null_count == 1


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("start", "start_time"), ("end", "end_time"), ("${end}", "end_time"),
        ("end_time", "end_time"), ("Log-Status", "log_status"), ("logStatus", "log_status"),
        ("pkt-src-aws-service", "pkt_src_aws_service"), ("nextHopAzId", "next_hop_az_id"),
        ("aws-region", "region"), ("logStream", "log_stream"), ("srcAddr", "srcaddr"),
        ("security_group_ids", "security_group_ids"),
    ],
)  # fmt: skip
def test_fields_are_found_by_any_usual_spelling(spelling: str, name: str) -> None:
    assert field(spelling).name == name == column_name(spelling)


def test_unknown_fields_keep_their_own_name() -> None:
    assert find_field("my-new-field") is None
    assert column_name("my-new-field") == "my_new_field"


def test_a_misspelt_field_is_told_the_closest_one() -> None:
    with pytest.raises(FieldError, match="Did you mean 'flow-direction'"):
        field("flow-directon")


def test_transit_formats_are_told_apart_by_their_own_fields() -> None:
    assert is_transit(column_name(name) for name in DEFAULT_TRANSIT_FORMAT)
    assert not is_transit(column_name(f.aws) for f in VPC_FIELDS + COLLECTOR_FIELDS)
