"""What is odd in the sample, so that every panel has something to find.

Each incident lies a fixed time before the sample's
end, and so within what a dashboard shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from vpcflow_core.sources.sample.kinds import KINDS, TCP, Kind
from vpcflow_core.sources.sample.network import Ints, Network
from vpcflow_core.sources.sample.traffic import (
    COLUMNS,
    LONGEST,
    Dialogues,
    Records,
    joined,
    observed,
    pairs,
    talk,
)

NODATA, SKIPDATA = 1, 2
HOUR = 3600
NODATA_EVERY = 600  # seconds: the longest aggregation interval
SKIPDATA_EVERY = 60


@dataclass(frozen=True, slots=True)
class Setting:
    """What incidents are made from: network, chance, end (seconds since 1970), size of the sample.

    Attributes:
        scale: Records of the sample in millions.
        per_minute: Mean dialogues a minute.
    """

    net: Network
    rng: np.random.Generator
    until: int
    scale: float
    per_minute: float


@dataclass(frozen=True, slots=True)
class Incident:
    """One thing to be found: what, when (seconds since 1970), where, and its records.

    Attributes:
        name: `scan`, `brute-force`, `spike`, `exfiltration`, `nodata` or `skipdata`.
        start, end: When it goes on.
        interfaces: Interfaces that log it (numbers of the network).
        peer: Address or block on the other side, "" if none.
        records: What it adds to everyday traffic.
    """

    name: str
    start: int
    end: int
    interfaces: tuple[int, ...]
    peer: str
    records: Records


class Times(NamedTuple):
    """Hours before the sample's end, and length in minutes."""

    hours: float
    minutes: int


WHEN = {
    "scan": Times(5, 15),
    "brute-force": Times(9, 45),
    "spike": Times(20, 20),
    "skipdata": Times(13, 30),
}


def incidents(setting: Setting, first: int) -> list[Incident]:
    """All incidents that lie within the sample.

    Args:
        setting: What they are made from.
        first: The sample's first second.
    """
    makers: tuple[Callable[[Setting, int], Incident], ...] = (
        _scan,
        _brute_force,
        _spike,
        _exfiltration,
        _skipdata,
        _nodata,
    )
    made = [make(setting, first) for make in makers]
    return [incident for incident in made if incident.start >= first]


def window_of(name: str, until: int) -> tuple[int, int]:
    """From when to when an incident of `WHEN` goes on (seconds since 1970)."""
    start = until - int(WHEN[name].hours * HOUR)
    return start, start + WHEN[name].minutes * 60


def night(until: int) -> int:
    """When the last exfiltration began: at two o'clock, an hour at least before the end."""
    start = (until - 2 * HOUR) // 86400 * 86400 + 2 * HOUR
    return start if start + HOUR <= until else start - 86400


def _starts(setting: Setting, count: float, least: int, start: int, end: int) -> Ints:
    number = max(int(count), least)
    return np.sort(setting.rng.integers(start, end - LONGEST, number))


def _between(
    dialogues: Dialogues, net: Network, client_if: int = -1, server_if: int = -1
) -> Dialogues:
    """The dialogues, with one interface of ours for all of them."""
    ours = {"client_if": client_if, "client": client_if} if client_if >= 0 else {}
    ours |= {"server_if": server_if, "server": server_if} if server_if >= 0 else {}
    count = len(dialogues.start)
    return replace(dialogues, **{name: np.full(count, value) for name, value in ours.items()})


def _scan(setting: Setting, first: int) -> Incident:
    """One /24 of the Internet tries many ports of all web servers; all is refused."""
    start, end = window_of("scan", setting.until)
    kind = Kind("scanner", "web", 1, TCP, 0, 1, 44, 0, 0, 8, accepted=False)
    dialogues = talk(
        kind, setting.net, setting.rng, _starts(setting, 8000 * setting.scale, 80, start, end)
    )
    dialogues = replace(dialogues, server_port=setting.rng.integers(1, 10000, len(dialogues.start)))
    peer = setting.net.addresses[setting.net.groups["scanner"][0]].rpartition(".")[0] + ".0/24"
    records = observed(dialogues, setting.net, end)
    return Incident("scan", start, end, tuple(setting.net.of("web")), peer, records)


def _brute_force(setting: Setting, first: int) -> Incident:
    """One stranger tries SSH on the bastion again and again, is refused, then is let in."""
    start, end = window_of("brute-force", setting.until)
    net, rng, scale = setting.net, setting.rng, setting.scale
    bastion = net.of("bastion", 0)[0]
    kind = Kind("intruder", "bastion", 22, TCP, 0, 3, 60, 0, 0, 8, accepted=False)
    inside = kind._replace(packets=60, size=150, back=1.2, back_size=400, accepted=True)
    refused = talk(kind, net, rng, _starts(setting, 2400 * scale, 50, start, end - 300))
    let_in = talk(inside, net, rng, _starts(setting, 40 * scale, 5, end - 300, end))
    dialogues = [_between(part, net, server_if=bastion) for part in (refused, let_in)]
    records = joined([observed(part, net, end) for part in dialogues])
    return Incident(
        "brute-force", start, end, (bastion,), net.addresses[refused.client[0]], records
    )


def _spike(setting: Setting, first: int) -> Incident:
    """The busiest web server gets ten times its usual load for twenty minutes."""
    start, end = window_of("spike", setting.until)
    net, kind = setting.net, KINDS[0]
    hosts, odds = pairs(kind, net)
    busiest = int(np.argmax(odds))
    target = int(hosts[busiest][1])
    usual = setting.per_minute * odds[busiest] * _share(kind) * WHEN["spike"].minutes
    dialogues = talk(kind, net, setting.rng, _starts(setting, 9 * usual, 60, start, end))
    v4 = dialogues.only(~net.is_v6[dialogues.client])
    records = observed(_between(v4, net, server_if=target), net, end)
    return Incident("spike", start, end, (target,), "", records)


def _share(kind: Kind) -> float:
    return kind.share / sum(each.share for each in KINDS)


def _exfiltration(setting: Setting, first: int) -> Incident:
    """Last night one internal host sent gigabytes to one foreign address, through the NAT."""
    net, rng = setting.net, setting.rng
    start = night(setting.until)
    host, nat = net.of("app", 0)[2], net.of("nat", 0)[0]
    kind = Kind("app", "drop", 443, TCP, 0, 70000, 1400, 0.02, 60, 1)
    dialogues = talk(kind, net, rng, start + np.arange(60) * 60)
    packets = rng.integers(50_000, 90_000, 60)
    dialogues = replace(
        _between(dialogues, net, client_if=host),
        nat_if=np.full(60, nat),
        client_port=np.full(60, 51422),
        packets=packets,
        bytes=packets * 1400,
        seconds=np.full(60, LONGEST),
    )
    records = observed(dialogues, net, start + HOUR)
    peer = net.addresses[int(dialogues.server[0])]
    return Incident("exfiltration", start, start + HOUR, (host, nat), peer, records)


def _skipdata(setting: Setting, first: int) -> Incident:
    """For half an hour the records of one interface were lost."""
    start, end = window_of("skipdata", setting.until)
    host = setting.net.of("app", 0)[0]
    records = _quiet([host], np.arange(start, end, SKIPDATA_EVERY), SKIPDATA_EVERY, SKIPDATA)
    return Incident("skipdata", start, end, (host,), "", records)


def _nodata(setting: Setting, first: int) -> Incident:
    """Some interfaces never have traffic, and say so every ten minutes."""
    idle = setting.net.of("idle")
    starts = np.arange(-(-first // NODATA_EVERY) * NODATA_EVERY, setting.until, NODATA_EVERY)
    starts = starts[starts + NODATA_EVERY <= setting.until]
    records = _quiet(idle, starts, NODATA_EVERY, NODATA)
    return Incident("nodata", first, setting.until, tuple(idle), "", records)


def _quiet(interfaces: list[int], starts: Ints, every: int, status: int) -> Records:
    count = len(interfaces) * len(starts)
    records = {name: np.zeros(count, dtype=np.int64) for name in COLUMNS}
    records["iface"] = np.repeat(np.array(interfaces, dtype=np.int64), len(starts))
    records["start"] = np.tile(starts, len(interfaces))
    records["end"] = records["start"] + every - 1
    records["status"] += status
    return records
