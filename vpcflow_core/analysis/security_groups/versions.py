"""What tables of known things say of now, and of a window.

The store knows things as they were and as they are: a row for each shape, with `since`, `until`,
`last_seen` and `gone` (`store.snapshots.known`). Tables of one snapshot lack these columns, and are
taken as they are.
"""

from __future__ import annotations

import pandas as pd


def newest(table: pd.DataFrame, key: str) -> pd.DataFrame:
    """The newest shape of each thing, of those that are gone too."""
    if "until" in table:
        table = table.sort_values("until", kind="stable")
    return table.drop_duplicates(key, keep="last").dropna(subset=[key])


def current(table: pd.DataFrame, key: str) -> pd.DataFrame:
    """What there is now, as it is."""
    return newest(table[~table["gone"].astype(bool)] if "gone" in table else table, key)


def during(table: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
    """The shapes that held at some time of a window (UTC).

    A thing that is gone may have held on for a while after it was last seen, which is not known:
    it counts as gone from then on.
    """
    if not {"since", "until", "last_seen", "gone"} <= set(table) or pd.isna(first):
        return table
    held = (table["since"] <= last) & (table["until"] > first)
    return table[held & ~(table["gone"].astype(bool) & (table["last_seen"] < first))]
