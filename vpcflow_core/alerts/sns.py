"""Publishes to a topic of Amazon SNS."""

from __future__ import annotations

import json

from botocore import exceptions as aws

from vpcflow_core.alert_settings import ChannelSetting
from vpcflow_core.alerts.messages import Message
from vpcflow_core.errors import FailureError
from vpcflow_core.sources.aws.client import client_of, session_of
from vpcflow_core.sources.open import SourceOptions

SUBJECT = 100  # characters of a subject at most, ASCII (SNS's Publish)


def publish(channel: ChannelSetting, message: Message) -> None:
    """Publish a message; a FIFO topic leaves out repetitions of it by itself.

    Raises:
        FailureError: SNS did not take it; names its code alone, as its text may hold more.
    """
    options = SourceOptions(profile=channel.profile, role_arn=channel.role_arn)
    region = channel.topic.split(":")[3]
    client = client_of(session_of(options), "sns", options, region, attempts=2)
    in_order = {"MessageGroupId": "vpcflow", "MessageDeduplicationId": message.id}
    about = {"severity": message.severity, "kind": message.kind, "rule": message.rule}
    try:
        client.publish(
            TopicArn=channel.topic,
            Subject=subject(message),
            Message=json.dumps(message.as_dict()),
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in about.items()
            },
            **(in_order if channel.topic.endswith(".fifo") else {}),
        )
    except aws.ClientError as error:
        code = error.response.get("Error", {}).get("Code", "an error")
        raise FailureError(f"SNS answered {code}.", "It is tried again.") from None
    except aws.BotoCoreError as error:
        what = f"SNS was not reached ({type(error).__name__})."
        raise FailureError(what, "It is tried again.") from None
    finally:
        client.close()


def subject(message: Message) -> str:
    """The message in a line that SNS takes as a subject."""
    text = message.text.encode("ascii", "replace").decode()
    return "".join(c if c.isprintable() else " " for c in text)[:SUBJECT]
