"""What changed most, by value of several fields: equal to what pandas counts of the records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from vpcflow_core.api import FlowLogs
from vpcflow_core.errors import MissingDataError
from vpcflow_core.query.as_logged import NOTE
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.question import Query
from vpcflow_core.times import Window

FIELDS = ("srcaddr", "dstport", "interface_id")
PORTED = (6, 17, 33, 132, 136)


@pytest.fixture(scope="module")
def changing(sample_store: Path) -> Iterator[tuple[FlowLogs, tuple[Window, Window], pd.DataFrame]]:
    """The sample, its last two windows of two hours, the earlier one last, and their records."""
    with FlowLogs.open(sample_store) as logs:
        assert logs.extent
        end = logs.extent.end.replace(minute=0, second=0, microsecond=0)
        now = Window(end - timedelta(hours=2), end)
        before = now.moved(-timedelta(hours=2))
        records = logs.records(Window(before.start, now.end), limit=10**6).frame
        yield logs, (now, before), records


def changes(frame: pd.DataFrame) -> dict[tuple[str, str], tuple[int, int]]:
    return {(row.field, row.value): (int(row.now), int(row.before)) for row in frame.itertuples()}


def test_values_of_both_ranges_are_those_of_the_records(
    changing: tuple[FlowLogs, tuple[Window, Window], pd.DataFrame],
) -> None:
    logs, ranges, records = changing
    query = Query(("bytes",), where=(("action", "ACCEPT"),))
    (result,) = logs.ask_change(query, FIELDS, ranges, most=10**6)
    expected: dict[tuple[str, str], list[int]] = {}
    for row in records[records["action"] == "ACCEPT"].itertuples():
        side = 0 if row.start_time >= ranges[0].start else 1
        texts = {"srcaddr": row.srcaddr, "interface_id": row.interface_id}
        if row.dstport or row.protocol in PORTED:
            texts["dstport"] = str(row.dstport)
        for key in texts.items():
            expected.setdefault(key, [0, 0])[side] += row.bytes
    assert len(expected) > 100
    assert changes(result.frame) == {key: tuple(pair) for key, pair in expected.items()}


def test_the_largest_changes_come_first_and_no_more_than_asked_for(
    changing: tuple[FlowLogs, tuple[Window, Window], pd.DataFrame],
) -> None:
    logs, ranges, _ = changing
    (whole,) = logs.ask_change(Query(("flows",)), FIELDS, ranges, most=10**6)
    (most,) = logs.ask_change(Query(("flows",)), FIELDS, ranges, most=4)
    size = (whole.frame["now"] - whole.frame["before"]).abs()
    ordered = whole.frame.assign(size=size).sort_values(
        ["field", "size", "value"], ascending=[True, False, True]
    )
    first = ordered.groupby("field").head(4)[["field", "value"]]
    assert most.frame[["field", "value"]].to_numpy().tolist() == first.to_numpy().tolist()
    assert Counter(most.frame["field"]) == dict.fromkeys(FIELDS, 4)


def test_interfaces_count_as_logged_where_flows_count_once(
    changing: tuple[FlowLogs, tuple[Window, Window], pd.DataFrame],
) -> None:
    logs, ranges, _ = changing
    fields = ("srcaddr", "interface_id")
    (plain,) = logs.ask_change(Query(("flows",)), fields, ranges, most=10**6)
    interfaces, addresses = logs.once().ask_change(Query(("flows",)), fields, ranges, most=10**6)
    assert interfaces.notes == (NOTE,)
    assert changes(interfaces.frame) == {
        key: pair for key, pair in changes(plain.frame).items() if key[0] == "interface_id"
    }
    once = logs.once().ask(Query(("flows",), by=("srcaddr",)), ranges[0]).frame
    counted = dict(zip(once["srcaddr"], once["flows"], strict=True))
    found = {key[1]: pair[0] for key, pair in changes(addresses.frame).items() if pair[0]}
    assert found == counted


def test_a_measure_that_no_record_has_is_refused(
    changing: tuple[FlowLogs, tuple[Window, Window], pd.DataFrame],
) -> None:
    logs, ranges, _ = changing
    with pytest.raises(MissingDataError):
        logs.ask_change(Query(("flows",)), FIELDS, ranges, Filters.parse({"ecs_service_name": "a"}))
