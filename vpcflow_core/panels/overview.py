"""The panels of the Overview: what flows through the network."""

from __future__ import annotations

from datetime import timedelta

from vpcflow_core.panels.analyses.groups import places
from vpcflow_core.panels.analyses.overview import accounts_and_regions, key_numbers
from vpcflow_core.panels.base import MINUTE, Panel
from vpcflow_core.query.question import Query

HOUR = timedelta(hours=1)

OVERVIEW: tuple[Panel, ...] = (
    Panel(
        "overview/numbers",
        "At a glance",
        "Bytes of all flows, the share of flows that was refused, and who logged them.",
        Query(("bytes", "flows", "rejected", "interfaces", "accounts")),
        "number",
        analysis=key_numbers,
    ),
    Panel(
        "overview/accounts",
        "Accounts and regions",
        "What each account and region logged, and how much of it was refused.",
        Query(
            ("flows", "accepted", "rejected", "bytes", "interfaces", "sources"),
            by=("account_id", "region"),
            top=50,
        ),
        "table",
        drill=("account_id", "region"),
        analysis=accounts_and_regions,
    ),
    Panel(
        "overview/source-locations",
        "Source locations",
        "Where the public source addresses of the flows lie, by the GeoIP database.",
        Query(("flows", "bytes"), by=("srcaddr",)),
        "map",
        drill=("srcaddr",),
        analysis=places,
    ),
    Panel(
        "overview/top-sources",
        "Top 10 sources by volume",
        "The source addresses that sent the most bytes; 1 MB is 1,024 x 1,024 bytes.",
        Query(("bytes", "flows", "packets"), by=("srcaddr",), top=10),
        "bars",
        drill=("srcaddr",),
    ),
    Panel(
        "overview/top-destinations",
        "Top 10 destinations by volume",
        "The destination addresses that were sent the most bytes; 1 MB is 1,024 x 1,024 bytes.",
        Query(("bytes", "flows", "packets"), by=("dstaddr",), top=10),
        "bars",
        drill=("dstaddr",),
    ),
    Panel(
        "overview/rejections",
        "Rejections over time",
        "Refused flows in each timeslice, by the time they started.",
        Query(("flows",), every=MINUTE, where=(("action", "REJECT"),)),
        "columns",
        about="REJECT records",
    ),
    Panel(
        "overview/actions",
        "Accepted and rejected",
        "Flows by what security groups and network ACLs decided.",
        Query(("flows", "bytes", "packets"), by=("action",)),
        "donut",
        drill=("action",),
    ),
    Panel(
        "overview/interfaces",
        "Flows by network interface",
        "The ten network interfaces that logged the most flows.",
        Query(("flows", "bytes", "packets"), by=("interface_id",), top=10),
        "bars",
        drill=("interface_id",),
    ),
    Panel(
        "overview/protocols",
        "Flows by protocol per hour",
        "Flows of each IANA protocol, by the hour they started in.",
        Query(("flows",), by=("protocol",), every=HOUR),
        "stacked",
        drill=("protocol",),
    ),
    Panel(
        "overview/destination-ports",
        "Top 10 destination ports",
        "The destination ports with the most flows, with IANA's name of the service.",
        Query(("flows", "bytes", "packets"), by=("dstport",), top=10),
        "bars",
        drill=("dstport",),
    ),
    Panel(
        "overview/log-status",
        "Log status",
        "All records of the log: OK means traffic, NODATA none, SKIPDATA lost records.",
        Query(("records",), by=("log_status",), records=True),
        "donut",
    ),
)
