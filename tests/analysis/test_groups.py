"""Parts of a whole: they add up, whatever is told apart."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpcflow_core.analysis.groups import with_rest


def test_what_is_not_told_apart_is_one_more_part() -> None:
    totals = pd.DataFrame({"host": ["b", "a"], "flows": [10, 4], "bytes": [100, 40]})
    parts = pd.DataFrame(
        {"host": ["a", "b", "c"], "port": [22, 80, 1], "flows": [4, 7, 9], "bytes": [40, 60, 9]}
    )
    frame = with_rest(totals, parts, "host", "port", ["flows", "bytes"])
    assert frame["host"].tolist() == ["b", "b", "a"]
    assert frame["port"].fillna(-1).tolist() == [80, -1, 22]
    assert frame["flows"].tolist() == [7, 3, 4]
    assert frame["bytes"].tolist() == [60, 40, 40]


def test_a_group_without_known_parts_is_all_rest() -> None:
    totals = pd.DataFrame({"vpc": ["v"], "bytes": [5]})
    parts = pd.DataFrame({"vpc": [], "direction": [], "bytes": []}).astype({"bytes": "int64"})
    frame = with_rest(totals, parts, "vpc", "direction", ["bytes"])
    assert frame["bytes"].tolist() == [5]
    assert frame["direction"].isna().all()


def test_numbers_beside_a_rest_stay_whole_and_can_be_written_as_parquet(tmp_path: object) -> None:
    totals = pd.DataFrame({"host": ["a"], "flows": [9]})
    parts = pd.DataFrame({"host": ["a"], "port": pd.Series([443], dtype="int32"), "flows": [4]})
    frame = with_rest(totals, parts, "host", "port", ["flows"])
    assert str(frame["port"].dtype) == "Int64"
    frame.to_parquet(f"{tmp_path}/x.parquet")


rows = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 4), st.integers(0, 50)), max_size=40
)


@pytest.mark.slow
@given(rows, st.sets(st.integers(0, 4), max_size=3))
def test_parts_add_up_to_the_totals(records: list[tuple[str, int, int]], shown: set[int]) -> None:
    every = pd.DataFrame(records, columns=["host", "port", "flows"])
    totals = every.groupby("host", as_index=False)["flows"].sum().head(2)
    parts = (
        every[every["port"].isin(shown)].groupby(["host", "port"], as_index=False)["flows"].sum()
    )
    frame = with_rest(totals, parts, "host", "port", ["flows"])
    added = frame.groupby("host")["flows"].sum()
    for host, flows in zip(totals["host"], totals["flows"], strict=True):
        assert added.get(host, 0) == flows
