"""Rules of security groups in Terraform: its language, its plans and states, and `.tf.json`.

Three kinds of resources have them: `aws_vpc_security_group_ingress_rule` and `..._egress_rule` (one
end each), `aws_security_group_rule` (several), and blocks in `aws_security_group`. Names as in the
documentation of the AWS provider.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vpcflow_core.errors import ParameterError
from vpcflow_core.rulesets.drafts import Draft, Group, Name, listed, several
from vpcflow_core.rulesets.hcl import ASK_TERRAFORM, Reference, read_blocks

_GROUP = "aws_security_group"
_ONE_END = {
    "aws_vpc_security_group_ingress_rule": False,
    "aws_vpc_security_group_egress_rule": True,
}
_WAYS = {"ingress": False, "egress": True}
_RULE = "aws_security_group_rule"
# Attributes that name ends, by the column they are.
_ENDS: dict[str, tuple[str, ...]] = {
    "cidr": ("cidr_ipv4", "cidr_ipv6", "cidr_blocks", "ipv6_cidr_blocks"),
    "prefix_list_id": ("prefix_list_id", "prefix_list_ids"),
    "referenced_group_id": (
        "referenced_security_group_id", "source_security_group_id", "security_groups",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Resource:
    """A resource: where it stands, its type and name, and its attributes."""

    place: str
    type: str
    name: str
    values: Mapping[str, Any]


def from_text(text: str) -> Iterator[Draft]:
    """Rules in Terraform's language.

    Raises:
        ParameterError: It has what depends on more than itself.
    """
    resources = []
    for block in read_blocks(text):
        if block.kind == "resource" and len(block.labels) == 2:
            values = dict(block.values)
            for inner in block.blocks:
                values.setdefault(inner.kind, [])
                values[inner.kind].append(inner.values)
            kind, name = block.labels
            resources.append(_Resource(f"Line {block.line}, {kind}.{name}", kind, name, values))
    return _drafts(resources)


def from_json(document: Mapping[str, Any]) -> Iterator[Draft]:
    """Rules in what `terraform show -json` writes, or in Terraform's JSON syntax."""
    values = document.get("planned_values") or document.get("values")
    if isinstance(values, Mapping):
        return _drafts(list(_planned(values.get("root_module", {}))))
    return _drafts(
        [
            _Resource(f"{kind}.{name}", kind, name, body if isinstance(body, Mapping) else {})
            for kind, named in _mapping(document.get("resource")).items()
            for name, body in _mapping(named).items()
        ]
    )


def _planned(module: Mapping[str, Any], depth: int = 0) -> Iterator[_Resource]:
    for each in module.get("resources", ()):
        values = {k: v for k, v in _mapping(each.get("values")).items() if v is not None}
        yield _Resource(str(each.get("address")), each["type"], each["name"], values)
    if depth < 20:
        for child in module.get("child_modules", ()):
            yield from _planned(child, depth + 1)


def _drafts(resources: list[_Resource]) -> Iterator[Draft]:
    """The rules of resources, which may refer to groups among them."""
    groups = {one.name: one for one in resources if one.type == _GROUP}
    for one in resources:
        if one.type in _ONE_END:
            yield from _rule(one, one.values, _ONE_END[one.type], groups)
        elif one.type == _RULE:
            way = one.values.get("type")
            if way not in _WAYS:
                raise ParameterError(f"{one.place}: type is '{way}'.", "Give ingress or egress.")
            yield from _rule(one, one.values, _WAYS[way], groups)
        elif one.type == _GROUP:
            for way, egress in _WAYS.items():
                for values in one.values.get(way, ()):
                    inside = {**_mapping(values), "security_group_id": _itself(one)}
                    yield from _rule(one, inside, egress, groups)


def _rule(
    one: _Resource, values: Mapping[str, Any], egress: bool, groups: Mapping[str, _Resource]
) -> Iterator[Draft]:
    def group_of(value: Any) -> Group:
        return _group(value, one.place, groups)

    owner = values.get("security_group_id")
    if owner is None:
        raise ParameterError(
            f"{one.place} does not say which group it belongs to.",
            "A plan knows the ids of groups that there are; give security_group_id.",
        )
    group = group_of(owner)
    ends: dict[str, list[Group]] = {
        column: [
            value
            for name in names
            for value in listed(
                values.get(name), group_of if column == "referenced_group_id" else _literal
            )
        ]
        for column, names in _ENDS.items()
    }
    if values.get("self") is True:
        ends["referenced_group_id"].append(group)
    rule = {
        "protocol": values.get("ip_protocol", values.get("protocol")),
        "from_port": values.get("from_port"),
        "to_port": values.get("to_port"),
        "description": values.get("description"),
    }
    return several(one.place, group, egress, rule, ends)


def _itself(one: _Resource) -> Group:
    """A group by its id, where a state has it, else by its name."""
    if id_ := one.values.get("id"):
        return str(id_)
    if isinstance(name := one.values.get("name"), str):
        return Name(name)
    raise ParameterError(f"{one.place} has no name.", "Give the name that it has in EC2.")


def _group(value: Any, place: str, groups: Mapping[str, _Resource]) -> Group:
    if isinstance(value, Name | str):
        return value
    if isinstance(value, Reference):
        kind, _, rest = value.text.partition(".")
        if kind == _GROUP and rest.removesuffix(".id") in groups:
            return _itself(groups[rest.removesuffix(".id")])
        raise ParameterError(f"{place}: {value.text} is not in this text.", ASK_TERRAFORM)
    raise ParameterError(f"{place}: '{value}' is no group.", "Give its id.")


def _literal(value: Any) -> str:
    if isinstance(value, Reference):
        raise ParameterError(f"{value.text} is not known here.", ASK_TERRAFORM)
    return str(value)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
