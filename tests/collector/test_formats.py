"""Which field stands where: given, asked for, or decided line by line among several."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from collector.function.formats import (
    ASK_AGAIN,
    DEFAULT_FIELDS,
    FORMATS_LAST,
    Formats,
    parse_format,
    read,
)
from collector.function.lines import NUMBERS
from tests.collector.conftest import Network
from tests.collector.payloads import GROUP, OWNER, REGION, START, flow
from tests.inventory.ec2_server import Ec2
from vpcflow_core.fields import DEFAULT_VPC_FORMAT, FIELDS

LINE = flow("eni-0a", "10.0.0.1", "10.0.0.2")
CUSTOM = "${start} ${end} ${srcaddr} ${dstaddr} ${bytes} ${log-status} ${interface-id}"
CUSTOM_LINE = f"{START} {START + 9} 10.0.0.1 10.0.0.2 40 OK eni-0a"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def formats(ec2: Ec2, clock: Clock) -> Formats:
    client = boto3.client("ec2", region_name=REGION, endpoint_url=ec2.url)
    return Formats(client, clock=clock)


def enable(network: Network, log_format: str | None, group: str = GROUP) -> str:
    more = {"LogFormat": log_format} if log_format else {}
    made: dict[str, Any] = network.client.create_flow_logs(
        ResourceType="Subnet", ResourceIds=[network._subnet(len(network.subnets) + 5)],
        TrafficType="ALL", LogDestinationType="cloud-watch-logs", LogGroupName=group,
        DeliverLogsPermissionArn="arn:aws:iam::123456789012:role/x", **more,
    )  # fmt: skip
    network.subnets.append("")
    return made["FlowLogIds"][0]


def test_tables_of_fields_agree_with_the_readers() -> None:
    assert DEFAULT_FIELDS == DEFAULT_VPC_FORMAT
    assert {f.aws for f in FIELDS if f.is_number} == NUMBERS


def test_a_format_is_read_in_aws_s_spelling_and_in_plain_names() -> None:
    names = ("version", "account-id", "srcaddr")
    assert parse_format("${version} ${account-id} ${srcaddr}") == names
    assert parse_format("version account-id,srcaddr") == names


def test_a_word_that_is_no_field_is_named() -> None:
    with pytest.raises(ValueError, match="FlowLogFields holds 'src_addr'"):
        parse_format("version,src_addr")


def test_a_given_format_asks_nobody() -> None:
    formats = Formats(None, parse_format(CUSTOM))
    assert formats.records(GROUP, [CUSTOM_LINE, "nonsense"]) == [
        {
            "start": str(START), "end": str(START + 9), "srcaddr": "10.0.0.1",
            "dstaddr": "10.0.0.2", "bytes": "40", "log-status": "OK", "interface-id": "eni-0a",
        },
        None,
    ]  # fmt: skip


def test_a_field_without_value_is_none_of_the_record() -> None:
    record = read(flow("eni-0a", "", "", status="NODATA"), (DEFAULT_FIELDS,))
    assert record is not None
    assert set(record) == {"version", "account-id", "interface-id", "start", "end", "log-status"}


def test_the_flow_logs_of_the_group_tell_the_format(network: Network, formats: Formats) -> None:
    enable(network, CUSTOM)
    enable(network, "${version} ${srcaddr}", group="another")
    [record] = formats.records(GROUP, [CUSTOM_LINE])
    assert record is not None
    assert record["bytes"] == "40"
    assert formats.records(GROUP, ["2 10.0.0.1"]) == [None]


def test_formats_of_one_group_are_told_apart_line_by_line(
    network: Network, formats: Formats
) -> None:
    enable(network, CUSTOM)
    enable(network, None)
    enable(network, "${interface-id} ${start} ${end} ${srcaddr} ${dstaddr} ${bytes} ${log-status}")
    other = f"eni-0b {START} {START + 9} 10.0.0.1 10.0.0.2 40 OK"
    found = formats.records(GROUP, [LINE, other, CUSTOM_LINE])
    assert [record and record["interface-id"] for record in found] == ["eni-0a", "eni-0b", "eni-0a"]


def test_a_line_that_two_formats_read_differently_is_left_raw(
    network: Network, formats: Formats
) -> None:
    enable(network, "${version} ${packets} ${bytes}")
    enable(network, "${version} ${bytes} ${packets}")
    assert formats.records(GROUP, ["3 7 900", "3 - -"]) == [None, {"version": "3"}]


def test_a_group_that_ec2_does_not_know_is_read_as_version_2(formats: Formats, ec2: Ec2) -> None:
    [record] = formats.records(GROUP, [LINE])
    assert record is not None
    assert record["account-id"] == OWNER
    assert ec2.asked["DescribeFlowLogs"] == 1


def test_answers_are_kept(network: Network, formats: Formats, ec2: Ec2, clock: Clock) -> None:
    enable(network, None)
    for _ in range(3):
        formats.records(GROUP, [LINE])
    assert ec2.asked["DescribeFlowLogs"] == 1
    clock.now += FORMATS_LAST
    formats.records(GROUP, [LINE])
    assert ec2.asked["DescribeFlowLogs"] == 2


def test_a_new_flow_log_is_noticed_by_its_lines(
    network: Network, formats: Formats, ec2: Ec2, clock: Clock
) -> None:
    enable(network, None)
    assert formats.records(GROUP, [LINE, CUSTOM_LINE])[1] is None
    enable(network, CUSTOM)
    assert formats.records(GROUP, [CUSTOM_LINE]) == [None]
    clock.now += ASK_AGAIN
    assert formats.records(GROUP, [LINE, CUSTOM_LINE])[1] is not None
    assert ec2.asked["DescribeFlowLogs"] == 2


def test_lines_of_a_flow_log_that_is_gone_are_still_read(
    network: Network, formats: Formats, clock: Clock
) -> None:
    gone = enable(network, CUSTOM)
    formats.records(GROUP, [CUSTOM_LINE])
    network.client.delete_flow_logs(FlowLogIds=[gone])
    enable(network, None)
    clock.now += FORMATS_LAST
    assert None not in formats.records(GROUP, [CUSTOM_LINE, LINE])


def test_a_refused_question_does_no_harm_once_it_was_answered(
    network: Network, formats: Formats, ec2: Ec2, clock: Clock
) -> None:
    enable(network, CUSTOM)
    formats.records(GROUP, [CUSTOM_LINE])
    ec2.refuse("DescribeFlowLogs", "UnauthorizedOperation")
    clock.now += FORMATS_LAST
    assert formats.records(GROUP, [CUSTOM_LINE]) != [None]
    with pytest.raises(Exception, match="UnauthorizedOperation"):
        formats.records("another", [CUSTOM_LINE])
