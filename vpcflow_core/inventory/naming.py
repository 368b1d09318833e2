"""Where names of addresses come from besides snapshots: files of the user, and tags of owners."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from vpcflow_core.inventory.aws_ranges import AwsRanges, read_ranges
from vpcflow_core.inventory.networks import Networks
from vpcflow_core.inventory.own_names import OwnNames, read_own_names

OWNER_TAGS = ("owner", "team")


@dataclass(frozen=True, slots=True)
class Naming:
    """What the settings say about names.

    Attributes:
        owner_tags: Keys of tags that name an owner, the best first.
        address_book: The user's list of addresses; None without one.
        aws_ranges: AWS's `ip-ranges.json`; None without one.
        as_database: A database of autonomous systems (.mmdb); None without one.
    """

    owner_tags: tuple[str, ...] = OWNER_TAGS
    address_book: Path | None = None
    aws_ranges: Path | None = None
    as_database: Path | None = None

    @property
    def version(self) -> Hashable:
        """Another value whenever names may be others."""
        files = (self.address_book, self.aws_ranges, self.as_database)
        return self.owner_tags, tuple(map(_state_of, files))

    def own_names(self) -> OwnNames:
        """What the user's list says.

        Raises:
            SettingsError: It cannot be read.
        """
        if self.address_book is None:
            return OwnNames()
        return _own_names(self.address_book, _state_of(self.address_book))

    def ranges(self) -> AwsRanges | None:
        """AWS's ranges.

        Raises:
            SettingsError: They cannot be read.
        """
        return _ranges(self.aws_ranges, _state_of(self.aws_ranges)) if self.aws_ranges else None

    def networks(self) -> Networks | None:
        """The database of autonomous systems.

        Raises:
            SettingsError: It cannot be read.
        """
        path = self.as_database
        return _networks(path, _state_of(path)) if path else None

    @property
    def says(self) -> frozenset[str]:
        """What the files can say of an address."""
        entries = self.own_names().entries
        of_own = ("name", "kind", "owner")
        said = {name for name in of_own if any(getattr(entry, name) for entry in entries)}
        said |= {"service"} if self.aws_ranges else set()
        return frozenset(said | ({"as"} if self.as_database else set()))

    @property
    def problems(self) -> tuple[str, ...]:
        """What could not be read of the user's list, in one sentence; () where all could."""
        found = self.own_names().problems
        if not found:
            return ()
        more = f", and {len(found) - 3:,} more" if len(found) > 3 else ""
        return (f"{self.address_book}: left out {'; '.join(found[:3])}{more}.",)


NAMING = Naming()


def _state_of(path: Path | None) -> tuple[str, int, int] | None:
    """A file and its state; a missing file has none."""
    if path is None or not path.is_file():
        return None
    state = path.stat()
    return str(path), state.st_mtime_ns, state.st_size


@lru_cache(maxsize=4)
def _own_names(path: Path, state: Hashable) -> OwnNames:
    return read_own_names(path)


@lru_cache(maxsize=2)
def _ranges(path: Path, state: Hashable) -> AwsRanges:
    return read_ranges(path)


@lru_cache(maxsize=2)
def _networks(path: Path, state: Hashable) -> Networks:
    return Networks.open(path)
