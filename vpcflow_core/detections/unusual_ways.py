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
Days: TypeAlias = Callable[[], pd.DataFrame]
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
    if hours.empty or extent is None:
        return hours
    seen = days()[["bucket", *key]].drop_duplicates().sort_values("bucket", ignore_index=True)
    seen = seen.rename(columns={"bucket": "day"})
    before = seen.assign(before=seen.groupby(key)["day"].shift())
    at = hours["bucket"].dt.floor("D")
    made = hours.assign(day=at).merge(before, on=[*key, "day"], how="left")
    is_new = made["before"].isna() | (made["day"] - made["before"] > SEEN)
    learnt = made["day"] >= pd.Timestamp(extent.start) + LEAST_SEEN
    return made[is_new & learnt].drop(columns=["day", "before"])


def _since_midnight(look: Look) -> Look:
    """The look from midnight on: what was seen earlier on the same day is new as well."""
    return replace(look, window=Window(floor_to(look.window.start, DAY), look.window.end))


def _days_of(query: Query) -> Query:
    """The days on which there was anything of a question."""
    return Query(("flows",), query.by, DAY, query.where)


def new_port(look: Look) -> pd.DataFrame:
    """Services that several sources use on a host for the first time."""
    where = (*ACCEPTED, *TO_SERVICE, ("direction", "inbound, internal"))
    key = ("dstaddr", "dstport")
    least = (("sources", look.thresholds["sources"]),)
    query = Query(("sources", "flows", "first", "last"), key, HOUR, where, least=least)
    whole = _since_midnight(look)
    return new(look, whole.ask(query), list(key), lambda: whole.ask(_days_of(query), SEEN))


def new_country(look: Look) -> pd.DataFrame:
    """Countries that had no accepted connection before."""
    where = (*ACCEPTED, *FROM_OUTSIDE, *TO_SERVICE)
    query = Query(("flows", "bytes", "first", "last"), ("srcblock",), HOUR, where)
    whole = _since_midnight(look)
    hours = _of_countries(look, whole.ask(query))
    enough = hours[hours["flows"] >= look.thresholds["flows"]]
    return new(
        look, enough, ["country"], lambda: _of_countries(look, whole.ask(_days_of(query), SEEN))
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
    own = whole.ask(Query(("flows",), ("vpc_id", "srcblock"), DAY, BETWEEN))
    mine = set(zip(own["vpc_id"], own["srcblock"], strict=True))
    pairs = zip(hours["vpc_id"], hours["dstblock"], strict=True)
    others = hours[[pair not in mine for pair in pairs]] if len(hours) else hours
    return new(look, others, list(key), lambda: whole.ask(_days_of(query), SEEN))


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
        "{sources} sources use port {dstport} of {dstaddr}, which was not used before",
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
