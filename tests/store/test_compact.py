"""Merging small files keeps every record and sorts them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.store.doubles import START, Memory, key, line, log, numbers, records
from vpcflow_core.store import compact as module
from vpcflow_core.store.batch import Limits
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import sync


def scattered(count: int, named_by_aws: bool = True) -> Memory:
    """Objects whose records lie all over one day."""
    source = Memory()
    for number in range(count):
        lines = [
            line(number * 5 + i, START + timedelta(minutes=(number * 37 + i * 211) % 1440))
            for i in range(5)
        ]
        name = key(number) if named_by_aws else f"{number}.log"
        source.put(name, log([*lines, line(0, START, "NODATA")]))
    return source


@pytest.mark.parametrize("named_by_aws", [True, False])
def test_small_files_become_one_sorted_file_with_every_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named_by_aws: bool
) -> None:
    monkeypatch.setattr(module, "SMALL_FILES", 10**9)
    with Store.open(tmp_path / "s") as store:
        sync(store, scattered(20, named_by_aws), limits=Limits(seconds=0), workers=1)
        assert len(store.files("flows")) == 20
        before = records(store)
        monkeypatch.setattr(module, "SMALL_FILES", 8)
        sync(store, scattered(20, named_by_aws))
        files = store.files("records")
        assert sorted(file.part for file in files) == ["flows", "quiet"]
        assert records(store) == before
        for file in files:
            with pq.ParquetFile(file.path) as parquet:
                starts = parquet.read(["start_time"])["start_time"].to_pylist()
            assert starts == sorted(starts)


def test_merged_files_end_at_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MERGED_ROWS", 30)
    with Store.open(tmp_path / "s") as store:
        sync(store, scattered(20), limits=Limits(seconds=0), workers=1)
        assert [file.rows for file in store.files("flows")] == [30, 30, 30, 10]
        assert numbers(store) == dict.fromkeys(range(100), 1)


def test_a_few_small_files_are_left_alone(tmp_path: Path) -> None:
    with Store.open(tmp_path / "s") as store:
        sync(store, scattered(8), limits=Limits(seconds=0), workers=1)
        assert len(store.files("flows")) == 8


def test_an_object_can_be_replaced_after_its_rows_were_merged(tmp_path: Path) -> None:
    source = scattered(20, named_by_aws=False)
    with Store.open(tmp_path / "s") as store:
        sync(store, source, limits=Limits(seconds=0), workers=1)
        assert len(store.files("flows")) == 1
        source.put("3.log", log([line(15, START), line(999, START)]))
        sync(store, source)
        expected = [n for n in range(100) if n not in range(15, 20)] + [15, 999]
        assert numbers(store) == dict.fromkeys(expected, 1)


def test_files_of_other_columns_are_not_merged_with_them(tmp_path: Path) -> None:
    source = scattered(20)
    second = int(START.timestamp())
    source.put(key(99), log([f"{second} 5 OK"], "start bytes log-status"))
    with Store.open(tmp_path / "s") as store:
        sync(store, source, limits=Limits(seconds=0), workers=1)
        assert len({file.columns for file in store.files("flows")}) == 2
        assert len(store.files("flows")) == 2
