"""Where names of addresses come from besides snapshots: files of the user, and tags of owners."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from vpcflow_core.inventory.aws_ranges import AwsRanges, read_ranges
from vpcflow_core.inventory.block_sets import BlockSets, NamedSets, read_block_sets
from vpcflow_core.inventory.memberships import Membership, memberships
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
        zones: Named blocks, and files of them.
        zone_file: A file of many zones; None without one.
        watch_lists: Named lists of addresses that are watched.
    """

    owner_tags: tuple[str, ...] = OWNER_TAGS
    address_book: Path | None = None
    aws_ranges: Path | None = None
    as_database: Path | None = None
    zones: NamedSets = ()
    zone_file: Path | None = None
    watch_lists: NamedSets = ()

    @property
    def version(self) -> Hashable:
        """Another value whenever names may be others."""
        files = (self.address_book, self.aws_ranges, self.as_database)
        of_sets = _files_of(self.zones, self.zone_file), _files_of(self.watch_lists)
        return self.owner_tags, self.zones, self.watch_lists, tuple(map(_state_of, files)), of_sets

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

    def zone_sets(self) -> BlockSets:
        """Zones by block.

        Raises:
            SettingsError: A file cannot be read.
        """
        files = _files_of(self.zones, self.zone_file)
        return _block_sets(self.zones, self.zone_file, "zones", files)

    def watched(self) -> BlockSets:
        """Watch lists by block.

        Raises:
            SettingsError: A file cannot be read.
        """
        return _block_sets(self.watch_lists, None, "watch_lists", _files_of(self.watch_lists))

    def memberships(self, text: str) -> dict[str, list[Membership]]:
        """The zones and the watch lists that hold an address or a block, by `zone` and `watch`.

        Raises:
            SettingsError: A file cannot be read.
        """
        return {
            "zone": memberships(text, self.zones, self.zone_file),
            "watch": memberships(text, self.watch_lists, None, "watch_lists"),
        }

    @property
    def says(self) -> frozenset[str]:
        """What the files can say of an address."""
        entries = self.own_names().entries
        of_own = ("name", "kind", "owner")
        said = {name for name in of_own if any(getattr(entry, name) for entry in entries)}
        said |= {"service"} if self.aws_ranges else set()
        said |= {"zone"} if self.zones or self.zone_file else set()
        said |= {"watchlist"} if self.watch_lists else set()
        return frozenset(said | ({"as"} if self.as_database else set()))

    @property
    def problems(self) -> tuple[str, ...]:
        """What could not be read of each list of the user, in a sentence; () where all could."""
        own = tuple(f"{self.address_book}: {text}" for text in self.own_names().problems)
        listed = (own, self.zone_sets().problems, self.watched().problems)
        return tuple(_left_out(found) for found in listed if found)


NAMING = Naming()


def _left_out(problems: Sequence[str]) -> str:
    """Lines that could not be read, the first ones by name."""
    more = f", and {len(problems) - 3:,} more" if len(problems) > 3 else ""
    named = "; ".join(problem.rstrip(".") for problem in problems[:3])
    return f"Left out: {named}{more}. Write 10.8.0.0/16 or 2001:db8::/32."


def _files_of(sets: NamedSets, listed: Path | None = None) -> tuple[Hashable, ...]:
    """The states of the files that sets name."""
    named = (Path(text).expanduser() for _, entries in sets for text in entries)
    states = (_state_of(path) for path in (*named, listed))
    return tuple(state for state in states if state)


def _state_of(path: Path | None) -> tuple[str, int, int] | None:
    """A file and its state; a missing file has none."""
    if path is None or not path.is_file():
        return None
    state = path.stat()
    return str(path), state.st_mtime_ns, state.st_size


@lru_cache(maxsize=4)
def _own_names(path: Path, state: Hashable) -> OwnNames:
    return read_own_names(path)


@lru_cache(maxsize=4)
def _block_sets(named: NamedSets, listed: Path | None, where: str, state: Hashable) -> BlockSets:
    return read_block_sets(named, listed, where)


@lru_cache(maxsize=2)
def _ranges(path: Path, state: Hashable) -> AwsRanges:
    return read_ranges(path)


@lru_cache(maxsize=2)
def _networks(path: Path, state: Hashable) -> Networks:
    return Networks.open(path)
