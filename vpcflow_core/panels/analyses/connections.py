"""Analyses of connections: those that lasted longest."""

from __future__ import annotations

import pandas as pd

from vpcflow_core.connections import each_once, listed
from vpcflow_core.panels.answer import PanelAnswer
from vpcflow_core.panels.base import PanelContext
from vpcflow_core.query.connections.select import ConnectionQuery
from vpcflow_core.query.dimensions import COUNTRIES
from vpcflow_core.query.question import Query
from vpcflow_core.query.result import QueryResult

# Interfaces that may log the same connection: hops of load balancers and gateways.
HOPS = 8
# Connections that are grouped; the shortest are left out.
MOST_GROUPED = 10_000
SHOWN = {
    "client": "srcaddr", "client_port": "srcport", "server": "dstaddr", "server_port": "dstport",
    "protocol": "protocol", "duration": "duration", "busy": "busy", "records": "flows",
    "bytes": "bytes", "first": "first", "last": "last", "interface_id": "interface_id",
}  # fmt: skip


def longest(context: PanelContext) -> PanelAnswer:
    """Connections by the time they lived, each once, however many interfaces logged it.

    The client is the source, the server the destination. Where the ends are grouped, a row is what
    clients of one group have with servers of another.
    """
    if context.query.by[0] != "srcaddr":
        return _grouped(context)
    top = context.query.top or 1
    extent = context.logs.extent
    found = listed(
        context.ask_connections,
        ConnectionQuery("duration", HOPS * top),
        context.request.window,
        extent,
    )
    frame = found.frame.assign(bytes=found.frame["bytes_out"] + found.frame["bytes_in"])
    frame = each_once(frame, top).rename(columns=SHOWN)[list(SHOWN.values())]
    return context.answer(*found.results, frame=frame, notes=found.notes)


def _grouped(context: PanelContext) -> PanelAnswer:
    """The longest connections, by the groups of their ends and the protocol.

    Of several ports their number is given, so that a scan is one row.
    """
    query, window = context.query, context.request.window
    source, _, destination, *_ = query.by
    asked = ConnectionQuery("duration", MOST_GROUPED)
    found = listed(context.ask_connections, asked, window, context.logs.extent)
    once = each_once(found.frame, MOST_GROUPED)
    ends, results = _groups(context, once, source, destination)
    once = once.assign(
        **{source: once["client"].map(ends), destination: once["server"].map(ends)},
        bytes=once["bytes_out"] + once["bytes_in"],
    )
    by = [source, destination, "protocol"]
    rows = once.groupby(by, as_index=False, dropna=False, sort=False).agg(
        connections=("client", "size"),
        sources=("client", "nunique"),
        destinations=("server", "nunique"),
        ports=("server_port", "nunique"),
        dstport=("server_port", "first"),
        duration=("duration", "max"),
        bytes=("bytes", "sum"),
        flows=("records", "sum"),
        first=("first", "min"),
        last=("last", "max"),
    )
    rows = rows.sort_values("duration", ascending=False, kind="stable")
    rows["dstport"] = rows["dstport"].mask(rows["ports"] > 1)
    rows = rows.head(query.top or 50)
    notes = list(found.notes)
    if len(found.frame) == MOST_GROUPED:
        notes.append(f"Of the {MOST_GROUPED:,} longest connections.")
    return context.answer(*found.results, *results, frame=rows.reset_index(drop=True), notes=notes)


def _groups(
    context: PanelContext, frame: pd.DataFrame, source: str, destination: str
) -> tuple[dict[str, str], list[QueryResult]]:
    """The group of each address, as source or as destination, and what was asked for that."""
    if source in COUNTRIES:
        known = context.logs.places.locate({*frame["client"], *frame["server"]})
        countries = known.dropna(subset=["country_name"])
        return dict(zip(countries["address"], countries["country_name"], strict=True)), []
    groups: dict[str, str] = {}
    results = []
    for end, group in (("srcaddr", source), ("dstaddr", destination)):
        # Of an address with several names in this time, that with the most flows.
        found = context.ask(Query(("flows",), by=(end, group)))
        ordered = found.frame.sort_values("flows")
        groups |= dict(zip(ordered[end], ordered[group], strict=True))
        results.append(found)
    return groups, results
