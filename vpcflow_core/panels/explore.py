"""Questions that analysts ask again and again, ready to be asked."""

from __future__ import annotations

from collections.abc import Mapping

from vpcflow_core.panels.analyses.connections import longest
from vpcflow_core.panels.analyses.questions import (
    beacons,
    between,
    by_own_lists,
    long_lived,
    new_and_how_rare,
    refused_and_let_in,
)
from vpcflow_core.panels.analyses.sources import new_and_rare_sources
from vpcflow_core.panels.base import Analysis, Panel, rows
from vpcflow_core.panels.filter_texts import PRIVATE, PUBLIC, SERVICES
from vpcflow_core.query.question import Query

DATABASES = "1433, 1521, 3306, 5432, 5439, 6379, 9042, 9200, 11211, 27017"
RESOLVERS = "!169.254.169.253, !fd00:ec2::253"
VOLUMES = ("bytes", "flows", "packets")
FLOWS = ("flows", "bytes", "packets")
FAN_OUT = ("flows", "bytes", "sources", "destinations", "ports")
TIMES = ("first", "last")
ENDS = ("srcaddr", "dstaddr")
SERVICE = (*ENDS, "dstport")
TOP = 50
NEW = (new_and_how_rare, new_and_rare_sources)


def _asked(
    slug: str,
    title: str,
    help: str,
    by: tuple[str, ...],
    measures: tuple[str, ...] = FLOWS,
    where: Mapping[str, str] | None = None,
    analysis: Analysis = rows,
    *,
    order: str = "",
    records: bool = False,
    drill: tuple[str, ...] | None = None,
    rest: str = "",
) -> Panel:
    """A table that answers a question; `rest` calls the row of what has no value to group by."""
    query = Query(
        measures,
        by=by,
        where=tuple((where or {}).items()),
        top=TOP,
        order=order,
        nulls=by if rest else (),
        records=records,
    )
    return Panel(
        f"explore/{slug}",
        title,
        help,
        query,
        "table",
        by if drill is None else drill,
        analysis,
        rest=rest or "other",
        parameters=("baseline",) if analysis in NEW else None,
    )


_LET_IN = {"action": "ACCEPT", "direction": "inbound"}

# fmt: off
_TABLE: tuple[Panel, ...] = (
    _asked("pairs", "Top pairs", "Who sends the most to whom.", ENDS, VOLUMES),
    _asked("connections", "Connections", "Connections of both directions, by the time they lived.", ("srcaddr", "srcport", "dstaddr", "dstport", "protocol", "interface_id"), ("duration",), analysis=longest),
    _asked("remote-access", "SSH and RDP from the Internet, let in", "Accepted flows from public addresses to ports 22 and 3389.", SERVICE, (*FLOWS, *TIMES), _LET_IN | {"srcaddr": PUBLIC, "dstport": "22, 3389"}),
    _asked("databases", "Databases reached from the Internet", "Accepted flows from public addresses to the usual ports of databases and caches.", SERVICE, (*FLOWS, *TIMES), _LET_IN | {"srcaddr": PUBLIC, "dstport": DATABASES}),
    _asked("refused-and-let-in", "Mostly refused, but let in somewhere", "Sources whose flows were mostly refused, of which some were accepted.", ("srcaddr",), ("rejected", "accepted", "destinations", "ports", "bytes"), analysis=refused_and_let_in),
    _asked("scans", "Who scans", "Refused sources by the number of ports and destinations they tried.", ("srcaddr",), ("ports", "destinations", "flows", *TIMES), {"action": "REJECT"}),
    _asked("scans-by-block", "Who scans, by /24 and /64", "Refused sources by their block: a scan from many hosts of one network is one row.", ("srcblock",), FAN_OUT, {"action": "REJECT"}),
    _asked("sources-by-block", "Sources by /16 and /48", "Sources by their block, with how many places they talk to.", ("srcblock16",), FAN_OUT),
    _asked("sources-by-country", "Sources by country", "Sources by country, with how many places they talk to.", ("src_country",), FAN_OUT, rest="no country"),
    _asked("sources-by-name", "Sources by name", "Sources by what they are called, with how many places they talk to.", ("src_name",), FAN_OUT, analysis=by_own_lists),
    _asked("sources-by-zone", "Sources by zone", "Sources by your own named blocks, with how many places they talk to.", ("src_zone",), FAN_OUT, analysis=by_own_lists),
    _asked("sources-by-network", "Sources by autonomous system", "Public sources by the network they belong to, with how many places they talk to.", ("src_as",), FAN_OUT, analysis=by_own_lists),
    _asked("refused-inside", "Refused inside the network", "Refused flows between private addresses: a forgotten rule, or somebody who looks around.", SERVICE, (*FLOWS, *TIMES), {"action": "REJECT", "srcaddr": PRIVATE, "dstaddr": PRIVATE}),
    _asked("uploads", "Most sent to the Internet", "Outbound bytes to public addresses: where data leaves.", ENDS, (*VOLUMES, *TIMES), {"direction": "outbound", "dstaddr": PUBLIC}),
    _asked("between-vpcs", "Between VPCs", "Traffic whose two ends lie in different VPCs, by the interfaces that EC2 knows.", ("vpc_id",), VOLUMES, analysis=between("vpc_id"), drill=()),
    _asked("between-subnets", "Between subnets", "Traffic whose two ends lie in different subnets, by the interfaces that EC2 knows.", ("subnet_id",), VOLUMES, analysis=between("subnet_id"), drill=()),
    _asked("new-sources", "New sources", "Source addresses that were never seen in the seven days before, with how many places they tried.", ("srcaddr",), FLOWS, analysis=new_and_rare_sources),
    _asked("new-destinations", "New destinations", "Destination addresses that were never seen in the seven days before.", ("dstaddr",), VOLUMES, analysis=new_and_how_rare),
    _asked("new-pairs", "New pairs", "Pairs of addresses that never talked in the seven days before, of what was let through.", ENDS, VOLUMES, {"action": "ACCEPT"}, new_and_how_rare),
    _asked("new-services", "New services", "Destinations and ports that nothing was accepted at in the seven days before.", ("dstaddr", "dstport"), FLOWS, _LET_IN | {"dstport": SERVICES}, new_and_how_rare),
    _asked("new-protocols", "New protocols", "Protocols that were never seen in the seven days before.", ("protocol",), FLOWS, analysis=new_and_how_rare),
    _asked("beacons", "Beacons", "Small outbound connections that come back at a regular pace, as what calls home does.", SERVICE, ("flows", "bytes"), {"action": "ACCEPT", "direction": "outbound"}, beacons),
    _asked("long-lived", "Long-lived connections to the Internet", "Connections with a public server, by the time they lived.", ("srcaddr", "srcport", "dstaddr", "dstport", "protocol", "interface_id"), ("duration",), {"dstaddr": PUBLIC, "dstport": SERVICES}, long_lived),
    _asked("watched", "Hits of watch lists", "Traffic with addresses of your watch lists, whichever end they are.", ("srcaddr", "dstaddr", "dstport", "action"), (*FLOWS, *TIMES), {"watchlist": "*"}, by_own_lists),
    _asked("zones", "Who talks to whom, by zone", "Traffic between your own named blocks.", ("src_zone", "dst_zone"), VOLUMES, analysis=by_own_lists),
    _asked("protocols", "Unusual protocols", "Traffic that is neither TCP, UDP nor ICMP.", (*ENDS, "protocol"), FLOWS, {"protocol": "!tcp, !udp, !icmp, !ipv6-icmp"}),
    _asked("dns", "DNS not to Amazon's resolver", "Flows to port 53 of other servers; those to Amazon's own are not in flow logs.", SERVICE, (*FLOWS, *TIMES), {"dstport": "53", "dstaddr": RESOLVERS}),
    _asked("clear-text", "Clear text to the Internet", "Outbound flows to ports of protocols without encryption: FTP, Telnet, SMTP, HTTP, LDAP.", SERVICE, VOLUMES, {"direction": "outbound", "dstaddr": PUBLIC, "dstport": "20-21, 23, 25, 80, 110, 143, 389"}),
    _asked("silent", "Interfaces without traffic", "Interfaces with NODATA records, by how many there are.", ("interface_id",), ("records",), {"log_status": "NODATA"}, records=True),
)
# fmt: on
READY: dict[str, Panel] = {panel.slug: panel for panel in _TABLE}
