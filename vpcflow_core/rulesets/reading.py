"""Rules of security groups from a text, whichever of four forms it has."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from vpcflow_core.errors import ParameterError
from vpcflow_core.rulesets import cloudformation, terraform
from vpcflow_core.rulesets.drafts import ENDS, Draft, several, table_of

LONGEST = 1_000_000
MOST_RULES = 5_000
FORMS = (
    "Terraform, what terraform show -json writes, a template of CloudFormation, or JSON of "
    "aws ec2 describe-security-group-rules"
)


def read_rules(text: str, groups: pd.DataFrame) -> pd.DataFrame:
    """The rules that a text proposes.

    Args:
        text: Terraform (its language, `.tf.json`, or `terraform show -json` of a plan or state), a
            template of CloudFormation (JSON or YAML), or JSON as `aws ec2
            describe-security-group-rules` gives it; at most a million characters.
        groups: Table `security_groups` of snapshots, which names of groups are looked up in.

    Returns:
        As the table `rules` of snapshots, each once; at most 5,000. A proposal is all there is of
        each group and way that it names.

    Raises:
        ParameterError: It has none of these forms, no rule, too many, or one that cannot be read;
            says which, and what to do.
    """
    if len(text) > LONGEST:
        raise ParameterError(
            f"The rules have {len(text):,} characters; at most {LONGEST:,} are read.",
            "Give the rules of fewer groups.",
        )
    rules = table_of(_bounded(_drafts(text.strip())), groups)
    if rules.empty:
        raise ParameterError("No rule of a security group is in this text.", f"Give {FORMS}.")
    return rules


def _drafts(text: str) -> Iterator[Draft]:
    if not text.startswith(("{", "[")):
        looks_like_yaml = any(line.startswith("Resources:") for line in text.splitlines())
        if not looks_like_yaml:
            return terraform.from_text(text)
        return _of_document(cloudformation.parsed(text))
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        at = getattr(error, "lineno", None)
        where = f" (line {at})" if at else ""
        raise ParameterError(f"This is no JSON{where}.", f"Give {FORMS}.") from None
    return _of_document(document)


def _of_document(document: Any) -> Iterator[Draft]:
    try:
        if isinstance(document, list):
            return iter(list(_of_ec2(document)))
        if "SecurityGroupRules" in document:
            return iter(list(_of_ec2(document["SecurityGroupRules"])))
        if "Resources" in document:
            return iter(list(cloudformation.from_template(document)))
        return iter(list(terraform.from_json(document)))
    except (AttributeError, KeyError, TypeError, RecursionError):
        raise ParameterError(
            "The text is JSON or YAML, but its parts are not where they should be.",
            f"Give {FORMS}.",
        ) from None


def _of_ec2(rules: list[Any]) -> Iterator[Draft]:
    """Rules as `aws ec2 describe-security-group-rules` lists them."""
    for number, rule in enumerate(rules, 1):
        place = f"Rule {number}"
        if not isinstance(rule, Mapping) or not isinstance(rule.get("GroupId"), str):
            raise ParameterError(f"{place} has no GroupId.", f"Give {FORMS}.")
        referenced = (rule.get("ReferencedGroupInfo") or {}).get("GroupId")
        given = (
            [rule[name] for name in ("CidrIpv4", "CidrIpv6") if rule.get(name)],
            [rule["PrefixListId"]] if rule.get("PrefixListId") else [],
            [referenced] if referenced else [],
        )
        said = {
            "protocol": rule.get("IpProtocol"),
            "from_port": rule.get("FromPort"),
            "to_port": rule.get("ToPort"),
            "description": rule.get("Description"),
        }
        ends = dict(zip(ENDS, given, strict=True))
        yield from several(place, rule["GroupId"], bool(rule.get("IsEgress")), said, ends)


def _bounded(drafts: Iterator[Draft]) -> Iterator[Draft]:
    for number, draft in enumerate(drafts):
        if number == MOST_RULES:
            raise ParameterError(
                f"There are more than {MOST_RULES:,} rules.", "Give those of fewer groups."
            )
        yield draft
