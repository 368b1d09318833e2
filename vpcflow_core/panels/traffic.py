"""The panels of Traffic: how much, between whom, and where it is heading."""

from __future__ import annotations

from datetime import timedelta

from vpcflow_core.panels.analyses.connections import longest
from vpcflow_core.panels.analyses.groups import split
from vpcflow_core.panels.analyses.lost import lost
from vpcflow_core.panels.analyses.sources import ports
from vpcflow_core.panels.analyses.time import band, number, trend
from vpcflow_core.panels.base import MINUTE, Panel
from vpcflow_core.query.question import Query

VOLUMES = ("flows", "bytes", "packets")
CONNECTION = ("srcaddr", "srcport", "dstaddr", "dstport", "protocol")
MEASURES = (
    ("flows", "Flows"),
    ("bytes", "Bytes"),
    ("packets", "Packets"),
)
QUARTILES = ("packets_median", "packets_min", "packets_q1", "packets_q3", "packets_max", "flows")

TRAFFIC: tuple[Panel, ...] = (
    *(
        Panel(
            f"traffic/{measure}",
            f"Unique {measure}",
            f"Distinct {one} addresses, counted exactly.",
            Query((measure,)),
            "number",
            analysis=number,
        )
        for measure, one in (("sources", "source"), ("destinations", "destination"))
    ),
    *(
        Panel(
            f"traffic/{word.lower()}",
            word,
            f"Flows that were {what}, their bytes, and the change against a day before.",
            Query(("flows", "bytes"), where=(("action", action),)),
            "number",
            analysis=number,
            about=f"{action} records",
        )
        for action, word, what in (
            ("ACCEPT", "Accepted", "let through"),
            ("REJECT", "Rejected", "refused"),
        )
    ),
    *(
        Panel(
            f"traffic/{slug}",
            f"Top 10 {slug.replace('-', ' ')}",
            f"The {slug.replace('-', ' ')} with the most flows, with IANA's name of the service.",
            Query(VOLUMES, by=(field,), top=10),
            "bars",
            drill=(field,),
            analysis=ports,
        )
        for slug, field in (("source-ports", "srcport"), ("destination-ports", "dstport"))
    ),
    *(
        Panel(
            f"traffic/{slug}-by-action",
            f"{title} by decision",
            f"The {title[0].lower()}{title[1:]} with the most flows, accepted and rejected.",
            Query(VOLUMES, by=(field, "action"), top=10),
            "split",
            drill=(field, "action"),
            analysis=split,
            rest="no decision",
        )
        for slug, title, field in (
            ("ports", "Destination ports", "dstport"),
            ("protocols", "Protocols", "protocol"),
            ("interfaces", "Network interfaces", "interface_id"),
        )
    ),
    *(
        Panel(
            f"traffic/{measure}-outliers",
            f"{title}: outliers",
            f"{title} in each timeslice, and the band they were expected in.",
            Query((measure,), every=MINUTE),
            "band",
            analysis=band,
        )
        for measure, title in MEASURES
    ),
    *(
        Panel(
            f"traffic/{measure}-trend",
            f"{title}: trend",
            f"{title} in each timeslice, and where they are heading.",
            Query((measure,), every=MINUTE),
            "trend",
            analysis=trend,
        )
        for measure, title in MEASURES
    ),
    Panel(
        "traffic/packets-per-flow",
        "Packets per flow",
        "How many packets a flow has: the least, a quarter, half, three quarters, the most.",
        Query(QUARTILES, every=timedelta(minutes=30)),
        "box",
    ),
    Panel(
        "traffic/longest-flows",
        "Longest flows",
        "Connections, both ways together, by the time from their first record to their last.",
        Query(("duration", "flows", "bytes", "first", "last"), by=CONNECTION, top=25),
        "table",
        drill=("srcaddr", "srcport", "dstaddr", "dstport", "protocol"),
        analysis=longest,
    ),
    Panel(
        "traffic/paths",
        "By path",
        "Bytes of outgoing flows by AWS's field traffic-path: where their next hop leads.",
        Query(
            ("bytes", "flows", "packets"), by=("traffic_path",), where=(("traffic_path", "0-255"),)
        ),
        "bars",
        about="records with a traffic path",
    ),
    Panel(
        "traffic/next-hops",
        "By next hop",
        "Bytes by the kind of interface that the next hop is (version 11).",
        Query(
            ("bytes", "flows", "packets"),
            by=("next_hop_interface_type",),
            where=(("next_hop_interface_type", "!-"),),
            top=10,
        ),
        "bars",
        about="records with a next hop",
    ),
    *(
        Panel(
            f"traffic/{slug}-services",
            f"{word} AWS services",
            f"Bytes {what} AWS services, by the record's own field, else AWS's list of ranges.",
            Query(("bytes", "flows", "packets"), by=(field,), where=((field, "!-"),), top=10),
            "bars",
            drill=(field,),
            about=f"records of traffic {what} AWS services",
        )
        for slug, word, what, field in (
            ("to", "To", "to", "dst_service"),
            ("from", "From", "from", "src_service"),
        )
    ),
    Panel(
        "traffic/transit-loss",
        "Lost by transit gateways",
        "Packets that transit gateways dropped, by attachment, pair and reason.",
        Query(("packets",), by=("tgw_id", "tgw_attachment_id", "srcaddr", "dstaddr"), top=50),
        "table",
        drill=("srcaddr", "dstaddr"),
        analysis=lost,
        about="lost packets",
    ),
)
