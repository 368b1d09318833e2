"""A boto3 client for one bucket: its region, listings, objects.

It hands out plain answers (`Page`, bytes) and turns every refusal into one sentence.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import boto3
from botocore import exceptions as aws
from urllib3.exceptions import HTTPError

from vpcflow_core.errors import MissingError, SourceError, VpcflowError, closest
from vpcflow_core.sources.aws.client import Client, client_of, session_of
from vpcflow_core.sources.aws.errors import FAILURES, code_of
from vpcflow_core.sources.open import AWS_HOSTS
from vpcflow_core.sources.s3.errors import S3

if TYPE_CHECKING:
    from vpcflow_core.sources.open import SourceOptions

# botocore's standard mode waits 1, 2, 4, ... seconds at random, at most 20, between attempts.
ATTEMPTS = 8
# A body that breaks is asked for again by us: botocore retries the head of an answer alone.
BODY_ATTEMPTS = 4
# Storage classes whose objects are read after a restore alone; GLACIER_IR needs none.
ARCHIVES = ("GLACIER", "DEEP_ARCHIVE")
_RESTORES = {"OptionalObjectAttributes": ["RestoreStatus"]}
_HOME = "us-east-1"  # any region answers HeadBucket with the bucket's own


@dataclass(frozen=True, slots=True)
class Entry:
    """One object of a listing: key, size in bytes, etag, time of its last change (UTC).

    `archived` holds for classes that S3 gives out after a restore alone, until that is done.
    """

    key: str
    size: int
    etag: str
    modified: datetime
    archived: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of ListObjectsV2: objects, folders (with their slash), token of the rest."""

    entries: tuple[Entry, ...]
    folders: tuple[str, ...]
    token: str


class Bucket:
    """One bucket, read with the credentials of the options; may be used from several threads."""

    def __init__(self, name: str, options: SourceOptions) -> None:
        self.name = name
        self.options = options
        self._lock = threading.Lock()
        self._client: Client | None = None

    def page(self, prefix: str, **more: Any) -> Page:
        """At most a thousand objects and folders below a prefix, in order.

        Args:
            prefix: What their keys begin with.
            **more: Further arguments of ListObjectsV2 (`Delimiter`, `StartAfter`, ...).

        Raises:
            VpcflowError: As `Vocabulary.error_of`.
        """
        wanted = {"Bucket": self.name, "Prefix": prefix, **more, **_RESTORES, **self._payer}
        answer = self._ask("s3:ListBucket", prefix, lambda s3: s3.list_objects_v2(**wanted))
        return Page(
            entries=tuple(
                Entry(o["Key"], o["Size"], o["ETag"].strip('"'), o["LastModified"], _archived(o))
                for o in answer.get("Contents", ())
            ),
            folders=tuple(o["Prefix"] for o in answer.get("CommonPrefixes", ())),
            token=answer.get("NextContinuationToken", "") if answer.get("IsTruncated") else "",
        )

    def first(self, prefix: str) -> Entry | None:
        """The first object whose key begins so, or None; the cheapest question there is."""
        return next(iter(self.page(prefix, MaxKeys=1).entries), None)

    def folders(self, prefix: str, at_most: int | None = None) -> tuple[str, ...]:
        """The folders right below a prefix, from at most `at_most` pages of a thousand names."""
        pages = islice(self.pages(prefix, delimiter="/"), at_most)
        return tuple(folder for page in pages for folder in page.folders)

    def pages(
        self, prefix: str, *, delimiter: str = "", jump: Callable[[str], str] | None = None
    ) -> Iterator[Page]:
        """All pages below a prefix.

        Args:
            prefix: What the keys begin with.
            delimiter: `/` to see folders as one.
            jump: Says after which key to go on, given the last one; a later key saves pages.
        """
        fixed = {"Delimiter": delimiter} if delimiter else {}
        more: dict[str, str] = {}
        while True:
            page = self.page(prefix, **fixed, **more)
            yield page
            if not page.token:
                return
            more = {"ContinuationToken": page.token}
            last = page.entries[-1].key if page.entries else ""
            if jump and last > max(page.folders, default="") and jump(last) > last:
                more = {"StartAfter": jump(last)}

    def get(self, key: str) -> bytes:
        """An object's bytes; an answer that breaks midway is asked for again.

        Raises:
            VpcflowError: As `Vocabulary.error_of`.
        """
        for attempt in range(BODY_ATTEMPTS):
            if attempt:
                time.sleep(random.uniform(0.1, 0.2) * 2**attempt)  # noqa: S311 - no secret
            try:
                return cast(bytes, self._ask("s3:GetObject", key, lambda s3: self._body(s3, key)))
            except _BrokenBodyError as error:
                broken = error
        raise SourceError(
            f"s3://{self.name}/{key} broke off {BODY_ATTEMPTS} times while it was read.",
            "Check the network, then sync again; nothing is lost.",
        ) from broken

    @property
    def listings_say_restored(self) -> bool:
        """Whether listings say what was restored of an archive: those of S3, not of all like it."""
        endpoint = self.options.endpoint_url or os.environ.get("AWS_ENDPOINT_URL", "")
        return not endpoint or (urlsplit(endpoint).hostname or "").endswith(AWS_HOSTS)

    def restored(self, key: str) -> bool:
        """Whether an archived object can be read by now, by its head."""
        wanted = {"Bucket": self.name, "Key": key, **self._payer}
        head = self._ask("s3:GetObject", key, lambda s3: s3.head_object(**wanted))
        return 'ongoing-request="false"' in head.get("Restore", "")

    def _body(self, s3: Client, key: str) -> bytes:
        answer = s3.get_object(Bucket=self.name, Key=key, **self._payer)
        try:
            body = answer["Body"].read()
        except (aws.BotoCoreError, HTTPError, OSError) as error:
            raise _BrokenBodyError from error
        if len(body) != answer["ContentLength"]:
            raise _BrokenBodyError
        return cast(bytes, body)

    @property
    def _payer(self) -> dict[str, Any]:
        return {"RequestPayer": "requester"} if self.options.requester_pays else {}

    def _words(self, action: str, key: str) -> dict[str, str]:
        place = f"s3://{self.name}/{key}"
        role = self.options.role_arn
        return {"place": place, "bucket": self.name, "action": action, "role": role}

    def _ask(self, action: str, key: str, request: Callable[[Client], Any]) -> Any:
        try:
            return request(self._connected())
        except FAILURES as error:
            if code_of(error) == "NoSuchBucket":
                raise self._no_bucket() from error
            raise S3.error_of(error, **self._words(action, key)) from error

    def _connected(self) -> Client:
        with self._lock:
            if self._client is None:
                self._client = self._connect()
            return self._client

    def _connect(self) -> Client:
        session = session_of(self.options)
        region = self.options.region or session.region_name or _HOME
        # The first question gets few attempts, so that a wrong endpoint is reported at once.
        probe = _client(session, self.options, region, attempts=2)
        actual = self.options.region or self._region(probe) or region
        return _client(session, self.options, actual, attempts=ATTEMPTS)

    def _region(self, probe: Client) -> str:
        """The bucket's region; "" where the answer does not tell (S3's likes, or a refusal)."""
        try:
            answer: Any = probe.head_bucket(Bucket=self.name)
        except aws.ClientError as error:
            answer = error.response
            if code_of(error) in ("404", "NoSuchBucket"):
                raise self._no_bucket(probe) from error
        headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        return str(headers.get("x-amz-bucket-region", ""))

    def _no_bucket(self, client: Client | None = None) -> MissingError:
        """Says which buckets there are, if the credentials may know."""
        names: list[str] = []
        try:
            found = (client or self._client or self._connected()).list_buckets()
            names = [b["Name"] for b in found.get("Buckets", ())]
        except (*FAILURES, VpcflowError):
            names = []
        some = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
        known = f"The account has: {some}." if names else "Check its name and account."
        return MissingError(
            f"There is no bucket '{self.name}'.", f"{closest(self.name, names)} {known}".strip()
        )


def _archived(entry: dict[str, Any]) -> bool:
    restored = "RestoreExpiryDate" in entry.get("RestoreStatus", {})
    return entry.get("StorageClass") in ARCHIVES and not restored


class _BrokenBodyError(Exception):
    """An answer's body ended before its end."""


def _own_endpoint(options: SourceOptions) -> bool:
    names = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
    return bool(options.endpoint_url) or any(os.environ.get(name) for name in names)


def _client(session: boto3.Session, options: SourceOptions, region: str, attempts: int) -> Client:
    return client_of(
        session,
        "s3",
        options,
        region,
        attempts=attempts,
        # Stores that are like S3, and VPC endpoints, know no bucket.host names nor new checksums.
        s3={"addressing_style": "path"} if _own_endpoint(options) else {},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
