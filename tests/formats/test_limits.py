"""Content that unpacks to far more than it weighs ends in words, and never in memory."""

from __future__ import annotations

import base64
import gzip
import json

import pytest

from vpcflow_core.errors import FormatError
from vpcflow_core.formats import json_values
from vpcflow_core.formats.blocks import Unpacked
from vpcflow_core.formats.parse import parse

MB = 2**20


def test_unpacking_ends_at_its_limit_and_says_so() -> None:
    packed = gzip.compress(gzip.compress(b"a" * 100 * MB))
    unpacked = Unpacked(packed, 40 * MB)
    assert sum(map(len, unpacked)) <= 40 * MB
    assert unpacked.broken == "it unpacks to more than 40 MB"
    assert sum(map(len, Unpacked(packed, 100 * MB))) == 100 * MB


@pytest.mark.parametrize("padding", [b"", b"\0" * 100])
@pytest.mark.parametrize("size", [0, 30, 3 * MB])
def test_gzip_members_are_read_one_by_one_however_many(padding: bytes, size: int) -> None:
    contents = [b"%d\n" % n + bytes(size) for n in range(5 if size > MB else 20_000)]
    packed = padding.join(gzip.compress(content, 1) for content in contents)
    unpacked = Unpacked(packed + padding)
    assert b"".join(unpacked) == b"".join(contents)
    assert unpacked.broken == ""
    followed = Unpacked(packed + padding + b"x")
    assert b"".join(followed) == b"".join(contents)
    last = len(contents)
    assert followed.broken == f"bytes that are no gzip follow gzip member {last}"


@pytest.mark.slow
def test_a_message_that_is_a_bomb_is_cut_and_noted() -> None:
    bomb = base64.b64encode(gzip.compress(b"x" * 200 * MB)).decode()
    parsed = parse(json.dumps({"awslogs": {"data": bomb}}).encode())
    with pytest.raises(FormatError):
        list(parsed)
    assert "it unpacks to more than 64 MB" in parsed.report.notes[0]


def test_a_value_of_very_many_lines_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_values, "MOST_IN_ONE", 1000)
    lines = base64.b64encode(gzip.compress(b"a\n" * 2000)).decode()
    with pytest.raises(FormatError, match="more than 1,000 lines"):
        list(parse(json.dumps({"awslogs": {"data": lines}}).encode()))
