"""The sync behind the pages: the last day first, everything in the end, failures in a sentence."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.logs import read_with_pandas
from vpcflow_core.settings import Settings, SourceSetting
from vpcflow_core.sources.sample.source import generate
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import Progress, SyncResult
from vpcflow_core.times import floor_to
from vpcflow_core.workspace import background
from vpcflow_core.workspace.background import FIRST_LOOK, Syncer
from vpcflow_core.workspace.source_list import add
from vpcflow_core.workspace.sync import update
from vpcflow_core.workspace.workspace import Workspace


@pytest.fixture
def home(tmp_path: Path) -> Workspace:
    """A sample of four days that ends now, and a store to fill from it."""
    now = floor_to(datetime.now(UTC), timedelta(minutes=5))
    generate(tmp_path / "logs", records=4000, days=4, until=now)
    return Workspace(tmp_path / "store", {"logs": SourceSetting(url=str(tmp_path / "logs"))})


def run(syncer: Syncer) -> None:
    syncer.start()
    assert syncer._thread is not None
    syncer._thread.join(60)
    assert not syncer.running
    syncer.close()


def count_objects(home: Workspace) -> int:
    with Store.open(home.store) as store:
        return sum(source.objects for source in store.sources())


def test_an_empty_store_gets_the_last_day_first_and_everything_in_the_end(
    home: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    lengths: list[timedelta] = []

    def seen(store: Store, *arguments: object, **options: object) -> None:
        update(store, *arguments, **options)  # type: ignore[arg-type]
        extent = store.extent()
        assert extent is not None
        lengths.append(extent.length)

    monkeypatch.setattr(background, "update", seen)
    run(Syncer(home, Settings()))
    first, whole = lengths
    assert FIRST_LOOK - timedelta(hours=3) < first < FIRST_LOOK + timedelta(hours=3)
    assert whole > timedelta(days=3)
    records = read_with_pandas(Path(home.sources["logs"].url))
    with Store.open(home.store) as store:
        assert sum(source.records for source in store.sources()) == len(records)


def test_a_store_with_records_is_brought_up_to_date_at_once(
    home: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(Syncer(home, Settings()))
    calls: list[object] = []
    monkeypatch.setattr(
        background, "update", lambda *_, **options: calls.append(options.get("since"))
    )
    run(Syncer(home, Settings()))
    assert calls == [None]


def test_the_first_look_never_reaches_further_than_the_settings(
    home: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[object] = []
    monkeypatch.setattr(
        background, "update", lambda *_, **options: calls.append(options.get("since"))
    )
    run(Syncer(home, Settings(since=timedelta(hours=6))))
    assert calls == [timedelta(hours=6), None]


def test_a_source_that_fails_leaves_the_others_alone(home: Workspace) -> None:
    gone = {"gone": SourceSetting(url=str(home.store / "nowhere"))}
    syncer = Syncer(Workspace(home.store, gone | home.sources), Settings())
    run(syncer)
    assert len(syncer.errors) == 1
    assert syncer.errors[0].startswith("gone: ")
    with Store.open(home.store) as store:
        assert store.extent() is not None


def test_two_starts_are_one_sync(home: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    go, calls = threading.Event(), []

    def slow(*_: object, **__: object) -> None:
        calls.append(1)
        go.wait(20)

    monkeypatch.setattr(background, "update", slow)
    syncer = Syncer(home, Settings())
    syncer.start()
    thread = syncer._thread
    syncer.start()
    assert syncer._thread is thread
    go.set()
    assert thread is not None
    thread.join(20)
    assert len(calls) == 2  # the first look, then all


def test_a_store_that_cannot_be_opened_is_told(tmp_path: Path, home: Workspace) -> None:
    (tmp_path / "file").write_text("no folder")
    syncer = Syncer(Workspace(tmp_path / "file", home.sources), Settings())
    run(syncer)
    assert len(syncer.errors) == 1


def test_a_cancelled_sync_loses_nothing_and_the_next_one_reads_the_rest_once(
    home: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncer = Syncer(home, Settings())
    results: list[SyncResult] = []

    def half(*arguments: object, **options: object) -> None:
        def tell(progress: Progress) -> None:
            if progress.objects and not results:
                syncer.cancel()

        result = update(*arguments, **{**options, "progress": tell})  # type: ignore[arg-type]
        results.append(result)

    monkeypatch.setattr(background, "update", half)
    monkeypatch.setattr("vpcflow_core.store.pipeline._PAUSE_SECONDS", 0.001)
    run(syncer)
    everything = len(list(Path(home.sources["logs"].url).rglob("*.log.gz")))
    assert syncer.stopped
    assert not results[0].complete
    assert 0 < count_objects(home) < everything
    run(again := Syncer(home, Settings()))
    assert not again.stopped
    assert count_objects(home) == everything
    records = read_with_pandas(Path(home.sources["logs"].url))
    with Store.open(home.store) as store:
        assert sum(file.rows for file in store.files("records")) == len(records)
        quiet = update(store, home.sources["logs"], Settings())
    assert quiet.objects == 0


def test_a_cancelled_sync_leaves_the_other_sources_alone_and_does_not_begin_again_by_itself(
    home: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = Workspace(home.store, {**home.sources, "more": home.sources["logs"]})
    syncer = Syncer(two, Settings(sync_every=timedelta(milliseconds=1)))
    calls: list[int] = []
    monkeypatch.setattr(background, "update", lambda *_, **__: (calls.append(1), syncer.cancel()))
    syncer.start()
    wait_for(lambda: not syncer.running)
    assert (calls, syncer.stopped, syncer.next) == ([1], True, None)
    syncer.start()
    wait_for(lambda: len(calls) == 2)
    syncer.close()


def test_the_next_sync_begins_by_itself_so_long_after_the_last(
    home: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    monkeypatch.setattr(background, "update", lambda *_, **__: calls.append(1))
    syncer = Syncer(home, Settings(sync_every=timedelta(milliseconds=20)))
    syncer.start()
    wait_for(lambda: len(calls) > 5)
    syncer.close()
    assert syncer.next is None


@pytest.mark.parametrize(
    ("url", "every", "due"),
    [("logs", timedelta(hours=1), True), ("logs", None, False), ("sample://", timedelta(1), False),
     ("uploads://a", timedelta(1), False), ("s3://bucket", timedelta(1), True)],
)  # fmt: skip
def test_only_what_may_grow_is_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, every: timedelta | None, due: bool
) -> None:
    monkeypatch.setattr(background, "update", lambda *_, **__: None)
    home = Workspace(tmp_path / "store", {"a": SourceSetting(url=url)})
    syncer = Syncer(home, Settings(sync_every=every))
    syncer.start()
    wait_for(lambda: not syncer.running)
    assert (syncer.next is not None) == due
    if syncer.next and every:
        assert timedelta(0) < syncer.next - datetime.now(UTC) <= every
    syncer.close()


def test_a_source_that_is_added_meanwhile_is_read_in_the_same_sync(
    home: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def adding(_: Store, source: SourceSetting, *__: object, **___: object) -> None:
        seen.append(source.url)
        if len(seen) == 1:
            add(home.store, SourceSetting(url="s3://logs/more"))

    monkeypatch.setattr(background, "update", adding)
    run(Syncer(home, Settings()))
    assert list(dict.fromkeys(seen)) == [home.sources["logs"].url, "s3://logs/more"]


def test_a_defect_ends_the_sync_in_words_and_the_page_learns_of_it(
    home: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(background, "update", broken)
    syncer = Syncer(home, Settings())
    run(syncer)
    assert syncer.errors == ["The sync failed; the server's log says why."]


def test_errors_of_the_servers_folders_can_be_told_without_them(tmp_path: Path) -> None:
    syncer = Syncer(
        Workspace(tmp_path / "store", {"gone": SourceSetting(url=str(tmp_path / "gone"))}),
        Settings(),
    )
    run(syncer)
    (trouble,) = syncer.troubles
    assert str(tmp_path) in trouble.told()
    assert trouble.told(with_paths=False) == (
        "gone: It could not be read; the server's log says why."
    )


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(2000):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("it never came true")
