"""From a subscription's message to objects in S3, and what a failure leaves behind."""

from __future__ import annotations

import gzip
import json
import re
import time
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from collector.function.settings import SettingsError
from collector.function.subscription import PayloadError
from tests.collector.conftest import Handle, Network
from tests.collector.payloads import (
    BUCKET,
    GROUP,
    OWNER,
    REGION,
    START,
    body,
    flow,
    keys,
    lines,
    message,
    wrapped,
)
from tests.inventory.ec2_server import Ec2
from vpcflow_core.sources.s3.source import S3Source

LINE = flow("eni-0a", "10.0.0.5", "93.184.216.34")
SILENT = flow("eni-0a", "", "", status="NODATA")
WHERE = {"log-group": GROUP, "log-stream": "eni-1-all"}
PLAIN = {"INCLUDE_SECURITY_GROUP_INFO": "false", "FLOW_LOG_FIELDS": ""}
INTERFACES = "DescribeNetworkInterfaces"


def test_vpc_json_writes_the_fields_by_their_names(handle: Handle) -> None:
    handle(message(LINE, SILENT), LOG_FORMAT="VPC-JSON")
    assert lines() == [
        {
            "version": 2, "account-id": OWNER, "interface-id": "eni-0a", "srcaddr": "10.0.0.5",
            "dstaddr": "93.184.216.34", "srcport": 49152, "dstport": 443, "protocol": 6,
            "packets": 10, "bytes": 840, "start": START, "end": START + 59, "action": "ACCEPT",
            "log-status": "OK", **WHERE,
        },
        {
            "version": 2, "account-id": OWNER, "interface-id": "eni-0a", "start": START,
            "end": START + 59, "log-status": "NODATA", **WHERE,
        },
    ]  # fmt: skip


def test_vpc_raw_writes_the_line_as_it_came(handle: Handle, ec2: Ec2) -> None:
    handle(message(LINE, SILENT), LOG_FORMAT="VPC-RAW", **PLAIN)
    assert lines() == [
        {"timestamp": START * 1000, "message": text, **WHERE} for text in (LINE, SILENT)
    ]
    assert ec2.requests == []


def test_a_line_of_no_known_format_is_kept_raw(handle: Handle) -> None:
    handle(message("3 one two", LINE), LOG_FORMAT="VPC-JSON")
    assert lines()[0] == {"timestamp": START * 1000, "message": "3 one two", **WHERE}
    assert lines()[1]["bytes"] == 840


def test_accounts_keep_their_zeros_and_huge_numbers_their_digits(handle: Handle) -> None:
    handle(
        message("000000000012 9223372036854775807 unknown-thing"),
        FLOW_LOG_FIELDS="account-id bytes instance-tag",
    )
    [line] = lines()
    assert (line["account-id"], line["bytes"]) == ("000000000012", 9223372036854775807)
    assert line["start"] == START  # the format has no time but the event's


@pytest.mark.slow
def test_the_key_names_account_region_hour_and_group(handle: Handle) -> None:
    [key] = handle(message(LINE), PREFIX="central/prod/")["objects"]
    folder, _, name = key.rpartition("/")
    assert folder == f"central/prod/AWSLogs/{OWNER}/vpcflowlogs/{REGION}/2026/11/20/10"
    assert name.startswith(f"{OWNER}_vpcflowlogs_{REGION}_vpc-flow-logs_20261120T1015Z_")
    assert name.endswith(".json.gz")


def test_the_reader_finds_every_object_by_its_hour(handle: Handle) -> None:
    handle(message(*[LINE] * 3, times=[START, START + 3600, START - 3600]), PREFIX="a")
    for place in (BUCKET, f"{BUCKET}/a", f"{BUCKET}/a/AWSLogs/{OWNER}"):
        source = S3Source.from_url(f"s3://{place}")
        assert [o.uri.partition(f"{BUCKET}/")[2] for o in source.find(None)] == keys()


def test_events_of_several_hours_go_to_several_objects(handle: Handle) -> None:
    times = [START, START + 3600, START + 1, START + 7200]
    made = handle(message(*[LINE] * 4, times=times), **PLAIN)["objects"]
    assert [key.split("/")[-2] for key in made] == ["10", "11", "12"]
    assert [len(gzip.decompress(body(key)).splitlines()) for key in made] == [2, 1, 1]


@pytest.mark.slow
def test_a_retry_overwrites_and_other_events_do_not(handle: Handle) -> None:
    for _ in range(3):
        handle(message(LINE, SILENT))
    before = body(keys()[0])
    handle(message(LINE, SILENT))
    assert body(keys()[0]) == before
    assert len(keys()) == 1
    handle(message(SILENT, LINE))
    handle(message(LINE, SILENT, stream="eni-2-all"))
    assert len(keys()) == 3


def test_a_control_message_and_an_empty_one_write_nothing(handle: Handle) -> None:
    assert handle(message("CWL CONTROL MESSAGE", kind="CONTROL_MESSAGE")) == {"objects": []}
    assert handle(message()) == {"objects": []}
    assert keys() == []


@pytest.mark.parametrize(
    "event",
    [
        {}, {"awslogs": {}}, {"awslogs": {"data": "%%%"}}, wrapped(b"no gzip"), None, [],
        wrapped(gzip.compress(b"{}")), wrapped(gzip.compress(b"[")),
        wrapped(gzip.compress(b'{"messageType": "DATA_MESSAGE"}')[:-9]), {"Records": []},
    ],
)  # fmt: skip
def test_what_is_no_message_fails_and_so_reaches_the_dead_letter_queue(
    handle: Handle, event: Any
) -> None:
    with pytest.raises(PayloadError, match="no message of a CloudWatch Logs subscription"):
        handle(event)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["VPC-RAW", "VPC-JSON"])
def test_security_groups_and_direction_stand_beside_every_record(
    handle: Handle, network: Network, form: str
) -> None:
    mine = network.interface("10.0.0.5", 0, 1, second="10.0.0.6", six="2001:db8::5")
    texts = [
        flow(mine, "93.184.216.34", "10.0.0.5"),
        flow(mine, "10.0.0.6", "10.0.1.5"),
        flow(mine, "2001:db8::5", "2001:db8::9"),
        flow(mine, "", "", status="NODATA"),
        flow("eni-0123", "10.0.0.5", "10.0.0.9"),
    ]
    handle(message(*texts), LOG_FORMAT=form, INCLUDE_SECURITY_GROUP_INFO="true")
    found = lines()
    assert [line.get("direction") for line in found] == [
        "inbound", "outbound", "internal", None, None,
    ]  # fmt: skip
    groups = network.groups[:2]
    assert [line["security-group-ids"] for line in found] == [groups] * 4 + [["unknown"]]
    assert {line["aws-region"] for line in found} == {REGION}
    assert [line.get("vpc-id") for line in found] == [network.vpc] * 4 + [None]
    assert [line.get("subnet-id") for line in found] == [network.subnets[0]] * 4 + [None]


def test_containers_that_stay_warm_ask_ec2_once(handle: Handle, network: Network, ec2: Ec2) -> None:
    mine = network.interface("10.0.0.5", 0)
    text = flow(mine, "93.184.216.34", "10.0.0.5")
    for number in range(4):
        handle(
            message(text, SILENT, stream=f"s{number}"),
            new=not number,
            INCLUDE_SECURITY_GROUP_INFO="true",
        )
    # eni-0a is unknown: one question more.
    assert ec2.asked == {"DescribeFlowLogs": 1, INTERFACES: 2, "DescribeSubnets": 1}


def test_throttling_costs_nothing_but_time(handle: Handle, network: Network, ec2: Ec2) -> None:
    mine = network.interface("10.0.0.5", 0)
    ec2.refuse(INTERFACES, "RequestLimitExceeded", times=3)
    handle(message(flow(mine, "93.184.216.34", "10.0.0.5")), INCLUDE_SECURITY_GROUP_INFO="true")
    assert lines()[0]["security-group-ids"] == [network.groups[0]]


@pytest.mark.slow
@pytest.mark.parametrize("operation", ["DescribeFlowLogs", INTERFACES, "DescribeSubnets"])
def test_throttling_without_end_writes_nothing_and_a_later_retry_everything(
    handle: Handle, network: Network, ec2: Ec2, operation: str
) -> None:
    event = message(flow(network.interface("10.0.0.5", 0), "93.184.216.34", "10.0.0.5"))
    ec2.refuse(operation, "RequestLimitExceeded")
    with pytest.raises(ClientError, match="RequestLimitExceeded"):
        handle(event, INCLUDE_SECURITY_GROUP_INFO="true")
    assert keys() == []
    ec2.refused.clear()
    handle(event, new=False)
    assert lines()[0]["direction"] == "inbound"


def test_a_failure_between_two_objects_is_made_good_by_the_retry(
    handle: Handle, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = message(LINE, LINE, times=[START, START + 3600])
    whole = handle(event, **PLAIN)["objects"]
    boto3.client("s3").delete_object(Bucket=BUCKET, Key=whole[1])
    assert handle(event)["objects"] == whole == keys()


def test_a_bucket_that_refuses_fails_the_call(handle: Handle) -> None:
    with pytest.raises(ClientError, match="NoSuchBucket"):
        handle(message(LINE), BUCKET="elsewhere", **PLAIN)


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"LOG_FORMAT": "VPC-XML"}, "LogFormat is 'VPC-XML'. It may be VPC-RAW or VPC-JSON."),
        ({"INCLUDE_SECURITY_GROUP_INFO": "yes"}, "IncludeSecurityGroupInfo is 'yes'"),
        ({"VPC_CIDR_PREFIX": "10.0.0.0/40"}, "VpcCidrPrefix holds '10.0.0.0/40'"),
        ({"FLOW_LOG_FIELDS": "${version} $$"}, "FlowLogFields holds"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_named(
    handle: Handle, environment: dict[str, str], words: str
) -> None:
    with pytest.raises(SettingsError, match=re.escape(words)):
        handle(message(LINE), **environment)


def test_messages_as_the_service_packs_them(handle: Handle, network: Network) -> None:
    """Moto's CloudWatch Logs packs the events for a subscriber, here a Kinesis stream."""
    mine = network.interface("10.0.0.5", 0)
    kinesis, logs = boto3.client("kinesis"), boto3.client("logs")
    kinesis.create_stream(StreamName="s", ShardCount=1)
    logs.create_log_group(logGroupName=GROUP)
    logs.create_log_stream(logGroupName=GROUP, logStreamName=f"{mine}-all")
    arn = kinesis.describe_stream(StreamName="s")["StreamDescription"]["StreamARN"]
    logs.put_subscription_filter(
        logGroupName=GROUP, filterName="f", filterPattern="", destinationArn=arn, roleArn=arn
    )
    now = 1000 * int(time.time())
    texts = [flow(mine, "93.184.216.34", "10.0.0.5", size=size) for size in (1, 2, 3)]
    logs.put_log_events(
        logGroupName=GROUP, logStreamName=f"{mine}-all",
        logEvents=[{"timestamp": now, "message": text} for text in texts],
    )  # fmt: skip
    shard = kinesis.list_shards(StreamName="s")["Shards"][0]["ShardId"]
    place = kinesis.get_shard_iterator(
        StreamName="s", ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )
    for record in kinesis.get_records(ShardIterator=place["ShardIterator"])["Records"]:
        handle(wrapped(record["Data"]), INCLUDE_SECURITY_GROUP_INFO="true")
    assert [line["bytes"] for line in lines()] == [1, 2, 3]
    assert {line["log-stream"] for line in lines()} == {f"{mine}-all"}
    assert {line["direction"] for line in lines()} == {"inbound"}


def test_keys_are_plain_json_lines(handle: Handle) -> None:
    handle(message(LINE, "3 ünïcode\ttab"), LOG_FORMAT="VPC-RAW", **PLAIN)
    text = gzip.decompress(body(keys()[0])).decode()
    assert text.endswith("}\n")
    assert [json.loads(line)["message"] for line in text.split("\n")[:-1]] == [
        LINE, "3 ünïcode\ttab",
    ]  # fmt: skip
