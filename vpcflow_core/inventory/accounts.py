"""The accounts of an organization, for those who want EC2 asked in all of them."""

from __future__ import annotations

from typing import Any

import boto3
from botocore import exceptions as aws

from vpcflow_core.inventory.ec2_errors import explanation

ORGANIZATION = "organization"
_ACTION = "organizations:ListAccounts"


def role_in(account: str, name: str, partition: str) -> str:
    """The ARN of the role of a name in an account.

    >>> role_in("123456789012", "reader", "aws")
    'arn:aws:iam::123456789012:role/reader'
    """
    return f"arn:{partition}:iam::{account}:role/{name}"


def accounts_of_organization(session: boto3.Session, region: str) -> tuple[list[str], str]:
    """The active accounts, and why there are none; "" where there are some.

    The management account and delegated administrators alone may list them.

    Args:
        session: Whose credentials to use.
        region: A region of the partition.
    """
    client: Any = session.client("organizations", region_name=region)
    try:
        pages = client.get_paginator("list_accounts").paginate()
        found = [item for page in pages for item in page["Accounts"]]
    except (aws.BotoCoreError, aws.ClientError) as error:
        why = explanation(error, action=_ACTION, region=region)
        return [], f"accounts of the organization: {why}"
    active = [item["Id"] for item in found if item.get("Status") == "ACTIVE"]
    return active, "" if active else "accounts of the organization: none is active"
