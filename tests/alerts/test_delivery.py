"""Channels: the forms of Slack, Teams and mail, and a topic of SNS, each at a real receiver."""

from __future__ import annotations

import json
from email import message_from_bytes, policy
from typing import Any

import boto3
import pytest

from tests.alerts.watching import mail_to, receiving
from vpcflow_core.alert_settings import ChannelSetting
from vpcflow_core.alerts.delivery import send, signature
from vpcflow_core.alerts.messages import Message
from vpcflow_core.errors import FailureError

MESSAGE = Message(
    "abc123",
    "night",
    "began",
    "2026-11-20T10:00:00+00:00",
    {
        "severity": "high",
        "what": "198.51.100.7 tried 900 ports\nof web",
        "next_step": "Block it.",
        "since": "2026-11-20T09:10:00+00:00",
        "until": "2026-11-20T09:50:00+00:00",
    },
    "https://flows.example/rejects?v=1",
)


def test_the_signature_is_the_hmac_that_any_receiver_computes() -> None:
    # printf '7.{}' | openssl dgst -sha256 -hmac s
    expected = "b12cae8f0db9d3d7c47e9b81ab46de84afeb161044a1c6fb23057d023b1e2b55"
    assert signature("s", 7, b"{}") == f"t=7,v1={expected}"
    assert signature("s", 8, b"{}") != signature("s", 7, b"{}")


@pytest.mark.parametrize("kind", ["slack", "teams"])
def test_slack_and_teams_get_their_own_forms(kind: str) -> None:
    with receiving() as receiver:
        channel = ChannelSetting(kind=kind, url=receiver.url, secret="k3y")  # type: ignore[arg-type]
        send("chat", channel, MESSAGE)
    (body,) = receiver.taken
    if kind == "slack":
        assert body["text"].startswith("[high] began: 198.51.100.7 tried 900 ports")
        text = body["text"]
    else:
        (attached,) = body["attachments"]
        assert attached["contentType"] == "application/vnd.microsoft.card.adaptive"
        text = " ".join(block["text"] for block in attached["content"]["body"])
    assert "Block it." in text
    assert "Fri 20 Nov 2026 09:10 - 09:50 UTC" in text
    assert "https://flows.example/rejects?v=1" in text
    assert receiver.keys == ["abc123"]


def test_a_webhook_that_points_elsewhere_gets_nothing_more() -> None:
    with receiving(302) as receiver, pytest.raises(FailureError, match="hook answered 302"):
        send("hook", ChannelSetting(url=receiver.url, secret="k3y"), MESSAGE)  # type: ignore[arg-type]
    assert receiver.taken == []


def test_an_address_that_cannot_be_asked_is_not_shown_in_the_error() -> None:
    for url in (
        "http://127.0.0.1:9/t0 ken",
        "http://127.0.0.1:x/t0ken",
        "http://[t0ken/",
        "http://",
    ):
        with pytest.raises(FailureError, match="hook was not reached") as caught:
            send("hook", ChannelSetting(url=url), MESSAGE)  # type: ignore[arg-type]
        assert "t0" not in str(caught.value)
        assert caught.value.__suppress_context__  # no trace shows what was raised before


def test_a_webhook_whose_variable_is_not_set_is_named_by_its_variable() -> None:
    with pytest.raises(FailureError, match="NOT_SET_ANYWHERE holds no address"):
        send("hook", ChannelSetting(url_variable="NOT_SET_ANYWHERE"), MESSAGE)


def test_mail_has_the_incident_as_text_and_as_json(mail_server: Any) -> None:
    send("mail", mail_to(mail_server, encrypted=False), MESSAGE)
    (raw,) = mail_server.got
    mail = message_from_bytes(raw, policy=policy.default)
    assert mail["Subject"] == "[high] began: 198.51.100.7 tried 900 ports of web"
    assert mail["To"] == "ops@example.com, soc@example.com"
    assert mail["Message-ID"] == "<abc123@vpcflow>"
    text, attached = mail.get_body(), next(mail.iter_attachments())  # type: ignore[attr-defined]
    assert "What to do: Block it." in text.get_content()
    assert json.loads(attached.get_content())["id"] == "abc123"


def test_mail_does_not_go_unencrypted_unless_the_settings_say_so(mail_server: Any) -> None:
    with pytest.raises(FailureError, match="mail was not reached"):
        send("mail", mail_to(mail_server), MESSAGE)
    assert mail_server.got == []


@pytest.mark.slow
def test_a_topic_of_sns_gets_the_message_with_what_subscriptions_filter_by(aws: str) -> None:
    sns, sqs = boto3.client("sns"), boto3.client("sqs")
    topic = sns.create_topic(Name="alerts")["TopicArn"]
    queue = sqs.create_queue(QueueName="got")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    endpoint = arn["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=endpoint)
    send("sns", ChannelSetting(kind="sns", topic=topic), MESSAGE)
    (got,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    envelope = json.loads(got["Body"])
    assert json.loads(envelope["Message"])["incident"]["next_step"] == "Block it."
    assert envelope["MessageAttributes"]["severity"]["Value"] == "high"
    assert envelope["Subject"].startswith("[high] began: 198.51.100.7")
    gone = ChannelSetting(kind="sns", topic=f"{topic}-gone")
    with pytest.raises(FailureError, match="sns: SNS answered NotFound"):
        send("sns", gone, MESSAGE)
