"""Wrong readings of files that once were, or nearly were; each test is named after one."""

from __future__ import annotations

import gzip
import json

import pytest

from tests.formats.reading import HEADER, OK_LINE, line, read, text
from vpcflow_core.errors import FormatError
from vpcflow_core.formats.base import LogFormat
from vpcflow_core.formats.parse import parse

LAST_IS_BYTES = "srcaddr dstaddr start end bytes"


def cut(content: bytes) -> bytes:
    """The content packed and cut so that all of it still comes out, but no end."""
    return gzip.compress(content, mtime=0)[:-8]


@pytest.mark.parametrize("separator", [" ", ","])
def test_the_piece_of_a_number_at_a_break_never_passes_for_the_number(separator: str) -> None:
    lines = [LAST_IS_BYTES, "10.0.0.1 10.0.0.2 1418530010 1418530070 4249"]
    content = "\n".join([*lines, lines[1][:-2]]).replace(" ", separator)
    rows, report = read(cut(content.encode()))
    assert [row["bytes"] for row in rows] == [4249]
    assert report.malformed == 1
    assert [(r.line, r.reason) for r in report.reasons] == [(3, "gzip content is cut short")]


def test_a_break_between_two_lines_is_told_though_no_line_is_malformed() -> None:
    rows, report = read(cut(text(OK_LINE, OK_LINE)))
    assert len(rows) == 2
    assert report.malformed == 0
    assert not report.counts
    assert [(r.line, r.reason) for r in report.reasons] == [(4, "gzip content is cut short")]


def test_a_last_line_without_newline_is_kept_where_nothing_broke() -> None:
    rows, report = read(gzip.compress(f"{HEADER}\n{OK_LINE}".encode()))
    assert len(rows) == 1
    assert not report.reasons


def test_a_collectors_object_inside_of_anothers_is_not_lost() -> None:
    inner = json.dumps({"message": OK_LINE, "security-group-ids": ["sg-1"]})
    rows, report = read(json.dumps({"message": inner, "aws-region": "eu-west-1"}).encode())
    assert [(r["bytes"], r["security_group_ids"], r["region"]) for r in rows] == [
        (4249, ["sg-1"], "eu-west-1")
    ]
    assert report.malformed == 0


def test_a_flat_record_inside_of_a_message_is_not_lost() -> None:
    flat = json.dumps(dict(zip(HEADER.split(), OK_LINE.split(), strict=True)))
    rows, _ = read(json.dumps({"message": flat, "timestamp": 1418530010000}).encode())
    assert rows == read(text(OK_LINE))[0]


def test_an_account_written_as_a_json_number_keeps_its_leading_zero() -> None:
    rows, _ = read(b'{"accountId": 12345678901, "srcAddr": "10.0.0.1", "dstAddr": "10.0.0.2"}')
    assert rows[0]["account_id"] == "012345678901"


def test_totals_beside_the_logs_are_no_record() -> None:
    totals = {"bytes": 1, "packets": 1, "note": "", "by_action": {}, "top": [], "sum": 3}
    parsed = parse(json.dumps(totals).encode())
    with pytest.raises(FormatError, match="not a flow log"):
        list(parsed)
    assert (parsed.report.records, parsed.report.malformed) == (0, 1)


@pytest.mark.slow
def test_bytes_and_packets_that_changed_places_are_refused_not_guessed() -> None:
    with pytest.raises(FormatError, match="not certain"):
        read(text(*[line(packets=4249 + n, bytes=20) for n in range(9)], header=None))


def test_ports_never_pass_for_tcp_flags() -> None:
    order = (
        "version account-id interface-id srcaddr dstaddr tcp-flags dstport protocol packets bytes"
        " start end action log-status vpc-id subnet-id instance-id srcport type pkt-srcaddr"
        " pkt-dstaddr"
    )
    row = (
        "3 123456789010 eni-1235b8ca 10.0.0.1 10.0.0.2 18 443 6 20 4249 1418530010 1418530070"
        " ACCEPT OK vpc-0abc1234 subnet-0abc1234 - 23304 IPv4 10.0.0.1 10.0.0.2"
    )
    with pytest.raises(FormatError, match="not certain"):
        read(text(row, header=None))
    assert read(text(row, header=None), given=order)[0][0]["srcport"] == 23304


def test_a_format_of_words_that_are_no_fields_is_refused() -> None:
    with pytest.raises(FormatError, match="names no field"):
        LogFormat.parse("bogus words")
