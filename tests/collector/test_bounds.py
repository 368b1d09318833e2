"""What the function does with events that are too large, unreadable, or its own."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from collector.function import handler
from collector.function.formats import DEFAULT_FIELDS
from collector.function.settings import Settings, SettingsError
from collector.function.subscription import PayloadError, gunzip, unpack
from tests.collector.payloads import GROUP, OWNER, START, flow, message, wrapped

MB = 2**20
PLAIN = {"BUCKET": "logs", "AWS_REGION": "eu-west-1", "LOG_FORMAT": "VPC-RAW"}
GOOD = flow("eni-0a", "10.0.0.5", "93.184.216.34")


class S3:
    """Keeps what is put."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def put_object(self, **call: Any) -> None:
        self.calls.append(call)

    def lines(self) -> list[str]:
        return [
            json.loads(line)["message"]
            for call in self.calls
            for line in gzip.decompress(call["Body"]).decode().splitlines()
        ]


def collector(**more: str) -> handler.Collector:
    return handler.Collector(Settings.read({**PLAIN, **more}), S3(), None, None)


def body(**changed: Any) -> dict[str, Any]:
    events = [{"id": "1", "timestamp": START * 1000, "message": GOOD}]
    whole = {
        "messageType": "DATA_MESSAGE", "owner": OWNER, "logGroup": GROUP, "logStream": "eni-0a-all",
        "subscriptionFilters": ["vpcflow"], "logEvents": events,
    }  # fmt: skip
    return whole | changed


def packed(value: Any) -> dict[str, Any]:
    return wrapped(gzip.compress(json.dumps(value).encode()))


@pytest.mark.parametrize("size", [3 * MB, 70 * MB])
def test_an_event_that_unpacks_to_too_much_is_refused(size: int) -> None:
    with pytest.raises(PayloadError, match="unpacks to more than"):
        unpack(wrapped(gzip.compress(bytes(size))))


def test_no_more_is_unpacked_than_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collector.function.subscription.MOST_UNPACKED", 1000)
    assert gunzip(gzip.compress(b"a" * 600) + gzip.compress(b"b" * 400)) == b"a" * 600 + b"b" * 400
    with pytest.raises(PayloadError, match="more than 1,000 bytes"):
        gunzip(gzip.compress(b"a" * 600) + gzip.compress(b"b" * 401))
    with pytest.raises(EOFError):
        gunzip(gzip.compress(b"a" * 600)[:-9])


@pytest.mark.parametrize(
    "value",
    [
        "[" * 100_000, body(owner="../../other"), body(logEvents=None), body(logGroup=None),
        {"messageType": "DATA_MESSAGE"}, 5,
    ],
)  # fmt: skip
def test_what_is_no_message_is_refused_in_words(value: Any) -> None:
    data = value if isinstance(value, str) else json.dumps(value)
    with pytest.raises(PayloadError, match="no message of a CloudWatch Logs subscription"):
        unpack(wrapped(gzip.compress(data.encode())))


@pytest.mark.parametrize(
    "bad",
    [
        {"id": "2", "timestamp": 10**30, "message": GOOD}, {"id": "2", "message": GOOD},
        {"id": "2", "timestamp": -1, "message": GOOD}, {"id": "2", "timestamp": START * 1000},
        {"id": None, "timestamp": START * 1000, "message": GOOD}, None, "text",
        {"id": "2", "timestamp": float("inf"), "message": GOOD},
    ],
)  # fmt: skip
def test_a_poison_event_holds_none_of_its_message_back(bad: Any) -> None:
    events = [body()["logEvents"][0], bad, {"id": "3", "timestamp": START * 1000, "message": "x"}]
    started = collector()
    with pytest.raises(PayloadError, match=r"1 events of .* the other 2 were written"):
        started.collect(packed(body(logEvents=events)))
    assert started.s3.lines() == [GOOD, "x"]


@pytest.mark.parametrize("form", ["VPC-RAW", "VPC-JSON"])
@pytest.mark.parametrize(
    "odd", [GOOD.replace(" 840 ", f" {'9' * 5000} "), f"{GOOD} \ud83d", "\udc00", "\0" * 50]
)
def test_no_text_of_an_event_stops_it(odd: str, form: str) -> None:
    started = collector(LOG_FORMAT=form)
    started = handler.Collector(started.settings, started.s3, Formats(), None)
    events = [
        {"id": f"{n}", "timestamp": START * 1000, "message": m} for n, m in enumerate((GOOD, odd))
    ]
    assert len(started.collect(packed(body(logEvents=events)))) == 1
    [call] = started.s3.calls
    assert len(gzip.decompress(call["Body"]).splitlines()) == 2


class Formats:
    """Reads each line as a record of the default format."""

    def records(self, group: str, lines: list[str]) -> list[dict[str, str] | None]:
        return [dict(zip(DEFAULT_FIELDS, line.split(), strict=False)) for line in lines]


def test_the_function_does_not_collect_its_own_log() -> None:
    started = collector(AWS_LAMBDA_LOG_GROUP_NAME=GROUP)
    assert started.collect(message(GOOD)) == []
    assert started.s3.calls == []
    assert len(collector(AWS_LAMBDA_LOG_GROUP_NAME="/other").collect(message(GOOD))) == 1


def test_nothing_is_written_to_a_bucket_of_another_account() -> None:
    started = collector(BUCKET_OWNER="210987654321")
    started.collect(message(GOOD))
    assert [call["ExpectedBucketOwner"] for call in started.s3.calls] == ["210987654321"]
    with pytest.raises(SettingsError, match="It is an account of 12 digits"):
        collector(BUCKET_OWNER="me")
