"""One JSON object a line: the quick way of reading it says what the careful one says."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any
from unittest import mock

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.formats.reading import HEADER, NODATA_LINE, OK_LINE, line, read, rows_of, text
from vpcflow_core.errors import FormatError
from vpcflow_core.formats.base import LogFormat, Report
from vpcflow_core.formats.json_lines import JsonLines, Objects, Wrapped, blocks
from vpcflow_core.formats.json_values import read as read_json
from vpcflow_core.formats.lines import LineReader

Read = tuple[list[dict[str, Any]], Report] | str
WORDS = dict(zip(HEADER.split(), OK_LINE.split(), strict=True))
QUIET = dict(zip(HEADER.split(), NODATA_LINE.split(), strict=True))
TEXTS = {"account-id", "interface-id", "srcaddr", "dstaddr", "action", "log-status"}
TYPED = {name: word if name in TEXTS else int(word) for name, word in WORDS.items()}
QUIET_TYPED = {
    name: word if name in TEXTS or word == "-" else int(word) for name, word in QUIET.items()
}
SHORT = {name: word for name, word in QUIET_TYPED.items() if word != "-"}
ADDED = {"aws-region": "eu-west-1", "security-group-ids": ["sg-1", "sg-2"], "log-stream": "e"}


def dumped(*values: Any, **how: Any) -> bytes:
    return b"".join(json.dumps(value, **how).encode() + b"\n" for value in values)


def outcome(data: bytes, **options: Any) -> Read:
    try:
        return read(data, envelope=True, **options)
    except FormatError as error:
        return error.what


def careful(data: bytes, **options: Any) -> Read:
    with mock.patch.object(JsonLines, "read", return_value=None):
        return outcome(data, **options)


def same(quick: Read, slow: Read) -> bool:
    if isinstance(quick, str) or isinstance(slow, str):
        return quick == slow
    return (quick[0], asdict(quick[1])) == (slow[0], asdict(slow[1]))


FLAT = {
    "the collector's": dumped(TYPED | ADDED, SHORT | ADDED, separators=(",", ":")),
    "numbers as text": dumped(WORDS, QUIET),
    "dashes among numbers": dumped(TYPED, QUIET_TYPED),
    "dashes without blanks": dumped(QUIET_TYPED, TYPED, separators=(",", ":")),
    "nulls": dumped(TYPED, {name: SHORT.get(name) for name in TYPED}),
    "unknown fields": dumped(TYPED | {"n": 5, "text": " a b ", "yes": True, "day": "2026-11-01"}),
    "no text": dumped(TYPED | {"account-id": True, "instance-tag": False, "vpc-id": 5}),
    "accounts as numbers": dumped(TYPED | {"account-id": 12345}),
    "times in words": dumped(TYPED | {"start": "2026-11-01T00:00:00Z"}),
    "no groups": dumped(TYPED | {"security-group-ids": []}, TYPED | {"security-group-ids": None}),
    "two names of one field": dumped(
        TYPED | ADDED | {"region": None}, TYPED | ADDED | {"region": "r"}
    ),
    "columns": dumped(
        TYPED | {"start_time": 5, "srcAddr": "10.0.0.1"}, SHORT | {"srcport": None}
    ),
    "crs": dumped(TYPED, SHORT).replace(b"\n", b"\r\n"),
    "no last line feed": dumped(TYPED, SHORT).rstrip(),
    "escapes": dumped(TYPED | {"instance-tag": 'a"b\\ä\n'}),
    "no UTF-8": dumped(TYPED | {"instance-tag": "X"}).replace(b"X", b"\xff\xfe"),
    "malformed values": dumped(
        TYPED | {"srcport": 70000}, TYPED, TYPED | {"srcaddr": "x"}, TYPED | {"action": "MAYBE"},
        TYPED | {"bytes": -5, "instance-tag": "é"},
    ),
    "none": dumped(TYPED | {"srcaddr": "None", "dstaddr": "", "vpc-id": " vpc-1 ", "bytes": 1}),
}  # fmt: skip

WRAPPED = {
    "message alone": dumped({"message": OK_LINE}, {"message": NODATA_LINE}),
    "time and id": dumped(
        *({"id": f"{n}", "timestamp": 1418530010000 + n, "message": OK_LINE} for n in range(3))
    ),
    "time in words": dumped({"@timestamp": "2026-11-01T00:00:00Z", "_raw": OK_LINE}),
    "fields beside": dumped({"message": OK_LINE} | ADDED, {"message": NODATA_LINE}),
    "others beside": dumped({"message": OK_LINE, "host": "h", "port": 5, "ok": True, "x": None}),
    "runs of blanks": dumped({"message": OK_LINE.replace(" ", "  ")}, {"message": OK_LINE}),
    "line feeds inside": dumped({"message": f"{OK_LINE}\n"}, {"message": OK_LINE}),
    "a header": dumped({"body": "srcaddr version"}, {"body": "10.0.0.1 2"}),
    "malformed lines": dumped({"message": "bogus"}, {"message": OK_LINE}, {"message": "-"}),
    "times in front": dumped({"message": f"2018-09-22T20:28:14.000Z {OK_LINE}", "id": None}),
    "nothing": dumped({"message": ""}, {"message": OK_LINE}),
}

EVENT = {"id": "36", "timestamp": 1418530012000, "message": OK_LINE}
MESSAGE = {
    "messageType": "DATA_MESSAGE", "owner": "123456789010", "logGroup": "flows",
    "logStream": "eni-1-all", "subscriptionFilters": ["all"], "logEvents": [EVENT, EVENT],
}  # fmt: skip
WRAPPED |= {
    "without anything between": dumped({"message": OK_LINE}, {"message": OK_LINE}).replace(
        b"\n", b""
    ),
    "messages": dumped(MESSAGE, MESSAGE | {"logStream": "eni-2-all", "logEvents": []}, MESSAGE),
    "messages without anything between": dumped(MESSAGE, MESSAGE).replace(b"\n", b""),
    "messages of other lines": dumped(
        MESSAGE | {"logEvents": [EVENT | {"message": m} for m in (NODATA_LINE, "", "x y", OK_LINE)]}
    ),
    "messages with a header": dumped(
        MESSAGE | {"logEvents": [EVENT | {"message": m} for m in (HEADER, OK_LINE, HEADER)]}
    ),
    "messages without times": dumped(MESSAGE | {"logEvents": [{"message": OK_LINE}]}),
    "a feed and a tab in a line": dumped(
        MESSAGE | {"logEvents": [EVENT | {"message": f"{OK_LINE}\n"}, EVENT]}, MESSAGE
    ),
}

# What the quick way leaves to the careful one.
ODD = {
    "a float": dumped(TYPED | {"bytes": 5.5}),
    "a number too large": dumped(TYPED | {"bytes": 10**30}),
    "numbers and words": dumped(TYPED, WORDS),
    "a nested object": dumped(TYPED | {"x": {"a": 1}}),
    "a list of its own": dumped(TYPED | {"x": ["a"]}),
    "groups with blanks": dumped(TYPED | {"security-group-ids": ["sg-1 sg-2", "é"]}),
    "a null among groups": dumped(TYPED | {"security-group-ids": [None, "sg-1"]}),
    "a key twice": dumped(TYPED)[:-2] + b', "bytes": 5}\n',
    "no record": dumped(TYPED, {"unrelated": 1}, {}),
    "null": dumped(TYPED, None, TYPED),
    "null on a line with an object": dumped(TYPED)[:-1] + b" null\n" + dumped(TYPED),
    "two on a line": dumped(TYPED)[:-1] + b" " + dumped(TYPED, TYPED),
    "two on a later line": dumped(TYPED) + dumped(TYPED)[:-1] + dumped(TYPED),
    "braces in a text": dumped(TYPED | {"instance-tag": "a}{b"}),
    "an object on two lines": dumped(TYPED).replace(b', "action"', b',\n"action"'),
    "a blank line": dumped(TYPED) + b"\n \n" + dumped(TYPED),
    "a broken line": dumped(TYPED) + b'{"srcaddr": }\n' + dumped(TYPED) * 3,
    "an open string": dumped(TYPED) + b'{"srcaddr": "10.0.0\n' + dumped(TYPED) * 3,
    "cut short": dumped(TYPED, TYPED)[:-20],
    "a dash in what is no JSON": dumped(TYPED) + b'{"a":":"-"y"}\n{"b":"x":"-"}\n' + dumped(TYPED),
    "an account below zero": dumped(TYPED | {"account-id": -5}),
    "a name by escapes": dumped(TYPED).replace(b'"bytes": 4249', b'"b\\u0079tes": null'),
    "fields and lines": dumped(TYPED, {"message": OK_LINE}),
    "an object in a line": dumped({"message": json.dumps(TYPED), "timestamp": 5}),
    "a line that is a number": dumped({"message": OK_LINE}, {"message": 5, "_raw": OK_LINE}),
    "two times": dumped({"message": OK_LINE, "timestamp": None, "@timestamp": 5}),
    "a time of fractions": dumped({"message": OK_LINE, "timestamp": 1418530010.5}),
    "two regions": dumped({"message": OK_LINE, "region": "a", "aws-region": "b"}),
    "a message without its group": dumped(
        {"messageType": "DATA_MESSAGE", "logEvents": [{"message": OK_LINE}]}
    ),
    "a control message": dumped(MESSAGE | {"messageType": "CONTROL_MESSAGE"}, MESSAGE),
    "a message with more": dumped(MESSAGE, MESSAGE | {"policyLevel": "ACCOUNT_LEVEL_POLICY"}),
    "a message without events": dumped(MESSAGE, MESSAGE | {"logEvents": None}),
    "an event that is null": dumped(MESSAGE | {"logEvents": [EVENT, None]}),
    "an event without a line": dumped(MESSAGE | {"logEvents": [EVENT, {"id": "1"}]}),
    "an event of another stream": dumped(MESSAGE | {"logEvents": [EVENT | {"logStreamName": "x"}]}),
    "an object in an event": dumped(
        MESSAGE | {"logEvents": [EVENT | {"message": json.dumps(TYPED)}]}
    ),
    "a message cut short": dumped(MESSAGE, MESSAGE)[:-20],
    "NaN": dumped(TYPED | {"bytes": float("nan")}),
    "NUL": dumped(TYPED)[:-1] + b"\0\n" + dumped(TYPED),
    "a byte order mark": dumped(TYPED) + b"\xef\xbb\xbf" + dumped(TYPED),
    "half a surrogate": dumped(TYPED | {"instance-tag": "X"}).replace(b'"X"', b'"\\ud800"'),
    "a very long number": dumped(TYPED)[:-2] + b', "x": ' + b"9" * 5000 + b"}\n",
    "very deep": dumped(TYPED)[:-2] + b', "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n",
}


@pytest.mark.parametrize("form", FLAT)
def test_objects_of_fields_are_read_as_columns(form: str) -> None:
    assert isinstance(JsonLines().read(FLAT[form]), Objects)
    assert same(outcome(FLAT[form]), careful(FLAT[form]))


@pytest.mark.parametrize("form", WRAPPED)
def test_wrapped_lines_are_read_as_columns(form: str) -> None:
    assert isinstance(JsonLines().read(WRAPPED[form]), Wrapped)
    for options in ({}, {"given": HEADER}, {"candidates": [HEADER, f"{HEADER} vpc-id"]}):
        assert same(outcome(WRAPPED[form], **options), careful(WRAPPED[form], **options))


@pytest.mark.parametrize("form", ODD)
def test_what_is_odd_is_left_to_the_careful_way(form: str) -> None:
    assert JsonLines().read(ODD[form]) is None
    assert same(outcome(ODD[form]), careful(ODD[form]))


def test_objects_and_lines_give_the_records_of_the_text() -> None:
    expected = rows_of(text(OK_LINE, NODATA_LINE))
    for form in ("numbers as text", "dashes among numbers", "nulls"):
        assert rows_of(FLAT[form]) == expected
    assert rows_of(WRAPPED["message alone"]) == expected


def test_a_malformed_value_is_shown_with_its_number_and_its_object() -> None:
    wrong = TYPED | {"srcport": 70000}
    _, report = read(dumped(TYPED, SHORT, wrong))
    [shown] = report.reasons
    assert (shown.line, shown.reason) == (3, "srcport: 70000 is above 65535")
    assert json.loads(shown.text) == wrong


@pytest.mark.parametrize("form", ["half a surrogate", "a very long number", "very deep"])
def test_what_no_record_can_hold_costs_its_line_at_most(form: str) -> None:
    _, report = read(dumped(TYPED) + ODD[form] + dumped(TYPED))
    assert report.records + report.malformed == 3
    assert report.records >= 2


def in_blocks(data: bytes, size: int, *, quick: bool = True) -> Read:
    report = Report()
    reader = LineReader(report, LogFormat.parse(HEADER))
    pieces = [data[start : start + 100] for start in range(0, len(data), 100)]
    with mock.patch.object(JsonLines, "read", JsonLines.read if quick else lambda *_: None):
        tables = [records.table for records in read_json(pieces, report, reader, size)]
    rows = [
        {k: v for k, v in row.items() if v is not None} for t in tables for row in t.to_pylist()
    ]
    return rows, report


def test_blocks_hold_whole_lines_where_there_are_any() -> None:
    pieces = [b"ab", b"c\nd", b"efghijk", b"l\nm"]
    assert list(blocks(pieces, 4)) == [b"abc\n", b"defghijk", b"l\nm"]
    assert b"".join(blocks(pieces, 1)) == b"".join(pieces)


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 500, 2000])
def test_a_broken_line_makes_no_other_block_careful(size: int) -> None:
    good = dumped(*(TYPED | {"srcport": port} for port in range(200)))
    data = good + b'{"srcaddr": }\n' + dumped(TYPED | {"new": "2026-11-01"}) * 20 + good
    quick, slow = in_blocks(data, size), in_blocks(data, size, quick=False)
    assert same(quick, slow)
    _, report = quick
    assert (report.records, report.malformed) == (420, 1)
    assert report.reasons[0].line == 201


@pytest.mark.parametrize("size", [1, 600])
def test_blocks_of_other_shapes_follow_each_other(size: int) -> None:
    wrapped = dumped({"message": OK_LINE, "id": "-"}, {"message": OK_LINE, "timestamp": "-"})
    shapes = [dumped(TYPED) * 9, dumped(TYPED, QUIET_TYPED, SHORT) * 3, wrapped * 4, dumped(WORDS)]
    data = b"".join([*shapes, *reversed(shapes)])
    quick, slow = in_blocks(data, size), in_blocks(data, size, quick=False)
    assert sorted(map(str, quick[0])) == sorted(map(str, slow[0]))
    assert len(quick[0]) == 2 * (9 + 9 + 8 + 1)


WORDS_OF_VALUES = [
    '"-"', "null", '""', '" "', '"None"', '"5"', '" 5"', "5", "0", "-0", "-5", "05", "5.0", "1e3",
    "9" * 19, "9" * 30, "70000", '"0x1bb"', '"70000"', '"+5"', '"007"', "true", "false", "NaN", "{}",
    '{"a":1}', "[]", '["sg-1"]', '["sg-1","-"]', '["a b"]', '[null]', "[5]", '"sg-1,sg-2"', '"ACCEPT"',
    '"accept"', '"OK"', '"NODATA"', '"10.0.0.1"', '"::1"', '"a\\nb"', '"\\u0061"', '"\\ud83d\\ude00"',
    '"\u00e9"', '"\\""', '"{"', '"\\\\"', '"2026-11-01"', '"2026-11-01T00:00:00Z"', "1793491200",
    "1793491200123", '"1793491200"', f'"{OK_LINE}"', f'"{NODATA_LINE}"', f'"{line(srcport=70000)}"',
    '"srcaddr version"', "",
]  # fmt: skip
KEYS = [
    "srcaddr", "dstaddr", "srcport", "bytes", "start", "end", "action", "log-status", "account-id",
    "srcAddr", "interface_id", "x", "tag", "security-group-ids", "message", "_raw", "timestamp",
    "@timestamp", "id", "region", "aws-region", "host", "\\u0078", "events", "", 'a\\"b', "version",
]  # fmt: skip
BETWEEN = st.sampled_from(["\n"] * 12 + ["\r\n", "\n\n", " ", "", ",\n", "\n ", "]\n[", "\nnull\n"])
DIRT = st.sampled_from(
    [b"\n", b'"', b"{", b"}", b":", b",", b"-", b"\\", b"\0", b"\xff", b"null", b"["]
)


@st.composite
def json_text(draw: st.DrawFn) -> bytes:
    """Lines of a few shapes, in which now and then a value, a key or a byte is odd."""
    shapes = draw(st.lists(st.lists(st.sampled_from(KEYS), max_size=6), min_size=1, max_size=2))
    bases = draw(st.lists(st.sampled_from(["flat", "wrapped"]), min_size=1, max_size=2))
    keys = dict.fromkeys(key for shape in shapes for key in shape)
    usual = {key: draw(st.sampled_from(WORDS_OF_VALUES)) for key in keys}
    separators = draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,\t", " :  ")]))
    out = ""
    for _ in range(draw(st.integers(1, 8))):
        pairs = [("srcaddr", '"10.0.0.1"'), ("bytes", "5")]
        if draw(st.sampled_from(bases)) == "wrapped":
            pairs = [("message", f'"{OK_LINE}"')]
        for key in draw(st.sampled_from(shapes)):
            odd = draw(st.integers(0, 9)) == 0
            pairs.append((key, draw(st.sampled_from(WORDS_OF_VALUES)) if odd else usual[key]))
        if draw(st.integers(0, 19)):
            pairs = list(dict(pairs).items())
        comma, colon = separators
        out += "{" + comma.join(f'"{key}"{colon}{value}' for key, value in pairs) + "}"
        out += draw(BETWEEN)
    data = bytearray(out.encode())
    for _ in range(draw(st.sampled_from([0, 0, 0, 0, 1, 2]))):
        place = draw(st.integers(0, len(data)))
        data[place : place + draw(st.integers(0, 2))] = draw(DIRT)
    return bytes(data)


@pytest.mark.slow
@given(json_text())
@settings(max_examples=200, deadline=None)
def test_the_quick_way_says_what_the_careful_one_says(data: bytes) -> None:
    event(type(JsonLines().read(data)).__name__)
    assert same(outcome(data), careful(data))
    assert same(outcome(data, given=HEADER), careful(data, given=HEADER))
