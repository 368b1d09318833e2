"""Flows by the place of an address: what the map shows, and what it says of the rest."""

from __future__ import annotations

import pandas as pd
import pytest

from vpcflow_core.analysis.places import flows_by_place
from vpcflow_core.reference.geoip import Places


def by_place(flows: dict[str, int]) -> tuple[int, tuple[str, ...]]:
    frame = pd.DataFrame({"srcaddr": list(flows), "flows": list(flows.values())})
    places = Places.open(search_system=False)
    rows, notes = flows_by_place(frame, "srcaddr", places)
    places.close()
    return int(rows["flows"].sum()), notes


@pytest.mark.parametrize(
    ("flows", "shown", "notes"),
    [
        ({"10.0.0.1": 1000, "192.168.7.9": 100}, 0, ["All 1.1 K flows come from private addresses."]),
        ({"224.0.0.5": 1}, 0, ["The only flow comes from multicast addresses."]),
        ({"224.0.0.5": 7}, 0, ["All 7 flows come from multicast addresses."]),
        ({"10.0.0.1": 3, "193.0.0.1": 1}, 1, ["75 % of flows are from private addresses."]),
        (
            {"10.0.0.1": 3, "224.0.0.5": 1},
            0,
            [
                "75 % of flows are from private addresses.",
                "25 % of flows are from multicast addresses.",
            ],
        ),
    ],
)  # fmt: skip
def test_flows_without_a_place_are_said(
    flows: dict[str, int], shown: int, notes: list[str]
) -> None:
    assert by_place(flows) == (shown, tuple(notes))
