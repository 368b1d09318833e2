"""What waits is sent once by each kind of channel, whatever its receiver does, and when it wants."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest

from tests.alerts.test_delivery import MESSAGE
from tests.alerts.watching import receiving
from vpcflow_core.alert_settings import ChannelSetting
from vpcflow_core.alerts import delivery, sending
from vpcflow_core.alerts.delivery import send
from vpcflow_core.alerts.outbox import Entry, State, read, save
from vpcflow_core.alerts.sending import send_waiting
from vpcflow_core.errors import FailureError
from vpcflow_core.settings import Settings

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
IDS = ["a", "b", "c"]


def waiting(folder: Path) -> State:
    """Three messages that wait for the channel `chat`."""
    state = State(outbox=[Entry("chat", replace(MESSAGE, id=each)) for each in IDS])
    save(folder, state)
    return state


def chat(url: str, kind: str = "webhook") -> Settings:
    channel = ChannelSetting(kind=kind, url=url, secret="k3y")  # type: ignore[arg-type]
    return Settings(channels={"chat": channel})


@pytest.mark.parametrize("kind", ["webhook", "slack", "teams"])
def test_each_kind_of_webhook_that_fails_hangs_and_comes_back_gets_each_message_once(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "TIMEOUT", 1.0)  # others may use the processors
    waiting(tmp_path)
    with receiving(503, 200, "hang", 429, 400) as receiver:
        said = []
        for _ in range(5):
            state = read(tmp_path)  # each run begins from what is on disk
            said.append(send_waiting(state, chat(receiver.url, kind), tmp_path, send))
    # 503 | a, then it hangs | 429 | b is refused with 400, c is taken | b
    assert [sent for sent, _ in said] == [0, 1, 0, 1, 1]
    assert receiver.keys == ["a", "c", "b"]
    assert len(receiver.taken) == 3
    assert all(receiver.signed)
    assert said[3][1] == ["Channel chat answered 400."]
    assert read(tmp_path).outbox == []


def test_a_receiver_that_is_busy_for_long_is_left_alone_until_then(tmp_path: Path) -> None:
    with receiving((429, "120")) as receiver:
        settings = chat(receiver.url)
        _, said = send_waiting(waiting(tmp_path), settings, tmp_path, send, NOW)
        assert said == ["Channel chat answered 429."]
        early = send_waiting(read(tmp_path), settings, tmp_path, send, NOW + timedelta(seconds=119))
        assert early == (0, ["Channel chat asked for nothing before 10:02:00 UTC."])
        assert receiver.keys == []
        late = send_waiting(read(tmp_path), settings, tmp_path, send, NOW + timedelta(seconds=120))
    assert late == (3, [])
    assert receiver.keys == IDS
    assert read(tmp_path).later == {}


def test_a_receiver_that_asks_for_seconds_is_waited_for_within_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(sending, "sleep", waits.append)
    with receiving(200, (429, "1"), (503, "7"), 200, (429, "28")) as receiver:
        sent, said = send_waiting(waiting(tmp_path), chat(receiver.url), tmp_path, send, NOW)
    assert waits == [1, 7]
    assert receiver.keys == ["a", "b"]
    # 30 seconds are waited in a run at most: with 28 more it would be 36.
    assert (sent, said) == (2, ["Channel chat answered 429."])
    assert read(tmp_path).later == {"chat": NOW + timedelta(seconds=28)}


def test_a_date_is_waited_for_as_seconds_are_but_never_more_than_an_hour(tmp_path: Path) -> None:
    soon = datetime.now(UTC) + timedelta(minutes=10)
    for asked, least, most in (
        (f"{soon:%a, %d %b %Y %H:%M:%S} GMT", 590, 600),
        ("Fri, 31 Dec 2100 23:59:59 GMT", 3600, 3600),
        ("999999999999", 3600, 3600),
    ):
        with receiving((503, asked)) as receiver:
            send_waiting(waiting(tmp_path), chat(receiver.url), tmp_path, send, NOW)
        wait = read(tmp_path).later["chat"] - NOW
        assert timedelta(seconds=least - 2) <= wait <= timedelta(seconds=most), asked


def test_what_is_no_time_or_comes_with_another_status_delays_nothing(tmp_path: Path) -> None:
    for status, asked in ((429, "soon"), (503, "-5"), (500, "900"), (503, "\u0665")):
        with receiving((status, asked.encode().decode("latin-1"))) as receiver:
            settings = chat(receiver.url)
            sent, said = send_waiting(waiting(tmp_path), settings, tmp_path, send, NOW)
            assert (sent, said) == (0, [f"Channel chat answered {status}."])
            assert send_waiting(read(tmp_path), settings, tmp_path, send, NOW) == (3, [])


@pytest.mark.slow
def test_a_topic_that_comes_back_gets_each_message_once(aws: str, tmp_path: Path) -> None:
    sns, sqs = boto3.client("sns"), boto3.client("sqs")
    queue = sqs.create_queue(QueueName="got")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    topic = "arn:aws:sns:us-east-1:123456789012:alerts"
    settings = Settings(channels={"chat": ChannelSetting(kind="sns", topic=topic)})
    sent, said = send_waiting(waiting(tmp_path), settings, tmp_path, send)
    assert (sent, said) == (0, ["Channel chat: SNS answered NotFound."])
    assert sns.create_topic(Name="alerts")["TopicArn"] == topic
    endpoint = arn["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=endpoint)

    def dropping(name: str, channel: ChannelSetting, message: object) -> None:
        if message.id == "b":  # type: ignore[attr-defined]
            raise FailureError("SNS was not reached.", "")
        send(name, channel, message)  # type: ignore[arg-type]

    assert send_waiting(read(tmp_path), settings, tmp_path, dropping)[0] == 1
    assert send_waiting(read(tmp_path), settings, tmp_path, send) == (2, [])
    got = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    taken = [json.loads(json.loads(each["Body"])["Message"])["id"] for each in got]
    assert sorted(taken) == IDS
