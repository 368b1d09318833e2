"""Neighbouring violations are one episode."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd

from tests.analysis.series import minute
from vpcflow_core.analysis.episodes import COLUMNS, episodes

MINUTE = timedelta(minutes=1)


def violation(at: int, title: str, deviations: float, **other: Any) -> dict[str, Any]:
    return {
        "bucket": minute(at), "panel": f"outliers/{title.lower()}", "title": title,
        "measure": title.lower(), "value": 10.0, "lower": 0.0, "upper": 5.0, "error": 6.0,
        "deviations": deviations, "field": "", "of": "",
    } | other  # fmt: skip


def found(*rows: dict[str, Any], every: timedelta = MINUTE) -> pd.DataFrame:
    return episodes(pd.DataFrame(rows), every)


def test_neighbours_of_all_series_are_one_and_what_is_apart_is_not() -> None:
    made = found(
        violation(0, "Bytes", 4.0),
        violation(0, "Packets", 9.0, value=77.0),
        violation(8, "Bytes", 5.0),
        violation(30, "Bytes", 20.0),
    )
    assert list(made) == COLUMNS
    assert made["start"].tolist() == [minute(30), minute(0)]  # the worst first
    assert made["end"].tolist() == [minute(31), minute(9)]
    assert made["what"].tolist() == ["Bytes", "Packets, Bytes"]
    assert made["value"].tolist() == [10.0, 77.0]
    assert made["change"].tolist() == [6.0, 6.0]


def test_what_lasts_counts_more_than_what_is_short() -> None:
    long = [violation(at, "Bytes", 6.0) for at in range(60)]
    made = found(*long, violation(200, "Packets", 30.0))
    assert made["start"].tolist() == [minute(0), minute(200)]
    assert made["change"].iloc[0] == 360.0


def test_values_of_a_field_have_series_of_their_own() -> None:
    rows = [violation(at, "Flows", 4.0, field="srcaddr", of=of) for at in range(3) for of in "ab"]
    made = found(*rows, violation(1, "Flows", 6.0, field="srcaddr", of="c"))
    assert made[["field", "of"]].values.tolist() == [["srcaddr", "a"]]


def test_long_timeslices_are_neighbours_over_one_that_is_usual() -> None:
    hour = timedelta(hours=1)
    rows = [violation(60 * at, "Bytes", 4.0) for at in (0, 2, 5)]
    assert len(found(*rows, every=hour)) == 2


def test_nothing_unusual_is_an_empty_list() -> None:
    assert episodes(pd.DataFrame(), MINUTE).empty
