"""What a source is: a place that yields log objects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from vpcflow_core.inventory.tables import Snapshot
from vpcflow_core.times import Window

Hint = Literal["text", "json", "parquet", "events", ""]


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
            "" where its URI is that.
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

    @property
    def known_as(self) -> str:
        """Equal for the same object of all sources."""
        return self.identity or self.uri


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
class HasDeclaredFormats(Protocol):
    """A source whose line format is declared outside of its objects."""

    def formats(self) -> tuple[str, ...]:
        """Formats that lines without header may have, as AWS writes them; () if not known.

        Raises:
            SourceError: As `Source.find`.
        """


@runtime_checkable
class HasHoles(Protocol):
    """A source that may find less than there is."""

    @property
    def has_holes(self) -> bool:
        """Whether the last `find` was refused somewhere, or left out what may be read later."""


@runtime_checkable
class HasWarnings(Protocol):
    """A source that notes what went wrong beside what went well."""

    @property
    def warnings(self) -> list[str]:
        """What the last `find` refused, left out or could not know; sentences."""
