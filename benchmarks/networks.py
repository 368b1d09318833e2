"""Designed networks: everyday traffic, what only looks like trouble, and trouble that is known.

Each piece of trouble is a function that gives records and what has to be found; whoever tests or
measures detections writes them to a folder as a flow log.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

END = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp())
DAYS, HOUR, DAY = 6, 3600, 86400
START = END - DAYS * DAY
FIELDS = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start "
    "end action log-status vpc-id flow-direction"
)
# Hosts: address, interface, VPC.
WEB = ("10.0.0.10", "eni-web", "vpc-1")
BASTION = ("10.0.0.20", "eni-bastion", "vpc-1")
NOISY = ("10.0.0.30", "eni-noisy", "vpc-1")
RESOLVER = ("10.0.0.53", "eni-resolver", "vpc-1")
APP = ("10.0.1.10", "eni-app", "vpc-1")
BACKUP = ("10.0.1.20", "eni-backup", "vpc-1")
DB = ("10.0.2.10", "eni-db", "vpc-1")
MANY = ("10.0.9.1", "eni-many", "vpc-1")
QUIET = ("10.0.1.99", "eni-quiet", "vpc-1")
OTHER = ("10.1.0.10", "eni-other", "vpc-2")
FAR = ("10.2.0.10", "eni-far", "vpc-3")
HOSTS = (WEB, BASTION, NOISY, RESOLVER, APP, BACKUP, DB, MANY, OTHER)
CLIENTS = ("91.20.14.77", "23.20.11.5", "23.20.12.9", "91.20.99.1")
WATCHED = "192.0.2.200/29"

Host = tuple[str, str, str]
Found = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Record:
    """One record; its direction and VPC are those of the host whose interface logs it.

    `flow_log` is the id of its flow log where that is not the network's own.
    """

    host: Host
    start: int
    src: str = "-"
    dst: str = "-"
    sport: int = 0
    dport: int = 0
    protocol: int = 6
    packets: int = 5
    size: int = 600
    action: str = "ACCEPT"
    status: str = "OK"
    lasts: int = 40
    flow_log: str = ""

    @property
    def line(self) -> str:
        """It as a line of the log."""
        address, interface, vpc = self.host
        begin = f"2 123456789012 {interface}"
        end = f"{self.start} {self.start + self.lasts}"
        if self.status != "OK":
            return f"{begin} - - - - - - - {end} - {self.status} {vpc} -"
        way = "egress" if self.src == address else "ingress"
        ports = f"{self.sport} {self.dport} {self.protocol}"
        counts = f"{self.packets} {self.size}"
        return f"{begin} {self.src} {self.dst} {ports} {counts} {end} {self.action} OK {vpc} {way}"


def into(host: Host, src: str, dport: int, start: int, **more: object) -> Record:
    """A record of what comes to a host."""
    record = Record(host, start, src, host[0], 40000 + start % 20000, dport)
    return replace(record, **more)  # type: ignore[arg-type]


def out(host: Host, dst: str, dport: int, start: int, **more: object) -> Record:
    """A record of what a host sends."""
    record = Record(host, start, host[0], dst, 40000 + start % 20000, dport)
    return replace(record, **more)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Records, and what has to be found in them: slug and key of each incident."""

    records: list[Record]
    found: list[Found] = field(default_factory=list)


def everyday(rng: np.random.Generator) -> Iterator[Record]:
    """What a network does all day; what only looks like trouble is among it."""
    for hour in range(START, END, HOUR):
        for host in HOSTS:
            for slice_ in range(0, HOUR, 600):
                yield Record(host, hour + slice_, status="NODATA", lasts=599)
        for client in CLIENTS:
            yield into(WEB, client, 443, hour + int(rng.integers(0, 3500)))
        for _ in range(6):
            yield into(DB, APP[0], 5432, hour + int(rng.integers(0, 3500)))
            yield out(APP, DB[0], 5432, hour + int(rng.integers(0, 3500)))
            yield out(APP, "192.0.2.10", 443, hour + int(rng.integers(0, 3500)), size=3_000_000)
        for number in range(3):
            yield into(WEB, f"198.18.{number}.9", 3389, hour + 60 * number, action="REJECT")
        yield from _resolving(rng, hour)
        if hour % DAY == 3 * HOUR:
            yield out(BACKUP, "192.0.2.50", 443, hour + 60, size=300_000_000)
            yield out(APP, "10.1.1.10", 8080, hour + 90)
        if hour >= END - 3 * DAY:
            for number in range(35):
                at = hour + int(rng.integers(0, 3500))
                yield into(NOISY, f"198.18.{100 + number}.7", 23, at, action="REJECT")


def _resolving(rng: np.random.Generator, hour: int) -> Iterator[Record]:
    """The resolver is asked from inside, and asks the Internet."""
    for _ in range(8):
        at = hour + int(rng.integers(0, 3500))
        yield into(RESOLVER, APP[0], 53, at, protocol=17)
        yield out(RESOLVER, "8.8.8.8", 53, at, protocol=17)


def near_misses(rng: np.random.Generator) -> Iterator[Record]:
    """What is just below the thresholds."""
    at = END - 6 * HOUR
    for number in range(12):
        yield into(WEB, "203.0.113.5", 8000 + number, at + number, action="REJECT")
        yield into(BASTION, "203.0.113.6", 22, at + number * 9, action="REJECT")
        yield into(DB, APP[0], 8082, at + number, action="REJECT")
        many = (f"10.0.9.{number + 1}", *MANY[1:])
        yield into(many, "203.0.113.7", 8444, at + number, action="REJECT")
    for number in range(5):
        yield into(WEB, f"197.0.0.{number}", 443, at + number)  # a country in passing
    for number in range(2):
        yield into(WEB, f"91.20.14.{number}", 9444, at + number)
    for moment in np.sort(rng.integers(END - 10 * HOUR, END - HOUR, 108)):  # at random times
        yield out(APP, "192.0.2.71", 443, int(moment))
    for moment in range(END - 9 * HOUR, END - 4 * HOUR, 600):  # five hours, not eight
        yield out(APP, "192.0.2.72", 5671, moment, sport=50000, lasts=599)
    yield out(APP, "8.8.4.4", 53, at, protocol=17)
    # A resolver that was asked three days ago alone goes on to ask those of the Internet.
    yield into(OTHER, APP[0], 53, END - 72 * HOUR, protocol=17)
    yield from (out(OTHER, "9.9.9.10", 53, at + 60 * n, protocol=17) for n in range(6))
    yield out(APP, "192.0.2.73", 0, at, sport=0, protocol=1)


def port_scan(rng: np.random.Generator) -> Trouble:
    """One source tries sixty ports."""
    at = END - 5 * HOUR
    records = [into(WEB, "198.51.100.7", 100 + n, at + n, action="REJECT") for n in range(60)]
    return Trouble(records, [("port-scan", ("198.51.100.0/24",))])


def block_scan(rng: np.random.Generator) -> Trouble:
    """Six hosts of a block try five ports each."""
    at = END - 7 * HOUR
    records = [
        into(WEB, f"198.51.101.{n % 6}", 9000 + n, at + 20 * n, action="REJECT") for n in range(30)
    ]
    return Trouble(records, [("port-scan", ("198.51.101.0/24",))])


def sweep(rng: np.random.Generator) -> Trouble:
    """One source tries one port of 25 addresses."""
    at = END - 8 * HOUR
    hosts = [(f"10.0.9.{n + 1}", *MANY[1:]) for n in range(25)]
    records = [into(h, "203.0.113.21", 8443, at + n, action="REJECT") for n, h in enumerate(hosts)]
    return Trouble(records, [("address-sweep", ("203.0.113.0/24", "8443"))])


def guessed(rng: np.random.Generator) -> Trouble:
    """One source is refused at SSH forty times, then let in."""
    at = END - 9 * HOUR
    records = [
        into(BASTION, "203.0.113.50", 22, at + 20 * n, action="REJECT") for n in range(40)
    ] + [into(BASTION, "203.0.113.50", 22, at + 1000 + 60 * n, size=30_000) for n in range(3)]
    key = ("203.0.113.50", BASTION[0], "22")
    return Trouble(records, [("brute-force", key), ("remote-login", (BASTION[0], "22"))])


def guessing(rng: np.random.Generator) -> Trouble:
    """One source has thirty short sessions at RDP."""
    at = END - 4 * HOUR
    records = [into(BASTION, "203.0.113.60", 3389, at + 30 * n, size=800) for n in range(30)]
    key = ("203.0.113.60", BASTION[0], "3389")
    return Trouble(records, [("brute-force", key), ("remote-login", (BASTION[0], "3389"))])


def spraying(rng: np.random.Generator) -> Trouble:
    """Forty sources try RDP twice each."""
    at = END - 10 * HOUR
    records = [
        into(WEB, f"198.19.{n % 40}.5", 3389, at + 30 * n, action="REJECT") for n in range(80)
    ]
    return Trouble(records, [("low-and-slow", (WEB[0], "3389"))])


def refused(rng: np.random.Generator) -> Trouble:
    """An own host is refused at another one forty times."""
    at = END - 6 * HOUR
    records = [into(DB, APP[0], 8081, at + 40 * n, action="REJECT") for n in range(40)]
    return Trouble(records, [("refused-inside", (DB[0], "8081"))])


def stolen(rng: np.random.Generator) -> Trouble:
    """A host that sends 18 MB an hour sends 400 MB to one address."""
    at = END - 8 * HOUR
    records = [out(APP, "192.0.2.99", 443, at + 600 * n, size=100_000_000) for n in range(4)]
    return Trouble(records, [("exfiltration", (APP[0], "192.0.2.99"))])


def beacon(rng: np.random.Generator) -> Trouble:
    """A host calls every five minutes, a few seconds early or late, for nine hours."""
    times = np.arange(END - 11 * HOUR, END - 2 * HOUR, 300)
    records = [out(APP, "192.0.2.77", 443, int(t + rng.integers(-5, 6))) for t in times]
    return Trouble(records, [("beacon", (APP[0], "192.0.2.77", "443"))])


def tunnel(rng: np.random.Generator) -> Trouble:
    """One connection goes on for ten hours."""
    times = range(END - 12 * HOUR, END - 2 * HOUR, 600)
    records = [out(APP, "192.0.2.78", 4444, t, sport=51000, lasts=599) for t in times]
    return Trouble(records, [("long-lived", (APP[0], "51000", "192.0.2.78", "4444"))])


def own_dns(rng: np.random.Generator) -> Trouble:
    """A host asks a DNS server of the Internet."""
    at = END - 5 * HOUR
    records = [out(APP, "9.9.9.9", 53, at + 60 * n, protocol=17) for n in range(10)]
    return Trouble(records, [("dns-around", (APP[0], "9.9.9.9"))])


def watched(rng: np.random.Generator) -> Trouble:
    """A host reaches a watched address, and another watched one is refused."""
    at = END - 5 * HOUR
    records = [
        out(APP, "192.0.2.201", 443, at),
        into(WEB, "192.0.2.202", 443, at + 9, action="REJECT"),
    ]
    keys = (("192.0.2.201", APP[0]), ("192.0.2.202", WEB[0]))
    return Trouble(records, [("watch-list", key) for key in keys])


def login(rng: np.random.Generator) -> Trouble:
    """One SSH session from the Internet."""
    record = into(WEB, "203.0.113.9", 22, END - 7 * HOUR, size=90_000)
    return Trouble([record], [("remote-login", (WEB[0], "22"))])


def country(rng: np.random.Generator) -> Trouble:
    """A country that was never seen opens 25 connections."""
    records = [into(WEB, "175.45.176.5", 443, END - 6 * HOUR + 60 * n) for n in range(25)]
    return Trouble(records, [("new-country", ("KP",))])


def port(rng: np.random.Generator) -> Trouble:
    """Four sources use a port that was not used before."""
    records = [into(WEB, f"91.20.14.{n}", 9443, END - 6 * HOUR + 60 * n) for n in range(4)]
    return Trouble(records, [("new-port", (WEB[0], "9443"))])


def pair(rng: np.random.Generator) -> Trouble:
    """A host reaches a network of another VPC for the first time."""
    record = out(WEB, OTHER[0], 8080, END - 6 * HOUR)
    return Trouble([record], [("new-pair", ("vpc-1", "10.1.0.0/24"))])


def protocol(rng: np.random.Generator) -> Trouble:
    """A host speaks GRE."""
    record = out(APP, "192.0.2.60", 0, END - 6 * HOUR, sport=0, protocol=47)
    return Trouble([record], [("unusual-protocol", (APP[0], "192.0.2.60", "47"))])


def silence(rng: np.random.Generator) -> Trouble:
    """An interface without traffic says so until eight hours before the end."""
    times = range(START, END - 8 * HOUR, 600)
    records = [Record(QUIET, t, status="NODATA", lasts=599) for t in times]
    return Trouble(records, [("silent", (QUIET[1],))])


def stopped(rng: np.random.Generator) -> Trouble:
    """A flow log of its own delivers nothing for four hours of the last day."""
    hole, log = range(END - 22 * HOUR, END - 18 * HOUR), "fl-0bad"
    times = [t for t in range(END - 3 * DAY, END, 600) if t not in hole]
    records = [Record(FAR, t, status="NODATA", lasts=599, flow_log=log) for t in times]
    return Trouble(records, [("silent", (FAR[1],)), ("silent-log", (log,))])


def lost(rng: np.random.Generator) -> Trouble:
    """AWS loses records of an interface."""
    times = range(END - 6 * HOUR, END - 6 * HOUR + 300, 60)
    return Trouble(
        [Record(APP, t, status="SKIPDATA", lasts=59) for t in times], [("skipdata", (APP[1],))]
    )


Maker = Callable[[np.random.Generator], Trouble]
TROUBLES: dict[str, Maker] = {
    make.__name__: make
    for make in (
        port_scan, block_scan, sweep, guessed, guessing, spraying, refused, stolen, beacon, tunnel,
        own_dns, watched, login, country, port, pair, protocol, silence, stopped,
        lost,
    )
}  # fmt: skip


def write(folder: Path, seed: int, troubles: tuple[str, ...], until: int = END) -> list[Found]:
    """Write a network's log below a folder.

    Args:
        folder: Where; made if it is missing.
        seed: Source of all chance.
        troubles: Names of what is in it.
        until: Records that start later are left out.

    Returns:
        What has to be found.
    """
    made = [TROUBLES[name](np.random.default_rng([seed, at])) for at, name in enumerate(troubles)]
    rng = np.random.default_rng(seed)
    records = [*everyday(rng), *near_misses(rng), *(r for each in made for r in each.records)]
    folder.mkdir(parents=True, exist_ok=True)
    for log in sorted({record.flow_log for record in records}):
        own = sorted((r for r in records if r.flow_log == log and r.start < until), key=_start)
        name = f"123456789012_vpcflowlogs_eu-central-1_{log}_20261120T1200Z_1.log.gz"
        with gzip.open(folder / (name if log else "flows.log.gz"), "wt", encoding="ascii") as file:
            file.write("\n".join([FIELDS, *(record.line for record in own)]) + "\n")
    return [one for each in made for one in each.found]


def _start(record: Record) -> int:
    return record.start
