"""The records behind a panel: all fields, the newest first, under window and filters."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.query.logs import DAY, START, VERSION_2, Logs
from vpcflow_core.engines.duckdb.engine import DuckDBEngine
from vpcflow_core.errors import MissingDataError, ParameterError
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.records import records_for
from vpcflow_core.times import Window

WINDOW = Window(START + timedelta(hours=5), START + timedelta(hours=41, minutes=7))


@pytest.mark.parametrize("relation", ["flows", "records"])
def test_the_newest_records_come_first_with_all_their_fields(
    logs: Logs, engine: DuckDBEngine, relation: str
) -> None:
    filters = Filters.parse({"dstport": "22, 443"})
    columns = engine.columns(relation)
    found = engine.run(records_for(WINDOW, filters, columns, relation=relation, limit=50), WINDOW)
    frame = logs.frame
    inside = frame[
        (frame["start_time"] >= WINDOW.start)
        & (frame["start_time"] < WINDOW.end)
        & frame["dstport"].isin([22, 443])
        & ((frame["log_status"] == "OK") | (relation == "records"))
    ]
    newest = inside.sort_values("start_time", ascending=False).head(50)
    assert set(found.frame.columns) == set(columns)
    assert list(found.frame.columns[:2]) == ["start_time", "end_time"]
    assert list(found.frame["start_time"]) == list(newest["start_time"])


def test_no_records_at_all_are_no_question() -> None:
    with pytest.raises(ParameterError, match="0 is not a number of rows"):
        records_for(WINDOW, Filters(), VERSION_2, limit=0)


def test_a_filter_on_a_field_that_no_record_has_is_told() -> None:
    with pytest.raises(MissingDataError, match="vpc-id"):
        records_for(Window(START, START + DAY), Filters.parse({"vpc_id": "vpc-1"}), VERSION_2)
