"""Two flow logs over the same interface: each record counts once, and the page says how."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from dashboards.ui.report_tables import repeated_sentence
from tests.store.doubles import HEADER, START, log
from vpcflow_core.api import FlowLogs
from vpcflow_core.sources.local import LocalSource
from vpcflow_core.store.repeats import Repeated
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import forget, sync

A, B, C = (f"fl-0{letter * 16}" for letter in "abc")
V5 = f"{HEADER} vpc-id subnet-id flow-direction"
MINUTE = timedelta(minutes=1)


def name(flow_log: str, at: datetime = START, unique: str = "abcdef01") -> str:
    return f"123456789012_vpcflowlogs_eu-central-1_{flow_log}_{at:%Y%m%dT%H%M}Z_{unique}.log.gz"


def record(
    port: int, at: datetime = START, *, size: int = 100, action: str = "ACCEPT",
    eni: str = "eni-7", lasts: int = 60, more: str = "", status: str = "OK",
) -> str:  # fmt: skip
    start = int(at.timestamp())
    return (
        f"2 123456789012 {eni} 10.0.0.9 10.0.1.9 {port} 443 6 2 {size} {start} {start + lasts} "
        f"{action} {status}{more}"
    )


def written(folder: Path, files: dict[str, Iterable[str]], header: str = HEADER) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for file, lines in files.items():
        (folder / file).write_bytes(log(lines, header))
    return folder


def opened(tmp_path: Path, *folders: Path) -> FlowLogs:
    with Store.open(tmp_path / "store") as store:
        for folder in folders:
            sync(store, LocalSource(folder))
    return FlowLogs.open(tmp_path / "store")


def totals(logs: FlowLogs, relation: str = "flows") -> tuple[int, int]:
    row = logs.sql(f"SELECT count(*) AS n, sum(bytes)::BIGINT AS bytes FROM {relation}").iloc[0]
    return int(row["n"]), int(row["bytes"])


def test_records_that_two_flow_logs_wrote_alike_count_once(tmp_path: Path) -> None:
    lines = [record(40_000 + port) for port in range(6)]
    folder = written(tmp_path / "in", {name(A): lines, name(B): lines})
    with opened(tmp_path, folder) as logs:
        assert totals(logs) == (6, 600)
        assert totals(logs.once()) == (6, 600)
        assert totals(logs, "records") == (12, 1200)
        (note,) = [text for text in logs.notes if "same traffic" in text]
        assert note.startswith(f"{B} logs the same traffic as {A}: totals use {A} and leave out ")
        assert "6 of 6 records (100%)" in note
        found = logs.sql("SELECT DISTINCT flow_log_id FROM flows")
        assert found["flow_log_id"].tolist() == [A]


def test_the_flow_log_with_more_fields_is_used(tmp_path: Path) -> None:
    folder = written(tmp_path / "in", {name(A): [record(40_000 + p) for p in range(6)]})
    longer = [record(40_000 + p, more=" vpc-1 subnet-1 egress") for p in range(6)]
    written(folder, {name(B): longer}, V5)
    with opened(tmp_path, folder) as logs:
        assert totals(logs) == (6, 600)
        assert logs.top("vpc_id")["vpc_id"].tolist() == ["vpc-1"]
        assert logs.top("flow_log_id")["flow_log_id"].tolist() == [B]


def test_shorter_records_are_used_where_the_fields_are_the_same(tmp_path: Path) -> None:
    minutes = [record(40_000, START + m * MINUTE, size=10) for m in range(120)]
    coarse = [record(40_000, START + 10 * m * MINUTE, size=100, lasts=600) for m in range(12)]
    folder = written(tmp_path / "in", {name(A): coarse, name(B): minutes})
    with opened(tmp_path, folder) as logs:
        assert totals(logs) == (120, 1200)
        (found,) = logs.repeated
        assert (found.used, found.repeated, found.records, found.total) == (B, A, 12, 12)


def test_a_second_flow_log_that_took_over_within_the_hour_loses_nothing(tmp_path: Path) -> None:
    lines = [record(40_000, START + m * MINUTE) for m in range(60)]
    folder = written(tmp_path / "in", {name(A): lines[:25], name(B, START): lines[20:]})
    with opened(tmp_path, folder) as logs:
        assert totals(logs) == (60, 6000)
        assert logs.repeated[0].records == 5


@pytest.mark.parametrize(
    "other",
    [
        [record(40_000 + p, action="REJECT") for p in range(6)],
        [record(40_000 + p, eni="eni-8") for p in range(6)],
        [record(40_000 + p, START + 10 * MINUTE) for p in range(6)],
        [record(50_000 + p) for p in range(6)],
    ],
    ids=["rejected traffic", "another interface", "another time", "other traffic"],
)
def test_flow_logs_that_share_no_traffic_all_count(tmp_path: Path, other: list[str]) -> None:
    lines = [record(40_000 + port) for port in range(6)]
    folder = written(tmp_path / "in", {name(A): lines, name(B): other})
    with opened(tmp_path, folder) as logs:
        assert totals(logs) == (12, 1200)
        assert logs.repeated == ()


def test_a_source_without_ids_repeats_a_flow_log_and_stands_in_for_it(tmp_path: Path) -> None:
    lines = [record(40_000 + port) for port in range(6)]
    named = written(tmp_path / "s3", {name(A): [*lines, record(1)]})
    plain = written(tmp_path / "group", {"events.log": lines})
    with opened(tmp_path, named, plain) as logs:
        assert totals(logs) == (7, 700)
        assert totals(logs.only(f"file://{plain}")) == (6, 600)
        assert totals(logs.only(f"file://{named}")) == (7, 700)
    with Store.open(tmp_path / "store") as store:
        assert [found.repeated for found in store.repeated()] == [f"file://{plain}"]
        forget(store, f"file://{named}")
        assert store.repeated() == []
    with FlowLogs.open(tmp_path / "store") as logs:
        assert totals(logs) == (6, 600)


def test_a_page_names_no_folder_of_the_server_to_those_who_may_not_see_it() -> None:
    found = Repeated("fl-1", "file:///srv/logs", 5, 10)
    hidden = repeated_sentence(found, with_paths=False)
    assert hidden.startswith("a folder of the server logs the same traffic as fl-1: totals use")
    assert "/srv" not in hidden
    assert "5 of 10 records (50%) of file:///srv/logs" in repeated_sentence(found, with_paths=True)


def test_of_three_flow_logs_one_counts_whenever_they_arrive(tmp_path: Path) -> None:
    lines = [record(40_000 + port) for port in range(6)]
    folder = written(tmp_path / "in", {name(C): lines})
    opened(tmp_path, folder).close()
    written(folder, {name(B): lines})
    opened(tmp_path, folder).close()
    written(
        folder, {name(A): lines, "other.log": [record(40_000 + p, eni="eni-8") for p in (1, 2)]}
    )
    with opened(tmp_path, folder) as logs:
        assert totals(logs) == (8, 800)
        assert totals(logs, "records") == (20, 2000)


def test_nodata_records_of_two_flow_logs_stay_in_records(tmp_path: Path) -> None:
    quiet = "2 123456789012 eni-7 - - - - - - - 1793491200 1793491260 - NODATA"
    folder = written(tmp_path / "in", {name(A): [record(1), quiet], name(B): [record(1), quiet]})
    with opened(tmp_path, folder) as logs:
        assert totals(logs)[0] == 1
        assert totals(logs, "records")[0] == 4
