"""Where query logs of Route 53 Resolver lie: a folder, a prefix of a bucket, or a log group."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from vpcflow_core.errors import SettingsError
from vpcflow_core.sources.base import LogObject, archived_note
from vpcflow_core.sources.open import DEFAULTS, SourceOptions, open_source, require_no_secret
from vpcflow_core.sources.schemes import scheme_of
from vpcflow_core.sources.spellings import plain_url
from vpcflow_core.times import Window


class Files(Protocol):
    """Files that are listed and read."""

    def find(self, span: Window | None) -> Iterator[LogObject]:
        """The files that may be of the span, in no certain order."""

    def read(self, found: LogObject) -> bytes:
        """A file as it is stored."""


def open_query_logs(url: str, options: SourceOptions = DEFAULTS) -> Files:
    """The files that a URL names.

    Raises:
        SettingsError: It names no folder, bucket or log group.
    """
    require_no_secret(url)
    plain = plain_url(url)
    if plain.startswith("s3://"):
        return _Bucket(plain, options)
    if scheme_of(plain).name not in ("file", "cloudwatch"):
        raise SettingsError(
            f"'{url}' is no place of query logs.",
            "Give a folder, s3://bucket/prefix or cloudwatch://region/log-group.",
        )
    return open_source(plain, options=options)


class _Bucket:
    """All objects below a prefix: AWS's folders of flow logs are not looked for."""

    def __init__(self, url: str, options: SourceOptions) -> None:
        from vpcflow_core.sources.s3.bucket import Bucket

        name, _, self._prefix = url.removeprefix("s3://").partition("/")
        self._base = f"s3://{name}/"
        self._bucket = Bucket(name, options)
        self.warnings: list[str] = []

    def find(self, span: Window | None) -> Iterator[LogObject]:
        """Objects that were written since the span began, in the order of their keys."""
        archived, self.warnings = 0, []
        for page in self._bucket.pages(self._prefix):
            for entry in page.entries:
                if entry.key.endswith("/") or (span and entry.modified < span.start):
                    continue
                archived += entry.archived
                if not entry.archived:
                    yield LogObject(self._base + entry.key, entry.size, entry.etag)
        if archived:
            self.warnings.append(archived_note(archived, self._base + self._prefix))

    def read(self, found: LogObject) -> bytes:
        """The object's bytes."""
        return self._bucket.get(found.uri.removeprefix(self._base))
