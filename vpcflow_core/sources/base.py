"""What a source is: a place that yields log objects."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable
from urllib.parse import quote, unquote_to_bytes, urlsplit

from vpcflow_core.inventory.tables import Snapshot
from vpcflow_core.times import Window
from vpcflow_core.units import number_of

Hint = Literal["text", "json", "parquet", "events", ""]
# What an error of reading says of an object that is archived, in whatever class of storage.
ARCHIVED = "lies in an archive"
Reason = Literal["refused", "failed", "archived"]


@dataclass(frozen=True, slots=True)
class LogObject:
    """One log file, before it is read.

    Attributes:
        uri: Its full name, unique for ever: `s3://bucket/key`, `file:///path`.
        size: Bytes as stored (compressed).
        etag: Changes when the content does; "" where the place has no such thing.
        account: Account that created the flow log, from the name; "" if unknown.
        region: Likewise.
        flow_log_id: `fl-...` from the name; "" if unknown. A flow log never changes its format.
        time: Start of the five-minute slot it was delivered for (from the name), else when it was
            last changed; UTC.
        hint: Format that the name suggests; the content decides.
        identity: What the object is, whichever source leads to it: a file's URI without links.
            "" where its URI or the name that AWS gave it is that.
        place: The part of the source whose listing is remembered on its own; see `ListsByPlace`.
        delivered: When it came to lie there, as the place itself says; None where a copy says
            nothing of that.
        delay: What the slowest of its events needed beyond the quickest, once it is read; see
            `HasDelays`.
    """

    uri: str
    size: int
    etag: str = ""
    account: str = ""
    region: str = ""
    flow_log_id: str = ""
    time: datetime | None = None
    hint: Hint = ""
    identity: str = ""
    place: str = ""
    delivered: datetime | None = None
    delay: timedelta | None = None

    @property
    def known_as(self) -> str:
        """Equal for the same object of all sources, whatever led to it.

        The name that AWS gives an object ends in letters of chance: it is the same object in
        whatever bucket or folder it lies.
        """
        return _name_of_aws(self.uri) if self.flow_log_id else self.identity or self.uri


def identity_of(uri: str, flow_log_id: str) -> str:
    """What an object is, from what a ledger without identities knows; links of today count.

    >>> identity_of("s3://b/x/1_vpcflowlogs_eu-west-1_fl-1_20261120T1205Z_ab.log.gz", "fl-1")
    'aws:1_vpcflowlogs_eu-west-1_fl-1_20261120T1205Z_ab.log'
    """
    if flow_log_id:
        return _name_of_aws(uri)
    return file_uri(os.path.realpath(file_path(uri))) if uri.startswith("file:") else uri


def _name_of_aws(uri: str) -> str:
    return "aws:" + uri.rpartition("/")[2].removesuffix(".gz")


def file_uri(path: str | Path) -> str:
    """`file:///path`; names need not be UTF-8."""
    return "file://" + quote(os.fsencode(path))


def file_path(uri: str) -> str:
    """The path that a `file://` URI names."""
    return os.fsdecode(unquote_to_bytes(urlsplit(uri).path))


@runtime_checkable
class Source(Protocol):
    """Where logs lie. Two methods, nothing else; both may be called from several threads."""

    @property
    def url(self) -> str:
        """Names the source for people, settings and the ledger; holds no secrets."""

    def find(self, span: Window | None) -> Iterator[LogObject]:
        """The objects that may hold records of the span (all of them if None), oldest first.

        Raises:
            SourceError: The place is missing, empty, refused or out of reach; in one sentence.
        """

    def read(self, found: LogObject) -> bytes:
        """The object's bytes, as stored (compressed ones stay so).

        Raises:
            SourceError: As `find`.
        """


@runtime_checkable
class HasInventory(Protocol):
    """A source that knows the network beside its logs."""

    def snapshots(self) -> list[Snapshot]:
        """What each account and region looks like now."""


@runtime_checkable
class HasTrail(Protocol):
    """A source that has log files of CloudTrail beside its flow logs."""

    def trail(self) -> list[bytes]:
        """The files, as CloudTrail stores them."""


@runtime_checkable
class HasQueryLogs(Protocol):
    """A source that has query logs of Route 53 Resolver beside its flow logs."""

    @property
    def url(self) -> str:
        """Its URL, which names one content."""

    def query_logs(self) -> list[bytes]:
        """The files, as Resolver stores them."""


@runtime_checkable
class HasDeclaredFormats(Protocol):
    """A source whose line format is declared outside of its objects."""

    def formats(self) -> tuple[str, ...]:
        """Formats that lines without header may have, as AWS writes them; () if not known.

        Raises:
            SourceError: As `Source.find`.
        """


@runtime_checkable
class HasDelays(Protocol):
    """A source whose objects hold events that arrive one by one, and say when."""

    def delay(self, found: LogObject) -> timedelta | None:
        """What the slowest events of an object that was just read needed beyond the quickest.

        Counted from the start of what each tells of; None where that is not known.
        """


@dataclass(frozen=True, slots=True)
class Hole:
    """A folder that could not be listed, or of which not all could be read.

    Attributes:
        place: The place that it is part of.
        folder: Its URI.
        reason: Why.
        span: The days that it is named after; None if it is not.
        objects: Archived objects in it.
    """

    place: str
    folder: str
    reason: Reason
    span: Window | None = None
    objects: int = 0


@dataclass(frozen=True, slots=True)
class ToList:
    """What of a place is to be listed: spans of time (None: all of it), and folders as a whole."""

    windows: tuple[Window | None, ...]
    folders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """What a listing came to.

    Attributes:
        places: Those that were listed, but for the holes.
        holes: What could not be listed, or not be read.
        archived: Archived objects found, those outside of any hole among them.
    """

    places: frozenset[str] = field(default_factory=frozenset)
    holes: tuple[Hole, ...] = ()
    archived: int = 0


@runtime_checkable
class ListsByPlace(Protocol):
    """A source of several places, each with its own history, such as the regions of accounts."""

    def find_in(self, span: Window | None, to_list: Callable[[str], ToList]) -> Iterator[LogObject]:
        """As `Source.find`, but lists of each place what `to_list` gives for it."""

    @property
    def listed(self) -> Listed:
        """What the last `find_in`, run to its end, came to."""


def archived_note(objects: int, url: str) -> str:
    """Says how many objects of a source are archived."""
    return (
        f"Left out, as in an archive (Glacier): {number_of(objects, 'objects')} of {url}. What is "
        "restored in S3 is read by a later sync."
    )


@runtime_checkable
class HasWarnings(Protocol):
    """A source that notes what went wrong beside what went well."""

    @property
    def warnings(self) -> list[str]:
        """What the last `find` refused, left out or could not know; sentences."""
