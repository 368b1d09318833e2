"""Snapshots of EC2, over HTTP: what is read, how it is paged, and what a refusal costs."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import cache
from typing import Any

import boto3
import pandas as pd
import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2.models import ec2_backends

from tests.aws import CREDENTIALS
from tests.inventory.ec2_server import Ec2, serving
from vpcflow_core.inventory import ec2 as module
from vpcflow_core.inventory.ec2 import caller, sentence, take, take_all
from vpcflow_core.inventory.ec2_answers import acl_entries, rules_of
from vpcflow_core.inventory.ec2_calls import ENTRIES, INTERFACES, PARTS, RULES, row
from vpcflow_core.inventory.tables import TABLES, Snapshot

REGION = "eu-central-1"
MANY = 1_003


@pytest.fixture(autouse=True)
def ec2_without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting between attempts, and no log of every request."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)


@pytest.fixture
def ec2_service(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ec2]:
    """EC2 with pages and refusals; STS stays moto's own."""
    with serving(aws) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_EC2", proxy.url)
        yield proxy


@pytest.fixture
def client(aws: str) -> Any:
    return session().client("ec2", region_name=REGION, endpoint_url=aws)


@cache
def session() -> boto3.Session:
    """One for all tests: it reads EC2's description, which takes half a second, once."""
    return boto3.Session()


def snapshot() -> Snapshot:
    return take(session(), REGION)


def only(table: pd.DataFrame, **where: object) -> dict[str, Any]:
    """The one row with these values."""
    for name, value in where.items():
        table = table[table[name] == value]
    [found] = table.to_dict("records")
    return found


def tagged(kind: str, **tags: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}]


@pytest.mark.slow
def test_a_snapshot_has_every_kind_with_its_columns(ec2_service: Ec2) -> None:
    taken = snapshot()
    assert (taken.account_id, taken.region, taken.notes) == (DEFAULT_ACCOUNT_ID, REGION, ())
    assert set(taken.tables) == set(TABLES)
    for kind, table in taken.tables.items():
        assert list(table.columns) == list(TABLES[kind].columns)
    assert taken.taken.tzinfo is not None


def test_interfaces_have_all_their_addresses_groups_and_tags(ec2_service: Ec2, client: Any) -> None:
    vpc = client.create_vpc(CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
    six = client.describe_vpcs(VpcIds=[vpc["VpcId"]])["Vpcs"][0]["Ipv6CidrBlockAssociationSet"]
    block = six[0]["Ipv6CidrBlock"].replace("/56", "/64")
    subnet = client.create_subnet(
        VpcId=vpc["VpcId"], CidrBlock="10.0.1.0/24", Ipv6CidrBlock=block,
        TagSpecifications=tagged("subnet", Name="front"),
    )["Subnet"]  # fmt: skip
    groups = [
        client.create_security_group(GroupName=name, Description=name, VpcId=vpc["VpcId"])
        for name in ("web", "all")
    ]
    ids = [group["GroupId"] for group in groups]
    made = client.create_network_interface(
        SubnetId=subnet["SubnetId"], Description="the front door", Groups=ids, Ipv6AddressCount=1,
        PrivateIpAddresses=[
            {"PrivateIpAddress": "10.0.1.9", "Primary": False},
            {"PrivateIpAddress": "10.0.1.7", "Primary": True},
        ],
        TagSpecifications=tagged("network-interface", Name="door", stage="prod"),
    )["NetworkInterface"]  # fmt: skip
    elastic = client.allocate_address(Domain="vpc")
    client.associate_address(
        AllocationId=elastic["AllocationId"], NetworkInterfaceId=made["NetworkInterfaceId"]
    )
    taken = snapshot()
    found = only(taken.tables["interfaces"], interface_id=made["NetworkInterfaceId"])
    sixth = made["Ipv6Addresses"][0]["Ipv6Address"]
    assert found["addresses"] == ["10.0.1.7", "10.0.1.9", sixth]
    assert found["public_addresses"] == [elastic["PublicIp"]]
    assert found["security_group_ids"] == sorted(ids)
    assert found["tags"] == ["Name=door", "stage=prod"]
    assert (found["name"], found["type"]) == ("door", "interface")
    assert (found["description"], found["instance_id"]) == ("the front door", None)
    assert (found["vpc_id"], found["subnet_id"]) == (vpc["VpcId"], subnet["SubnetId"])
    assert found["owner_id"] == DEFAULT_ACCOUNT_ID
    assert only(taken.tables["vpcs"], vpc_id=vpc["VpcId"])["cidrs"] == [
        "10.0.0.0/16", six[0]["Ipv6CidrBlock"],
    ]  # fmt: skip
    assert only(taken.tables["subnets"], subnet_id=subnet["SubnetId"]) == {
        "subnet_id": subnet["SubnetId"], "name": "front", "vpc_id": vpc["VpcId"],
        "cidrs": ["10.0.1.0/24", block], "az_id": subnet["AvailabilityZoneId"],
        "owner_id": DEFAULT_ACCOUNT_ID,
    }  # fmt: skip
    group = only(taken.tables["security_groups"], security_group_id=ids[0])
    assert (group["name"], group["vpc_id"]) == ("web", vpc["VpcId"])


def test_what_interfaces_belong_to_is_read_beside_them(ec2_service: Ec2, client: Any) -> None:
    vpc = client.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = client.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    elastic = client.allocate_address(
        Domain="vpc", TagSpecifications=tagged("elastic-ip", Name="exit")
    )
    nat = client.create_nat_gateway(
        SubnetId=subnet, AllocationId=elastic["AllocationId"],
        TagSpecifications=tagged("natgateway", Name="way-out", team="net"),
    )["NatGateway"]["NatGatewayId"]  # fmt: skip
    gateway = client.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    client.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    routes = client.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    client.associate_route_table(RouteTableId=routes, SubnetId=subnet)
    client.create_route(RouteTableId=routes, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)
    client.create_route(RouteTableId=routes, DestinationIpv6CidrBlock="::/0", GatewayId=gateway)
    endpoint = client.create_vpc_endpoint(
        VpcId=vpc, ServiceName="com.amazonaws.eu-central-1.sqs", VpcEndpointType="Interface",
        SubnetIds=[subnet],
    )["VpcEndpoint"]["VpcEndpointId"]  # fmt: skip
    instance = client.run_instances(
        ImageId="ami-12c6146b", MinCount=1, MaxCount=1, SubnetId=subnet,
        TagSpecifications=tagged("instance", Name="web-1", team="web"),
    )["Instances"][0]["InstanceId"]  # fmt: skip
    tables = snapshot().tables
    found = only(tables["nat_gateways"], nat_gateway_id=nat)
    assert (found["name"], found["vpc_id"], found["subnet_id"]) == ("way-out", vpc, subnet)
    assert (found["state"], found["tags"]) == ("available", ["Name=way-out", "team=net"])
    assert found["created"].endswith("+00:00")
    found = only(tables["vpc_endpoints"], vpc_endpoint_id=endpoint)
    assert (found["service"], found["type"]) == ("com.amazonaws.eu-central-1.sqs", "Interface")
    assert (found["vpc_id"], found["subnet_ids"]) == (vpc, [subnet])
    found = only(tables["elastic_ips"], allocation_id=elastic["AllocationId"])
    assert (found["address"], found["name"]) == (elastic["PublicIp"], "exit")
    found = only(tables["route_tables"], route_table_id=routes)
    assert (found["main"], found["subnet_ids"]) == (False, [subnet])
    assert found["routes"] == [f"0.0.0.0/0 {nat}", "10.0.0.0/16 local", f"::/0 {gateway}"]
    found = only(tables["instances"], instance_id=instance)
    assert (found["name"], found["subnet_id"]) == ("web-1", subnet)
    assert (found["state"], found["tags"]) == ("running", ["Name=web-1", "team=web"])
    assert found["launched"].endswith("+00:00")


@pytest.mark.slow
def test_more_interfaces_than_a_page_holds_are_all_read(ec2_service: Ec2, client: Any) -> None:
    subnet = client.describe_subnets()["Subnets"][0]["SubnetId"]
    backend = ec2_backends[DEFAULT_ACCOUNT_ID][REGION]
    made = {
        backend.create_network_interface(
            backend.get_subnet(subnet), f"172.31.{8 + n // 250}.{n % 250}"
        ).id
        for n in range(MANY)
    }
    table = snapshot().tables["interfaces"]
    assert set(table["interface_id"]) == made
    asked = [r for r in ec2_service.requests if r["Action"] == "DescribeNetworkInterfaces"]
    assert [r.get("NextToken") for r in asked] == [None, "1000"]
    assert {r["MaxResults"] for r in asked} == {"1000"}


def test_every_question_is_asked_by_the_page(ec2_service: Ec2) -> None:
    snapshot()
    assert set(ec2_service.asked) == {p.call.operation for p in PARTS} | {ENTRIES.operation}
    pages = {p.call.operation: str(p.call.page) for p in PARTS} | {ENTRIES.operation: "100"}
    # EC2 gives all Elastic IPs at once.
    assert all(pages[r["Action"]] == r.get("MaxResults", "0") for r in ec2_service.requests)
    assert {r["Action"] for r in ec2_service.requests if "MaxResults" not in r} == {
        "DescribeAddresses"
    }


def test_prefix_lists_have_all_their_blocks(ec2_service: Ec2, client: Any) -> None:
    blocks = [f"10.{n}.0.0/16" for n in range(150)]
    made = client.create_managed_prefix_list(
        PrefixListName="offices", MaxEntries=200, AddressFamily="IPv4",
        Entries=[{"Cidr": block} for block in blocks],
    )["PrefixList"]["PrefixListId"]  # fmt: skip
    table = snapshot().tables["prefix_lists"]
    assert only(table, prefix_list_id=made) == {
        "prefix_list_id": made, "name": "offices", "cidrs": blocks,
    }  # fmt: skip
    assert "com.amazonaws.eu-central-1.s3" in list(table["name"])


def test_flow_logs_tell_where_they_write(ec2_service: Ec2, client: Any) -> None:
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="flows")
    vpc = client.describe_vpcs()["Vpcs"][0]["VpcId"]
    client.create_flow_logs(
        ResourceIds=[vpc], ResourceType="VPC", TrafficType="ALL", LogDestinationType="s3",
        LogDestination="arn:aws:s3:::flows", LogFormat="${version} ${srcaddr}",
    )  # fmt: skip
    found = only(snapshot().tables["flow_logs"], resource_id=vpc)
    assert (found["status"], found["traffic"], found["error"]) == ("ACTIVE", "ALL", None)
    assert (found["destination_type"], found["destination"]) == ("s3", "arn:aws:s3:::flows")
    assert found["log_format"] == "${version} ${srcaddr}"


def test_network_acls_have_their_entries_in_order_and_their_subnets(
    ec2_service: Ec2, client: Any
) -> None:
    vpc = client.describe_vpcs()["Vpcs"][0]["VpcId"]
    made = client.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    for number, way, protocol, more in (
        (200, False, "6", {"CidrBlock": "0.0.0.0/0", "PortRange": {"From": 443, "To": 443}}),
        (100, False, "-1", {"CidrBlock": "198.51.100.0/24"}),
        (120, True, "17", {"Ipv6CidrBlock": "::/0", "PortRange": {"From": 53, "To": 54}}),
    ):
        client.create_network_acl_entry(
            NetworkAclId=made, RuleNumber=number, Egress=way, Protocol=protocol,
            RuleAction="deny" if number == 100 else "allow", **more,
        )  # fmt: skip
    table = snapshot().tables["network_acls"]
    found = only(table, network_acl_id=made)
    assert [entry for entry in found["entries"] if " 32767 " not in entry] == [
        "in 100 deny -1 all 198.51.100.0/24",
        "in 200 allow 6 443-443 0.0.0.0/0",
        "out 120 allow 17 53-54 ::/0",
    ]
    assert (found["default"], found["subnet_ids"]) == (False, [])
    whole = only(table, default=True)
    subnets = {one["SubnetId"] for one in client.describe_subnets()["Subnets"]}
    assert set(whole["subnet_ids"]) == subnets
    assert "in 100 allow -1 all 0.0.0.0/0" in whole["entries"]


def test_an_entry_of_a_network_acl_for_icmp_has_type_and_code() -> None:
    entry = {"RuleNumber": 7, "Egress": True, "Protocol": "58", "RuleAction": "deny"}
    entry |= {"Ipv6CidrBlock": "::/0", "IcmpTypeCode": {"Type": 128, "Code": -1}}
    assert acl_entries({"Entries": [entry]}) == ["out 7 deny 58 128:-1 ::/0"]


def opened(client: Any) -> str:
    """A group with a rule of every kind."""
    vpc = client.describe_vpcs()["Vpcs"][0]["VpcId"]
    group = client.create_security_group(GroupName="web", Description="w", VpcId=vpc)["GroupId"]
    client.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[
            {
                "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
                "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "us"}, {"CidrIp": "1.2.3.4/32"}],
                "Ipv6Ranges": [{"CidrIpv6": "2001:db8::/32"}],
            },
            {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]},
            {
                "IpProtocol": "udp", "FromPort": 53, "ToPort": 53,
                "PrefixListIds": [{"PrefixListId": prefix_list(client)}],
            },
        ],
    )  # fmt: skip
    return group


def prefix_list(client: Any) -> str:
    return client.describe_managed_prefix_lists()["PrefixLists"][0]["PrefixListId"]


def rules(taken: Snapshot, group: str) -> list[tuple[Any, ...]]:
    table = taken.tables["rules"]
    table = table[table["security_group_id"] == group]
    ends = ["cidr", "prefix_list_id", "referenced_group_id"]
    columns = ["egress", "protocol", *ends]
    return sorted(table[columns].itertuples(index=False, name=None), key=repr)


def test_rules_name_one_other_end_each(ec2_service: Ec2, client: Any) -> None:
    group, listed = opened(client), prefix_list(client)
    taken = snapshot()
    assert rules(taken, group) == sorted(
        [
            (True, "-1", "0.0.0.0/0", None, None),
            (False, "tcp", "10.0.0.0/8", None, None),
            (False, "tcp", "1.2.3.4/32", None, None),
            (False, "tcp", "2001:db8::/32", None, None),
            (False, "-1", None, None, group),
            (False, "udp", None, listed, None),
        ],
        key=repr,
    )
    found = only(taken.tables["rules"], cidr="10.0.0.0/8")
    assert (found["from_port"], found["to_port"]) == (443, 443)
    assert found["rule_id"].startswith("sgr-")


def test_rules_that_may_not_be_read_are_derived_from_their_groups(
    ec2_service: Ec2, client: Any
) -> None:
    group = opened(client)
    allowed = rules(snapshot(), group)
    ec2_service.refuse("DescribeSecurityGroupRules", "UnauthorizedOperation")
    taken = snapshot()
    assert rules(taken, group) == allowed
    assert only(taken.tables["rules"], cidr="10.0.0.0/8")["rule_id"] == (
        f"{group}/ingress/tcp/443/443/10.0.0.0/8"
    )
    [note] = taken.notes
    assert note.startswith("rules: not permitted, add ec2:DescribeSecurityGroupRules")


@pytest.mark.parametrize("part", [p for p in PARTS if p is not RULES], ids=lambda part: part.kind)
def test_a_missing_permission_loses_that_part_alone(ec2_service: Ec2, part: Any) -> None:
    ec2_service.refuse(part.call.operation, "UnauthorizedOperation")
    taken = snapshot()
    assert set(taken.tables) == set(TABLES) - {part.kind}
    words = {
        "vpcs": "VPCs", "vpc_endpoints": "VPC endpoints", "nat_gateways": "NAT gateways",
        "elastic_ips": "elastic IPs", "network_acls": "network ACLs",
    }.get(part.kind, part.kind.replace("_", " "))  # fmt: skip
    assert taken.notes == (f"{words}: not permitted, add {part.call.action}",)
    assert sentence(taken).endswith(f"; {taken.notes[0]}")


def test_prefix_lists_without_their_blocks_are_worth_nothing(ec2_service: Ec2) -> None:
    ec2_service.refuse(ENTRIES.operation, "UnauthorizedOperation")
    taken = snapshot()
    assert "prefix_lists" not in taken.tables
    assert taken.notes == ("prefix lists: not permitted, add ec2:GetManagedPrefixListEntries",)


def test_a_prefix_list_deleted_meanwhile_is_left_out(ec2_service: Ec2) -> None:
    ec2_service.refuse(ENTRIES.operation, "InvalidPrefixListID.NotFound", 1)
    taken = snapshot()
    assert taken.notes == ()
    assert len(taken.tables["prefix_lists"]) == 5


def test_throttling_is_waited_out(ec2_service: Ec2) -> None:
    ec2_service.refuse("DescribeVpcs", "RequestLimitExceeded", 3)
    assert snapshot().notes == ()
    assert ec2_service.asked["DescribeVpcs"] == 4


def test_throttling_without_end_loses_that_part_alone(ec2_service: Ec2) -> None:
    ec2_service.refuse("DescribeVpcs", "RequestLimitExceeded")
    taken = snapshot()
    assert set(taken.tables) == set(TABLES) - {"vpcs"}
    assert "fewer requests (RequestLimitExceeded)" in taken.notes[0]
    assert ec2_service.asked["DescribeVpcs"] == module.ATTEMPTS


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("AuthFailure", "are not accepted in eu-central-1 (AuthFailure)"),
        ("RequestExpired", "have expired (RequestExpired)"),
    ],
)
def test_credentials_that_do_not_serve_are_told_once(
    ec2_service: Ec2, code: str, words: str
) -> None:
    for part in PARTS:
        ec2_service.refuse(part.call.operation, code)
    taken = snapshot()
    assert taken.tables == {}
    [note] = taken.notes
    assert words in note
    assert len(ec2_service.requests) == 1


def test_no_note_repeats_what_aws_wrote(ec2_service: Ec2) -> None:
    for part in PARTS:
        ec2_service.refuse(part.call.operation, "InternalError")
    taken = snapshot()
    text = " ".join(taken.notes)
    assert len(taken.notes) == len(PARTS)
    assert not any(word in text for word in ("MESSAGE", *list(CREDENTIALS.values())[:2]))


def test_an_older_ec2_is_asked_without_what_it_does_not_know(ec2_service: Ec2) -> None:
    ec2_service.refuse(INTERFACES.call.operation, "UnknownParameter", 1)
    taken = snapshot()
    assert "interfaces" in taken.tables
    asked = [r for r in ec2_service.requests if r["Action"] == INTERFACES.call.operation]
    assert ["IncludeManagedResources" in r for r in asked] == [True, False]


def test_a_network_that_is_down_is_one_sentence(
    credentials: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    taken = snapshot()
    assert (taken.account_id, taken.tables) == ("", {})
    assert sentence(taken) == (
        "EC2 eu-central-1: EC2 is out of reach (EndpointConnectionError): check the network, or "
        "set ec2 = false for the source"
    )


def test_without_credentials_there_is_one_sentence(
    aws: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    assert take(boto3.Session(), REGION).notes == ("there are no AWS credentials",)


def test_the_account_is_the_callers(aws: str) -> None:
    assert caller(session(), REGION) == DEFAULT_ACCOUNT_ID


def test_without_sts_the_account_is_that_of_the_owners(
    ec2_service: Ec2, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
    assert caller(session(), REGION) == ""
    assert snapshot().account_id == DEFAULT_ACCOUNT_ID


def test_regions_are_taken_together_in_their_order(ec2_service: Ec2, client: Any) -> None:
    taken = take_all(session(), ["us-west-2", REGION], DEFAULT_ACCOUNT_ID)
    assert [one.region for one in taken] == ["us-west-2", REGION]
    vpcs = [set(one.tables["vpcs"]["vpc_id"]) for one in taken]
    assert vpcs[1] == {vpc["VpcId"] for vpc in client.describe_vpcs()["Vpcs"]}
    assert not vpcs[0] & vpcs[1]
    assert take_all(session(), [], "") == []


def test_the_sentence_counts_each_kind(ec2_service: Ec2) -> None:
    said = sentence(snapshot())
    assert said.startswith(
        f"EC2 {DEFAULT_ACCOUNT_ID} eu-central-1: 0 interfaces, 1 security group, "
    )
    assert said.endswith(
        "3 subnets, 1 VPC, 6 prefix lists, 0 flow logs, 0 instances, 0 NAT gateways, "
        "0 VPC endpoints, 0 elastic IPs, 1 route table, 1 network ACL"
    )


def interface(**more: Any) -> dict[str, Any]:
    return row(INTERFACES.columns, {"NetworkInterfaceId": "eni-1", **more})


def test_prefixes_of_an_interface_are_its_addresses_too() -> None:
    found = interface(
        PrivateIpAddress="10.0.0.4",
        Ipv4Prefixes=[{"Ipv4Prefix": "10.0.8.16/28"}, {"Ipv4Prefix": "10.64.0.0/16"}],
        Ipv6Addresses=[
            {"Ipv6Address": "2001:db8::2", "IsPrimaryIpv6": False},
            {"Ipv6Address": "2001:db8::1", "IsPrimaryIpv6": True},
        ],
    )["addresses"]
    listed = [f"10.0.8.{n}" for n in range(16, 32)]
    assert found == ["10.0.0.4", *listed, "2001:db8::1", "2001:db8::2"]


def test_every_public_address_of_an_interface_is_known() -> None:
    found = interface(
        Association={"PublicIp": "3.0.0.1"},
        PrivateIpAddresses=[
            {"PrivateIpAddress": "10.0.0.4", "Association": {"PublicIp": "3.0.0.1"}},
            {"PrivateIpAddress": "10.0.0.5", "Association": {"CarrierIp": "155.0.0.1"}},
            {"PrivateIpAddress": "10.0.0.6"},
        ],
    )
    assert found["public_addresses"] == ["3.0.0.1", "155.0.0.1"]


@pytest.mark.parametrize(
    ("aws_has", "ours"),
    [("natGateway", "nat_gateway"), ("nat_gateway", "nat_gateway"), ("efa-only", "efa_only"),
     ("load_balancer", "load_balancer"), ("lambda", "lambda"), (None, None)],
)  # fmt: skip
def test_types_of_interfaces_are_written_one_way(aws_has: str | None, ours: str | None) -> None:
    assert interface(InterfaceType=aws_has)["type"] == ours


def test_blocks_taken_from_a_vpc_are_not_its_own() -> None:
    vpcs = next(part for part in PARTS if part.kind == "vpcs")
    item = {
        "VpcId": "vpc-1",
        "CidrBlock": "10.0.0.0/16",
        "CidrBlockAssociationSet": [
            {"CidrBlock": "10.0.0.0/16", "CidrBlockState": {"State": "associated"}},
            {"CidrBlock": "10.9.0.0/16", "CidrBlockState": {"State": "disassociated"}},
            {"CidrBlock": "100.64.0.0/16", "CidrBlockState": {"State": "associated"}},
        ],
    }
    assert row(vpcs.columns, item)["cidrs"] == ["10.0.0.0/16", "100.64.0.0/16"]


def test_a_flow_log_that_cannot_deliver_says_so() -> None:
    flow_logs = next(part for part in PARTS if part.kind == "flow_logs")
    failed = {"FlowLogId": "fl-1", "DeliverLogsStatus": "FAILED"}
    assert row(flow_logs.columns, failed)["error"] == "delivery failed"
    told = failed | {"DeliverLogsErrorMessage": "Access error"}
    assert row(flow_logs.columns, told)["error"] == "Access error"


def test_derived_rules_without_ports_keep_their_place() -> None:
    group = {
        "GroupId": "sg-1",
        "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
    }
    [rule] = rules_of(group)
    assert rule["rule_id"] == "sg-1/egress/-1/-/-/0.0.0.0/0"
    assert (rule["egress"], rule["from_port"]) == (True, None)
