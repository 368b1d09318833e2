"""The kinds of dialogue that make the sample's everyday traffic: data.

Shares and sizes are made up; they look like a web application with its databases and strangers.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

TCP, UDP, ICMP, ICMP6 = 6, 17, 1, 58

Rhythm = Literal["day", "work", "night", "steady"]


class Kind(NamedTuple):
    """One kind of dialogue.

    Attributes:
        client, server: A role of the network or a group of public addresses.
        port: Server's port; 0 draws a port that scanners like.
        protocol: IANA number.
        share: Part of all dialogues, relative to the other kinds.
        packets, size: Median packets from the client, bytes each.
        back, back_size: Packets from the server for each of the client's, bytes each.
        path: traffic-path of what leaves the client's interface (or the server's).
        rhythm: When it happens.
        accepted: Whether it is let through.
        kept: Whether the client keeps its connections, so that its ports come again.
        reason: Index of `REASONS`.
    """

    client: str
    server: str
    port: int
    protocol: int
    share: float
    packets: float
    size: int
    back: float
    back_size: int
    path: int
    rhythm: Rhythm = "day"
    accepted: bool = True
    kept: bool = False
    reason: int = 0


# traffic-path: 1 same VPC, 4 peering, 7 gateway endpoint, 8 internet gateway.
# fmt: off
KINDS: tuple[Kind, ...] = (
    Kind("clients", "web", 443, TCP, 0.30, 12, 120, 1.5, 900, 8),
    Kind("clients", "web", 443, UDP, 0.04, 20, 110, 1.8, 1100, 8),
    Kind("clients", "web", 80, TCP, 0.05, 6, 100, 0.9, 300, 8),
    Kind("web", "app", 8080, TCP, 0.15, 10, 220, 1.0, 640, 1),
    Kind("app", "db", 5432, TCP, 0.09, 22, 160, 1.0, 520, 1, kept=True),
    Kind("app", "cache", 6379, TCP, 0.05, 30, 90, 1.0, 210, 1, kept=True),
    Kind("app", "dns", 53, UDP, 0.04, 1, 72, 1.0, 150, 1),
    Kind("web", "dns", 53, UDP, 0.03, 1, 72, 1.0, 150, 1),
    Kind("dns", "resolver", 53, UDP, 0.02, 1, 75, 1.0, 170, 1),
    Kind("web", "time", 123, UDP, 0.010, 1, 76, 1.0, 76, 8, "steady"),
    Kind("app", "time", 123, UDP, 0.008, 1, 76, 1.0, 76, 1, "steady"),
    Kind("app", "s3", 443, TCP, 0.03, 30, 900, 0.6, 200, 7),
    Kind("batch", "s3", 443, TCP, 0.03, 60, 180, 1.6, 1300, 7, "night"),
    Kind("batch", "db", 5432, TCP, 0.02, 40, 160, 1.5, 1100, 1, "night", kept=True),
    Kind("app", "api", 443, TCP, 0.02, 10, 300, 1.0, 500, 1),
    Kind("app", "endpoint", 443, TCP, 0.01, 12, 400, 1.0, 300, 1),
    Kind("office", "bastion", 22, TCP, 0.006, 40, 110, 1.0, 180, 8, "work"),
    Kind("bastion", "app", 22, TCP, 0.005, 40, 110, 1.0, 180, 1, "work"),
    Kind("monitor", "app", 9100, TCP, 0.015, 6, 110, 1.2, 900, 1, "steady"),
    Kind("monitor", "web", 9100, TCP, 0.015, 6, 110, 1.2, 900, 1, "steady"),
    Kind("monitor", "app", 0, ICMP, 0.006, 4, 84, 1.0, 84, 1, "steady"),
    Kind("clients", "web", 0, ICMP, 0.003, 3, 84, 1.0, 84, 8),
    Kind("clients", "web", 0, ICMP6, 0.004, 2, 80, 1.0, 80, 8),
    Kind("clients", "web", 0, TCP, 0.08, 1, 44, 0, 0, 8, "steady", accepted=False),
    Kind("clients", "bastion", 0, TCP, 0.03, 1, 44, 0, 0, 8, "steady", accepted=False),
    Kind("clients", "nat", 0, UDP, 0.012, 1, 60, 0, 0, 8, "steady", accepted=False),
    Kind("web", "db", 5432, TCP, 0.006, 3, 60, 0, 0, 1, accepted=False),
    Kind("clients", "batch", 443, TCP, 0.002, 2, 60, 0, 0, 8, accepted=False, reason=1),
)
REASONS = ("-", "BPA")
# Ports that uninvited strangers try, the busiest first.
LIKED_PORTS = (23, 445, 22, 3389, 8080, 2323, 5900, 1433, 81, 6379, 5060, 8443, 3306, 9200)
# fmt: on
