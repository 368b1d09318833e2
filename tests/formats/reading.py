"""What the tests of formats share: records, and short ways to read."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Sequence
from typing import Any

from vpcflow_core.fields import DEFAULT_VPC_FORMAT, column_name
from vpcflow_core.formats.base import ENVELOPE, LogFormat, Report
from vpcflow_core.formats.parse import parse

HEADER = " ".join(DEFAULT_VPC_FORMAT)
OK_LINE = "2 123456789010 eni-1235b8ca 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK"
NODATA_LINE = "2 123456789010 eni-1a2b3c4d - - - - - - - 1431280876 1431280934 - NODATA"


def line(**values: object) -> str:
    """A line of the default format with some of its values replaced."""
    words = dict(zip(DEFAULT_VPC_FORMAT, OK_LINE.split(), strict=True))
    words |= {name.replace("_", "-"): str(value) for name, value in values.items()}
    return " ".join(words.values())


def text(*lines: str, header: str | None = HEADER) -> bytes:
    return "".join(f"{row}\n" for row in ([header] if header else []) + list(lines)).encode()


def read(
    data: bytes, given: str = "", candidates: Sequence[str] = (), envelope: bool = False
) -> tuple[list[dict[str, Any]], Report]:
    """All records as dictionaries, and the report."""
    parsed = parse(
        data,
        name="a.log",
        given=LogFormat.parse(given) if given else None,
        candidates=[LogFormat.parse(candidate) for candidate in candidates],
    )
    rows = [row for records in parsed for row in records.table.to_pylist()]
    if not envelope:
        rows = [{name: v for name, v in row.items() if name not in ENVELOPE} for row in rows]
    return rows, parsed.report


def rows_of(data: bytes, **options: Any) -> list[dict[str, Any]]:
    return read(data, **options)[0]


def columns(names: Iterable[str]) -> list[str]:
    """The columns of fields, from AWS's names."""
    return [column_name(name) for name in names]


def reasons(data: bytes, **options: Any) -> list[tuple[int, str]]:
    return [(r.line, r.reason) for r in read(data, **options)[1].reasons]


def packed(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)
