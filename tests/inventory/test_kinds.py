"""What an interface belongs to, by what EC2 says of it."""

from __future__ import annotations

from typing import Any

import pytest

from vpcflow_core.inventory.kinds import Identity, identity_of

UUID = "1b2c3d4e-0000-4444-8888-0123456789ab"
STUDIO = "[DO NOT DELETE] ENI managed by SageMaker for Studio Domain d-abc123 (eu-central-1)"
NOTEBOOK = (
    "[Do not delete] Network Interface created to access resources in your VPC for SageMaker "
    "Notebook Instance arn:aws:sagemaker:eu-central-1:123456789012:notebook-instance/lab"
)


def said(
    description: str, of: str | None = "interface", requester: str | None = None, **more: Any
) -> Identity:
    row = {"type": of, "description": description, "requester_id": requester, **more}
    return identity_of(row)


@pytest.mark.parametrize(
    ("description", "of", "requester", "expected"),
    [
        ("aws-k8s-branch-eni", "branch", None, ("EKS pod", None, None)),
        ("aws-k8s-trunk-eni", "trunk", None, ("EKS node", None, None)),
        ("Amazon EKS prod", "interface", None, ("EKS control plane", "prod", None)),
        (
            f"arn:aws:ecs:eu-central-1:123456789012:attachment/{UUID}", "interface", None,
            ("ECS task", None, UUID),
        ),
        (
            f"arn:aws-cn:ecs:cn-north-1:123456789012:attachment/{UUID}", "branch", None,
            ("ECS task", None, UUID),
        ),
        (
            "ELB app/shop/50dc6c495c0c9188", "interface", "amazon-elb",
            ("ALB", "shop", "app/shop/50dc6c495c0c9188"),
        ),
        (
            "ELB net/tcp-in/50dc6c495c0c9188", "network_load_balancer", "123456789012",
            ("NLB", "tcp-in", "net/tcp-in/50dc6c495c0c9188"),
        ),
        ("ELB gwy/fw/50dc", "gateway_load_balancer", None, ("GWLB", "fw", "gwy/fw/50dc")),
        ("ELB old-shop", "interface", "amazon-elb", ("Classic LB", "old-shop", None)),
        (
            "Interface for NAT Gateway nat-0a1b2c", "nat_gateway", "123456789012",
            ("NAT gateway", None, "nat-0a1b2c"),
        ),
        (
            "VPC Endpoint Interface vpce-0a1b2c", "vpc_endpoint", "123456789012",
            ("VPC endpoint", None, "vpce-0a1b2c"),
        ),
        (
            "VPC Endpoint Interface vpce-0a1b2c", "gateway_load_balancer_endpoint", None,
            ("VPC endpoint", None, "vpce-0a1b2c"),
        ),
        (
            "Network Interface for Transit Gateway Attachment tgw-attach-0a1b", "transit_gateway",
            None, ("Transit gateway", None, "tgw-attach-0a1b"),
        ),
        (
            f"AWS Lambda VPC ENI-resize-images-{UUID}", "lambda", None,
            ("Lambda", "Lambda, e.g. resize-images", None),
        ),
        (f"AWS Lambda VPC ENI: {UUID}", "interface", "AROAX:resize", ("Lambda", None, None)),
        ("RDSNetworkInterface", "interface", "amazon-rds", ("RDS", None, None)),
        ("Network interface for DBProxy pool", "interface", None, ("RDS Proxy", "pool", None)),
        (
            "ElastiCache sessions-001", "interface", "amazon-elasticache",
            ("ElastiCache", "sessions-001", None),
        ),
        (
            "ElastiCache+sessions-001", "interface", "amazon-elasticache",
            ("ElastiCache", "sessions-001", None),
        ),
        ("RedshiftNetworkInterface", "interface", "amazon-redshift", ("Redshift", None, None)),
        ("DMSNetworkInterface", "interface", "123456789012", ("DMS", None, None)),
        ("DAX orders", "interface", "123456789012", ("DAX", "orders", None)),
        (
            "EFS mount target for fs-0a1b (fsmt-0c2d)", "interface", "123456789012",
            ("EFS", None, "fs-0a1b"),
        ),
        ("EFS mount target for fs-0a1b (fsmt-0c2d)", "efs", None, ("EFS", None, "fs-0a1b")),
        (
            "Amazon MSK network interface for cluster "
            f"arn:aws:kafka:eu-central-1:123456789012:cluster/events/{UUID}-3", "interface", None,
            ("MSK", "events", None),
        ),
        (
            f"Amazon MQ network interface for broker b-{UUID}", "interface", None,
            ("Amazon MQ", None, f"b-{UUID}"),
        ),
        (
            "Amazon Kinesis Firehose - 123456789012:clicks:1700000000", "interface", None,
            ("Firehose", "clicks", None),
        ),
        ("ES search", "interface", "amazon-elasticsearch", ("OpenSearch", "search", None)),
        (
            "AWS created network interface for directory d-0a1b", "interface", None,
            ("Directory Service", None, "d-0a1b"),
        ),
        (NOTEBOOK, "interface", None, ("SageMaker", "lab", None)),
        (STUDIO, "interface", None, ("SageMaker", None, "d-abc123")),
        (
            "Attached to Glue using role: arn:aws:iam::123456789012:role/etl", "interface", None,
            ("Glue", None, None),
        ),
        (
            "Route 53 Resolver: rslvr-out-0a1b:rni-0c2d", "interface", None,
            ("Route 53 Resolver", None, "rslvr-out-0a1b"),
        ),
        ("", "interface", "AROAX:AWSCodeBuild-1b2c", ("CodeBuild", None, None)),
        ("", "api_gateway_managed", None, ("API Gateway", None, None)),
        ("", "ec2_instance_connect_endpoint", None, ("Instance Connect endpoint", None, None)),
        ("made by a new service", "interface", "123456789012", ("AWS managed", None, None)),
        ("", "a_type_of_tomorrow", None, ("Interface", None, None)),
        ("", None, None, ("Interface", None, None)),
    ],
)  # fmt: skip
def test_a_description_that_a_service_wrote_gives_kind_name_and_id(
    description: str, of: str | None, requester: str | None, expected: tuple[str | None, ...]
) -> None:
    found = said(description, of, requester)
    assert (found.kind, found.name, found.service_id) == expected


@pytest.mark.parametrize(
    "description",
    ["the db of Alice", "RDSNetworkInterface", "ELB app/shop/50dc", "see nat-0a1b", "ES search"],
)
def test_what_anybody_may_write_is_no_name(description: str) -> None:
    assert said(description) == Identity("Interface")


def test_a_description_counts_as_a_whole_alone() -> None:
    assert said("not an RDSNetworkInterface", requester="amazon-elb").kind == "Load balancer"
    assert said("Amazon EKS prod and more", requester="1").kind == "AWS managed"


def test_a_type_comes_before_a_description() -> None:
    assert said("Amazon EKS prod", "nat_gateway") == Identity("NAT gateway")


def test_an_instance_comes_before_all_and_is_called_by_its_tag() -> None:
    on = {"instance_id": "i-0a1b"}
    assert said("RDSNetworkInterface", requester="amazon-rds", **on) == Identity(
        "EC2 instance", None, "i-0a1b"
    )
    row = {"description": "", "name": "eth0 of web", **on}
    assert identity_of(row).name == "eth0 of web"
    assert identity_of(row, {"name": "web-1", "tags": ["Name=web-1"]}).name == "web-1"
    group = {"name": None, "tags": ["aws:autoscaling:groupName=web"]}
    assert identity_of(dict(on), group).name == "web"


def test_nodes_of_eks_are_told_from_other_instances() -> None:
    on = {"instance_id": "i-0a1b"}
    assert said("aws-K8S-i-0a1b2c", **on).kind == "EKS node"
    tagged = identity_of({**on, "tags": ["cluster.k8s.amazonaws.com/name=prod"]})
    assert tagged == Identity("EKS node", "prod", "i-0a1b")


def test_a_name_that_is_an_id_says_nothing() -> None:
    row = {"instance_id": "i-0a1b2c3d4e", "name": "i-0a1b2c3d4e"}
    assert identity_of(row).name is None
    assert identity_of({"name": "eni-0a1b2c3d4e"}) == Identity("Interface")
    assert identity_of({"name": "door"}) == Identity("Interface", "door")


def test_an_interface_of_nothing_says_so() -> None:
    assert said("mine", status="available") == Identity("Not attached")
    assert said("RDSNetworkInterface", requester="amazon-rds", status="available").kind == "RDS"
