"""Flows by address become flows by place."""

from __future__ import annotations

import pandas as pd

from vpcflow_core.reference.geoip import Places
from vpcflow_core.units import humane_count

WHERE = {
    "public": "public addresses of unknown place",
    "private": "private addresses",
    "reserved": "reserved addresses",
    "multicast": "multicast addresses",
    "aws": "addresses of AWS's own services inside the VPC",
}
PLACE = ["country", "country_name", "city", "latitude", "longitude"]


def flows_by_place(
    frame: pd.DataFrame, address: str, places: Places
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Add up measures by the place of an address.

    Args:
        frame: One row an address: the address column, `flows`, and other counts.
        address: Name of the address column.
        places: Looks each address up once.

    Returns:
        One row a place, most flows first: country, country_name, city, latitude, longitude and
        the counts, plus `addresses`; and sentences about the flows that have no place.
    """
    located = frame.merge(
        places.locate(frame[address]), left_on=address, right_on="address", how="left"
    )
    measures = [name for name in frame.columns if name != address]
    found = located[located["latitude"].notna()]
    grouped = found.groupby(PLACE, dropna=False, sort=False)
    rows = grouped[measures].sum().assign(addresses=grouped.size()).reset_index()
    rows = rows.sort_values(["flows", "country"], ascending=[False, True], ignore_index=True)
    return rows, tuple(_unplaced(located))


def _unplaced(located: pd.DataFrame) -> list[str]:
    """How many flows the map cannot show, and why."""
    total = int(located["flows"].sum())
    missing = located[located["latitude"].isna()]
    parts = missing.groupby("class")["flows"].sum().sort_values(ascending=False)
    if len(parts) == 1 and total == int(parts.iloc[0]) > 0:
        kind = str(parts.index[0])
        flows = "The only flow comes" if total == 1 else f"All {humane_count(total)} flows come"
        return [f"{flows} from {WHERE.get(kind, kind)}."]
    return [
        f"{_share(int(part), total)} of flows are from {WHERE.get(str(kind), kind)}."
        for kind, part in parts.items()
        if part
    ]


def _share(part: int, total: int) -> str:
    """A percentage that never rounds something to nothing or nearly all to all."""
    percent = 100 * part / total
    if percent < 1:
        return "Less than 1 %"
    return f"{min(percent, 99):.0f} %" if part < total else "100 %"
