"""The security groups of the sample's network and their rules: data.

They let in what the sample's traffic needs, and hold what a review should find: rules that nothing
matches, rules that say twice the same, SSH open to the world, groups of no interface.
"""

from __future__ import annotations

from typing import NamedTuple

WORLD, WORLD_V6, VPC = "0.0.0.0/0", "::/0", "vpc"


class Rule(NamedTuple):
    """One rule.

    Attributes:
        group: Name of the group that has it.
        protocol: As EC2 has it: `tcp`, `-1` for all.
        ports: First and last port; -1 for all.
        peer: A block, `vpc` for the VPC's own, `group:NAME` or `list:NAME` for a prefix list.
        description: "" if it has none.
        egress: Whether it lets out.
    """

    group: str
    protocol: str
    ports: tuple[int, int]
    peer: str
    description: str = ""
    egress: bool = False


class Group(NamedTuple):
    """A security group that no role of the network asks for.

    Attributes:
        name: Its name, before which the VPC's name goes.
        description: As EC2 shows it.
        role: Role whose interfaces have it besides their own groups; "" if none has.
    """

    name: str
    description: str
    role: str = ""


# fmt: off
MORE_GROUPS = (
    Group("legacy", "Old admin interface", role="idle"),
    Group("default", "default VPC security group"),
    Group("launch-wizard-1", "launch-wizard-1 created 2024-03-11T09:14:02.913Z"),
)
ALL = (-1, -1)
RULES = (
    Rule("web", "tcp", (443, 443), WORLD, "HTTPS"),
    Rule("web", "tcp", (443, 443), WORLD_V6, "HTTPS"),
    Rule("web", "tcp", (80, 80), WORLD, "HTTP, redirected"),
    Rule("web", "tcp", (80, 80), WORLD_V6, "HTTP, redirected"),
    Rule("web", "udp", (443, 443), WORLD, "HTTP/3"),
    Rule("web", "udp", (443, 443), WORLD_V6, "HTTP/3"),
    Rule("web", "icmp", ALL, WORLD, "ping"),
    Rule("web", "icmpv6", ALL, WORLD_V6, "ping"),
    # Says again what the first rule says; its flows are the other's too.
    Rule("web", "tcp", (443, 443), "84.128.0.0/10", "partner"),
    Rule("web", "tcp", (8443, 8443), "list:offices", "old admin console"),
    Rule("web", "tcp", (8000, 8100), VPC),
    Rule("app", "tcp", (8080, 8080), "group:web", "from the web tier"),
    Rule("app", "tcp", (8080, 8080), VPC, "health checks"),
    Rule("app", "tcp", (22, 22), "group:bastion"),
    Rule("app", "tcp", (5005, 5005), "list:offices", "debugger, remove me"),
    Rule("db", "tcp", (5432, 5432), "group:app", "PostgreSQL"),
    Rule("db", "tcp", (5432, 5432), "group:batch", "PostgreSQL"),
    Rule("db", "tcp", (3306, 3306), "group:app", "MySQL, before the move"),
    Rule("cache", "tcp", (6379, 6379), "group:app", "Redis"),
    Rule("dns", "udp", (53, 53), VPC, "DNS"),
    Rule("dns", "tcp", (53, 53), VPC, "DNS"),
    Rule("base", "tcp", (9100, 9100), "group:monitor", "node exporter"),
    Rule("base", "icmp", ALL, "group:monitor", "ping"),
    Rule("base", "-1", ALL, "group:base", "all among ourselves"),
    Rule("endpoint", "tcp", (443, 443), VPC, "AWS APIs"),
    Rule("monitor", "tcp", (3000, 3000), "list:offices", "Grafana"),
    Rule("batch", "tcp", (7077, 7078), "group:batch", "Spark"),
    Rule("bastion", "tcp", (22, 22), "list:offices", "SSH from the offices"),
    Rule("bastion", "tcp", (22, 22), WORLD, "TEMPORARY"),
    Rule("bastion", "tcp", (22, 22), WORLD_V6, "TEMPORARY"),
    Rule("legacy", "tcp", (8081, 8081), "10.0.0.0/8"),
    Rule("default", "-1", ALL, "group:default"),
    Rule("launch-wizard-1", "tcp", (22, 22), WORLD),
    Rule("batch", "tcp", (443, 443), "list:s3", "S3", egress=True),
    Rule("db", "-1", ALL, VPC, egress=True),
    *(Rule(name, "-1", ALL, world, egress=True)
      for name in ("web", "app", "cache", "dns", "base", "monitor", "batch", "bastion", "legacy",
                   "default", "launch-wizard-1")
      for world in (WORLD, WORLD_V6)),
)
# Prefix lists: AWS's own for S3 has one id a region, the offices' is the account's own.
OFFICES = ("91.20.14.77/32", "87.140.6.31/32")
S3_LISTS = {
    "eu-central-1": ("pl-6ea54007", ("3.5.136.0/22", "52.219.170.0/23")),
    "us-east-1": ("pl-63a5400a", ("3.5.0.0/19", "52.216.0.0/15")),
}
# fmt: on
