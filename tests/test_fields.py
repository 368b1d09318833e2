"""The field table: complete, mirrored, found by any spelling, and unchanged but on purpose."""

from __future__ import annotations

from pathlib import Path

import pytest

from vpcflow_core.errors import FieldError
from vpcflow_core.fields import (
    COLLECTOR_FIELDS,
    DEFAULT_TRANSIT_FORMAT,
    DEFAULT_VPC_FORMAT,
    FIELDS,
    KINDS,
    TRANSIT_FIELDS,
    VPC_FIELDS,
    column_name,
    field,
    find_field,
    is_transit,
)

GOLDEN = Path(__file__).parent / "golden" / "fields.txt"


def dump() -> str:
    return "".join(
        f"{f.aws} {f.name} v{f.version} {f.sql} {f.arrow} {f.role} {f.relation} {f.mirror}\n"
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
