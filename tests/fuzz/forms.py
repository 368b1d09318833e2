"""The files that are mutated: every format, each in several forms."""

from __future__ import annotations

import base64
import codecs
import io
import json
from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.formats import test_ocsf as ocsf
from tests.formats.reading import HEADER, packed
from tests.formats.samples import SAMPLES
from tests.formats.samples.lines import ACCEPTED, ANSWER, NODATA, REJECTED, SKIPDATA
from tests.formats.samples.wrappings import CONTROL, dumped, kinesis, message

LINES = (ACCEPTED, REJECTED, NODATA, ANSWER, SKIPDATA)
NAMES = HEADER.split()
OBJECTS = [dict(zip(NAMES, line.split(), strict=True)) for line in LINES]
STREAM = "eni-0a11aa22bb33cc441-all"
MOMENT = 1795176060000


def _text(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _cells(lines: Iterable[str]) -> bytes:
    return _text(line.replace(" ", ",") for line in lines)


def _events(**more: Any) -> dict[str, Any]:
    events = [
        {"timestamp": MOMENT + n, "message": line, "ingestionTime": MOMENT, "eventId": f"{n}"}
        | more
        for n, line in enumerate(LINES)
    ]
    return {"events": events, "searchedLogStreams": []}


def _results() -> dict[str, Any]:
    pairs = [
        [{"field": "@timestamp", "value": "2026-11-20 12:01:00.000"}, {"field": "@message", "value": line},
         {"field": "@ptr", "value": "CmE="}]
        for line in LINES
    ]  # fmt: skip
    return {"results": pairs, "statistics": {"recordsMatched": 5.0}, "status": "Complete"}


def _firehose() -> dict[str, Any]:
    data = base64.b64encode(packed(dumped(message(*LINES)))).decode()
    return {"invocationId": "a", "records": [{"recordId": "1", "data": data}] * 3}


def _parquet(rows: list[dict[str, Any]], **options: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), sink, **options)
    return sink.getvalue()


def _typed() -> list[dict[str, Any]]:
    return [
        {
            name.replace("-", "_"): int(word) if word.isdecimal() and name != "account-id" else word
            for name, word in row.items()
        }
        for row in OBJECTS
    ]


def _nullable() -> list[dict[str, Any]]:
    return [{name: None if word == "-" else word for name, word in row.items()} for row in _typed()]


def _samples(*ends: str) -> list[bytes]:
    return [data for name, data in SAMPLES.items() if name.endswith(ends)]


_DEFAULT = _text((HEADER, *LINES))
_TAGGED = _text(
    (
        "srcaddr,dstaddr,bytes,start,note",
        '10.0.0.1,10.0.0.2,5,1795176005,"a, b"',
        '"10.0.0.1","10.0.0.2",7,1795176005,"over\ntwo lines"',
        '10.0.0.3,10.0.0.4,-,1795176005,"say ""hi"""',
        "",
        "10.0.0.1,10.0.0.2",
    )
)
_OUTPUT_TEXT = (
    "SEARCHEDLOGSTREAMS\tTrue\teni-1\n"
    + "".join(
        f"EVENTS\t{n}\t{MOMENT}\t{STREAM}\t{line}\t{MOMENT}\n" for n, line in enumerate(LINES)
    )
    + "NEXTTOKEN\tabc\n"
)
_OUTPUT_RESULTS = "Complete\n" + "".join(
    f"RESULTS\t@message\t{line}\nRESULTS\t@ptr\tCmE=\n" for line in LINES
)

FORMS: dict[str, list[bytes]] = {
    "text with header": [_DEFAULT, *_samples(".log")],
    "text without header": [_text(LINES * 4), SAMPLES["v2_without_header.log"]],
    "csv": [_cells((HEADER, *LINES)), _TAGGED, SAMPLES["names.csv"], _cells(LINES * 3)],
    "json lines": [b"\n".join(map(dumped, OBJECTS)), SAMPLES["collected.json"]],
    "json array": [
        dumped(OBJECTS), json.dumps(OBJECTS, indent=2).encode(), dumped(LINES),
        SAMPLES["raw_events.json"], SAMPLES["body_events.json"],
    ],
    "subscription": [dumped(message(*LINES)), dumped(message(*LINES)) * 3, *_samples("event.json")],
    "kinesis, firehose": [dumped(kinesis(message(*LINES))), dumped(_firehose()), dumped(CONTROL)],
    "log events": [dumped(_events()), dumped(_events(logStreamName=STREAM))],
    "insights": [
        SAMPLES["insights.csv"], dumped(_results()),
        _text(["@timestamp,srcAddr,dstAddr,bytes", "2026-11-20 12:01:00.000,10.0.0.1,10.0.0.2,5"]),
    ],
    "aws logs tail": [
        _text(f"2026-11-20T12:01:00.123000+00:00 {STREAM} {line}" for line in LINES),
        _text(f"2026-11-20T12:01:00+01:00 {line}" for line in LINES),
    ],
    "--output text": [_OUTPUT_TEXT.encode(), _OUTPUT_RESULTS.encode()],
    "ocsf json": [ocsf.as_json(ocsf.event(), ocsf.event(class_uid=4003), ocsf.event())],
    "ocsf parquet": [ocsf.as_parquet(ocsf.event(), ocsf.event())],
    "parquet": [
        _parquet(_nullable()), _parquet(_nullable(), compression="gzip"),
        _parquet(OBJECTS, use_dictionary=False, compression="none"), SAMPLES["odd_types.parquet"],
    ],
    "gzip": [packed(_DEFAULT), packed(dumped(message(*LINES))), *_samples(".gz")],
    "double gzip": [packed(packed(_DEFAULT)), packed(_DEFAULT) * 3],
    "utf-16, utf-32": [
        codecs.BOM_UTF16_LE + _DEFAULT.decode().encode("utf-16-le"),
        _DEFAULT.decode().encode("utf-16-be"),
        codecs.BOM_UTF32_LE + _TAGGED.decode().encode("utf-32-le"),
        codecs.BOM_UTF8 + _DEFAULT,
        dumped(OBJECTS).decode().encode("utf-16"),
    ],
}  # fmt: skip
