"""The panels of Security Groups: which groups carry which traffic, in which direction."""

from __future__ import annotations

from datetime import timedelta

from vpcflow_core.panels.analyses.groups import counted, split
from vpcflow_core.panels.analyses.rules import outbound_rules, rules, served, unused
from vpcflow_core.panels.analyses.time import band
from vpcflow_core.panels.analyses.why import acl_entries
from vpcflow_core.panels.base import MINUTE, Panel
from vpcflow_core.query.question import Query

VOLUMES = ("flows", "bytes", "packets")
DIRECTIONS = ("inbound", "outbound")

SECURITY_GROUPS: tuple[Panel, ...] = (
    *(
        Panel(
            f"security-groups/{slug}",
            title,
            f"How many {what} had traffic.",
            Query(("flows",), by=(field,)),
            "number",
            analysis=counted,
        )
        for slug, title, what, field in (
            ("vpcs", "VPCs", "VPCs", "vpc_id"),
            ("subnets", "Subnets", "subnets", "subnet_id"),
            ("groups", "Security groups", "security groups", "security_group_id"),
        )
    ),
    *(
        Panel(
            f"security-groups/top-{what}s",
            f"Top {what if what != 'vpc' else 'VPC'}s by volume",
            f"The {what if what != 'vpc' else 'VPC'}s with the most bytes, by direction.",
            Query(("bytes", "flows", "packets"), by=(field, "direction"), top=10),
            "split",
            drill=(field, "direction"),
            analysis=split,
            rest="unknown",
        )
        for what, field in (("vpc", "vpc_id"), ("subnet", "subnet_id"))
    ),
    Panel(
        "security-groups/top-groups",
        "Top 5 security groups by packets",
        "A flow of an interface with several groups counts for each of them.",
        Query(("packets", "flows", "bytes"), by=("security_group_id",), top=5),
        "bars",
        drill=("security_group_id",),
    ),
    Panel(
        "security-groups/ports",
        "Destination ports by security group",
        "The ports that the ten busiest groups serve: accepted flows from clients, no answers.",
        Query(("flows",), by=("security_group_id", "dstport"), top=10),
        "split",
        drill=("security_group_id", "dstport"),
        analysis=served,
    ),
    Panel(
        "security-groups/directions",
        "Direction",
        "Internal: within a subnet; inbound: to the interface that logged it; outbound: from it.",
        Query(VOLUMES, by=("direction",)),
        "donut",
        drill=("direction",),
    ),
    Panel(
        "security-groups/directions-over-time",
        "Direction over time",
        "Bytes of each direction, each record's spread over the time that it lasts.",
        Query(("bytes",), by=("direction",), every=timedelta(minutes=15)),
        "area",
        drill=("direction",),
    ),
    Panel(
        "security-groups/actions",
        "Accepted and rejected by security group",
        "Flows of the ten busiest groups. A refusal may also be a network ACL's.",
        Query(("flows",), by=("security_group_id", "action"), top=10),
        "split",
        drill=("security_group_id", "action"),
        analysis=split,
        rest="no decision",
    ),
    *(
        Panel(
            f"security-groups/{direction}-{measure}",
            f"{direction.capitalize()} {measure}: outliers",
            f"{measure.capitalize()} of {direction} flows in each timeslice, and the band they "
            "were expected in.",
            Query((measure,), every=MINUTE, where=(("direction", direction),)),
            "band",
            analysis=band,
            about=f"{direction} records",
        )
        for direction in DIRECTIONS
        for measure in ("bytes", "packets")
    ),
    Panel(
        "security-groups/unused-groups",
        "Unused security groups",
        "Groups attached to no interface, or to interfaces without traffic in this time.",
        Query(("flows",), by=("interface_id",)),
        "table",
        analysis=unused,
        about="unused security groups",
    ),
    Panel(
        "security-groups/rules-in-use",
        "Inbound rules in use",
        "What each rule let in; first those that let hostile sources in, then those never matched. "
        "Open ones name the blocks really seen.",
        Query(
            ("flows", "bytes", "first", "last"),
            by=("interface_id", "srcaddr", "protocol", "dstport"),
            where=(("action", "ACCEPT"), ("direction", "inbound, internal")),
        ),
        "table",
        drill=("security_group_id",),
        analysis=rules,
        about="rules of security groups",
        parameters=("open_only",),
    ),
    Panel(
        "security-groups/outbound-rules-in-use",
        "Outbound rules in use",
        "What each rule let out; never matched ones first. Open ones name the blocks really seen.",
        Query(
            ("flows", "bytes", "first", "last"),
            by=("interface_id", "dstaddr", "protocol", "dstport"),
            where=(("action", "ACCEPT"), ("direction", "outbound, internal")),
        ),
        "table",
        drill=("security_group_id",),
        analysis=outbound_rules,
        about="outbound rules of security groups",
        parameters=("open_only",),
    ),
    Panel(
        "security-groups/acl-entries",
        "Network ACL entries in use",
        "What each entry of a network ACL let through or refused; never matched ones first.",
        Query(
            ("flows", "bytes", "first", "last"),
            by=("interface_id", "srcaddr", "dstaddr", "protocol", "dstport", "action"),
        ),
        "table",
        analysis=acl_entries,
        about="entries of network ACLs",
    ),
)
