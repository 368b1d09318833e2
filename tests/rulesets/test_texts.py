"""Rules read from the texts people have, and written so that they read back the same."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from vpcflow_core.errors import ParameterError
from vpcflow_core.inventory.tables import frame_of
from vpcflow_core.rulesets.reading import LONGEST, read_rules
from vpcflow_core.rulesets.writing import WRITERS

GROUPS = frame_of(
    "security_groups",
    [
        {"security_group_id": "sg-web", "name": "web"},
        {"security_group_id": "sg-db", "name": "db"},
        {"security_group_id": "sg-1", "name": "twice"},
        {"security_group_id": "sg-2", "name": "twice"},
    ],
)
Said = list[tuple[Any, ...]]


def said(text: str) -> Said:
    """The rules of a text: group, outbound, protocol, ports, and where to."""
    frame = read_rules(text, GROUPS)
    frame = frame.astype("object").where(frame.notna(), None)
    return [
        (
            row["security_group_id"],
            row["egress"],
            row["protocol"],
            row["from_port"],
            row["to_port"],
            row["cidr"] or row["prefix_list_id"] or row["referenced_group_id"],
        )
        for row in frame.to_dict("records")
    ]


HCL = """
# The web tier.
resource "aws_security_group" "front" {
  name = "web" // as EC2 has it
  tags = { Name = "web", "cost-center" : "7" }
  ingress {
    description = "all \\"clients\\""
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0", "10.0.0.0/8"]
    ipv6_cidr_blocks = ["::/0"]
  }
  egress { from_port = 0, to_port = 0, protocol = "-1", self = true }
}
/* rules
   apart */
resource "aws_vpc_security_group_ingress_rule" "ssh" {
  security_group_id = aws_security_group.front.id
  cidr_ipv4         = "192.0.2.7/24"
  from_port = 22
  ip_protocol = "tcp"
  to_port = 22
}
resource "aws_security_group_rule" "db" {
  type = "egress"
  security_group_id = "sg-web"
  source_security_group_id = "sg-db"
  protocol = "TCP"
  from_port = "5432"
  to_port = 5432
}
output "x" { value = "y" }
"""
OF_HCL: Said = [
    ("sg-web", False, "tcp", 443, 443, "0.0.0.0/0"),
    ("sg-web", False, "tcp", 443, 443, "10.0.0.0/8"),
    ("sg-web", False, "tcp", 443, 443, "::/0"),
    ("sg-web", True, "-1", None, None, "sg-web"),
    ("sg-web", False, "tcp", 22, 22, "192.0.2.0/24"),
    ("sg-web", True, "tcp", 5432, 5432, "sg-db"),
]
PLAN = {
    "format_version": "1.2",
    "planned_values": {
        "root_module": {
            "resources": [
                {
                    "address": "aws_vpc_security_group_egress_rule.a",
                    "type": "aws_vpc_security_group_egress_rule",
                    "name": "a",
                    "values": {
                        "security_group_id": "sg-db", "ip_protocol": "udp", "from_port": 53,
                        "to_port": 53, "prefix_list_id": "pl-1", "cidr_ipv4": None,
                    },
                }
            ],
            "child_modules": [
                {
                    "resources": [
                        {
                            "address": "module.m.aws_security_group.b", "type": "aws_security_group",
                            "name": "b",
                            "values": {
                                "id": "sg-web", "name": "web", "egress": [],
                                "ingress": [
                                    {
                                        "protocol": "icmp", "from_port": -1, "to_port": -1,
                                        "cidr_blocks": ["10.0.0.0/8"], "security_groups": [],
                                        "self": False, "description": "",
                                    }
                                ],
                            },
                        }
                    ]
                }
            ],
        }
    },
}  # fmt: skip
YAML = """
Resources:
  Web:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupName: web
      SecurityGroupIngress:
        - {IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0}
  Db:
    Type: AWS::EC2::SecurityGroupIngress
    Properties:
      GroupId: sg-db
      IpProtocol: tcp
      FromPort: 5432
      ToPort: 5432
      SourceSecurityGroupId: !GetAtt Web.GroupId
  Out:
    Type: AWS::EC2::SecurityGroupEgress
    Properties: {GroupId: !Ref Web, IpProtocol: "-1", DestinationPrefixListId: pl-1}
  Bucket:
    Type: AWS::S3::Bucket
"""
OF_YAML: Said = [
    ("sg-web", False, "tcp", 443, 443, "0.0.0.0/0"),
    ("sg-db", False, "tcp", 5432, 5432, "sg-web"),
    ("sg-web", True, "-1", None, None, "pl-1"),
]
EC2 = {
    "SecurityGroupRules": [
        {"GroupId": "sg-db", "IsEgress": False, "IpProtocol": "-1", "FromPort": -1, "ToPort": -1,
         "ReferencedGroupInfo": {"GroupId": "sg-web", "UserId": "1"}, "Tags": []},
        {"GroupId": "sg-db", "IsEgress": True, "IpProtocol": "47", "FromPort": -1, "ToPort": -1,
         "CidrIpv6": "2001:DB8::/32"},
    ]
}  # fmt: skip
OF_EC2: Said = [
    ("sg-db", False, "-1", None, None, "sg-web"),
    ("sg-db", True, "47", -1, -1, "2001:db8::/32"),
]


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        (HCL, OF_HCL),
        (json.dumps(PLAN), [
            ("sg-db", True, "udp", 53, 53, "pl-1"),
            ("sg-web", False, "icmp", -1, -1, "10.0.0.0/8"),
        ]),
        (YAML, OF_YAML),
        (json.dumps(EC2), OF_EC2),
        (json.dumps(EC2["SecurityGroupRules"]), OF_EC2),
    ],
    ids=["terraform", "plan", "cloudformation", "ec2", "list"],
)  # fmt: skip
def test_each_form_says_its_rules(text: str, rules: Said) -> None:
    assert said(text) == rules


@pytest.mark.parametrize("form", WRITERS)
@pytest.mark.parametrize("text", [HCL, YAML, json.dumps(EC2)], ids=["hcl", "yaml", "ec2"])
def test_what_is_written_reads_back_the_same(form: str, text: str) -> None:
    rules = read_rules(text, GROUPS)
    rules["description"] = 'a "b" ${c} %{d} \\ ü'
    written = WRITERS[form](rules)
    assert said(written) == said(text)
    assert set(read_rules(written, GROUPS)["description"]) == {'a "b" ${c} %{d} \\ ü'}


def test_all_ports_are_written_out_where_ec2_wants_them() -> None:
    rules = read_rules(
        '[{"GroupId": "sg-db", "IpProtocol": "tcp", "CidrIpv4": "10.0.0.0/8"}]', GROUPS
    )
    for write in WRITERS.values():
        assert said(write(rules)) == [("sg-db", False, "tcp", 0, 65535, "10.0.0.0/8")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('resource "aws_security_group" "a" {', "ends inside a block"),
        ('resource "aws_security_group" "a" {\n name = var.name\n ingress {}\n}', "has no name"),
        ('a {\n b = max(1, 2)\n}', "Line 2 of the Terraform cannot be read: ("),
        ('a { b = "${x}" }', "Line 1"),
        ('resource "aws_vpc_security_group_ingress_rule" "a" { ip_protocol = "tcp" }', "which group"),
        (HCL.replace("aws_security_group.front.id", "aws_security_group.other.id"), "is not in this text"),
        (HCL.replace('"web" //', '"wbe" //'), "no security group of the snapshots has the name 'wbe'"),
        (HCL.replace('"web" //', '"twice" //'), "belongs to sg-1, sg-2"),
        (HCL.replace("192.0.2.7/24", "192.0.2.7/40"), "'192.0.2.7/40' is no block"),
        (HCL.replace("from_port = 22", "from_port = 70000"), "'70000' is no port"),
        (HCL.replace("to_port = 22", "to_port = 21"), "port 22 is greater than 21"),
        (HCL.replace('"TCP"', '"tpc"'), "'tpc' is no protocol"),
        (YAML.replace("!Ref Web", "!Ref Other"), "is no group of this template"),
        (YAML.replace("GroupName: web", "GroupDescription: web"), "has no GroupName"),
        (YAML.replace("0.0.0.0/0", "!Ref Cidr"), "is not known here"),
        ("Resources:\n  a: &a [1]\n  b: *a\n", "YAML aliases"),
        ("Resources:\n  a: [1\n", "This is no YAML (line"),
        ("{", "This is no JSON (line 1)"),
        ("[1]", "Rule 1 has no GroupId"),
        ('{"SecurityGroupRules": [{"GroupId": "sg-db", "IpProtocol": "tcp"}]}', "no source or destination"),
        ('{"Resources": []}', "not where they should be"),
        ('{"a": 1}', "No rule of a security group"),
        ("", "No rule of a security group"),
        ("x" * (LONGEST + 1), "at most 1,000,000"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_a_sentence_with_the_next_step(text: str, words: str) -> None:
    with pytest.raises(ParameterError) as raised:
        read_rules(text, GROUPS)
    assert words in raised.value.what
    assert raised.value.next_step
    assert len(raised.value.what) < 300


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 100_000,
        "a {" * 50_000,
        "[" * 500_000,
        "Resources:\n  a: " + "[" * 20_000,
        "Resources: {a: " * 5_000,
        '"' + "\\" * 500_000,
        "/*" * 400_000,
        "a." * 400_000,
    ],
)
def test_bombs_end_soon_with_a_sentence(text: str) -> None:
    began = time.process_time()
    with pytest.raises(ParameterError):
        read_rules(text, GROUPS)
    assert time.process_time() - began < 10


def test_more_rules_than_anybody_reads_are_refused() -> None:
    rules = [
        {
            "GroupId": "sg-db",
            "IpProtocol": "tcp",
            "FromPort": n,
            "ToPort": n,
            "CidrIpv4": "10.0.0.0/8",
        }
        for n in range(5_001)
    ]
    with pytest.raises(ParameterError, match="more than 5,000"):
        read_rules(json.dumps(rules), GROUPS)
