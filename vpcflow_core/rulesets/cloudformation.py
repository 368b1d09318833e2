"""Rules of security groups in templates of CloudFormation, JSON or YAML.

Names as in CloudFormation's resource reference: `AWS::EC2::SecurityGroup` with rules inside it, and
`AWS::EC2::SecurityGroupIngress` and `...Egress` beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from vpcflow_core.errors import ParameterError
from vpcflow_core.rulesets.drafts import Draft, Group, Name, listed, several

_GROUP = "AWS::EC2::SecurityGroup"
_APART = {"AWS::EC2::SecurityGroupIngress": False, "AWS::EC2::SecurityGroupEgress": True}
_INSIDE = {"SecurityGroupIngress": False, "SecurityGroupEgress": True}
_ENDS: dict[str, tuple[str, ...]] = {
    "cidr": ("CidrIp", "CidrIpv6"),
    "prefix_list_id": ("SourcePrefixListId", "DestinationPrefixListId"),
    "referenced_group_id": (
        "SourceSecurityGroupId", "DestinationSecurityGroupId", "SourceSecurityGroupName",
    ),
}  # fmt: skip
_DEPLOY = "Give literal values: parameters and other stacks are known to CloudFormation alone."


class _Loader(yaml.SafeLoader):
    """Reads values alone; short forms (`!Ref x`) become their long ones (`{"Ref": "x"}`)."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """As the parent's; without aliases, which can unfold to any size."""
        if self.check_event(yaml.AliasEvent):
            raise ParameterError("The template has YAML aliases (*).", "Write their values out.")
        return super().compose_node(parent, index)


def _short_form(loader: _Loader, suffix: str, node: Any) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)


def parsed(text: str) -> Any:
    """A template of YAML.

    Raises:
        ParameterError: It is none.
    """
    try:
        return yaml.load(text, _Loader)  # noqa: S506 (a SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        at = getattr(error, "problem_mark", None)
        where = f" (line {at.line + 1})" if at else ""
        raise ParameterError(
            f"This is no YAML{where}.", "Give a template of CloudFormation, Terraform or JSON."
        ) from None


def from_template(template: Mapping[str, Any]) -> Iterator[Draft]:
    """The rules of a template.

    Raises:
        ParameterError: A rule depends on what the template alone does not say.
    """
    resources = {
        str(name): body
        for name, body in template.get("Resources", {}).items()
        if isinstance(body, Mapping)
    }
    groups = {name: body for name, body in resources.items() if body.get("Type") == _GROUP}

    def group_of(value: Any, place: str) -> Group:
        name = _referred(value)
        if isinstance(value, str):
            return value
        if name in groups:
            return _itself(str(name), groups)
        raise ParameterError(f"{place}: {value} is no group of this template.", _DEPLOY)

    for name, body in resources.items():
        values = body.get("Properties")
        if not isinstance(values, Mapping):
            continue
        if body.get("Type") in _APART:
            group = group_of(values.get("GroupId", values.get("GroupName")), name)
            yield from _rule(name, group, _APART[body["Type"]], values, group_of)
        elif name in groups:
            for part, egress in _INSIDE.items():
                for rule in values.get(part) or ():
                    yield from _rule(name, _itself(name, groups), egress, rule, group_of)


def _rule(
    place: str, group: Group, egress: bool, values: Mapping[str, Any], group_of: Any
) -> Iterator[Draft]:
    if not isinstance(values, Mapping):
        raise ParameterError(f"{place} has a rule that is none: {values}.", "Give its properties.")

    def literal(value: Any) -> str:
        if not isinstance(value, str | int):
            raise ParameterError(f"{place}: {value} is not known here.", _DEPLOY)
        return str(value)

    def ends(column: str, value: Any) -> list[Group]:
        if column == "referenced_group_id":
            return listed(value, lambda one: group_of(one, place))
        return listed(value, literal)

    found: dict[str, list[Group]] = {
        column: [end for name in names for end in ends(column, values.get(name))]
        for column, names in _ENDS.items()
    }
    rule = {
        "protocol": values.get("IpProtocol"),
        "from_port": values.get("FromPort"),
        "to_port": values.get("ToPort"),
        "description": values.get("Description"),
    }
    return several(place, group, egress, rule, found)


def _itself(name: str, groups: Mapping[str, Mapping[str, Any]]) -> Group:
    given = groups[name].get("Properties", {}).get("GroupName")
    if isinstance(given, str):
        return Name(given)
    raise ParameterError(
        f"{name} has no GroupName: nothing says which group of EC2 it is.",
        "Give its GroupName, or rules apart (AWS::EC2::SecurityGroupIngress) with its id.",
    )


def _referred(value: Any) -> str | None:
    """The resource that a value refers to."""
    if isinstance(value, Mapping) and len(value) == 1:
        if isinstance(name := value.get("Ref"), str):
            return name
        if isinstance(pair := value.get("Fn::GetAtt"), list) and pair:
            return str(pair[0])
    return None
