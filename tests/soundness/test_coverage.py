"""The hours that coverage shows, and those it names as empty, are those that pandas finds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from tests.logs import UNTIL, fill, read_with_pandas, write_sample
from vpcflow_core.api import FlowLogs
from vpcflow_core.charts import COLOURS
from vpcflow_core.panels.sources import HOUR, runs, sentence
from vpcflow_core.sources.open import open_source
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import sync
from vpcflow_core.times import EPOCH

GONE = [UNTIL - timedelta(hours=h) for h in (5, 6, 7, 20)]
PLAIN = (
    "account-id interface-id srcaddr dstaddr start end\n"
    "123456789012 eni-1 10.0.0.1 10.0.0.2 {start} {end}\n"
)


@pytest.fixture(scope="module")
def gappy_logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample without the records of some hours."""
    folder = write_sample(tmp_path_factory.mktemp("logs"), records=5000, days=2)
    records = read_with_pandas(folder)
    kept = records[~records["start"].dt.floor("h").isin(GONE)].copy()
    for path in folder.rglob("*.gz"):
        path.unlink()
    for name in ("start", "end"):
        kept[name] = (kept[name] - EPOCH) // timedelta(seconds=1)
    kept.to_csv(folder / "all.log.gz", sep=" ", na_rep="-", index=False)
    return folder


@pytest.fixture(scope="module")
def gappy_flows(gappy_logs: Path, tmp_path_factory: pytest.TempPathFactory) -> FlowLogs:
    return FlowLogs(Store.open(fill(tmp_path_factory.mktemp("store"), gappy_logs)))


def test_each_hour_has_the_records_that_pandas_counts(
    gappy_flows: FlowLogs, gappy_logs: Path
) -> None:
    found = read_with_pandas(gappy_logs)
    start = UNTIL - timedelta(days=1)
    found = found[found["start"].between(start, UNTIL, inclusive="left")]
    expected = found.groupby([found["start"].dt.floor("h"), "log-status"]).size()
    frame = gappy_flows.between(start, UNTIL).panel("sources/coverage").frame
    seen = frame[frame["records"] > 0].set_index(["bucket", "log_status"])["records"]
    assert seen.to_dict() == expected.to_dict()
    assert frame["bucket"].nunique() == 24


def test_hours_without_any_record_are_named(gappy_flows: FlowLogs) -> None:
    shown = gappy_flows.between(UNTIL - timedelta(days=1), UNTIL).panel("sources/coverage")
    assert shown.answer.notes == (
        "4 hours without any record: 2026-11-19T16:00Z to 2026-11-19T17:00Z, "
        "2026-11-20T05:00Z to 2026-11-20T08:00Z.",
    )
    bars = {bar.name: bar for bar in shown.figure().data}
    assert {name: bars[name].marker.color for name in ("OK", "NODATA")} == {
        name: COLOURS[name] for name in ("OK", "NODATA")
    }


def test_hours_before_the_first_record_are_no_gaps(gappy_flows: FlowLogs) -> None:
    shown = gappy_flows.between(UNTIL - timedelta(days=5), UNTIL).panel("sources/coverage")
    gaps, first = shown.answer.notes
    assert gaps.startswith("4 hours without any record")
    assert first == f"The first record of all is of {gappy_flows.extent.start:%Y-%m-%dT%H:%MZ}."  # type: ignore[union-attr]


def test_hours_after_the_last_record_are_gaps_and_the_future_is_none(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    start = int((this_hour - timedelta(hours=5)).timestamp())
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.log").write_text(PLAIN.format(start=start, end=start + 60))
    with FlowLogs(Store.open(fill(tmp_path / "store", tmp_path / "logs"))) as flows:
        window = (this_hour - timedelta(hours=6), this_hour + timedelta(hours=30))
        notes = flows.between(*window).panel("sources/coverage").answer.notes
    assert notes[0].startswith("4 hours without any record")


def test_records_of_formats_without_log_status_are_no_gap(gappy_logs: Path, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    start = int(GONE[0].timestamp())
    (tmp_path / "plain" / "a.log").write_text(PLAIN.format(start=start, end=start + 60))
    window = (UNTIL - timedelta(days=1), UNTIL)
    with Store.open(tmp_path / "store") as store:
        sync(store, open_source(str(tmp_path / "plain")))
        alone = FlowLogs(store).between(*window).panel("sources/coverage")
        assert alone.frame["records"].sum() == 1
        sync(store, open_source(str(gappy_logs)))
        both = FlowLogs(store).between(*window).panel("sources/coverage")
    unnamed = both.frame[both.frame["log_status"].isna()]
    assert unnamed[["bucket", "records"]].to_numpy().tolist() == [[pd.Timestamp(GONE[0]), 1]]
    assert both.answer.notes[0].startswith("3 hours without any record")
    assert "without log-status" in {bar.name for bar in both.figure().data}


def test_gaps_are_told_by_their_runs_and_many_by_their_number() -> None:
    every_other = [UNTIL + 2 * n * HOUR for n in range(20)]
    assert len(runs(every_other, HOUR)) == 20
    told = sentence(every_other, HOUR, 40)
    assert told.startswith("20 hours without any record: 2026-11-20T12:00Z to 2026-11-20T13:00Z, ")
    assert told.endswith(" and 12 more gaps.")
    assert sentence([], HOUR, 24) == "Every hour has records."
    assert sentence([UNTIL], 3 * HOUR, 8) == (
        "1 timeslice of 3h without any record: 2026-11-20T12:00Z to 2026-11-20T15:00Z."
    )
    night = [UNTIL + 12 * HOUR - HOUR, UNTIL + 12 * HOUR]
    assert "2026-11-20T23:00Z to 2026-11-21T01:00Z" in sentence(night, HOUR, 24)
