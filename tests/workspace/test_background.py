"""The sync behind the pages: the last day first, everything in the end, failures in a sentence."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.logs import read_with_pandas
from vpcflow_core.errors import LockedError
from vpcflow_core.settings import Settings
from vpcflow_core.source_settings import SourceSetting
from vpcflow_core.sources.base import Source
from vpcflow_core.sources.local import LocalSource
from vpcflow_core.sources.sample.source import generate
from vpcflow_core.store.lock import writer_lock
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import Progress, SyncResult
from vpcflow_core.times import Window, floor_to
from vpcflow_core.workspace import sync as module
from vpcflow_core.workspace.background import FIRST_LOOK, Syncer, problem
from vpcflow_core.workspace.source_list import add
from vpcflow_core.workspace.sync import AHEAD, load, sync
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


@pytest.mark.slow
def test_an_empty_store_gets_the_last_day_first_and_everything_in_the_end(
    home: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    lengths: list[timedelta] = []

    def seen(store: Store, *arguments: Any, **options: Any) -> SyncResult:
        result = load(store, *arguments, **options)
        extent = store.extent()
        assert extent is not None
        lengths.append(extent.length)
        return result

    monkeypatch.setattr(module, "load", seen)
    syncer = Syncer(home, Settings())
    run(syncer)
    first, whole = lengths
    assert FIRST_LOOK - timedelta(hours=3) < first < FIRST_LOOK + timedelta(hours=3)
    assert whole > timedelta(days=3)
    records = read_with_pandas(Path(home.sources["logs"].url))
    with Store.open(home.store) as store:
        assert sum(source.records for source in store.sources()) == len(records)
    [outcome] = syncer.outcomes
    assert outcome.first is not None
    assert outcome.result is not None
    assert outcome.first.records + outcome.result.records == len(records)


def test_a_store_with_records_is_brought_up_to_date_at_once(
    home: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(Syncer(home, Settings()))
    spans = spans_read(monkeypatch)
    run(Syncer(home, Settings()))
    assert spans == [None]


def test_what_follows_a_sync_comes_after_it_and_its_failure_is_none_of_the_sync(
    home: Workspace,
) -> None:
    found: list[int] = []

    def then() -> None:
        found.append(count_objects(home))
        raise ZeroDivisionError

    syncer = Syncer(home, Settings(), then)
    syncer.start()
    assert syncer._thread is not None
    syncer._thread.join(60)
    assert found == [count_objects(home)]
    assert not syncer.errors
    syncer.close()


@pytest.mark.parametrize(
    ("since", "lengths"), [(timedelta(hours=6), [6]), (timedelta(days=3), [24, 72])]
)
def test_the_first_look_never_reaches_further_than_the_settings(
    home: Workspace, monkeypatch: pytest.MonkeyPatch, since: timedelta, lengths: list[int]
) -> None:
    spans = spans_read(monkeypatch)
    run(Syncer(home, Settings(since=since)))
    assert [round((span.length - AHEAD) / timedelta(hours=1)) for span in spans if span] == lengths


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

    def slow(*_: object, **__: object) -> SyncResult:
        calls.append(1)
        go.wait(20)
        return SyncResult("")

    monkeypatch.setattr(module, "load", slow)
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


@pytest.mark.slow
def test_a_cancelled_sync_loses_nothing_and_the_next_one_reads_the_rest_once(
    home: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncer = Syncer(home, Settings())
    results: list[SyncResult] = []

    def half(*arguments: Any, **options: Any) -> SyncResult:
        def note(progress: Progress) -> None:
            if progress.objects and not results:
                syncer.cancel()

        results.append(load(*arguments, **{**options, "progress": note}))
        return results[-1]

    monkeypatch.setattr(module, "load", half)
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
        [quiet] = sync(store, home.sources.items())
    assert quiet.result is not None
    assert quiet.result.objects == 0


def test_a_cancelled_sync_leaves_the_other_sources_alone_and_does_not_begin_again_by_itself(
    home: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = Workspace(home.store, {**home.sources, "more": home.sources["logs"]})
    syncer = Syncer(two, Settings(sync_every=timedelta(milliseconds=1)))
    calls: list[int] = []

    def cancel(*_: object, **__: object) -> SyncResult:
        calls.append(1)
        syncer.cancel()
        return SyncResult("")

    monkeypatch.setattr(module, "load", cancel)
    syncer.start()
    wait_for(lambda: not syncer.running)
    assert (calls, syncer.stopped, syncer.next) == ([1], True, None)
    syncer.start()
    wait_for(lambda: len(calls) == 2)
    syncer.close()


def test_the_next_sync_begins_by_itself_so_long_after_the_last(
    home: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    spans = spans_read(monkeypatch)
    syncer = Syncer(home, Settings(sync_every=timedelta(milliseconds=20)))
    syncer.start()
    wait_for(lambda: len(spans) > 5)
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
    spans_read(monkeypatch)
    home = Workspace(tmp_path / "store", {"a": SourceSetting(url=url)})
    syncer = Syncer(home, Settings(sync_every=every))
    syncer.start()
    wait_for(lambda: not syncer.running)
    if due:  # the timer is set right after
        wait_for(lambda: syncer.next is not None)
    assert (syncer.next is not None) == due
    if syncer.next and every:
        assert timedelta(0) < syncer.next - datetime.now(UTC) <= every
    syncer.close()


def test_a_source_that_is_added_meanwhile_is_read_in_the_same_sync(
    home: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def adding(_: Store, source: Source, *__: object, **___: object) -> SyncResult:
        seen.append(source.url)
        if len(seen) == 1:
            add(home.store, SourceSetting(url="s3://logs/more", ec2=False))
        return SyncResult(source.url)

    monkeypatch.setattr(module, "load", adding)
    syncer = Syncer(home, Settings())
    run(syncer)
    wanted = [LocalSource(home.sources["logs"].url).url, "s3://logs/more"]
    assert list(dict.fromkeys(seen)) == wanted
    assert [outcome.name for outcome in syncer.outcomes] == ["logs", "more"]


def test_a_defect_ends_the_sync_in_words_and_the_page_learns_of_it(
    home: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(module, "load", broken)
    syncer = Syncer(home, Settings())
    run(syncer)
    assert syncer.errors == ["The sync failed; the server's log says why."]


def test_errors_of_the_servers_folders_can_be_told_without_them(tmp_path: Path) -> None:
    syncer = Syncer(
        Workspace(tmp_path / "store", {"gone": SourceSetting(url=str(tmp_path / "gone"))}),
        Settings(),
    )
    run(syncer)
    (outcome,) = syncer.problems
    assert str(tmp_path) in problem(outcome)
    assert problem(outcome, with_paths=False) == (
        "gone: It could not be read; the server's log says why."
    )


def test_another_process_that_syncs_the_store_is_no_problem_to_show(home: Workspace) -> None:
    Store.open(home.store).close()
    syncer = Syncer(home, Settings())
    with writer_lock(home.store):
        run(syncer)
    assert [type(outcome.error) for outcome in syncer.outcomes] == [LockedError]
    assert syncer.problems == []


ENDLESS = """
import itertools, sys, time
from pathlib import Path
from vpcflow_core.settings import Settings
from vpcflow_core.source_settings import SourceSetting
from vpcflow_core.sources.base import LogObject
from vpcflow_core.workspace import sync
from vpcflow_core.workspace.background import Syncer
from vpcflow_core.workspace.workspace import Workspace

class Endless:
    url = "memory://"
    def find(self, span):
        return (LogObject(uri=f"memory://{n}", size=2, etag="") for n in itertools.count())
    def read(self, found):
        return b"x\\n"

sync.opened_source = lambda *_: Endless()
syncer = Syncer(Workspace(Path(sys.argv[1]), {"endless": SourceSetting(url="x")}), Settings())
syncer.start()
while not (syncer.progress and syncer.progress.objects):
    time.sleep(0.01)
"""


@pytest.mark.slow
def test_a_server_that_ends_does_not_wait_for_all_that_is_still_to_be_read(tmp_path: Path) -> None:
    command = [sys.executable, "-c", ENDLESS, str(tmp_path / "s")]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=100)


def spans_read(monkeypatch: pytest.MonkeyPatch) -> list[Window | None]:
    """The spans that are read from now on; nothing is loaded."""
    spans: list[Window | None] = []

    def note(*_: object, look: Window | None, **__: object) -> SyncResult:
        spans.append(look)
        return SyncResult("")

    monkeypatch.setattr(module, "load", note)
    return spans


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(2000):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("it never came true")
