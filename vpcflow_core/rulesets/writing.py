"""Rules of security groups as text: Terraform, CloudFormation, JSON. Each can be read again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd

from vpcflow_core.plain_text import visible

Row = dict[str, Any]
_WAYS = {False: "ingress", True: "egress"}
_PORTS = ("from_port", "to_port")
# What EC2 asks for where all are meant, by protocol as it calls them; the others take no ports.
_ALL_PORTS = {
    **dict.fromkeys(("tcp", "udp", "6", "17"), (0, 65535)),
    **dict.fromkeys(("icmp", "icmpv6", "1", "58"), (-1, -1)),
}


def terraform(rules: pd.DataFrame) -> str:
    """A resource of the AWS provider for each rule of a table `rules`."""
    texts = []
    for name, row in _named(rules, "_"):
        values = {
            "security_group_id": row["security_group_id"],
            _end(row, "cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id"): (
                _value(row)
            ),
            "ip_protocol": row["protocol"],
            "from_port": row["from_port"],
            "to_port": row["to_port"],
            "description": row["description"],
        }
        given = {key: value for key, value in values.items() if value is not None}
        width = max(map(len, given))
        lines = [f"  {key:<{width}} = {_literal(value)}" for key, value in given.items()]
        kind = f"aws_vpc_security_group_{_WAYS[row['egress']]}_rule"
        texts.append("\n".join([f'resource "{kind}" "{name}" {{', *lines, "}\n"]))
    return "\n".join(texts)


def cloudformation(rules: pd.DataFrame) -> str:
    """A template of CloudFormation (JSON) with a resource for each rule."""
    resources = {}
    for name, row in _named(rules, ""):
        way = "Destination" if row["egress"] else "Source"
        end = _end(row, "CidrIp", "CidrIpv6", f"{way}PrefixListId", f"{way}SecurityGroupId")
        values = {
            "GroupId": row["security_group_id"],
            "IpProtocol": row["protocol"],
            "FromPort": row["from_port"],
            "ToPort": row["to_port"],
            end: _value(row),
            "Description": row["description"],
        }
        kind = f"AWS::EC2::SecurityGroup{_WAYS[row['egress']].capitalize()}"
        given = {key: value for key, value in values.items() if value is not None}
        resources[name] = {"Type": kind, "Properties": given}
    return json.dumps({"Resources": resources}, indent=2) + "\n"


def ec2_json(rules: pd.DataFrame) -> str:
    """JSON as `aws ec2 describe-security-group-rules` gives it."""
    listed = []
    for row in _rows(rules):
        end = _end(row, "CidrIpv4", "CidrIpv6", "PrefixListId", "ReferencedGroupInfo")
        value: Any = _value(row)
        values = {
            "GroupId": row["security_group_id"],
            "IsEgress": row["egress"],
            "IpProtocol": row["protocol"],
            "FromPort": row["from_port"],
            "ToPort": row["to_port"],
            end: {"GroupId": value} if end == "ReferencedGroupInfo" else value,
            "Description": row["description"],
        }
        listed.append({key: value for key, value in values.items() if value is not None})
    return json.dumps({"SecurityGroupRules": listed}, indent=2) + "\n"


WRITERS: dict[str, Callable[[pd.DataFrame], str]] = {
    "terraform": terraform,
    "cloudformation": cloudformation,
    "json": ec2_json,
}


def _rows(rules: pd.DataFrame) -> Iterator[Row]:
    frame = rules.astype("object").where(rules.notna(), None)
    for record in frame.to_dict("records"):
        row = {str(name): value for name, value in record.items()}
        ports = {name: None if row[name] is None else int(row[name]) for name in _PORTS}
        if all_ports := _ALL_PORTS.get(row["protocol"]):
            given = zip(ports.items(), all_ports, strict=True)
            ports = {name: every if port is None else port for (name, port), every in given}
        yield {**row, **ports, "egress": bool(row["egress"])}


def _named(rules: pd.DataFrame, separator: str) -> Iterator[tuple[str, Row]]:
    """The rules with names that say what they are, each another one."""
    taken: dict[str, int] = {}
    for row in _rows(rules):
        protocol = "all" if row["protocol"] == "-1" else row["protocol"]
        words = [row["security_group_id"], _WAYS[row["egress"]], protocol]
        if row["from_port"] not in (None, -1) and (row["from_port"], row["to_port"]) != (0, 65535):
            words += dict.fromkeys((str(row["from_port"]), str(row["to_port"])))
        parts = [part for word in words for part in re.findall(r"[A-Za-z0-9]+", word)]
        name = separator.join(part if separator else part.capitalize() for part in parts)
        taken[name] = number = taken.get(name, 0) + 1
        yield (name if number == 1 else f"{name}{separator}{number}"), row


def _end(row: Row, v4: str, v6: str, prefix_list: str, group: str) -> str:
    """The name of what a rule leads to, of four."""
    if row["cidr"]:
        return v6 if ":" in row["cidr"] else v4
    return group if row["referenced_group_id"] else prefix_list


def _value(row: Row) -> str:
    return str(row["cidr"] or row["referenced_group_id"] or row["prefix_list_id"])


def _literal(value: Any) -> str:
    """A value in Terraform: numbers as they are, texts so that nothing in them is evaluated."""
    if isinstance(value, int):
        return str(value)
    text = json.dumps(visible(str(value)), ensure_ascii=False)
    return text.replace("${", "$${").replace("%{", "%%{")
