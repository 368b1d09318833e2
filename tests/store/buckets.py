"""A bucket in memory: what `Bucket` answers, which requests it counts, and what it refuses."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.store.doubles import line, log
from vpcflow_core.errors import AccessError, SourceError
from vpcflow_core.sources.open import SourceOptions
from vpcflow_core.sources.s3.bucket import Bucket, Entry, Page
from vpcflow_core.sources.s3.layout import key_for
from vpcflow_core.sources.s3.source import S3Source

A_PAGE = 1000


class MemoryBucket(Bucket):
    """Objects by key; `asked` counts the listings by prefix, `read` the objects."""

    listings_say_restored = True

    def __init__(self) -> None:
        super().__init__("logs", SourceOptions())
        self.bodies: dict[str, bytes] = {}
        self.times: dict[str, datetime] = {}
        self.archived: set[str] = set()
        self.frozen: set[str] = set()  # archived, which no listing says
        self.thawed: set[str] = set()  # archived, and restored by now
        self.refused: set[str] = set()
        self.heads: Counter[str] = Counter()
        self.closed: set[str] = set()
        self.failing: set[str] = set()
        self.asked: Counter[str] = Counter()
        self.read: Counter[str] = Counter()

    def put(self, key: str, body: bytes, modified: datetime | None = None) -> None:
        self.bodies[key] = body
        self.times[key] = modified or datetime.now(UTC)

    def page(self, prefix: str, **more: Any) -> Page:
        self.asked[prefix] += 1
        if any(prefix.startswith(closed) for closed in self.closed):
            raise AccessError(f"Reading s3://logs/{prefix} was refused (AccessDenied).")
        if any(prefix.startswith(failing) for failing in self.failing):
            raise SourceError(f"s3://logs/{prefix} does not answer.")
        after = more.get("ContinuationToken") or more.get("StartAfter", "")
        delimiter = more.get("Delimiter", "")
        names: dict[str, bool] = {}
        for key in sorted(k for k in self.bodies if k.startswith(prefix)):
            inner, slash, _ = key[len(prefix) :].partition(delimiter or "\0")
            names[prefix + inner + slash] = bool(slash)
        later = [(name, is_folder) for name, is_folder in names.items() if name > after]
        shown = later[: more.get("MaxKeys", A_PAGE)]
        return Page(
            tuple(self._entry(name) for name, is_folder in shown if not is_folder),
            tuple(name for name, is_folder in shown if is_folder),
            shown[-1][0] if len(later) > len(shown) else "",
        )

    def get(self, key: str) -> bytes:
        self.read[key] += 1
        if key in (self.archived | self.frozen) - self.thawed:
            raise SourceError(f"s3://logs/{key} lies in an archive (InvalidObjectState).")
        if key in self.refused:
            raise AccessError(f"Reading s3://logs/{key} was refused (AccessDenied).")
        return self.bodies[key]

    def restored(self, key: str) -> bool:
        self.heads[key] += 1
        return key in self.thawed

    def _entry(self, key: str) -> Entry:
        size = len(self.bodies[key])
        return Entry(key, size, f"{size}", self.times[key], key in self.archived)


def source_of(bucket: MemoryBucket, prefix: str = "") -> S3Source:
    """A source that reads that bucket."""
    source = S3Source("logs", prefix)
    source._bucket = bucket
    return source


def put_day(
    bucket: MemoryBucket,
    at: datetime,
    account: str = "111122223333",
    region: str = "eu-central-1",
    number: int = 0,
    body: bytes = b"",
) -> str:
    """One object with one record, a minute old, or with a given body; and its key."""
    slot = at.replace(minute=at.minute // 5 * 5, second=0, microsecond=0)
    key = key_for(account=account, region=region, flow_log_id="fl-0a", time=slot, unique="ab")
    bucket.put(key, body or log([line(number, slot - timedelta(minutes=1))]))
    return key
