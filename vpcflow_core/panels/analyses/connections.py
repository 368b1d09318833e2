"""Analyses of connections: those that lasted longest."""

from __future__ import annotations

from vpcflow_core.connections import each_once, listed
from vpcflow_core.panels.base import PanelAnswer, PanelContext
from vpcflow_core.query.connections.select import ConnectionQuery

# Interfaces that may log the same connection: hops of load balancers and gateways.
HOPS = 8
SHOWN = {
    "client": "srcaddr", "client_port": "srcport", "server": "dstaddr", "server_port": "dstport",
    "protocol": "protocol", "duration": "duration", "busy": "busy", "records": "flows",
    "bytes": "bytes", "first": "first", "last": "last", "interface_id": "interface_id",
}  # fmt: skip


def longest(context: PanelContext) -> PanelAnswer:
    """Connections by the time they lived, each once, however many interfaces logged it.

    The client is the source, the server the destination.
    """
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
