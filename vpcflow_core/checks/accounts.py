"""Whether EC2 can be asked in each account that a source names; imports boto3 only then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vpcflow_core.checks.base import Finding
from vpcflow_core.sources.open import SourceOptions

# STS answers in every region alike.
ANYWHERE = "us-east-1"


def check_accounts(
    options: SourceOptions, named: Sequence[str], role: str, region: str = ""
) -> Iterator[Finding]:
    """A finding for each account: whether its role can be assumed.

    Args:
        options: Whose credentials assume it.
        named: Accounts; `organization`: all of the organization.
        role: Name of the role in each.
        region: Where STS is asked; "": as `options` say.
    """
    from vpcflow_core.checks.ec2 import accounts

    yield from accounts(options, named, role, region or options.region or ANYWHERE)
