"""The panels of Cost: what the traffic costs, by what, over time, and what would lower it."""

from __future__ import annotations

from datetime import timedelta

from vpcflow_core.panels.analyses.cost import collection, listed, over_time, remedies, total
from vpcflow_core.panels.base import Panel
from vpcflow_core.query.question import Query

COST: tuple[Panel, ...] = (
    Panel(
        "cost/total",
        "Network costs",
        "List prices of what the records show, each byte billed once however many interfaces "
        "logged it; hours of gateways and endpoints are not in it.",
        Query(("dollars",)),
        "number",
        analysis=total,
        about="costs",
    ),
    Panel(
        "cost/remedies",
        "What to do",
        "What would lower the costs, with its saving a month, what shows it, and Terraform.",
        Query(("saving_month",), by=("remedy",)),
        "table",
        drill=("interface_id",),
        analysis=remedies,
        about="ways to save",
    ),
    Panel(
        "cost/paths",
        "By path",
        "Dollars by the path that bytes took. Those through a NAT gateway to the Internet are in "
        "two paths, as both are billed.",
        Query(("dollars",), by=("path",)),
        "bars",
        analysis=listed("path"),
        about="costs",
    ),
    Panel(
        "cost/over-time",
        "Over time",
        "Dollars by timeslice and path.",
        Query(("dollars",), by=("path",), every=timedelta(hours=1)),
        "stacked",
        analysis=over_time,
        about="costs",
    ),
    Panel(
        "cost/owners",
        "By owner",
        "Dollars by the owner of the host, by the tags that the setting owner_tags names.",
        Query(("dollars",), by=("owner",), top=10),
        "bars",
        analysis=listed("owner"),
        about="costs",
    ),
    Panel(
        "cost/services",
        "By AWS service",
        "Dollars by the AWS service at the far end.",
        Query(("dollars",), by=("service",), top=10),
        "bars",
        analysis=listed("service"),
        about="costs",
    ),
    Panel(
        "cost/pairs",
        "By pair",
        "The dearest pairs of addresses; those of the Internet are one, with who it mostly was.",
        Query(("dollars",), by=("source", "destination"), top=50),
        "table",
        analysis=listed("pair"),
        about="costs",
    ),
    Panel(
        "cost/rules",
        "By rule",
        "Each path with its bytes, as often as they are billed, and why these records count. What "
        "could not be attributed is a row of its own.",
        Query(("dollars",), by=("path",)),
        "table",
        analysis=listed("path"),
        about="costs",
    ),
    Panel(
        "cost/collection",
        "Collecting the logs",
        "What the flow logs themselves cost: text a day, delivery a month, and the same with AWS's "
        "default 14 fields, or delivered elsewhere. Filters do not matter to it.",
        Query(("dollars_month",), by=("flow_log",)),
        "table",
        analysis=collection,
        about="flow log",
    ),
)
