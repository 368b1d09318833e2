"""Snapshots of an account's network from EC2.

Everything is read page by page, as EC2 demands of large accounts. What may not be read is left out
and noted; nothing here raises because of what AWS answers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import boto3
import pandas as pd
from botocore import exceptions as aws
from botocore import xform_name
from botocore.config import Config

from vpcflow_core.errors import SettingsError
from vpcflow_core.inventory.ec2_answers import Item, Row, rules_of
from vpcflow_core.inventory.ec2_calls import (
    ENTRIES,
    PARTS,
    PREFIX_LISTS,
    RULES,
    SECURITY_GROUPS,
    Call,
    Part,
    row,
)
from vpcflow_core.inventory.ec2_errors import code_of, explanation, failure_of
from vpcflow_core.inventory.tables import TABLES, Kind, Snapshot, frame_of

# boto3 makes its clients at run time; their types are a package of their own that we do without.
Client = Any

# EC2 refills 20 requests a second for each operation and account; botocore waits 1, 2, 4 and 8
# seconds at random between attempts. Where EC2 cannot be reached, all attempts take 25 s at most.
ATTEMPTS = 5
CONNECT_SECONDS = 2
REGIONS_AT_ONCE = 8
_GONE = "InvalidPrefixListID.NotFound"
_ERRORS: Final = (aws.BotoCoreError, aws.ClientError)


def take(session: boto3.Session, region: str, *, account: str = "") -> Snapshot:
    """What the credentials' account looks like in one region, as far as they may see it.

    Args:
        session: Whose credentials to use.
        region: Which region.
        account: Its number if known; else found out.

    Returns:
        A table for each kind that could be read, and a note for each that could not; the account
        is "" where it is unknown.

    Raises:
        SettingsError: As `take_all`.
    """
    return take_all(session, [region], account or caller(session, region))[0]


def take_all(session: boto3.Session, regions: Iterable[str], account: str) -> list[Snapshot]:
    """`take` in several regions at the same time; in their order.

    Args:
        session: Whose credentials to use.
        regions: Which regions.
        account: Its number; "" if STS does not say.

    Raises:
        SettingsError: A region, or an endpoint that the environment sets, is no such thing.
    """
    # A session may not be used from several threads; its clients may.
    takers = [_Taker(_client(session, "ec2", region, ATTEMPTS), region) for region in regions]
    with ThreadPoolExecutor(REGIONS_AT_ONCE, "vpcflow-ec2") as threads:
        return list(threads.map(lambda taker: taker.take(account), takers))


def caller(session: boto3.Session, region: str) -> str:
    """Number of the account that the credentials belong to; "" where STS does not say."""
    with suppress(*_ERRORS, KeyError):
        answer = _client(session, "sts", region, attempts=2).get_caller_identity()
        return str(answer["Account"])
    return ""


def why_not(session: boto3.Session, region: str) -> str:
    """Why the credentials of a session, such as those of a role, cannot be had; "" if they can."""
    try:
        _client(session, "sts", region, attempts=2).get_caller_identity()
    except _ERRORS as error:
        return explanation(error, action="sts:AssumeRole", region=region)
    return ""


def sentence(snapshot: Snapshot) -> str:
    """The snapshot in one line: how many of each kind, and what could not be read."""
    counts = [_counted(len(table), kind) for kind, table in snapshot.tables.items()]
    parts = [", ".join(counts), *snapshot.notes]
    where = " ".join(word for word in ("EC2", snapshot.account_id, snapshot.region) if word)
    return f"{where}: {'; '.join(part for part in parts if part)}"


def _counted(count: int, kind: Kind) -> str:
    words = _words(kind)
    return f"{count:,} {words.removesuffix('s') if count == 1 else words}"


def _words(kind: Kind) -> str:
    """The kind in words.

    >>> _words("vpc_endpoints"), _words("elastic_ips")
    ('VPC endpoints', 'elastic IPs')
    """
    return re.sub(
        r"\b(vpc|nat|ip|acl)(?=s?\b)", lambda found: found[0].upper(), kind.replace("_", " ")
    )


def _client(session: boto3.Session, service: str, region: str, attempts: int) -> Client:
    config = Config(
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=CONNECT_SECONDS,
        read_timeout=30,
    )
    make: Any = session.client
    try:
        return make(service, region_name=region, config=config)
    except ValueError as error:
        raise SettingsError(
            f"'{region}' is no region, or the endpoint set for {service} is no URL.",
            "Write regions as eu-central-1, and endpoints as https://host:port.",
        ) from error


@dataclass(slots=True)
class _Taker:
    """Asks one region's EC2, kind after kind."""

    client: Client
    region: str
    tables: dict[Kind, pd.DataFrame] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    groups: list[Item] = field(default_factory=list)

    def take(self, account: str) -> Snapshot:
        taken = datetime.now(UTC)
        for part in PARTS:
            if not self._add(part):
                break
        account = account or _owner(self.tables)
        return Snapshot(account, self.region, taken, self.tables, tuple(self.notes))

    def _add(self, part: Part) -> bool:
        """Read one kind; False if it is no use to ask for another."""
        call = part.call
        try:
            if part is PREFIX_LISTS:
                lists = list(self._items(call))
                call = ENTRIES
                rows = [found for item in lists for found in self._prefix_list(item)]
            else:
                items = list(self._items(call))
                self.groups = items if part is SECURITY_GROUPS else self.groups
                rows = [row(part.columns, item) for item in items]
            self._keep(part.kind, rows)
        except _ERRORS as error:
            return self._note(part.kind, call, error)
        return True

    def _note(self, kind: Kind, call: Call, error: aws.BotoCoreError | aws.ClientError) -> bool:
        why = explanation(error, action=call.action, region=self.region)
        if failure_of(error).everywhere:
            self.notes.append(why)
            return False
        if kind == RULES.kind and SECURITY_GROUPS.kind in self.tables:
            self._keep(kind, [rule for group in self.groups for rule in rules_of(group)])
            why += " (until then they are derived from the security groups)"
        self.notes.append(f"{_words(kind)}: {why}")
        return True

    def _keep(self, kind: Kind, rows: Iterable[Row]) -> None:
        """Pages may overlap when things change meanwhile: each is kept once, as last seen."""
        key = TABLES[kind].key
        self.tables[kind] = frame_of(kind, {found[key]: found for found in rows}.values())

    def _prefix_list(self, item: Item) -> Iterator[Row]:
        identity = item["PrefixListId"]
        try:
            entries = list(self._items(ENTRIES, PrefixListId=identity))
        except aws.ClientError as error:
            if code_of(error) != _GONE:
                raise
            return  # it was deleted since it was listed
        yield row(PREFIX_LISTS.columns, item) | {"cidrs": [entry["Cidr"] for entry in entries]}

    def _items(self, call: Call, **arguments: Any) -> Iterator[Item]:
        try:
            yield from self._pages(call, arguments | dict(call.wishes))
        except aws.ClientError as error:
            if not call.wishes or code_of(error) != "UnknownParameter":
                raise
            yield from self._pages(call, arguments)

    def _pages(self, call: Call, arguments: Mapping[str, Any]) -> Iterator[Item]:
        operation = xform_name(call.operation)
        if not call.page:
            yield from call.items(getattr(self.client, operation)(**arguments))
            return
        paginator = self.client.get_paginator(operation)
        for page in paginator.paginate(**arguments, PaginationConfig={"PageSize": call.page}):
            yield from call.items(page)


def _owner(tables: Mapping[Kind, pd.DataFrame]) -> str:
    """The account that owns most of what was seen; others own what they share with it."""
    owners = [
        owner
        for kind in (SECURITY_GROUPS.kind, "interfaces")
        if kind in tables
        for owner in tables[kind]["owner_id"]
        if owner
    ]
    return Counter(owners).most_common(1)[0][0] if owners else ""
