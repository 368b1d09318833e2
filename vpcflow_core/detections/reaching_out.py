"""Detections of what leaves: data, beacons, long connections, DNS beside the resolver."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from vpcflow_core.detections.base import (
    ASKING,
    DAY,
    FROM_OUTSIDE,
    HOUR,
    INSIDE,
    TO_OUTSIDE,
    TO_SERVICE,
    Detection,
    Hourly,
    Look,
    Threshold,
)
from vpcflow_core.query.question import Query
from vpcflow_core.times import Window

# The weeks that a host's own baseline is made of, the fewest days, and what is left out before an
# hour: what went on for a while shall not become its own baseline.
BASELINE, LEAST_BASELINE, RECENT = timedelta(days=28), timedelta(days=3), DAY
BEACON = timedelta(hours=6)
# Hosts that others asked for names in this time are resolvers; some are asked seldom.
RESOLVING = timedelta(days=7)
MINUTE = timedelta(minutes=1)
# Records of one five-tuple that follow within this time belong to one connection.
GOES_ON = timedelta(minutes=30)
PEER = ("srcaddr", "dstaddr", "dstport")
# Network time is asked for at regular times by design.
NOT_TIME = ("protocol", "6, 17")
MOST_ADDRESSES = 500


def exfiltration(look: Look) -> pd.DataFrame:
    """Hosts that send one destination far more in an hour than they ever sent to all."""
    least = (("bytes", look.thresholds["bytes"]),)
    measures = ("bytes", "flows", "first", "last")
    found = look.ask(Query(measures, ("srcaddr", "dstaddr"), HOUR, TO_OUTSIDE, least=least))
    found = look.without_carriers(found)
    extent = look.logs.extent
    if found.empty or extent is None:
        return found
    where = (*TO_OUTSIDE, ("srcaddr", _listed(found["srcaddr"])))
    before = Window(look.window.start - BASELINE - RECENT, look.window.end - RECENT)
    hours = look.during(Query(("bytes",), ("srcaddr",), HOUR, where), before)
    rows = [_above(look, row, hours) for row in found.to_dict("records")]
    known = found["bucket"] >= pd.Timestamp(extent.start) + LEAST_BASELINE
    return found[known & pd.Series(rows, index=found.index)]


def _above(look: Look, row: dict[Hashable, Any], hours: pd.DataFrame) -> bool:
    end = pd.Timestamp(row["bucket"]) - RECENT
    own = hours[(hours["srcaddr"] == row["srcaddr"]) & (hours["bucket"] < end)]
    own = own[own["bucket"] >= end - BASELINE]
    most = float(own["bytes"].astype("float64").max()) if len(own) else 0.0
    return float(row["bytes"]) >= look.thresholds["factor"] * most


def beacon(look: Look) -> pd.DataFrame:
    """Hosts that call one address at regular intervals, with little to say."""
    where = (*TO_OUTSIDE, *TO_SERVICE, NOT_TIME, ("dstport", "!123"))
    before = BEACON - HOUR
    hourly = look.ask(Query(("flows", "bytes"), PEER, HOUR, where, least=(("flows", 2),)), before)
    small = hourly["bytes"].astype("float64") <= look.thresholds["bytes"] * hourly["flows"]
    hourly = hourly[small & (hourly["flows"] <= look.thresholds["calls"])]
    hourly = look.without_carriers(hourly).sort_values("bucket")
    # Hours of a key at which the last six all qualify.
    since = hourly.groupby(list(PEER))["bucket"].shift(BEACON // HOUR - 1)
    ripe = hourly[hourly["bucket"] - since == BEACON - HOUR]
    pairs = ripe.drop_duplicates(list(PEER)).head(MOST_ADDRESSES)
    if pairs.empty:
        return pairs
    both = (("srcaddr", _listed(pairs["srcaddr"])), ("dstaddr", _listed(pairs["dstaddr"])))
    by = (*PEER, "srcport")
    minutes = look.ask(Query(("first", "flows"), by, MINUTE, (*where, *both)), BEACON)
    begun = _begun(minutes.merge(pairs[list(PEER)], on=list(PEER)))
    calls = dict(iter(begun.groupby(list(PEER))))
    rows = [
        row
        for key, part in ripe.groupby(list(PEER))
        if key in calls
        for row in _regular(look, key, calls[key], part["bucket"])
    ]
    columns = ["bucket", "first", "last", *PEER, "flows", "interval"]
    return pd.DataFrame(rows, columns=columns)


def _begun(minutes: pd.DataFrame) -> pd.DataFrame:
    """The records that begin a connection: those of one that goes on are regular by themselves."""
    ordered = minutes.sort_values([*PEER, "srcport", "first"])
    gaps = ordered.groupby([*PEER, "srcport"])["first"].diff()
    return ordered[gaps.isna() | (gaps >= GOES_ON)]


def _regular(
    look: Look, key: Any, calls: pd.DataFrame, hours: pd.Series[Any]
) -> list[tuple[Any, ...]]:
    """Those of the hours at whose end the calls of the last hours were regular."""
    ordered = calls.sort_values("first")
    times = ordered["first"]
    rows: list[tuple[Any, ...]] = []
    for bucket in hours:
        end = bucket + HOUR
        interval = _interval(look, times[(times >= end - BEACON) & (times < end)])
        now = ordered[(times >= bucket) & (times < end)]
        if interval and len(now):
            ends = (now["first"].min(), now["first"].max())
            rows.append((bucket, *ends, *key, int(now["flows"].sum()), int(interval)))
    return rows


def _interval(look: Look, times: pd.Series[Any]) -> float:
    """The interval of calls in seconds; 0 where they are not regular."""
    gaps = times.diff().dt.total_seconds().to_numpy()[1:]
    if len(gaps) < look.thresholds["intervals"] or times.iloc[-1] - times.iloc[0] < BEACON / 2:
        return 0.0
    middle = float(np.median(gaps))
    spread = float(np.median(np.abs(gaps - middle)))
    is_steady = spread <= look.thresholds["jitter"] * middle and _few_misses(gaps, middle)
    return middle if is_steady else 0.0


def _few_misses(gaps: np.ndarray, middle: float) -> bool:
    """Whether nine of ten gaps are near the middle one: half of them can be so by chance."""
    return bool((np.abs(gaps - middle) <= 0.25 * middle).mean() >= 0.9)


def long_lived(look: Look) -> pd.DataFrame:
    """Connections to the outside that go on hour after hour."""
    hours = int(look.thresholds["hours"])
    key = ["srcaddr", "srcport", "dstaddr", "dstport"]
    query = Query(
        ("flows", "bytes", "first", "last"),
        (*key, "protocol"),
        HOUR,
        (*TO_OUTSIDE, *TO_SERVICE, ("action", "ACCEPT")),
        least=(("flows", look.thresholds["records"]),),
    )
    found = look.without_carriers(look.ask(query, (hours - 1) * HOUR)).sort_values("bucket")
    if found.empty:
        return found
    buckets = found.groupby(key)["bucket"]
    runs = (buckets.diff() != HOUR).groupby([found[name] for name in key]).cumsum()
    lasting = found.groupby([*(found[name] for name in key), runs]).cumcount() + 1
    return found.assign(lasting=lasting)[lasting >= hours]


def dns_around(look: Look) -> pd.DataFrame:
    """Hosts that ask DNS servers of the Internet and are no resolver for others."""
    asks = Hourly(
        ("flows", "bytes"),
        ("srcaddr", "dstaddr"),
        (*TO_OUTSIDE, *ASKING, ("dstport", "53")),
        (("flows", "flows"),),
        carried=False,
    )
    found = asks(look)
    if found.empty:
        return found
    asked = (("dstport", "53"), ("srcaddr", INSIDE), ("dstaddr", _listed(found["srcaddr"])))
    resolvers = look.ask(Query(("flows",), ("dstaddr",), HOUR, asked), RESOLVING)
    is_one = [
        bool(_near(resolvers, row["srcaddr"], row["bucket"]).any())
        for row in found[["srcaddr", "bucket"]].to_dict("records")
    ]
    return found[~pd.Series(is_one, index=found.index)]


def _near(resolvers: pd.DataFrame, address: str, bucket: pd.Timestamp) -> pd.Series[bool]:
    """The hours before in which others asked an address."""
    return (
        (resolvers["dstaddr"] == address)
        & (resolvers["bucket"] <= bucket)
        & (resolvers["bucket"] >= bucket - RESOLVING)
    )


def watched(look: Look) -> pd.DataFrame:
    """Traffic with addresses of the watch list."""
    measures = ("accepted", "rejected", "bytes", "first", "last")
    frames = []
    for own, other, block, where in (
        ("dstaddr", "srcaddr", "srcblock", FROM_OUTSIDE),
        ("srcaddr", "dstaddr", "dstblock", TO_OUTSIDE),
    ):
        if not look.watch_list.count:
            continue
        blocks = look.ask(Query(("flows",), (block,), None, where))[block]
        met = sorted(b for b in blocks if look.watch_list.meets(b))
        for at in range(0, len(met), MOST_ADDRESSES):
            wanted = ((other, ", ".join(met[at : at + MOST_ADDRESSES])),)
            rows = look.ask(Query(measures, ("srcaddr", "dstaddr"), HOUR, (*where, *wanted)))
            hit = rows[other].map(look.watch_list.meets).astype("bool")
            frames.append(rows[hit].assign(watched=rows[hit][other], own=rows[hit][own]))
    columns = ["bucket", "first", "last", "watched", "own", "accepted", "rejected", "bytes"]
    if not frames:
        return pd.DataFrame(columns=columns)
    both = pd.concat(frames, ignore_index=True)[columns]
    both = both[~both["own"].isin(look.carriers())]
    made = both.groupby(["bucket", "watched", "own"], as_index=False).agg(
        {"first": "min", "last": "max", "accepted": "sum", "rejected": "sum", "bytes": "sum"}
    )
    return made.assign(severity=np.where(made["accepted"] > 0, "high", "low"))


def _listed(addresses: pd.Series[str]) -> str:
    return ", ".join(sorted(addresses.unique()))


REACHING_OUT = (
    Detection(
        "exfiltration",
        "Data sent out",
        "Does a host send one address of the Internet far more than it ever sent to all?",
        "{srcaddr} sent {bytes} to {dstaddr}",
        "high",
        "T1048",
        ("srcaddr", "dstaddr"),
        {"bytes": "sum", "flows": "sum"},
        exfiltration,
        {
            "bytes": Threshold(
                100e6, "bytes an hour", "Less goes unseen among updates, backups and answers."
            ),
            "factor": Threshold(
                3,
                "times the busiest hour",
                "Of the four weeks before; at least three days are needed. A backup that grows "
                "does not triple overnight.",
            ),
        },
        "Ask whose destination it is and what the host holds. If no one knows it, stop the host "
        "from reaching it and look for what was taken.",
        far="dstaddr",
    ),
    Detection(
        "beacon",
        "Beacon",
        "Does a host call one address of the Internet at regular intervals, with little to say?",
        "{srcaddr} called {dstaddr} port {dstport} every {interval} seconds",
        "medium",
        "T1071",
        PEER,
        {"flows": "sum", "interval": "max"},
        beacon,
        {
            "intervals": Threshold(10, "intervals in six hours", "Fewer can be regular by chance."),
            "jitter": Threshold(
                0.15,
                "of the interval",
                "Half of the intervals are this near to the middle one, nine of ten within a "
                "quarter; those of people spread as widely as they are long.",
            ),
            "calls": Threshold(
                240, "calls an hour", "What calls more often is a service in everyday use."
            ),
            "bytes": Threshold(20_000, "bytes a call", "Those who have nothing to say send less."),
        },
        "Find the program on the host. Agents of monitoring and licences do so too: mute those.",
        quiet=4 * HOUR,
        far="dstaddr",
    ),
    Detection(
        "long-lived",
        "Long connection out",
        "Does one connection to the Internet go on for hours?",
        "{srcaddr} kept one connection to {dstaddr} port {dstport} for {lasting} hours or more",
        "medium",
        "T1572",
        ("srcaddr", "srcport", "dstaddr", "dstport"),
        {"lasting": "max", "bytes": "sum", "flows": "sum"},
        long_lived,
        {
            "hours": Threshold(
                8, "hours", "Longer than a day's work at a terminal; tunnels stay for longer."
            ),
            "records": Threshold(
                3, "records an hour", "A connection that rests for twenty minutes is not counted."
            ),
        },
        "Find the program on the host: a tunnel, a remote shell, or a queue that is meant to stay.",
        quiet=3 * HOUR,
        far="dstaddr",
    ),
    Detection(
        "dns-around",
        "DNS beside the resolver",
        "Does a host ask DNS servers of the Internet itself?",
        "{srcaddr} asked {dstaddr} for names {flows} times",
        "medium",
        "T1071.004",
        ("srcaddr", "dstaddr"),
        {"flows": "sum", "bytes": "sum"},
        dns_around,
        {
            "flows": Threshold(
                5,
                "flows an hour",
                "Single questions are people who try something. Hosts that others ask for names "
                "are resolvers, and left out.",
            )
        },
        "Point the host to your resolver, where its questions are logged and filtered; many large "
        "questions are a tunnel.",
        where=(("dstport", "53"),),
        quiet=DAY,
        far="dstaddr",
    ),
    Detection(
        "watch-list",
        "Watched address",
        "Is there traffic with an address of the watch list?",
        "{own} and the watched address {watched}: {accepted} flows accepted, {rejected} refused",
        "high",
        "T1071",
        ("watched", "own"),
        {"accepted": "sum", "rejected": "sum", "bytes": "sum"},
        watched,
        {},
        "If it was accepted, find what the host did before and after; the list says why the "
        "address is on it.",
        quiet=DAY,
        needs_list=True,
        far="watched",
    ),
)
