"""Events that failed lie in an SQS queue, and the same function takes them from there."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from tests.collector.conftest import Handle
from tests.collector.payloads import flow, keys, lines, message

LINE = flow("eni-0a", "10.0.0.5", "93.184.216.34")
OTHER = flow("eni-0a", "10.0.0.6", "93.184.216.34")


class Queue:
    """A dead-letter queue, and what Lambda's event source mapping does with it."""

    def __init__(self) -> None:
        self.client = boto3.client("sqs")
        self.url = self.client.create_queue(QueueName="dead-letters")["QueueUrl"]

    def put(self, body: Any) -> None:
        self.client.send_message(QueueUrl=self.url, MessageBody=json.dumps(body))

    def deliver(self, handle: Handle) -> list[str]:
        """Call the function with a batch, delete what it took; gives the ids it did not take."""
        batch = self.client.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10)["Messages"]
        records = [
            {
                "messageId": m["MessageId"], "receiptHandle": m["ReceiptHandle"],
                "body": m["Body"], "eventSource": "aws:sqs", "attributes": {},
            }
            for m in batch
        ]  # fmt: skip
        answer = handle({"Records": records}, new=False)
        kept = [item["itemIdentifier"] for item in answer["batchItemFailures"]]
        for taken in batch:
            if taken["MessageId"] not in kept:
                self.client.delete_message(QueueUrl=self.url, ReceiptHandle=taken["ReceiptHandle"])
            else:
                self.client.change_message_visibility(
                    QueueUrl=self.url, ReceiptHandle=taken["ReceiptHandle"], VisibilityTimeout=0
                )
        return kept

    def __len__(self) -> int:
        name = "ApproximateNumberOfMessages"
        found = self.client.get_queue_attributes(QueueUrl=self.url, AttributeNames=[name])
        return int(found["Attributes"][name])


@pytest.fixture
def queue(aws: str) -> Queue:
    return Queue()


def test_failed_events_are_collected_from_the_queue(handle: Handle, queue: Queue) -> None:
    queue.put(message(LINE))
    queue.put(message(OTHER))
    assert queue.deliver(handle) == []
    assert {line["srcaddr"] for line in lines()} == {"10.0.0.5", "10.0.0.6"}
    assert len(queue) == 0


def test_records_of_an_on_failure_destination_are_taken_too(handle: Handle, queue: Queue) -> None:
    queue.put({
        "version": "1.0", "requestContext": {"condition": "RetriesExhausted"},
        "requestPayload": message(LINE), "responsePayload": {"errorMessage": "x"},
    })  # fmt: skip
    queue.deliver(handle)
    assert lines()[0]["srcaddr"] == "10.0.0.5"


def test_a_replay_of_what_had_been_written_after_all_doubles_nothing(
    handle: Handle, queue: Queue
) -> None:
    handle(message(LINE))
    queue.put(message(LINE))
    queue.deliver(handle)
    assert len(keys()) == len(lines()) == 1


def test_one_that_fails_again_stays_in_the_queue_and_holds_nothing_back(
    handle: Handle, queue: Queue
) -> None:
    queue.put({"awslogs": {"data": "damaged"}})
    queue.put(message(LINE))
    queue.client.send_message(QueueUrl=queue.url, MessageBody="not even JSON")
    assert len(queue.deliver(handle)) == 2
    assert len(lines()) == 1
    assert len(queue) == 2


def test_events_that_failed_for_want_of_a_bucket_are_written_when_there_is_one(
    handle: Handle, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue.put(message(LINE))
    handle(message("x", kind="CONTROL_MESSAGE"), BUCKET="later")
    assert len(queue.deliver(handle)) == 1
    boto3.client("s3").create_bucket(
        Bucket="later", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    assert queue.deliver(handle) == []
    found = boto3.client("s3").list_objects_v2(Bucket="later")
    assert found["KeyCount"] == 1
