"""The sample's everyday traffic: dialogues between hosts, recorded by each interface they pass.

A dialogue is one exchange between a client and a
server; every interface on its way logs it in both directions, as VPC flow logs do. Columns are
numpy arrays; nothing loops over records.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from vpcflow_core.sources.sample.kinds import ICMP, ICMP6, KINDS, LIKED_PORTS, TCP, Kind, Rhythm
from vpcflow_core.sources.sample.network import VPCS, Floats, Ints, Network

FIN_SYN, FIN_SYN_ACK, SYN = 3, 19, 2  # flags seen over a whole connection, from each side
LONGEST = 58  # seconds between first and last packet of a record: interfaces report every minute


@dataclass(frozen=True, slots=True)
class Dialogues:
    """Columns of dialogues; interfaces are -1 where the side is not ours (or has no NAT).

    `back` is the packets from the server; none are logged from it where `accepted` is false.
    """

    client_if: Ints
    server_if: Ints
    nat_if: Ints
    client: Ints
    server: Ints
    client_port: Ints
    server_port: Ints
    protocol: Ints
    packets: Ints
    bytes: Ints
    back: Ints
    back_bytes: Ints
    start: Ints
    seconds: Ints
    path: Ints
    accepted: Ints
    reason: Ints

    def only(self, rows: npt.NDArray[np.bool_]) -> Dialogues:
        """The dialogues of some rows."""
        return Dialogues(*(getattr(self, name)[rows] for name in self.__slots__))


# Columns of records: numbers only; `lines` writes the text. Addresses are codes of the network,
# `status` is an index of OK, NODATA, SKIPDATA, `egress` 1 for traffic leaving the interface.
COLUMNS = (
    "iface", "src", "dst", "pkt_src", "pkt_dst", "srcport", "dstport", "protocol", "packets",
    "bytes", "start", "end", "accepted", "flags", "egress", "path", "reason", "status",
)  # fmt: skip
Records = dict[str, Ints]


def joined(parts: list[Records]) -> Records:
    """Records of all parts, one after the other."""
    return {name: np.concatenate([part[name] for part in parts]) for name in COLUMNS}


def rows_per_dialogue(net: Network) -> Floats:
    """How many records a dialogue of each kind becomes, on average."""
    return np.array([_rows(kind, net) for kind in KINDS])


def _rows(kind: Kind, net: Network) -> float:
    sides = (kind.client in net.roles) + (kind.server in net.roles)
    if not kind.accepted:
        return sides
    hosts, odds = pairs(kind, net)
    return 2 * sides + 4 * float(odds[hosts[:, 2] >= 0].sum())


def _nat(kind: Kind, net: Network, vpc: int, client: int) -> int:
    """The NAT gateway between a client and its server; -1 if there is none."""
    through = kind.path == 1 and kind.server in ("api", "time", "resolver", "drop")
    through |= kind.server == "s3" and client in net.unrouted
    return net.of("nat", vpc)[0] if through else -1


@lru_cache(maxsize=256)
def pairs(kind: Kind, net: Network) -> tuple[Ints, Floats]:
    """Interfaces of client, server and NAT of all pairs of hosts, and how often each talks."""
    found: list[tuple[int, int, int]] = []
    odds: list[float] = []
    for number, vpc in enumerate(VPCS):
        clients = net.of(kind.client, number) if kind.client in net.roles else [-1]
        servers = net.of(kind.server, number) if kind.server in net.roles else [-1]
        each = [(c, s, _nat(kind, net, number, c)) for c in clients for s in servers if c != s]
        found += each
        # The first pair of a VPC is about thrice as busy as its last.
        odds += [vpc.weight / len(each) * (1.5 - i / len(each)) for i in range(len(each))]
    chances = np.array(odds)
    return np.array(found, dtype=np.int64).reshape(-1, 3), chances / chances.sum()


def rhythm(kind: Rhythm, minutes: Ints) -> Floats:
    """How busy each minute is; 1 is the mean of a working day.

    Args:
        kind: `day` follows people, `work` office hours, `night` batch jobs; `steady` is flat.
        minutes: Minutes since 1970, UTC.
    """
    hour = minutes % 1440 / 60
    weekend = (minutes // 1440 + 3) % 7 >= 5  # 1 January 1970 was a Thursday
    if kind == "steady":
        return np.ones(len(minutes))
    if kind == "night":
        return np.where((hour >= 1) & (hour < 4), 7.0, 0.08)
    if kind == "work":
        return np.where((hour >= 7) & (hour < 17) & ~weekend, 2.3, 0.02)
    wave = 1 - 0.75 * np.cos((hour - 3) / 24 * 2 * np.pi) + 0.15 * np.cos(hour / 12 * 2 * np.pi)
    return np.asarray(np.maximum(wave, 0.1) * np.where(weekend, 0.55, 1.0))


def everyday(
    net: Network, rng: np.random.Generator, start: int, end: int, per_minute: float
) -> Dialogues:
    """A stretch of ordinary traffic.

    Args:
        net: The hosts.
        rng: Source of chance.
        start: First second, since 1970, UTC.
        end: Second after the last.
        per_minute: Mean dialogues a minute on a working day, all kinds together.
    """
    minutes = np.arange(start // 60, -(-end // 60))
    shares = np.array([kind.share for kind in KINDS])
    parts = []
    for kind, share in zip(KINDS, shares / shares.sum(), strict=True):
        busy = rhythm(kind.rhythm, minutes)
        count = rng.poisson(per_minute * share * busy.sum())
        minute = np.searchsorted(np.cumsum(busy) / busy.sum(), rng.random(count))
        moments = minutes[minute] * 60 + rng.integers(0, 60, count)
        parts.append(talk(kind, net, rng, np.clip(moments, start, end - 1)))
    columns = Dialogues.__slots__
    return Dialogues(*(np.concatenate([getattr(p, name) for p in parts]) for name in columns))


def talk(kind: Kind, net: Network, rng: np.random.Generator, start: Ints) -> Dialogues:
    """Dialogues of one kind, beginning at the given seconds."""
    count = len(start)
    hosts, odds = pairs(kind, net)
    client_if, server_if, nat_if = hosts[rng.choice(len(hosts), count, p=odds)].T
    client = np.where(client_if >= 0, client_if, _strangers(kind.client, net, rng, count, kind))
    server = np.where(server_if >= 0, server_if, _strangers(kind.server, net, rng, count, kind))
    if kind.server == "s3":
        server = _of_region(server, client_if, net, rng)
    # Hosts answer under their IPv6 address to clients that use IPv6.
    server = np.where(net.is_v6[client] & (server_if >= 0), server + len(net.interfaces), server)
    packets, size = _amounts(rng, count, kind.packets, kind.size)
    back, back_size = _amounts(rng, count, kind.packets * kind.back, kind.back_size)
    return Dialogues(
        client_if=client_if,
        server_if=server_if,
        nat_if=nat_if,
        client=client,
        server=server,
        client_port=_client_ports(kind, rng, client),
        server_port=_server_ports(kind, rng, count),
        protocol=_all(count, kind.protocol),
        packets=packets,
        bytes=size,
        back=back,
        back_bytes=back_size,
        start=start,
        seconds=np.minimum(rng.exponential(14, count).astype(np.int64), LONGEST),
        path=np.where(nat_if >= 0, 1, kind.path),
        accepted=_all(count, int(kind.accepted)),
        reason=_all(count, kind.reason),
    )


def _all(count: int, value: int) -> Ints:
    return np.full(count, value, dtype=np.int64)


def _strangers(group: str, net: Network, rng: np.random.Generator, count: int, kind: Kind) -> Ints:
    """Codes of public addresses; 0 where the group is a role, whose interfaces are chosen."""
    if group not in net.groups:
        return _all(count, 0)
    codes = net.codes(group)
    odds = net.client_odds if group == "clients" else np.full(len(codes), 1 / len(codes))
    if group == "clients":
        # ICMP belongs to one family of addresses; only web servers have IPv6 ones.
        v6 = net.is_v6[codes]
        allowed = v6 if kind.protocol == ICMP6 else ~v6
        mixed = kind.server == "web" and kind.protocol != ICMP
        odds = odds * (1 if mixed and kind.protocol != ICMP6 else allowed)
    return codes[rng.choice(len(codes), count, p=odds / odds.sum())]


def _of_region(server: Ints, client_if: Ints, net: Network, rng: np.random.Generator) -> Ints:
    """The addresses of S3, for clients of the second region those of S3 there."""
    second = net.interfaces["log"].to_numpy()[client_if] == 1
    return np.where(second, rng.choice(net.codes("s3-us"), len(server)), server)


def _amounts(rng: np.random.Generator, count: int, packets: float, size: int) -> tuple[Ints, Ints]:
    """Packets about a median (log-normal: a few flows carry most), and their bytes."""
    if not packets:
        return _all(count, 0), _all(count, 0)
    number = np.maximum(packets * np.exp(rng.normal(0, 0.8, count)), 1).astype(np.int64)
    return number, (number * size * rng.uniform(0.8, 1.2, count)).astype(np.int64)


def _client_ports(kind: Kind, rng: np.random.Generator, client: Ints) -> Ints:
    if kind.protocol in (ICMP, ICMP6):
        return _all(len(client), 0)
    if kind.kept:
        return 40000 + client % 64 * 8 + rng.integers(0, 3, len(client))
    return rng.integers(32768, 61000, len(client))


def _server_ports(kind: Kind, rng: np.random.Generator, count: int) -> Ints:
    if kind.port or kind.protocol in (ICMP, ICMP6):
        return _all(count, kind.port)
    odds = 1 / np.arange(1, len(LIKED_PORTS) + 1)
    return rng.choice(np.array(LIKED_PORTS, dtype=np.int64), count, p=odds / odds.sum())


def observed(dialogues: Dialogues, net: Network, last: int) -> Records:
    """The records that all interfaces on the way write.

    Args:
        dialogues: What the hosts exchanged.
        net: Their hosts.
        last: Latest second a record may end.
    """
    client, server, nat = (
        dialogues.only(side >= 0)
        for side in (dialogues.client_if, dialogues.server_if, dialogues.nat_if)
    )
    # A server's refusal is logged by the server; the client's interface let the attempt out.
    sent = replace(client, accepted=np.where(client.server_if >= 0, 1, client.accepted))
    answered_c, answered_s = (side.only(side.back > 0) for side in (client, server))
    inside, outside = nat.nat_if, nat.server
    return joined(
        [
            _view(sent, sent.client_if, last, forward=True, egress=True),
            _view(answered_c, answered_c.client_if, last, forward=False, egress=False),
            _view(server, server.server_if, last, forward=True, egress=False, late=1),
            _view(answered_s, answered_s.server_if, last, forward=False, egress=True, late=1),
            # A NAT gateway logs each packet as it comes and as it goes: four records.
            _view(
                replace(nat, server=inside), inside, last, forward=True, egress=False, far=outside
            ),
            _view(replace(nat, client=inside), inside, last, forward=True, egress=True, hop=8),
            _view(replace(nat, client=inside), inside, last, forward=False, egress=False, hop=8),
            _view(
                replace(nat, server=inside), inside, last, forward=False, egress=True, far=outside
            ),
        ]
    )


def _view(
    dialogues: Dialogues,
    iface: Ints,
    last: int,
    *,
    forward: bool,
    egress: bool,
    late: int = 0,
    far: Ints | None = None,
    hop: int = 0,
) -> Records:
    """One direction of dialogues as one interface saw it.

    Args:
        dialogues: What the hosts exchanged.
        iface: The interface of each.
        last: Latest second a record may end.
        forward: From client to server, or back.
        egress: Whether it left the interface.
        late: Seconds the interface saw it later than the others.
        far: The server's real address where the record names a NAT gateway in its place.
        hop: traffic-path in place of the dialogue's own.
    """
    real = dialogues.server if far is None else far
    ends = (dialogues.client, dialogues.server) if forward else (dialogues.server, dialogues.client)
    packet_ends = (dialogues.client, real) if forward else (real, dialogues.client)
    ports = (dialogues.client_port, dialogues.server_port)
    start = dialogues.start + late
    flags = np.where(dialogues.accepted == 1, FIN_SYN if forward else FIN_SYN_ACK, SYN)
    return {
        "iface": iface,
        "src": ends[0],
        "dst": ends[1],
        "pkt_src": packet_ends[0],
        "pkt_dst": packet_ends[1],
        "srcport": ports[0] if forward else ports[1],
        "dstport": ports[1] if forward else ports[0],
        "protocol": dialogues.protocol,
        "packets": dialogues.packets if forward else dialogues.back,
        "bytes": dialogues.bytes if forward else dialogues.back_bytes,
        "start": np.minimum(start, last),
        "end": np.minimum(start + dialogues.seconds, last),
        "accepted": dialogues.accepted,
        "flags": np.where(dialogues.protocol == TCP, flags, 0),
        "egress": _all(len(iface), int(egress)),
        "path": (_all(len(iface), hop) if hop else dialogues.path) * egress,
        "reason": dialogues.reason * (1 - dialogues.accepted),
        "status": _all(len(iface), 0),
    }
