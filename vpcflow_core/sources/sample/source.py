"""The built-in sample: flow logs of a made-up network, generated in seconds, read like files."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import numpy as np

from vpcflow_core.errors import SettingsError, closest
from vpcflow_core.inventory.tables import Snapshot
from vpcflow_core.sources.base import LogObject
from vpcflow_core.sources.local import LocalSource
from vpcflow_core.sources.open import SourceOptions
from vpcflow_core.sources.sample.incidents import SKIPDATA, Incident, Setting, incidents
from vpcflow_core.sources.sample.kinds import KINDS
from vpcflow_core.sources.sample.lines import write
from vpcflow_core.sources.sample.network import Network, network, sample_interfaces
from vpcflow_core.sources.sample.queries import sample_queries
from vpcflow_core.sources.sample.snapshot import sample_snapshots
from vpcflow_core.sources.sample.standing import standing
from vpcflow_core.sources.sample.traffic import (
    LONGEST,
    Records,
    everyday,
    joined,
    observed,
    rhythm,
    rows_per_dialogue,
)
from vpcflow_core.sources.sample.trail import sample_trail
from vpcflow_core.times import Window, floor_to, format_instant, parse_instant

__all__ = ["Happening", "SampleFacts", "SampleSource", "generate", "sample_interfaces"]

DAY = 86400
PIECE = DAY // 3
STEP = timedelta(minutes=5)
# A sample that ended less than this ago is used again: a restart need not write and sync anew.
FRESH = timedelta(hours=1)


def open_url(url: str, options: SourceOptions, store: Path | None) -> SampleSource:
    """The sample of a URL; its files lie in the store that it fills, and go when the store goes."""
    return SampleSource.from_url(url, store / "sample" if store else None)


@dataclass(frozen=True, slots=True)
class Happening:
    """Something odd that the sample holds.

    Attributes:
        name: `scan`, `brute-force`, `spike`, `exfiltration`, `nodata` or `skipdata`.
        window: When, UTC.
        interface_ids: Interfaces that log it.
        peer: Address or block on the other side, "" if none.
    """

    name: str
    window: Window
    interface_ids: tuple[str, ...]
    peer: str


@dataclass(frozen=True, slots=True)
class SampleFacts:
    """What `generate` wrote.

    Attributes:
        folder: Where.
        files, records: How many.
        window: From the first to the last second of its records, UTC.
        happenings: What there is to be found.
    """

    folder: Path
    files: int
    records: int
    window: Window
    happenings: tuple[Happening, ...]


def generate(
    folder: Path, *, seed: int = 7, records: int = 1_000_000, days: int = 9, until: datetime
) -> SampleFacts:
    """Write flow logs of a made-up network below a folder, in AWS's default layout.

    The same arguments give the same bytes. Two flow logs: account 123456789012 in eu-central-1
    with the fields of versions 2 to 5 and reject-reason, account 210987654321 in us-east-1 in
    the default format.

    Args:
        folder: Where `AWSLogs/` goes; made if it is missing.
        seed: Source of all chance.
        records: About how many records, within a few percent.
        days: How many days, up to `until`.
        until: End, floored to five minutes.
    """
    end = int(floor_to(until.astimezone(UTC), STEP).timestamp())
    start = end - days * DAY
    net = network(seed)
    chance = np.random.default_rng([seed, 2])
    setting = Setting(net, chance, end, records / 1e6, _rate(net, start, end, records))
    odd = incidents(setting, start)
    gap = next((incident for incident in odd if incident.name == "skipdata"), None)
    extra = joined([*(incident.records for incident in odd), standing(setting, start)])
    rate = _rate(net, start, end, max(records - len(extra["end"]), records * 0.1))

    def one(piece: tuple[int, int]) -> tuple[int, int]:
        rng = np.random.default_rng([seed, 3, piece[0]])
        records = observed(everyday(net, rng, *piece, rate), net, piece[1] - 1)
        found = joined([records, _rows(extra, *piece)])
        return write(folder, seed, net, _without(found, gap))

    with ThreadPoolExecutor(2) as pool:
        written = list(pool.map(one, _pieces(start, end)))
    return SampleFacts(
        folder=folder,
        files=sum(files for files, _ in written),
        records=sum(count for _, count in written),
        window=_window(start, end),
        happenings=tuple(_happening(net, incident) for incident in odd),
    )


def _window(start: int, end: int) -> Window:
    return Window(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC))


def _happening(net: Network, incident: Incident) -> Happening:
    ids = tuple(net.interfaces["interface_id"].iloc[list(incident.interfaces)])
    return Happening(incident.name, _window(incident.start, incident.end), ids, incident.peer)


def _pieces(start: int, end: int) -> list[tuple[int, int]]:
    """The span cut at fixed hours, which no file crosses: memory stays small."""
    edges = [start, *range(start // PIECE * PIECE + PIECE, end, PIECE), end]
    return list(pairwise(edges))


def _rate(net: Network, start: int, end: int, records: float) -> float:
    """Mean dialogues a minute that make this many records."""
    minutes = np.arange(start // 60, end // 60)
    busy = {name: rhythm(name, minutes).sum() for name in {kind.rhythm for kind in KINDS}}
    shares = np.array([kind.share * busy[kind.rhythm] for kind in KINDS])
    rows = (shares * rows_per_dialogue(net)).sum() / sum(kind.share for kind in KINDS)
    return float(records / rows)


def _rows(records: Records, start: int, end: int) -> Records:
    inside = (records["end"] >= start) & (records["end"] < end)
    return {name: column[inside] for name, column in records.items()}


def _without(records: Records, gap: Incident | None) -> Records:
    """Takes out the traffic that the interface with lost records had in the gap."""
    if gap is None:
        return records
    lost = (records["iface"] == gap.interfaces[0]) & (records["status"] != SKIPDATA)
    lost &= (records["start"] >= gap.start - LONGEST) & (records["start"] < gap.end)
    return {name: column[~lost] for name, column in records.items()}


@dataclass(frozen=True, slots=True)
class SampleOptions:
    """What `sample://?records=...&days=...&seed=...&until=...` may say."""

    records: int = 1_000_000
    days: int = 9
    seed: int = 7
    until: datetime | None = None


class SampleSource:
    """The sample as a source: writes its files at the first use, then reads them as files.

    Args:
        cache: Folder the files go to; the system's temporary one if None.
        options: How much, how long, which seed, and when it ends (now, if not said).
    """

    def __init__(self, cache: Path | None = None, options: SampleOptions | None = None) -> None:
        self._options = options or SampleOptions()
        self._cache = cache or Path(tempfile.gettempdir()) / "vpcflow-sample"
        self._lock = threading.Lock()
        self._until = self._options.until or _fresh_end(self._cache, self._options)

    @staticmethod
    def from_url(url: str, cache: Path | None = None) -> SampleSource:
        """The sample that `sample://?records=1000000&days=9&seed=7` names.

        Raises:
            SettingsError: An option is unknown or no number.
        """
        pairs = dict(parse_qsl(url.partition("?")[2], keep_blank_values=True))
        return SampleSource(cache, SampleOptions(**_checked(pairs)))  # type: ignore[arg-type]

    @property
    def url(self) -> str:
        """`sample://?...` with all options, its end among them: it names one content for ever."""
        settings = {"records": self._options.records, "days": self._options.days}
        settings |= {"seed": self._options.seed}
        return "sample://?" + urlencode(settings | {"until": format_instant(self._until)}, safe=":")

    @property
    def folder(self) -> Path:
        """Where its files are, or will be."""
        return self._cache / f"{_stem(self._options)}-{self._until:%Y%m%dT%H%MZ}"

    def find(self, span: Window | None) -> Iterator[LogObject]:
        """As `LocalSource.find`, over files that are written if they are missing."""
        return self._files().find(span)

    def read(self, found: LogObject) -> bytes:
        """As `LocalSource.read`."""
        return self._files().read(found)

    def snapshots(self) -> list[Snapshot]:
        """What EC2 would show of the made-up network at the sample's end."""
        return sample_snapshots(self._options.seed, self._until)

    def trail(self) -> list[bytes]:
        """What CloudTrail logged of the made-up network."""
        start = self._until - timedelta(days=self._options.days)
        return sample_trail(self._options.seed, start, self._until)

    def query_logs(self) -> list[bytes]:
        """What Route 53 Resolver logged of the made-up network."""
        start = self._until - timedelta(days=self._options.days)
        return sample_queries(self._options.seed, start, self._until)

    def _files(self) -> LocalSource:
        with self._lock:
            if not self.folder.is_dir():
                self._write()
        return LocalSource(self.folder)

    def _write(self) -> None:
        """Writes beside and renames, so that no reader ever sees half a sample."""
        self._cache.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=".writing-", dir=self._cache))
        chosen = self._options
        try:
            generate(
                beside,
                seed=chosen.seed,
                records=chosen.records,
                days=chosen.days,
                until=self._until,
            )
            os.rename(beside, self.folder)  # noqa: PTH104 - fails if another process was faster
        except OSError:
            if not self.folder.is_dir():
                raise
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        self._forget_older()

    def _forget_older(self) -> None:
        for folder in self._cache.glob(f"{_stem(self._options)}-*Z"):
            if folder.name < self.folder.name:
                shutil.rmtree(folder, ignore_errors=True)


def _stem(options: SampleOptions) -> str:
    return f"sample-{options.seed}-{options.records}-{options.days}"


def _fresh_end(cache: Path, options: SampleOptions) -> datetime:
    """The end of a sample written a short time ago, or now."""
    now = floor_to(datetime.now(UTC), STEP)
    names = sorted(folder.name for folder in cache.glob(f"{_stem(options)}-*Z"))
    ends = [datetime.strptime(name[-14:], "%Y%m%dT%H%MZ").replace(tzinfo=UTC) for name in names]
    return next((end for end in reversed(ends) if now - FRESH <= end <= now), now)


_LIMITS = {"records": (1000, 100_000_000), "days": (1, 400), "seed": (0, 2**31)}


def _checked(pairs: dict[str, str]) -> dict[str, int | datetime]:
    known = [*_LIMITS, "until"]
    for name, text in pairs.items():
        if name not in known:
            raise SettingsError(
                f"The sample has no option '{name}'.",
                f"{closest(name, known)} Its options are: {', '.join(known)}.".strip(),
            )
        low, high = _LIMITS.get(name, (0, 0))
        if name != "until" and not (text.isdecimal() and low <= int(text) <= high):
            raise SettingsError(
                f"The sample's option {name}={text} is no whole number from {low} to {high}."
            )
    return {
        name: floor_to(parse_instant(text), STEP) if name == "until" else int(text)
        for name, text in pairs.items()
    }
