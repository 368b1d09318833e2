"""Questions by name whose records are added up by address first have the answers of all records."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from tests.engines.duckdb.networks import NOON, V2, flow, stored
from tests.engines.duckdb.test_ends import V3, shot
from vpcflow_core.api import FlowLogs
from vpcflow_core.engines.duckdb.relations import Relations
from vpcflow_core.query.question import Query
from vpcflow_core.times import Window

HOUR = timedelta(hours=1)
MEASURES = ("flows", "rejected", "bytes", "packets")
OWN = ["10.0.0.4", "10.0.0.5", "10.3.0.6", "9.9.9.9"]


def records(vpc: bool) -> list[dict[str, str]]:
    """Records of each address to each, in three hours, some of them refused."""
    named = {"vpc_id": "vpc-3"} if vpc else {}
    return [
        flow("eni-4", a, b, 1 + 10 * i + j, NOON + hours * HOUR, action, **named)
        for i, a in enumerate(OWN)
        for j, b in enumerate(OWN)
        for hours in range(3)
        for action in (["ACCEPT", "REJECT"] if hours else ["ACCEPT"])
    ]


@pytest.fixture(params=["one form", "two forms"])
def summed_flows(request: pytest.FixtureRequest, tmp_path: Path) -> FlowLogs:
    """Logs with a VPC in each record, and logs of which half has none."""
    logs = [(V3, records(True))]
    if request.param == "two forms":
        logs.append((V2, records(False)))
    return stored(tmp_path / "s", *logs, shots=[shot()])


def grouped(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether records were added up first, of each question that is asked from now on."""
    seen: list[bool] = []
    make = Relations._make_view

    def noting(self: Relations, name: str, select: str) -> None:
        seen.append("GROUP BY ALL" in select)
        make(self, name, select)

    monkeypatch.setattr(Relations, "_make_view", noting)
    return seen


@pytest.mark.parametrize("by", ["src_name", "dst_kind", "src_vpc", "dst_account"])
@pytest.mark.parametrize("where", [{}, {"action": "REJECT"}, {"{end}_kind": "Interface"}])
@pytest.mark.parametrize("start", [NOON, NOON + HOUR])
def test_a_question_of_sums_equals_the_records_added_up_one_by_one(
    summed_flows: FlowLogs,
    monkeypatch: pytest.MonkeyPatch,
    by: str,
    where: dict[str, str],
    start: datetime,
) -> None:
    window = Window(start, start + 2 * HOUR)
    seen = grouped(monkeypatch)
    asked = summed_flows.between(start, window.end).where(
        **{name.format(end=by[:3]): value for name, value in where.items()}
    )
    found = asked.ask(Query(MEASURES, by=(by,), top=50, order="bytes")).frame
    assert seen[-1]
    each = asked.sql(f"SELECT {by}, action, bytes, packets FROM flows")
    each = each.assign(flows=1, rejected=(each["action"] == "REJECT").astype(int))
    expected = each.dropna(subset=[by]).groupby(by)[list(MEASURES)].sum()
    assert len(expected)
    got = found.set_index(by)[list(MEASURES)].astype("int64").sort_index()
    pd.testing.assert_frame_equal(got, expected.astype("int64").sort_index(), check_dtype=False)


def test_a_question_about_single_records_is_asked_of_them(
    summed_flows: FlowLogs, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = grouped(monkeypatch)
    query = Query(("bytes",), by=("src_name",), top=50)
    for other in (
        replace(query, measures=("bytes", "last")),
        replace(query, measures=("packets_p95",)),
        replace(query, measures=("bytes", "destinations")),
        replace(query, every=HOUR),
        replace(query, by=("src_name", "dstport")),
        replace(query, by=("src_name", "dst_name")),
    ):
        summed_flows.ask(other)
    assert not any(seen)
    summed_flows.ask(query)
    assert seen[-1]
