"""Asks EC2, on behalf of a store, about the networks that a source's logs name.

boto3 is imported only where AWS is asked.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from vpcflow_core.errors import VpcflowError
from vpcflow_core.inventory.tables import Snapshot
from vpcflow_core.source_settings import SourceSetting
from vpcflow_core.sources.open import AWS_HOSTS, SourceOptions
from vpcflow_core.sources.schemes import scheme_of
from vpcflow_core.store.store import Store
from vpcflow_core.workspace.opening import source_options

_NO_ACCOUNT = ("", "unknown")  # what names of objects have where they tell of no account


@dataclass(frozen=True, slots=True)
class InventoryRefresh:
    """What EC2 answered.

    Attributes:
        snapshots: One a region that was asked; those without tables say why in their notes.
        notes: Why nothing was asked, in a sentence.
    """

    snapshots: tuple[Snapshot, ...] = ()
    notes: tuple[str, ...] = ()

    def __add__(self, later: InventoryRefresh) -> InventoryRefresh:
        """Both; a note that both have is there once."""
        notes = dict.fromkeys([*self.notes, *later.notes])
        return InventoryRefresh(self.snapshots + later.snapshots, tuple(notes))

    @property
    def sentences(self) -> tuple[str, ...]:
        """A line for each snapshot: how many of each kind, and what could not be read."""
        if not self.snapshots:
            return self.notes
        from vpcflow_core.inventory.ec2 import sentence

        return (*map(sentence, self.snapshots), *self.notes)


NOT_ASKED = InventoryRefresh()


def refresh_inventory(
    store: Store, url: str, setting: SourceSetting, *, fresh: datetime | None = None
) -> InventoryRefresh:
    """Take a snapshot of the credentials' account in each region that the source's logs name.

    Nothing that AWS answers, or fails to, raises: the logs are worth reading without it.

    Args:
        store: Holds the source's objects; remembers the snapshots.
        url: The source, as the store knows it.
        setting: How it is reached, whether EC2 may be asked, and in which regions.
        fresh: Regions with a snapshot since then are left out.
    """
    options, regions = source_options(setting), setting.ec2_regions
    if not (setting.ec2 and is_aws(url, options, regions)):
        return NOT_ASKED
    named = store.places(url)
    wanted = sorted({*(regions or (region for _, region in named))} - {""})
    if not wanted:
        return NOT_ASKED
    try:
        if setting.ec2_accounts:
            return _of_accounts(store, options, setting, wanted, fresh)
        return _taken(store, options, wanted, {} if regions else _owners(named), fresh)
    except VpcflowError as error:
        return InventoryRefresh(notes=(f"EC2: {error.what}",))


def _taken(
    store: Store,
    options: SourceOptions,
    regions: Sequence[str],
    owners: dict[str, set[str]],
    fresh: datetime | None,
) -> InventoryRefresh:
    from vpcflow_core.inventory.ec2 import caller, take_all
    from vpcflow_core.sources.aws.client import session_of

    session = session_of(options)
    account = caller(session, regions[0])
    ours = {account, *_NO_ACCOUNT}
    own = [region for region in regions if not (account and owners) or owners[region] & ours]
    if not own:
        note = f"EC2: the credentials are of account {account}, the logs of others: nothing asked."
        return InventoryRefresh(notes=(note,))
    known = _fresh(store, account, fresh)
    snapshots = take_all(session, [region for region in own if region not in known], account)
    for snapshot in snapshots:
        if snapshot.account_id:
            store.remember(snapshot)
    return InventoryRefresh(tuple(snapshots))


def _of_accounts(
    store: Store,
    options: SourceOptions,
    setting: SourceSetting,
    regions: Sequence[str],
    fresh: datetime | None,
) -> InventoryRefresh:
    """Snapshots of several accounts; one whose role is refused says so in its notes."""
    from vpcflow_core.inventory.accounts import ORGANIZATION, accounts_of_organization, role_in
    from vpcflow_core.inventory.ec2 import caller, take_all
    from vpcflow_core.sources.aws.client import acting_as, session_of

    session = session_of(options)
    own = caller(session, regions[0])
    accounts, notes = list(setting.ec2_accounts), []
    if ORGANIZATION in accounts:
        found, why = accounts_of_organization(session, regions[0])
        notes += [f"EC2: {why}"] if why else []
        accounts = [account for account in accounts if account != ORGANIZATION] + found
    partition = session.get_partition_for_region(regions[0])
    made: list[Snapshot] = []
    for account in dict.fromkeys(accounts):
        role = role_in(account, setting.ec2_role, partition)
        acting = replace(options, role_arn=role)
        # The credentials' own account needs no role.
        of = session if account == own else acting_as(session, acting)
        known = _fresh(store, account, fresh)
        made += take_all(of, [region for region in regions if region not in known], account)
    for snapshot in made:
        store.remember(snapshot)
    return InventoryRefresh(tuple(made), tuple(notes))


def _fresh(store: Store, account: str, since: datetime | None) -> set[str]:
    """Regions of an account with a snapshot since then."""
    return {
        state.region
        for state in store.snapshots()
        if since and state.account_id == account and state.taken >= since
    }


def _owners(places: Sequence[tuple[str, str]]) -> dict[str, set[str]]:
    """The accounts of each region."""
    owners: dict[str, set[str]] = {}
    for account, region in places:
        owners.setdefault(region, set()).add(account)
    return owners


def is_aws(url: str, options: SourceOptions, regions: Sequence[str]) -> bool:
    """Whether the source lies in AWS and is read with credentials.

    What is like S3 but is not AWS's has credentials that AWS must not see, unless somebody wants
    them to go there and names regions.
    """
    endpoint = options.endpoint_url or os.environ.get("AWS_ENDPOINT_URL_S3", "")
    host = urlsplit(endpoint).hostname or ""
    return (
        scheme_of(url).in_aws
        and not options.no_sign
        and (bool(regions) or not endpoint or host.endswith(AWS_HOSTS))
    )
