"""The sync behind the pages: the last day first, everything in the end, failures in a sentence."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dashboards.ui import syncer as room
from dashboards.ui.syncer import FIRST_LOOK, Syncer
from tests.logs import read_with_pandas
from vpcflow_core.home import Home
from vpcflow_core.settings import Settings, SourceSetting
from vpcflow_core.sources.sample import generate
from vpcflow_core.store.store import Store
from vpcflow_core.times import floor_to
from vpcflow_core.update import update


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A sample of four days that ends now, and a store to fill from it."""
    now = floor_to(datetime.now(UTC), timedelta(minutes=5))
    generate(tmp_path / "logs", records=4000, days=4, until=now)
    return Home(tmp_path / "store", {"logs": SourceSetting(url=str(tmp_path / "logs"))})


def run(syncer: Syncer) -> None:
    syncer.start()
    assert syncer._thread is not None
    syncer._thread.join(60)
    assert not syncer.running


def test_an_empty_store_gets_the_last_day_first_and_everything_in_the_end(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    lengths: list[timedelta] = []

    def seen(store: Store, *arguments: object, **options: object) -> None:
        update(store, *arguments, **options)  # type: ignore[arg-type]
        extent = store.extent()
        assert extent is not None
        lengths.append(extent.length)

    monkeypatch.setattr(room, "update", seen)
    run(Syncer(home, Settings()))
    first, whole = lengths
    assert FIRST_LOOK - timedelta(hours=3) < first < FIRST_LOOK + timedelta(hours=3)
    assert whole > timedelta(days=3)
    records = read_with_pandas(Path(home.sources["logs"].url))
    with Store.open(home.store) as store:
        assert sum(source.records for source in store.sources()) == len(records)


def test_a_store_with_records_is_brought_up_to_date_at_once(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(Syncer(home, Settings()))
    calls: list[object] = []
    monkeypatch.setattr(room, "update", lambda *_, **options: calls.append(options.get("since")))
    run(Syncer(home, Settings()))
    assert calls == [None]


def test_the_first_look_never_reaches_further_than_the_settings(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[object] = []
    monkeypatch.setattr(room, "update", lambda *_, **options: calls.append(options.get("since")))
    run(Syncer(home, Settings(since=timedelta(hours=6))))
    assert calls == [timedelta(hours=6), None]


def test_a_source_that_fails_leaves_the_others_alone(home: Home) -> None:
    gone = {"gone": SourceSetting(url=str(home.store / "nowhere"))}
    syncer = Syncer(Home(home.store, gone | home.sources), Settings())
    run(syncer)
    assert len(syncer.errors) == 1
    assert syncer.errors[0].startswith("gone: ")
    with Store.open(home.store) as store:
        assert store.extent() is not None


def test_two_starts_are_one_sync(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    go, calls = threading.Event(), []

    def slow(*_: object, **__: object) -> None:
        calls.append(1)
        go.wait(20)

    monkeypatch.setattr(room, "update", slow)
    syncer = Syncer(home, Settings())
    syncer.start()
    thread = syncer._thread
    syncer.start()
    assert syncer._thread is thread
    go.set()
    assert thread is not None
    thread.join(20)
    assert len(calls) == 2  # the first look, then all


def test_a_store_that_cannot_be_opened_is_told(tmp_path: Path, home: Home) -> None:
    (tmp_path / "file").write_text("no folder")
    syncer = Syncer(Home(tmp_path / "file", home.sources), Settings())
    run(syncer)
    assert len(syncer.errors) == 1
