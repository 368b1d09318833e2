"""What tables of known things say of now, and of each moment.

The store knows things as they were and as they are: a row for each shape, with `since`, `until`,
`first_seen`, `last_seen` and `gone` (`store.snapshots.known`). Tables of one snapshot lack these
columns, and hold at any time.
"""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from vpcflow_core.times import Window

EVER, FOR_EVER = pd.Timestamp("1970-01-01", tz="UTC"), pd.Timestamp("2200-01-01", tz="UTC")
PLACE = ("account_id", "region")


def newest(table: pd.DataFrame, key: str) -> pd.DataFrame:
    """The newest shape of each thing, of those that are gone too."""
    if "until" in table:
        table = table.sort_values("until", kind="stable")
    return table.drop_duplicates(key, keep="last").dropna(subset=[key])


def current(table: pd.DataFrame, key: str) -> pd.DataFrame:
    """What there is now, as it is."""
    return newest(table[~table["gone"].astype(bool)] if "gone" in table else table, key)


def shapes(table: pd.DataFrame) -> pd.DataFrame:
    """Every shape with the columns of time; those of one snapshot hold for ever."""
    if "since" not in table:
        times = {"since": EVER, "until": FOR_EVER, "first_seen": EVER, "last_seen": FOR_EVER}
        return table.assign(**times).assign(gone=False)
    return table if "first_seen" in table else table.assign(first_seen=table["since"])


def timed(table: pd.DataFrame) -> pd.DataFrame:
    """As `shapes`; what is gone holds until that was noticed.

    That is the next snapshot after it was last seen, as far as it is known: the next time that
    something else was seen for the first or last time.
    """
    table = shapes(table)
    gone = table["gone"].astype(bool) & (table["last_seen"] < table["until"])
    if not gone.any():
        return table
    moments = pd.concat([table["first_seen"], table["last_seen"]]).drop_duplicates().sort_values()
    last = table.loc[gone, "last_seen"]
    at = moments.searchsorted(last, side="right")
    noticed = [
        moments.iloc[n] if n < len(moments) else seen for n, seen in zip(at, last, strict=True)
    ]
    until = table["until"].copy()
    until[gone] = pd.concat([until[gone], pd.Series(noticed, last.index)], axis=1).min(axis=1)
    return table.assign(until=until)


def changes(window: Window, *tables: pd.DataFrame) -> list[datetime]:
    """The moments in a window at which a thing of the tables changed, as far as it is known."""
    times = [timed(table)[name] for table in tables for name in ("since", "until", "first_seen")]
    moments = pd.concat(times).drop_duplicates().sort_values()
    inside = moments[(moments > pd.Timestamp(window.start)) & (moments < pd.Timestamp(window.end))]
    return [moment.to_pydatetime() for moment in inside]


def begun(table: pd.DataFrame) -> pd.DataFrame:
    """As `timed`; what the first snapshot did not show begins when one shows it."""
    table = timed(table)
    places = [table[name] for name in PLACE if name in table]
    seen = table["first_seen"]
    start = seen.groupby(places, dropna=False).transform("min") if places else seen.min()
    return table.assign(since=table["since"].where(seen <= start, seen))


def owners(interfaces: pd.DataFrame) -> pd.DataFrame:
    """Who had each private address when: one row an interface's shape and address.

    An address that a later interface of the VPC has too belongs to the former until that one is
    seen; the last known owner of a time without any is the nearest one.

    Returns:
        The columns of the interfaces, `addresses` being one of them, with `since` and `until`.
    """
    rows = timed(interfaces).explode("addresses").dropna(subset=["addresses"])
    vpc = rows["vpc_id"].fillna("") if "vpc_id" in rows else ""
    rows = rows.assign(_vpc=vpc).sort_values("first_seen", kind="stable")
    by_address = rows.groupby(["_vpc", "addresses"], sort=False)
    before, after = by_address.shift(1), by_address.shift(-1)
    taken = after["interface_id"].notna() & (after["interface_id"] != rows["interface_id"])
    taken &= rows["last_seen"] < after["first_seen"]
    given = before["interface_id"].notna() & (before["interface_id"] != rows["interface_id"])
    given &= before["last_seen"] < rows["first_seen"]
    until = rows["until"].where(~taken, after["first_seen"])
    since = rows["since"].where(~given, rows["first_seen"])
    return rows.assign(since=since, until=until).drop(columns="_vpc")
