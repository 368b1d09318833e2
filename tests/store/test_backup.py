"""Backups are whole whatever happens meanwhile, and a damaged one is never put in place."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from tests.logs import fill
from vpcflow_core.api import FlowLogs
from vpcflow_core.errors import StoreError
from vpcflow_core.sources.open import open_source
from vpcflow_core.store.backup import MANIFEST, back_up, check, restore
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import sync

LINE = "2 123456789012 eni-1 10.0.0.{0} 10.0.1.9 1 22 6 {0} 40 {1} {2} ACCEPT OK\n"
HEAD = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes "
    "start end action log-status\n"
)
START = 1763640000
BESIDE = ("views.json", "findings.json", "watch.json", "watched-engines/0a1b/watch.json")


def write(folder: Path, number: int) -> None:
    folder.mkdir(exist_ok=True)
    start = START + number * 60
    (folder / f"{number}.log").write_text(HEAD + LINE.format(number % 250 + 1, start, start + 60))


@pytest.fixture
def backed_up(tmp_path: Path) -> tuple[Path, Path]:
    """A store of five records, and its backup."""
    for number in range(5):
        write(tmp_path / "logs", number)
    fill(tmp_path / "store", tmp_path / "logs")
    for name in BESIDE:
        (tmp_path / "store" / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / "store" / name).write_text("[]\n")
    back_up(tmp_path / "store", tmp_path / "copy")
    return tmp_path / "store", tmp_path / "copy"


def answers(store: Path) -> list[object]:
    with FlowLogs(Store.open(store)) as logs:
        rows = logs.sql("SELECT srcaddr, packets, bytes FROM flows ORDER BY 1")
        return [rows.to_dict("list"), logs.catalogue.sources(), logs.extent]


def test_a_restored_store_answers_the_same(backed_up: tuple[Path, Path], tmp_path: Path) -> None:
    store, copy = backed_up
    expected = answers(store)
    assert restore(copy, tmp_path / "new").files == len(
        json.loads((copy / MANIFEST).read_text())["files"]
    )
    assert answers(tmp_path / "new") == expected
    for name in BESIDE:
        assert (tmp_path / "new" / name).read_text() == "[]\n"
    result = sync(Store.open(tmp_path / "new"), open_source(str(tmp_path / "logs")))
    assert result.records == 0  # it knows what it has


def test_every_damaged_or_missing_file_is_found_before_anything_is_restored(
    backed_up: tuple[Path, Path], tmp_path: Path
) -> None:
    _, copy = backed_up
    names = list(json.loads((copy / MANIFEST).read_text())["files"])
    for name in names:
        content = (copy / name).read_bytes()
        (copy / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        with pytest.raises(StoreError, match="is damaged"):
            restore(copy, tmp_path / "new")
        (copy / name).unlink()
        with pytest.raises(StoreError, match="cannot be read"):
            check(copy)
        (copy / name).write_bytes(content)
    assert not (tmp_path / "new").exists()
    assert check(copy).files == len(names)


@pytest.mark.parametrize("name", ["../escape", "/etc/escape"])
def test_a_list_that_leads_out_of_the_folder_is_refused(
    backed_up: tuple[Path, Path], tmp_path: Path, name: str
) -> None:
    _, copy = backed_up
    manifest = json.loads((copy / MANIFEST).read_text())
    manifest["files"][name] = [0, ""]
    (copy / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(StoreError, match="is no backup of vpcflow"):
        restore(copy, tmp_path / "new")


def test_nothing_is_written_over(backed_up: tuple[Path, Path], tmp_path: Path) -> None:
    store, copy = backed_up
    with pytest.raises(StoreError, match="is there already"):
        back_up(store, copy)
    with pytest.raises(StoreError, match="is not empty"):
        restore(copy, store)
    with pytest.raises(StoreError, match="There is no store"):
        back_up(tmp_path / "none", tmp_path / "other")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.slow
def test_backups_while_syncing_hold_whole_commits_alone(tmp_path: Path) -> None:
    logs, store = tmp_path / "logs", tmp_path / "store"
    write(logs, 0)
    fill(store, logs)
    stop = threading.Event()

    def keep_syncing() -> None:
        number = 1
        while not stop.is_set() and number < 200:
            write(logs, number)
            write(logs, number + 1)
            with Store.open(store) as opened:
                sync(opened, open_source(str(logs)))
            number += 2

    writer = threading.Thread(target=keep_syncing)
    writer.start()
    try:
        for at in range(4):
            back_up(store, tmp_path / f"copy{at}")
    finally:
        stop.set()
        writer.join()
    for at in range(4):
        restore(tmp_path / f"copy{at}", tmp_path / f"new{at}")
        with FlowLogs(Store.open(tmp_path / f"new{at}")) as found:
            count = found.sql("SELECT count(*) AS n FROM flows")["n"].item()
            (state,) = found.catalogue.sources()
        assert count == state.records == state.objects
