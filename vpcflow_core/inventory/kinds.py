"""What an interface belongs to: a kind, a name and an id, by what EC2 says of it.

AWS sets the type of an interface, and the description of those that its services make; anyone may
write the description of an interface of their own. So a type comes before a description, a
description counts as a whole alone, and one that no row here knows is never a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

INSTANCE, NODE, ENDPOINT, MANAGED = "EC2 instance", "EKS node", "VPC endpoint", "AWS managed"
NOT_ATTACHED, INTERFACE = "Not attached", "Interface"
# What a requester may be: anybody, or any service at all.
ANYBODY, A_SERVICE = "", "*"

_AUTO_SCALING = "aws:autoscaling:groupName"
_CLUSTER = "cluster.k8s.amazonaws.com/name"
_VPCE = r"VPC Endpoint Interface (?P<id>vpce-[0-9a-f]+)"
_ID_ALONE = re.compile(r"[a-z]+-[0-9a-f]{8,}")


@dataclass(frozen=True, slots=True)
class Identity:
    """What an interface belongs to.

    Attributes:
        kind: `EC2 instance`, `NAT gateway`, `RDS`, ...; `Interface` where no row knows it.
        name: What people call it; None where EC2 does not say.
        service_id: Its id there: `i-...`, `nat-...`, `vpce-...`, `fs-...`; None likewise.
    """

    kind: str
    name: str | None = None
    service_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Rule:
    """A kind by the whole description of its interfaces.

    Attributes:
        kind: Which.
        description: Pattern of the description; its groups `name` and `id` are kept.
        type: Type of interface that may have it whoever asked for them.
        requester: Who must have asked for interfaces of a type that says nothing.
        title: The name with the group `name` in it.
    """

    kind: str
    description: str
    type: str = ""
    requester: str = ANYBODY
    title: str = "{}"


# Types that say the kind by themselves. EC2 adds types: one that is missing here is no mistake.
TYPES: Mapping[str, str] = {
    "load_balancer": "Load balancer",
    "network_load_balancer": "NLB",
    "gateway_load_balancer": "GWLB",
    "gateway_load_balancer_endpoint": ENDPOINT,
    "nat_gateway": "NAT gateway",
    "vpc_endpoint": ENDPOINT,
    "transit_gateway": "Transit gateway",
    "lambda": "Lambda",
    "efs": "EFS",
    "api_gateway_managed": "API Gateway",
    "global_accelerator_managed": "Global Accelerator",
    "quicksight": "QuickSight",
    "iot_rules_managed": "IoT",
    "ec2_instance_connect_endpoint": "Instance Connect endpoint",
    "aws_codestar_connections_managed": "CodeConnections",
    "branch": "EKS pod",
    "trunk": NODE,
}

_UUID = "-".join(f"[0-9a-f]{{{digits}}}" for digits in (8, 4, 4, 4, 12))
_RULES: tuple[_Rule, ...] = (
    _Rule(NODE, r"aws-[kK]8[sS]-(?P<id>i-[0-9a-f]+)"),
    _Rule("EKS pod", r"aws-k8s-branch-eni", "branch"),
    _Rule("EKS control plane", r"Amazon EKS (?P<name>[\w-]+)"),
    _Rule("ECS task", r"arn:aws[\w-]*:ecs:[\w-]+:\d{12}:attachment/(?P<id>[\w-]+)", "branch"),
    _Rule("ALB", r"ELB (?P<id>app/(?P<name>[^/]+)/\w+)", "load_balancer", "amazon-elb"),
    _Rule("NLB", r"ELB (?P<id>net/(?P<name>[^/]+)/\w+)", "network_load_balancer", A_SERVICE),
    _Rule("GWLB", r"ELB (?P<id>gwy/(?P<name>[^/]+)/\w+)", "gateway_load_balancer", A_SERVICE),
    _Rule("Classic LB", r"ELB (?P<name>[\w-]+)", requester="amazon-elb"),
    _Rule(
        "NAT gateway",
        r"Interface for NAT Gateway (?P<id>nat-[0-9a-f]+)",
        "nat_gateway",
        A_SERVICE,
    ),
    _Rule(ENDPOINT, _VPCE, "vpc_endpoint", A_SERVICE),
    _Rule(ENDPOINT, _VPCE, "gateway_load_balancer_endpoint", A_SERVICE),
    _Rule(
        "Transit gateway",
        r"Network Interface for Transit Gateway Attachment (?P<id>tgw-attach-[0-9a-f]+)",
        "transit_gateway",
        A_SERVICE,
    ),
    # An interface serves all functions with its subnet and groups; it is called after one of them.
    _Rule(
        "Lambda",
        rf"AWS Lambda VPC ENI-(?P<name>[\w-]+)-{_UUID}",
        "lambda",
        title="Lambda, e.g. {}",
    ),
    _Rule("Lambda", rf"AWS Lambda VPC ENI: {_UUID}", "lambda", A_SERVICE),
    _Rule("RDS", r"RDSNetworkInterface", requester="amazon-rds"),
    _Rule("RDS Proxy", r"Network interface for DBProxy (?P<name>[\w-]+)"),
    _Rule("ElastiCache", r"ElastiCache[ +](?P<name>[\w.-]+)", requester="amazon-elasticache"),
    _Rule("Redshift", r"RedshiftNetworkInterface", requester="amazon-redshift"),
    _Rule("DMS", r"DMSNetworkInterface", requester=A_SERVICE),
    _Rule("DAX", r"DAX (?P<name>[\w-]+)", requester=A_SERVICE),
    _Rule("EFS", r"EFS mount target for (?P<id>fs-[0-9a-f]+) \(fsmt-[0-9a-f]+\)", "efs"),
    _Rule("FSx", r".*\bFSx\b.*\b(?P<id>fs-[0-9a-f]+)\b.*", requester=A_SERVICE),
    _Rule(
        "MSK",
        r"Amazon MSK network interface for cluster "
        r"arn:aws[\w-]*:kafka:\S+:cluster/(?P<name>[^/]+)/\S+",
    ),
    _Rule("Amazon MQ", r"Amazon MQ network interface for broker (?P<id>b-[\w-]+)"),
    _Rule("Firehose", r"Amazon Kinesis Firehose - \d{12}:(?P<name>[\w.-]+):.*"),
    _Rule("OpenSearch", r"ES (?P<name>[\w-]+)", requester=A_SERVICE),
    _Rule("Directory Service", r"AWS created network interface for directory (?P<id>d-[0-9a-f]+)"),
    _Rule("WorkSpaces", r"Created By Amazon Workspaces for AWS Account ID.*"),
    _Rule(
        "SageMaker",
        r"\[Do not delete\] Network Interface created to access resources in your VPC for "
        r"SageMaker Notebook Instance (?:\S*/)?(?P<name>[\w-]+)",
    ),
    _Rule(
        "SageMaker",
        r"\[DO NOT DELETE\] ENI managed by SageMaker for Studio Domain \(?(?P<id>d-\w+)\)?.*",
    ),
    _Rule("Glue", r"Attached to Glue using role: arn:aws[\w-]*:iam::.*"),
    _Rule("Route 53 Resolver", r"Route 53 Resolver: (?P<id>rslvr-(?:in|out)-[0-9a-f]+):.*"),
    _Rule("CloudHSM", r"CloudHsm ENI.*", requester=A_SERVICE),
    _Rule("DataSync", r"[dD]ata[sS]ync.*", requester=A_SERVICE),
    _Rule("EMR", r"AWS ElasticMapReduce.*", requester=A_SERVICE),
)

# Who asked for an interface, where neither its type nor its description says more.
REQUESTERS: Mapping[str, str] = {
    "amazon-elb": "Load balancer",
    "amazon-rds": "RDS",
    "amazon-elasticache": "ElastiCache",
    "amazon-redshift": "Redshift",
    "amazon-elasticsearch": "OpenSearch",
}
_BUILDS = ":AWSCodeBuild-"

_COMPILED = [(rule, re.compile(rule.description)) for rule in _RULES]


def identity_of(
    interface: Mapping[str, Any], instance: Mapping[str, Any] | None = None
) -> Identity:
    """What an interface belongs to.

    Args:
        interface: A row of the snapshot's `interfaces`.
        instance: The row of `instances` that it is attached to, where that is known.

    >>> identity_of({"type": "nat_gateway", "description": "Interface for NAT Gateway nat-0a1b"})
    Identity(kind='NAT gateway', name=None, service_id='nat-0a1b')
    >>> identity_of({"type": "interface", "description": "the db of Alice"})
    Identity(kind='Interface', name=None, service_id=None)
    """
    tags = tags_of(interface.get("tags"))
    described = _described(interface)
    if interface.get("instance_id"):
        return _of_instance(interface, instance or {}, tags, described)
    own = _said(interface.get("name"))
    if described:
        return Identity(described.kind, described.name or own, described.service_id)
    kind = _kind(interface)
    if kind in (INTERFACE, NODE, "EKS pod") and _CLUSTER in tags:
        return Identity(NODE if kind == INTERFACE else kind, own or tags[_CLUSTER])
    return Identity(kind, own)


def tags_of(texts: Iterable[str] | None) -> dict[str, str]:
    """Tags by key, of the texts that snapshots hold.

    >>> tags_of(["team=web", "path=a=b"])
    {'team': 'web', 'path': 'a=b'}
    """
    pairs = (text.partition("=") for text in (texts if texts is not None else ()))
    return {key: value for key, _, value in pairs}


def _of_instance(
    interface: Mapping[str, Any],
    instance: Mapping[str, Any],
    tags: Mapping[str, str],
    described: Identity | None,
) -> Identity:
    """The identity of an instance, whatever its interfaces are described as."""
    tags = {**tags, **tags_of(instance.get("tags"))}
    is_node = described is not None and described.kind == NODE
    names = (
        instance.get("name"),
        interface.get("name"),
        tags.get(_AUTO_SCALING),
        tags.get(_CLUSTER),
    )
    return Identity(
        NODE if is_node or _CLUSTER in tags else INSTANCE,
        next((name for name in map(_said, names) if name), None),
        str(interface["instance_id"]),
    )


def _described(interface: Mapping[str, Any]) -> Identity | None:
    """What the description says, where it is one that a service wrote."""
    text, of = interface.get("description") or "", interface.get("type") or ""
    requester = interface.get("requester_id") or ""
    for rule, pattern in _COMPILED:
        found = pattern.fullmatch(text) if _is_open(rule, of, requester) else None
        if found:
            parts = found.groupdict()
            name = parts.get("name")
            return Identity(rule.kind, rule.title.format(name) if name else None, parts.get("id"))
    return None


def _is_open(rule: _Rule, of: str, requester: str) -> bool:
    """Whether an interface of that type and requester may be of the rule's kind."""
    if of in TYPES:
        return of == rule.type
    return rule.requester in (ANYBODY, requester) or (
        rule.requester == A_SERVICE and requester > ""
    )


def _kind(interface: Mapping[str, Any]) -> str:
    """The kind by type, then by who asked for the interface."""
    requester = interface.get("requester_id") or ""
    by_type = TYPES.get(interface.get("type") or "")
    if by_type or requester in REQUESTERS:
        return by_type or REQUESTERS[requester]
    if _BUILDS in requester:
        return "CodeBuild"
    if requester:
        return MANAGED
    return NOT_ATTACHED if interface.get("status") == "available" else INTERFACE


def _said(name: Any) -> str | None:
    """A name that says more than an id does."""
    return name if isinstance(name, str) and name and not _ID_ALONE.fullmatch(name) else None
