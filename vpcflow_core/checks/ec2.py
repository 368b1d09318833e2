"""What EC2 lets the credentials know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from vpcflow_core.checks.base import Finding
from vpcflow_core.inventory.accounts import ORGANIZATION, accounts_of_organization, role_in
from vpcflow_core.inventory.ec2 import caller, take, why_not
from vpcflow_core.inventory.tables import TABLES
from vpcflow_core.sources.aws.client import acting_as, session_of
from vpcflow_core.sources.open import SourceOptions
from vpcflow_core.units import number_of


def ec2(options: SourceOptions, region: str) -> Iterator[Finding]:
    """A finding for each kind of thing that a snapshot has, and for each that is refused."""
    snapshot = take(session_of(options), region)
    for kind in TABLES:
        if kind in snapshot.tables:
            found = f"{len(snapshot.tables[kind]):,} in {region}"
            yield Finding("EC2", kind.replace("_", " "), "ok", found)
    for note in snapshot.notes:
        yield Finding(
            "EC2",
            region,
            "warning",
            note,
            "Names, security groups and rules stay unknown without it: see docs/iam.md",
        )


def accounts(
    options: SourceOptions, named: Sequence[str], role: str, region: str
) -> Iterator[Finding]:
    """A finding for each account that a sync asks: whether its role can be assumed.

    Args:
        options: Whose credentials assume it.
        named: Accounts; `organization`: all of the organization.
        role: Name of the role in each.
        region: Where STS is asked.
    """
    session = session_of(options)
    own = caller(session, region)
    found = [account for account in named if account != ORGANIZATION]
    if ORGANIZATION in named:
        listed, why = accounts_of_organization(session, region)
        found += listed
        if why:
            remedy = "Use the management account, or list the accounts in ec2_accounts."
            yield Finding("EC2", ORGANIZATION, "warning", f"Not listed: {why}", remedy)
        else:
            yield Finding(
                "EC2", ORGANIZATION, "ok", f"{number_of(len(listed), 'active accounts')}."
            )
    partition = session.get_partition_for_region(region)
    for account in dict.fromkeys(found):
        subject = f"account {account}"
        if account == own:
            yield Finding("EC2", subject, "ok", "The credentials' own: no role is needed.")
            continue
        arn = role_in(account, role, partition)
        why = why_not(acting_as(session, replace(options, role_arn=arn)), region)
        if why:
            remedy = f"Let the credentials assume {arn}: see docs/iam.md"
            yield Finding("EC2", subject, "warning", f"Names stay unknown: {why}", remedy)
        else:
            yield Finding("EC2", subject, "ok", f"{arn} can be assumed.")
