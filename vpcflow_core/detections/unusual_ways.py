"""Detections of what is new or out of place: ports, countries, pairs of VPCs, protocols, logins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeAlias

import pandas as pd

from vpcflow_core.detections.base import (
    DAY,
    FROM_OUTSIDE,
    HOUR,
    INSIDE,
    TO_SERVICE,
    Detection,
    Hourly,
    Look,
    Threshold,
    Where,
)
from vpcflow_core.query.question import Query
from vpcflow_core.times import Window, floor_to

# What was seen in these days before is not new, and the fewest days that are needed to say so.
SEEN, LEAST_SEEN = timedelta(days=14), timedelta(days=3)
# Days of a key before the last one of a look, as long before its start as is said.
Days: TypeAlias = Callable[[timedelta], pd.DataFrame]
ACCEPTED = (("action", "ACCEPT"),)
BETWEEN: Where = (*ACCEPTED, ("direction", "outbound"), ("srcaddr", INSIDE), ("dstaddr", INSIDE))


def new(look: Look, hours: pd.DataFrame, key: list[str], days: Days) -> pd.DataFrame:
    """The hours of a day of which the key was seen on none of the days before.

    Args:
        look: Whose logs say since when there are records.
        hours: A row for each key and hour that counts.
        key: Fields of the key.
        days: Gives a row for each key and day, with `bucket`.
    """
    extent = look.logs.extent
    if extent is None:
        return hours
    made = hours.assign(day=hours["bucket"].dt.floor("D"))
    made = made[made["day"] >= pd.Timestamp(extent.start) + LEAST_SEEN]
    # Most keys were seen on the day before: the other days are asked only where one was not.
    for span in (DAY, SEEN):
        if len(made):
            made = made[~_was_seen(made, days(span), key)]
    return made.drop(columns="day")


def _was_seen(hours: pd.DataFrame, days: pd.DataFrame, key: list[str]) -> pd.Series[bool]:
    """Whether the key of each hour was seen on one of the days before that of the hour."""
    seen = days[["bucket", *key]].drop_duplicates().merge(hours[["day", *key]].drop_duplicates())
    ago = seen["day"] - seen["bucket"]
    known = seen[(ago >= DAY) & (ago <= SEEN)][["day", *key]].drop_duplicates()
    found = hours.merge(known, how="left", indicator=True)["_merge"] == "both"
    return found.set_axis(hours.index)


def _since_midnight(look: Look) -> Look:
    """The look from midnight on: what was seen earlier on the same day is new as well."""
    return replace(look, window=Window(floor_to(look.window.start, DAY), look.window.end))


def _days(look: Look, query: Query, before: timedelta) -> pd.DataFrame:
    """The days on which there was anything of a question, those before the last of a look."""
    start = floor_to(look.window.start, DAY) - before
    window = Window(start, floor_to(look.window.end - timedelta(microseconds=1), DAY))
    return look.during(Query(("flows",), query.by, DAY, query.where), window)


def new_port(look: Look) -> pd.DataFrame:
    """Services that several sources use on a host for the first time."""
    where = (*ACCEPTED, *TO_SERVICE, ("direction", "inbound, internal"))
    key = ("dstaddr", "dstport")
    least = (("sources", look.thresholds["sources"]),)
    query = Query(("sources", "flows", "first", "last"), key, HOUR, where, least=least)
    whole = _since_midnight(look)
    return new(look, whole.ask(query), list(key), lambda before: _days(look, query, before))


def new_country(look: Look) -> pd.DataFrame:
    """Countries that had no accepted connection before."""
    where = (*ACCEPTED, *FROM_OUTSIDE, *TO_SERVICE)
    query = Query(("flows", "bytes", "first", "last"), ("srcblock",), HOUR, where)
    whole = _since_midnight(look)
    hours = _of_countries(look, whole.ask(query))
    enough = hours[hours["flows"] >= look.thresholds["flows"]]
    return new(
        look, enough, ["country"], lambda before: _of_countries(look, _days(look, query, before))
    )


def _of_countries(look: Look, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of blocks as rows of their countries."""
    first = {block: block.partition("/")[0] for block in frame["srcblock"].unique()}
    located = look.logs.places.locate(first.values())
    countries = dict(zip(located["address"], located["country"], strict=True))
    country = frame["srcblock"].map({block: countries.get(one) for block, one in first.items()})
    placed = frame.assign(country=country).dropna(subset="country")
    how = {"flows": "sum", "bytes": "sum", "first": "min", "last": "max"}
    known = {name: way for name, way in how.items() if name in frame}
    return placed.groupby(["bucket", "country"], as_index=False).agg(known)


def new_pair(look: Look) -> pd.DataFrame:
    """Networks of other VPCs that a VPC's hosts reach for the first time."""
    key = ("vpc_id", "dstblock")
    measures = ("sources", "destinations", "flows", "bytes", "first", "last")
    query = Query(measures, key, HOUR, (*BETWEEN, *TO_SERVICE))
    whole = _since_midnight(look)
    hours = whole.ask(query)
    own = whole.ask(Query(("flows",), ("vpc_id", "srcblock"), None, BETWEEN))
    mine = set(zip(own["vpc_id"], own["srcblock"], strict=True))
    pairs = zip(hours["vpc_id"], hours["dstblock"], strict=True)
    others = hours[[pair not in mine for pair in pairs]] if len(hours) else hours
    return new(look, others, list(key), lambda before: _days(look, query, before))


UNUSUAL_WAYS = (
    Detection(
        "remote-login",
        "SSH or RDP from the Internet",
        "Are SSH and RDP accepted from addresses of the Internet?",
        "{sources} addresses of the Internet reached port {dstport} of {dstaddr}",
        "medium",
        "T1133",
        ("dstaddr", "dstport"),
        {"sources": "max", "flows": "sum", "bytes": "sum"},
        Hourly(
            ("sources", "flows", "bytes"),
            ("dstaddr", "dstport"),
            (*ACCEPTED, *FROM_OUTSIDE, ("srcport", "1024-65535"), ("dstport", "22, 3389")),
        ),
        {},
        "Put a VPN, Session Manager or an EC2 Instance Connect endpoint in its place, or narrow "
        "the rule to your own addresses and mute this.",
        "accepts",
        quiet=DAY,
    ),
    Detection(
        "new-country",
        "New country",
        "Does a country connect that had no accepted connection before?",
        "{flows} flows accepted from {country}, which was not seen in the days before",
        "low",
        "T1078",
        ("country",),
        {"flows": "sum", "bytes": "sum"},
        new_country,
        {
            "flows": Threshold(
                20,
                "flows an hour",
                "Visitors come from everywhere; a country that matters comes more than in passing.",
            )
        },
        "See what they reached. Where you have no customers there, a rule or WAF can refuse it.",
        "accepts",
        quiet=DAY,
    ),
    Detection(
        "new-port",
        "New service port",
        "Is a port of a host used that was not used before?",
        "{sources} sources used port {dstport} of {dstaddr}, which was not used before",
        "medium",
        "T1571",
        ("dstaddr", "dstport"),
        {"sources": "max", "flows": "sum"},
        new_port,
        {
            "sources": Threshold(
                3,
                "sources an hour",
                "Answers to connections that a host opened itself come from one or two peers.",
            )
        },
        "Check whether it was deployed on purpose; else find the program that listens.",
        "accepts",
        quiet=DAY,
    ),
    Detection(
        "new-pair",
        "New way between VPCs",
        "Does a VPC reach a network of another VPC for the first time?",
        "{vpc_id} reached {destinations} addresses in {dstblock}, which it did not reach before",
        "medium",
        "T1021",
        ("vpc_id", "dstblock"),
        {"sources": "max", "destinations": "max", "flows": "sum", "bytes": "sum"},
        new_pair,
        {},
        "Check whether a peering, transit gateway or route was changed on purpose.",
        quiet=DAY,
    ),
    Detection(
        "unusual-protocol",
        "Unusual protocol",
        "Is a protocol accepted other than TCP, UDP and ICMP?",
        "{srcaddr} spoke protocol {protocol} to {dstaddr}",
        "low",
        "T1095",
        ("srcaddr", "dstaddr", "protocol"),
        {"flows": "sum", "bytes": "sum"},
        Hourly(
            ("flows", "bytes"),
            ("srcaddr", "dstaddr", "protocol"),
            (*ACCEPTED, ("protocol", "!1, !6, !17, !58")),
        ),
        {},
        "Tunnels (4, 41, 47, 50) belong to VPN hosts alone: ask the owner, or mute it.",
        quiet=DAY,
    ),
)
