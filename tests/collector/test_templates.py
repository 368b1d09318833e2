"""The CloudFormation templates: as cfn-lint sees them, and deployed on moto as far as it goes."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from ast import literal_eval
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from collector.function.settings import Settings
from collector.package import write
from tests.collector.conftest import Network
from tests.collector.payloads import GROUP, REGION
from vpcflow_core.fields import VPC_FIELDS

# Moto's server, which shares our process, warns of NOT_DEPLOYED.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS.*not supported by moto")

FOLDER = Path(__file__).parents[2] / "collector"
TEMPLATES = sorted(FOLDER.glob("*.yaml"))
# What moto 5.2 has no CloudFormation for; cfn-lint alone checks these.
NOT_DEPLOYED = {
    "AWS::CloudWatch::Alarm", "AWS::Lambda::EventInvokeConfig", "AWS::Logs::SubscriptionFilter",
    "AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy",
}  # fmt: skip
ASKS = {
    "FieldsPolicy": "ec2:DescribeFlowLogs",
    "InterfacesPolicy": "ec2:DescribeNetworkInterfaces",
    "SubnetsPolicy": "ec2:DescribeSubnets",
    "KeyPolicy": "kms:GenerateDataKey",
}


class Loader(yaml.SafeLoader):
    """Reads `!Ref x` as {"Ref": x} and `!Sub x` as {"Fn::Sub": x}."""


def _tag(loader: Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(node, deep=True)}


Loader.add_multi_constructor("!", _tag)


def template(name: str) -> dict[str, Any]:
    return yaml.load((FOLDER / name).read_text(encoding="utf-8"), Loader)


def deploy(name: str, **parameters: str) -> dict[str, str]:
    """Create a stack of a template; gives the physical ids of what moto made."""
    client = boto3.client("cloudformation", region_name=REGION)
    stack = f"{name.partition('.')[0]}-{len(client.list_stacks()['StackSummaries'])}"
    client.create_stack(
        StackName=stack,
        TemplateBody=(FOLDER / name).read_text(encoding="utf-8"),
        Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()],
        Capabilities=["CAPABILITY_IAM"],
    )
    found = client.describe_stack_resources(StackName=stack)["StackResources"]
    made = {r["LogicalResourceId"]: r for r in found if "ResourceType" in r}
    wanted = template(name)["Resources"]
    optional = {n for n, r in wanted.items() if "Condition" in r}
    missing = {wanted[n]["Type"] for n in wanted.keys() - made.keys() - optional}
    assert missing <= NOT_DEPLOYED
    outputs = client.describe_stacks(StackName=stack)["Stacks"][0].get("Outputs", [])
    return {n: str(r.get("PhysicalResourceId")) for n, r in made.items()} | {
        o["OutputKey"]: o["OutputValue"] for o in outputs
    }


def statements(role: str) -> list[dict[str, Any]]:
    iam = boto3.client("iam")
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    documents = [iam.get_role_policy(RoleName=role, PolicyName=n)["PolicyDocument"] for n in names]
    # Moto gives a policy inside a role of a template as the text of a Python value.
    read = [literal_eval(d) if isinstance(d, str) else d for d in documents]
    return [statement for document in read for statement in document["Statement"]]


def actions(found: list[dict[str, Any]]) -> set[str]:
    lists = [s["Action"] if isinstance(s["Action"], list) else [s["Action"]] for s in found]
    return {action for list_ in lists for action in list_}


@pytest.fixture
def code(aws: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """Parameters that name the packed function in a bucket."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    packed = write(tmp_path)
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="code", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.upload_file(str(packed), "code", packed.name)
    return {"LogGroupName": GROUP, "CodeBucket": "code", "CodeKey": packed.name}


@pytest.mark.slow
def test_cfn_lint_finds_nothing() -> None:
    names = [str(path) for path in TEMPLATES]
    found = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), "--regions", "us-east-1", REGION, "--", *names],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


def test_every_parameter_has_a_description_or_says_all_by_its_values() -> None:
    for path in TEMPLATES:
        for name, parameter in template(path.name)["Parameters"].items():
            assert "Description" in parameter or "AllowedValues" in parameter, f"{path.name} {name}"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_the_documentation_names_every_parameter(path: Path) -> None:
    page = "iam.md" if path.stem == "reader-policy" else "collect.md"
    text = (FOLDER.parent / "docs" / page).read_text(encoding="utf-8")
    assert [n for n in template(path.name)["Parameters"] if f"`{n}`" not in text] == []


def test_flow_logs_have_all_fields_by_default() -> None:
    default = template("flow-logs.yaml")["Parameters"]["LogFormat"]["Default"]
    assert default.split(" ") == [f"${{{field.aws}}}" for field in VPC_FIELDS]
    assert len(VPC_FIELDS) == 54


def test_tag_fields_of_the_default_have_keys() -> None:
    parameters = template("flow-logs.yaml")["Parameters"]
    for name in ("InstanceTagKeys", "InterfaceTagKeys", "GroupTagKeys"):
        assert len(parameters[name]["Default"].split(",")) == 2


@pytest.mark.slow
@pytest.mark.parametrize("resource", ["VPC", "Subnet", "NetworkInterface"])
def test_flow_logs_to_s3(aws: str, network: Network, resource: str) -> None:
    name = {"VPC": network.vpc, "Subnet": network.subnets[0]}.get(resource)
    name = name or network.interface("10.0.0.5", 0)
    made = deploy("flow-logs.yaml", ResourceType=resource, ResourceId=name)
    [log] = network.client.describe_flow_logs()["FlowLogs"]
    assert (log["ResourceId"], log["MaxAggregationInterval"]) == (name, 60)
    assert log["LogDestination"] == f"arn:aws:s3:::{made['Bucket']}"
    assert len(log["LogFormat"].split()) == 54
    assert made["Source"] == f"s3://{made['Bucket']}"
    [rule] = boto3.client("s3").get_bucket_encryption(Bucket=made["Bucket"])[
        "ServerSideEncryptionConfiguration"
    ]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


def test_flow_logs_to_an_existing_bucket(aws: str, network: Network) -> None:
    boto3.client("s3").create_bucket(Bucket="central")
    made = deploy("flow-logs.yaml", ResourceId=network.vpc, BucketName="central")
    assert {"Bucket", "LogGroup", "DeliveryRole"}.isdisjoint(made)
    assert made["Source"] == "s3://central"


def test_flow_logs_to_cloudwatch_logs(aws: str, network: Network) -> None:
    made = deploy(
        "flow-logs.yaml", ResourceId=network.vpc, Destination="cloud-watch-logs",
        LogGroupName=GROUP, RetentionDays="30",
    )  # fmt: skip
    [log] = network.client.describe_flow_logs()["FlowLogs"]
    assert (log["LogGroupName"], "Bucket" in made) == (GROUP, False)
    assert log["DeliverLogsPermissionArn"].endswith(made["DeliveryRole"])
    [group] = boto3.client("logs", region_name=REGION).describe_log_groups()["logGroups"]
    assert group["retentionInDays"] == 30
    assert made["Source"] == f"cloudwatch://{REGION}/{GROUP}"
    assert actions(statements(made["DeliveryRole"])) == {
        "logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams",
        "logs:DescribeLogGroups",
    }  # fmt: skip


def test_the_collector_is_deployed(code: dict[str, str]) -> None:
    made = deploy("collector.yaml", **code, Prefix="a/b", Concurrency="7")
    function = boto3.client("lambda").get_function(FunctionName=made["Function"])
    settings = function["Configuration"]
    assert function["Concurrency"]["ReservedConcurrentExecutions"] == 7
    assert (settings["Runtime"], settings["Timeout"]) == ("python3.13", 60)
    module, _, name = settings["Handler"].rpartition(".")
    assert callable(getattr(importlib.import_module(module), name))
    environment = settings["Environment"]["Variables"]
    read = Settings.read({**environment, "AWS_REGION": REGION})
    assert (read.bucket, read.prefix) == (made["Bucket"], "a/b/")
    assert read.owner == "123456789012"
    assert (read.form, read.groups, read.internal, read.fields) == ("VPC-JSON", True, None, None)


def test_failed_events_have_a_queue_that_can_be_replayed(code: dict[str, str]) -> None:
    made = deploy("collector.yaml", **code)
    queue = boto3.client("sqs").get_queue_attributes(
        QueueUrl=made["DeadLetters"], AttributeNames=["All"]
    )["Attributes"]
    assert queue["MessageRetentionPeriod"] == str(14 * 24 * 3600)
    lambda_ = boto3.client("lambda")
    [mapping] = lambda_.list_event_source_mappings()["EventSourceMappings"]
    assert mapping["EventSourceArn"] == queue["QueueArn"]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["State"] == "Disabled"
    lambda_.update_event_source_mapping(UUID=made["ReplayMapping"], Enabled=True)
    assert int(queue["VisibilityTimeout"]) >= 6 * 60
    poison = boto3.client("sqs").get_queue_attributes(
        QueueUrl=made["Poison"], AttributeNames=["QueueArn", "MessageRetentionPeriod"]
    )["Attributes"]
    redrive = json.loads(queue["RedrivePolicy"])
    assert redrive["deadLetterTargetArn"] == poison["QueueArn"]
    assert int(redrive["maxReceiveCount"]) == 5
    assert poison["MessageRetentionPeriod"] == str(14 * 24 * 3600)


def test_a_collector_does_not_take_its_own_log_for_a_source() -> None:
    made = template("collector.yaml")
    pattern = re.compile(made["Parameters"]["LogGroupName"]["AllowedPattern"])
    own = made["Resources"]["FunctionLog"]["Properties"]["LogGroupName"]["Fn::Sub"]
    assert not pattern.fullmatch(own.replace("${AWS::StackName}", "vpcflow-collector"))
    assert pattern.fullmatch("/vpc/flow_logs")


@pytest.mark.parametrize(
    ("parameters", "asked"),
    [
        ({}, {"FieldsPolicy", "InterfacesPolicy", "SubnetsPolicy"}),
        ({"VpcCidrPrefix": "10."}, {"FieldsPolicy", "InterfacesPolicy"}),
        ({"FlowLogFields": "${version}"}, {"InterfacesPolicy", "SubnetsPolicy"}),
        ({"IncludeSecurityGroupInfo": "false"}, {"FieldsPolicy"}),
        ({"IncludeSecurityGroupInfo": "false", "LogFormat": "VPC-RAW"}, set()),
        (
            {"IncludeSecurityGroupInfo": "false", "LogFormat": "VPC-RAW", "KmsKeyArn": "arn:aws:kms:eu-central-1:123456789012:key/1"},
            {"KeyPolicy"},
        ),
    ],
)  # fmt: skip
def test_the_role_may_do_no_more_than_the_parameters_need(
    code: dict[str, str], parameters: dict[str, str], asked: set[str]
) -> None:
    made = deploy("collector.yaml", **code, **parameters)
    assert made.keys() & ASKS.keys() == asked
    found = statements(made["FunctionRole"])
    assert actions(found) == {ASKS[name] for name in asked} | {
        "s3:PutObject", "logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage",
        "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes",
    }  # fmt: skip
    for statement in found:
        if statement["Resource"] == "*":
            assert statement["Condition"] == {"StringEquals": {"aws:RequestedRegion": REGION}}
    [put] = [s for s in found if s["Action"] == "s3:PutObject"]
    assert put["Resource"] == (
        f"arn:aws:s3:::{made['Bucket']}/AWSLogs/123456789012/vpcflowlogs/{REGION}/*"
    )


def test_a_collector_for_an_existing_bucket_makes_none(code: dict[str, str]) -> None:
    made = deploy("collector.yaml", **code, BucketName="central", Prefix="prod")
    assert "Bucket" not in made
    assert made["Source"] == "s3://central/prod"


def test_new_buckets_are_encrypted_private_and_kept() -> None:
    for name in ("flow-logs.yaml", "collector.yaml"):
        bucket = template(name)["Resources"]["Bucket"]
        assert bucket["DeletionPolicy"] == "Retain"
        assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
        assert "BucketEncryption" in bucket["Properties"]
        policy = json.dumps(template(name)["Resources"]["BucketPolicy"])
        assert "aws:SecureTransport" in policy


def managed(made: dict[str, str]) -> set[str]:
    iam = boto3.client("iam")
    found: set[str] = set()
    for name in ("ReadBucket", "UseKey", "ReadLogGroup", "ReadNetwork"):
        if name in made:
            document = iam.get_policy_version(PolicyArn=made[name], VersionId="v1")
            found |= actions(document["PolicyVersion"]["Document"]["Statement"])
    return found


EC2_ACTIONS = {
    "ec2:DescribeFlowLogs", "ec2:DescribeManagedPrefixLists", "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroupRules", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets",
    "ec2:DescribeVpcs", "ec2:GetManagedPrefixListEntries", "ec2:DescribeInstances",
    "ec2:DescribeNatGateways", "ec2:DescribeVpcEndpoints", "ec2:DescribeAddresses",
    "ec2:DescribeRouteTables",
}  # fmt: skip


@pytest.mark.parametrize(
    ("parameters", "allowed"),
    [
        ({}, EC2_ACTIONS),
        ({"ReadEc2": "false", "BucketName": "b"}, {"s3:ListBucket", "s3:GetObject"}),
        (
            {"ReadEc2": "false", "BucketName": "b", "Prefix": "p", "KmsKeyArn": "arn:aws:kms:eu-central-1:123456789012:key/1"},
            {"s3:ListBucket", "s3:GetObject", "kms:Decrypt"},
        ),
        (
            {"ReadEc2": "false", "LogGroupName": GROUP},
            {"logs:FilterLogEvents", "logs:DescribeLogStreams", "logs:DescribeLogGroups", "ec2:DescribeFlowLogs"},
        ),
    ],
)  # fmt: skip
def test_the_reader_may_read_what_was_named_and_nothing_else(
    aws: str, parameters: dict[str, str], allowed: set[str]
) -> None:
    assert managed(deploy("reader-policy.yaml", **parameters)) == allowed


def test_a_reader_of_another_account_gets_a_role(aws: str) -> None:
    made = deploy(
        "reader-policy.yaml", BucketName="b", ExternalId="e",
        TrustedPrincipalArn="arn:aws:iam::210987654321:role/analyst",
    )  # fmt: skip
    iam = boto3.client("iam")
    role = iam.get_role(RoleName=made["Role"])["Role"]
    [trust] = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"AWS": "arn:aws:iam::210987654321:role/analyst"}
    assert trust["Condition"] == {"StringEquals": {"sts:ExternalId": "e"}}
    attached = iam.list_attached_role_policies(RoleName=made["Role"])["AttachedPolicies"]
    assert {p["PolicyArn"] for p in attached} == {made["ReadBucket"], made["ReadNetwork"]}
