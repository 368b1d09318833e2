"""Connections as they lived: the longest, largest or newest ones, and what came before the range.

Each function is given `ask`, which answers a question for a window. `FlowLogs` and the panels use
the same ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias

import pandas as pd

from vpcflow_core.query.connections.roles import FLAGS
from vpcflow_core.query.connections.search import Ask, first_connections
from vpcflow_core.query.connections.select import ConnectionQuery, Order
from vpcflow_core.query.connections.words import IDLE_TCP
from vpcflow_core.query.result import QueryResult
from vpcflow_core.times import Window, format_duration

COLUMNS = (
    "client", "server", "service_port", "protocol", "interface_id", "vpc_id", "first", "last",
    "duration", "bytes_out", "bytes_in", "packets_out", "packets_in", "records", "action",
    "initiator_known_by",
)  # fmt: skip
# How far back the beginning of a connection is looked up.
LOOK_BACK = timedelta(days=1)
# Connections of which the beginning is looked up at a time: their addresses are in the question.
MOST_LOOKED_UP = 500
ENDS = ("client", "client_port", "server", "server_port", "service_port")
# What a connection has as it lived, and what its two ways have.
LIVED = ("first", "last", "duration", "busy", "records", "action")
WAYS = (("bytes_out", "bytes_in"), ("packets_out", "packets_in"))

Row: TypeAlias = dict[Any, Any]


@dataclass(frozen=True, slots=True)
class Connections:
    """Connections that were found.

    Attributes:
        frame: One row each, as `query.connections.select.connections_for` gives them.
        results: What the engine answered.
        notes: Sentences about them.
    """

    frame: pd.DataFrame
    results: tuple[QueryResult, ...]
    notes: tuple[str, ...] = ()


def listed(ask: Ask, query: ConnectionQuery, window: Window, extent: Window | None) -> Connections:
    """The first connections of an order, each from its beginning.

    A connection that was going on when the window began is looked up in the `LOOK_BACK` before it.

    Args:
        ask: Answers a question for connections.
        query: The question.
        window: Range of time that some record of a connection started in.
        extent: First to last record of all.
    """
    results = first_connections(ask, query, window)
    found = results[-1].frame
    going = _going_on(found, window, extent)
    if going.empty:
        return Connections(found, tuple(results))
    before = Window(window.start - LOOK_BACK, window.end)
    earlier = ask(_between(going, query.order), before)
    found, notes = _from_beginning(found, going, earlier.frame, before, window)
    return Connections(_sorted(found, query.order), (*results, earlier), notes)


def _value(frame: pd.DataFrame, order: Order) -> pd.Series[int]:
    """What connections are sorted by."""
    if order == "bytes":
        return frame["bytes_out"] + frame["bytes_in"]
    return frame["first" if order == "start" else order]


def _sorted(frame: pd.DataFrame, order: Order) -> pd.DataFrame:
    order_by = _value(frame, order).sort_values(ascending=False, kind="stable").index
    return frame.loc[order_by].reset_index(drop=True)


def _going_on(found: pd.DataFrame, window: Window, extent: Window | None) -> pd.DataFrame:
    """The connections that may have begun before the window."""
    if extent is None or extent.start >= window.start:
        return found[:0]
    near = found["first"] < pd.Timestamp(window.start) + pd.Timedelta(seconds=IDLE_TCP)
    return found[near].head(MOST_LOOKED_UP)


def _between(going: pd.DataFrame, order: Order) -> ConnectionQuery:
    """The question for all connections between the ends of these."""
    addresses = {*going["client"], *going["server"]}
    ports = {int(p) for n in ("client_port", "server_port") for p in going[n].dropna()}
    every = going[["client_port", "server_port"]].notna().all(axis=None)
    return ConnectionQuery(
        order, None, tuple(sorted(addresses)), tuple(sorted(ports)) if every else ()
    )


def _from_beginning(
    found: pd.DataFrame, going: pd.DataFrame, earlier: pd.DataFrame, before: Window, window: Window
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The connections with what they were before the window, and how many of them began there."""
    known: dict[Any, list[Row]] = {}
    for row in earlier.to_dict("records"):
        known.setdefault(_key(row), []).append(row)
    found, began, cut = found.copy(), 0, 0
    edge = pd.Timestamp(before.start) + pd.Timedelta(seconds=IDLE_TCP)
    for index, row in going.to_dict("index").items():
        whole = next((w for w in known.get(_key(row), ()) if _holds(w, row)), None)
        if whole is None or whole["first"] >= pd.Timestamp(window.start):
            continue
        began, cut = began + 1, cut + (whole["first"] < edge)
        for name, value in _lived(whole, row).items():
            found.at[index, name] = value
    return found, _sentences(began, cut)


def _key(row: Row) -> tuple[Any, ...]:
    ends = frozenset(
        {(row["client"], _text(row["client_port"])), (row["server"], _text(row["server_port"]))}
    )
    return row["protocol"], _text(row["interface_id"]), ends


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value)


def _holds(whole: Row, row: Row) -> bool:
    return bool(whole["first"] <= row["first"] <= whole["last"])


def _lived(whole: Row, row: Row) -> Row:
    """The connection with what it was before; flags of its beginning say who opened it."""
    new = {name: whole[name] for name in LIVED}
    if whole["initiator_known_by"] == FLAGS or whole["client"] == row["client"]:
        new |= {name: whole[name] for pair in WAYS for name in pair}
        if whole["initiator_known_by"] == FLAGS:
            new |= {name: whole[name] for name in (*ENDS, "initiator_known_by")}
        return new
    return new | {a: whole[b] for out, in_ in WAYS for a, b in ((out, in_), (in_, out))}


def _sentences(began: int, cut: int) -> tuple[str, ...]:
    if not began:
        return ()
    verb = "connection that was" if began == 1 else "connections that were"
    said = f"{began:,} {verb} going on when the range began: shown from the beginning"
    if cut:
        length = format_duration(LOOK_BACK)
        return (f"{said}, but {cut:,} at most from {length} before the range.",)
    return (f"{said}.",)


def each_once(frame: pd.DataFrame, limit: int) -> pd.DataFrame:
    """Each connection once, however many interfaces logged it; the first row of each is kept."""
    kept: list[int] = []
    spans: dict[Any, list[tuple[Any, Any]]] = {}
    for place, row in enumerate(frame.to_dict("records")):
        protocol, _, ends = _key(row)
        seen = spans.setdefault((protocol, ends), [])
        if not any(first <= row["last"] and row["first"] <= last for first, last in seen):
            kept.append(place)
        seen.append((row["first"], row["last"]))
    return frame.iloc[kept[:limit]].reset_index(drop=True)
