"""Analyses of sources: how many places each tries, what of it is let in, who it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_address, ip_network

import pandas as pd

from vpcflow_core.panels.base import Analysis, LogQueries, PanelAnswer, PanelContext
from vpcflow_core.query.filters import Filters, exactly
from vpcflow_core.query.question import Query

FAN_OUT = ("destinations", "ports")
# Rows of sources, destinations and ports that groups are made of; the smallest are left out.
MOST_ROWS = 500_000
# Bits of the blocks that addresses are grouped by, of IPv4 and of IPv6.
BLOCKS = {"/24": (24, 64), "/16": (16, 48)}


def fan_out(context: PanelContext) -> PanelAnswer:
    """The rows of sources, with distinct destinations and ports, share, decisions, place and name.

    What was let in and what was refused of a source is counted whatever the panel itself asks for.
    """
    query = context.query
    found = context.ask(query)
    columns = context.logs.engine.columns()
    if found.frame.empty or not {"dstaddr", "dstport", "protocol"} <= set(columns):
        return context.answer(found)
    only = Filters.parse([("srcaddr", ", ".join(map(exactly, found.frame["srcaddr"])))])
    wide = context.logs.ask(
        Query(FAN_OUT, by=query.by, where=query.where),
        context.request.window,
        only & context.request.filters,
    )
    others = context.request.filters.without("action")
    decided = [name for name in ("accepted", "rejected") if "action" in columns]
    both = context.logs.ask(
        Query(("flows", *decided), by=query.by), context.request.window, only & others
    )
    total = context.ask(replace(query, by=(), top=None))
    whole = int(total.frame[query.measures[0]].iloc[0])
    frame = found.frame.merge(wide.frame, on=list(query.by), how="left")
    frame = frame.merge(both.frame[[*query.by, *decided]], on=list(query.by), how="left")
    frame["share"] = 100 * frame[query.measures[0]].astype("float64") / whole if whole else 0.0
    made = frame.assign(**who(frame["srcaddr"], context.logs))
    return context.answer(found, wide, both, total, frame=made)


def who(addresses: pd.Series, logs: LogQueries) -> dict[str, list[str]]:
    """Country and name of each address; "" where nothing is known.

    An address that two networks have belongs to neither in particular: it has no name.
    """
    places = logs.places.locate(addresses).set_index("address")["country_name"]
    known = logs.known("interfaces")[["name", "addresses", "public_addresses"]]
    pairs = pd.concat(
        [
            known[["name", column]].explode(column).rename(columns={column: "address"})
            for column in ("addresses", "public_addresses")
        ]
    )
    pairs = pairs.dropna().drop_duplicates().drop_duplicates("address", keep=False)
    names = dict(zip(pairs["address"], pairs["name"], strict=True))
    country = addresses.map(places)
    return {
        "country_name": ["" if pd.isna(text) else str(text) for text in country],
        "name": [str(names.get(address, "")) for address in addresses],
    }


def grouped_by(way: str) -> Analysis:
    """An analysis of sources by block (`/24`, `/16`) or `country`: a scan of a block is a row."""

    def analysis(context: PanelContext) -> PanelAnswer:
        query = context.query
        parts = ("srcaddr", "dstaddr", "dstport")
        found = context.ask(replace(query, measures=("flows", "bytes"), by=parts, top=MOST_ROWS))
        rows = found.frame
        sources = pd.Series(rows["srcaddr"].unique())
        group = dict(zip(sources, _group(sources, way, context), strict=True))
        groups = rows.assign(group=rows["srcaddr"].map(group)).groupby("group", as_index=False)
        frame = groups.agg(
            flows=("flows", "sum"),
            bytes=("bytes", "sum"),
            sources=("srcaddr", "nunique"),
            destinations=("dstaddr", "nunique"),
            ports=("dstport", "nunique"),
        )
        frame = frame.sort_values(["flows", "group"], ascending=[False, True])
        frame = frame.head(query.top or len(frame)).reset_index(drop=True)
        notes = ["The smallest are left out."] if len(rows) == MOST_ROWS else []
        return context.answer(found, frame=frame, notes=notes)

    return analysis


def _group(addresses: pd.Series, way: str, context: PanelContext) -> list[str]:
    """What each address belongs to."""
    if way == "country":
        places = context.logs.places.locate(addresses).set_index("address")
        named = addresses.map(places["country_name"].fillna(places["class"]))
        return [str(name) for name in named]
    block = _block_of(*BLOCKS[way])
    return [block(address) for address in addresses]


def _block_of(bits: int, bits_of_v6: int) -> Callable[[str], str]:
    def block(text: str) -> str:
        address = ip_address(text)
        length = bits if address.version == 4 else bits_of_v6
        return str(ip_network(f"{address}/{length}", strict=False))

    return block
