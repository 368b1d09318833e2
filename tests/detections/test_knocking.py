"""Attempts and what was let in after them, on random rows."""

from __future__ import annotations

from random import Random

import pandas as pd

from vpcflow_core.detections.base import HOUR
from vpcflow_core.detections.knocking import AFTERWARDS, PAIR, _are_afterwards

BEGIN = pd.Timestamp("2026-03-01", tz="UTC")
BEGINS = "datetime64[us, UTC]"


def rows(random: Random, many: int) -> pd.DataFrame:
    hours = [random.randrange(40) for _ in range(many)]
    firsts = [random.randrange(60) for _ in range(many)]
    lasts = [random.randrange(first, 60) for first in firsts]

    def moments(minutes: list[int]) -> pd.DatetimeIndex:
        both = zip(hours, minutes, strict=True)
        moments = [BEGIN + hour * HOUR + pd.Timedelta(minutes=minute) for hour, minute in both]
        return pd.DatetimeIndex(moments, dtype=BEGINS)

    return pd.DataFrame(
        {
            **{name: [random.choice("ab") for _ in range(many)] for name in PAIR},
            "bucket": moments([0] * many),
            "first": moments(firsts),
            "last": moments(lasts),
            "rejected": [random.choice([0, 9]) for _ in range(many)],
        }
    ).drop_duplicates([*PAIR, "bucket"])


def test_what_is_let_in_comes_after_attempts_of_the_same_pair_within_a_day() -> None:
    random = Random(7)
    seen = set()
    for many in (0, 1, 5, 60, 200):
        found, let_in = rows(random, 60), rows(random, many)
        later = _are_afterwards(let_in, found)
        for is_later, row in zip(later, let_in.to_dict("records"), strict=True):
            tried = [
                each
                for each in found.to_dict("records")
                if all(each[name] == row[name] for name in PAIR)
                and each["rejected"]
                and row["bucket"] - AFTERWARDS <= each["bucket"] <= row["bucket"]
                and each["first"] < row["last"]
            ]
            assert is_later == bool(tried)
            seen.add(is_later)
    assert seen == {True, False}
