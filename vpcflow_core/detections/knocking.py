"""Detections of those who try doors: scans, sweeps, guessed passwords, refused connections."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pandas as pd

from vpcflow_core.detections.base import (
    ASKING,
    COMING,
    DAY,
    FROM_OUTSIDE,
    HOUR,
    INSIDE,
    Detection,
    Hourly,
    Look,
    Threshold,
    is_inside,
)
from vpcflow_core.query.question import Query

# Services that people and programs log in to.
LOGIN_PORTS = "21, 22, 23, 445, 1433, 3306, 3389, 5432, 5900, 5985, 5986"
PAIR = ("srcaddr", "dstaddr", "dstport")
REFUSED = (("action", "REJECT"),)
ACCEPTED = (("action", "ACCEPT"),)
# What was let in within this time after the attempts belongs to them.
AFTERWARDS = DAY
# Hours that a service's usual number of sources is learnt from, and the fewest of them.
USUAL, LEAST_USUAL = timedelta(days=7), timedelta(days=2)


def brute_force(look: Look) -> pd.DataFrame:
    """Sources that knock at one login port again and again, and what was let in afterwards."""
    where = (*COMING, *ASKING, ("dstport", LOGIN_PORTS))
    measures = ("flows", "rejected", "accepted", "bytes", "first", "last")
    attempts = look.thresholds["attempts"]
    query = Query(measures, PAIR, HOUR, where, least=(("flows", attempts),))
    found = look.ask(query, AFTERWARDS)
    short = found["bytes"].astype("float64") <= look.thresholds["bytes"] * found["flows"]
    # Programs inside open many short connections; attempts of theirs are those that are refused.
    outside = ~found["srcaddr"].map(is_inside).astype("bool")
    found = found[
        (found["rejected"] >= attempts) | ((found["accepted"] >= attempts) & short & outside)
    ]
    if found.empty:
        return found
    tried = found["rejected"].where(found["rejected"] >= attempts, found["flows"])
    found = found.assign(attempts=tried, let_in=0, severity="high")
    sources = ", ".join(sorted(found["srcaddr"].unique()))
    let_in = look.ask(
        Query(("flows", "first", "last"), PAIR, HOUR, (*where, *ACCEPTED, ("srcaddr", sources))),
        AFTERWARDS,
    )
    entered = let_in[_are_afterwards(let_in, found).to_numpy()]
    entered = entered.assign(attempts=0, let_in=entered["flows"], severity="critical")
    both = pd.concat([found, entered], ignore_index=True)
    columns = {"first": "min", "last": "max", "attempts": "sum", "let_in": "sum", "severity": "min"}
    return both.groupby(["bucket", *PAIR], as_index=False).agg(columns)


def _are_afterwards(let_in: pd.DataFrame, found: pd.DataFrame) -> pd.Series:
    """Whether refused attempts of the same pair came before what was let in, row by row."""
    refused = found.loc[found["rejected"] > 0, [*PAIR, "bucket", "first"]]
    columns = [*PAIR, "bucket", "last"]
    let_in = let_in.set_index(pd.RangeIndex(len(let_in)))
    is_later = pd.Series(False, let_in.index)
    # Rows of an hour against those of one hour before: no more pairs at a time than rows.
    for hours in range(AFTERWARDS // HOUR + 1):
        before = refused.assign(bucket=refused["bucket"] + hours * HOUR)
        both = let_in[columns].reset_index().merge(before, on=[*PAIR, "bucket"])
        is_later[both.loc[both["first"] < both["last"], "index"]] = True
    return is_later


def low_and_slow(look: Look) -> pd.DataFrame:
    """Login ports that many more sources than usual try, each of them only a few times."""
    where = (*FROM_OUTSIDE, *ASKING, ("dstport", LOGIN_PORTS))
    measures = ("sources", "flows", "first", "last")
    query = Query(measures, ("dstaddr", "dstport"), HOUR, where)
    many = look.ask(replace(query, least=(("sources", look.thresholds["sources"]),)))
    extent = look.logs.extent
    if many.empty or extent is None:
        return many
    targets = ", ".join(sorted(many["dstaddr"].unique()))
    frame = look.ask(replace(query, where=(*where, ("dstaddr", targets))), USUAL)
    parts = []
    for _, part in frame.groupby(["dstaddr", "dstport"]):
        series = part.set_index("bucket").sort_index()
        # Of hours without a row nothing came: they count as none.
        hours = pd.date_range(series.index[0], series.index[-1], freq="1h")
        sources = series["sources"].astype("float64").reindex(hours, fill_value=0.0)
        most = sources.rolling(USUAL, closed="left").quantile(0.9).reindex(series.index)
        parts.append(series.assign(usual=most.fillna(0.0)).reset_index())
    made = pd.concat(parts, ignore_index=True)
    learnt = made["bucket"] >= pd.Timestamp(extent.start) + LEAST_USUAL
    enough = made["sources"] >= look.thresholds["sources"]
    more = made["sources"] >= look.thresholds["factor"] * made["usual"].clip(lower=1)
    few = made["flows"] <= look.thresholds["each"] * made["sources"]
    return made[learnt & enough & more & few]


KNOCKING = (
    Detection(
        "port-scan",
        "Port scan",
        "Does one source, or one block of sources, try many ports?",
        "{srcblock} was refused at {ports} ports of {destinations} addresses",
        "medium",
        "T1046",
        ("srcblock",),
        {"ports": "max", "destinations": "max", "sources": "max", "flows": "sum"},
        Hourly(
            ("ports", "destinations", "sources", "flows"),
            ("srcblock",),
            (*COMING, *ASKING, *REFUSED),
            (("ports", "ports"),),
        ),
        {
            "ports": Threshold(
                20,
                "ports an hour",
                "Strangers of the Internet mostly try a dozen well-known ports; who tries 20 in "
                "an hour looks for what is open. Sources of one /24 (IPv6: /64) count together.",
            )
        },
        "See what of it was accepted, and whether the source is yours: a scanner of your own is "
        "muted. One inside your network has to be found.",
        "rejects",
    ),
    Detection(
        "address-sweep",
        "Address sweep",
        "Does one source, or one block of sources, try the same port of many addresses?",
        "{srcblock} was refused at port {dstport} of {destinations} addresses",
        "low",
        "T1018",
        ("srcblock", "dstport"),
        {"destinations": "max", "sources": "max", "flows": "sum"},
        Hourly(
            ("destinations", "sources", "flows"),
            ("srcblock", "dstport"),
            (*COMING, *ASKING, *REFUSED),
            (("destinations", "destinations"),),
        ),
        {
            "destinations": Threshold(
                20,
                "addresses an hour",
                "No client is refused at the same port of 20 hosts within an hour by mistake.",
            )
        },
        "Look at what the source was let in to. From inside, find the host: worms spread so.",
        "rejects",
    ),
    Detection(
        "brute-force",
        "Brute force",
        "Does a source knock at a login port again and again, and was it let in afterwards?",
        "{srcaddr} tried port {dstport} of {dstaddr} {attempts} times; afterwards let in {let_in} "
        "times",
        "high",
        "T1110",
        PAIR,
        {"attempts": "sum", "let_in": "sum"},
        brute_force,
        {
            "attempts": Threshold(
                20, "flows an hour", "A person who mistypes a password stops long before 20."
            ),
            "bytes": Threshold(
                5000,
                "bytes a flow",
                "An SSH or RDP session that fails at the password moves less than this; "
                "accepted flows above it are sessions, not attempts.",
            ),
        },
        "If it was let in, take the host for broken into: isolate it, keep its disk. Else close "
        "the port to the Internet.",
        "traffic",
        quiet=6 * HOUR,
    ),
    Detection(
        "low-and-slow",
        "Distributed attempts",
        "Do many more sources than usual try one login port, each only a few times?",
        "{sources} sources tried port {dstport} of {dstaddr}, a few times each",
        "medium",
        "T1110.003",
        ("dstaddr", "dstport"),
        {"sources": "max", "flows": "sum"},
        low_and_slow,
        {
            "sources": Threshold(
                30, "sources an hour", "Fewer are everyday noise of the Internet."
            ),
            "each": Threshold(
                5,
                "flows a source",
                "More from one source is brute force, which is found by itself.",
            ),
            "factor": Threshold(
                4,
                "times the usual",
                "The usual is what nine of ten hours of the last week stayed below; noise alone "
                "seldom doubles it.",
            ),
        },
        "See whether any of the sources was accepted; close the port to the Internet.",
        "traffic",
        quiet=6 * HOUR,
    ),
    Detection(
        "refused-inside",
        "Refused inside the network",
        "Is traffic between own hosts refused?",
        "Port {dstport} of {dstaddr} was closed to {sources} own sources, refused {flows} times",
        "medium",
        "T1021",
        ("dstaddr", "dstport"),
        {"sources": "max", "flows": "sum"},
        Hourly(
            ("sources", "flows"),
            ("dstaddr", "dstport"),
            (*COMING, *ASKING, *REFUSED, ("srcaddr", INSIDE), ("dstaddr", INSIDE)),
            (("flows", "flows"),),
        ),
        {
            "flows": Threshold(
                30,
                "flows an hour",
                "A client with a wrong setting tries every few minutes; 30 an hour is a service "
                "that cannot reach another, or a host that looks around.",
            )
        },
        "Ask the owner of the source: either a rule is missing, or the host should not try.",
        "rejects",
        (("srcaddr", INSIDE),),
        quiet=6 * HOUR,
    ),
)
