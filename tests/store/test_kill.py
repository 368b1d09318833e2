"""A sync that is killed with SIGKILL, again and again, ends as a quiet one."""

from __future__ import annotations

import multiprocessing
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from tests.store.doubles import records
from tests.store.killed import sync_and_say
from tests.store.moto_server import BUCKET, OBJECTS, PER_OBJECT
from vpcflow_core.store.store import Store

# What each sync says before it is killed. From `FIRST_REPAIR` on, files of the store are damaged.
WORDS = ("open", "loading", "loading", "loading", "repairing", "repairing")
FIRST_REPAIR = 4
# Its processes begin with everything imported, which takes longer than the sync.
PREPARED = multiprocessing.get_context("forkserver")
PREPARED.set_forkserver_preload(["tests.store.killed"])


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    command = [sys.executable, "-m", "tests.store.moto_server"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout
        assert server.stdin
        yield server.stdout.readline().strip()
        server.stdin.close()


@dataclass
class Syncing:
    """A sync in a process of its own, and what it says."""

    process: BaseProcess
    said: Connection

    def wait_for(self, word: str) -> None:
        try:
            while self.said.recv() != word:
                pass
        except EOFError:
            raise AssertionError("the sync ended before it could be killed") from None

    def ended(self) -> int | None:
        self.process.join(100)
        return self.process.exitcode


@contextmanager
def started(endpoint: str, store: Path) -> Iterator[Syncing]:
    said, saying = PREPARED.Pipe(duplex=False)
    arguments = (saying, f"s3://{BUCKET}", endpoint, str(store))
    process = PREPARED.Process(target=sync_and_say, args=arguments)
    process.start()
    saying.close()
    try:
        with said:
            yield Syncing(process, said)
    finally:
        process.kill()
        process.join()


def loaded(store: Path) -> int:
    with Store.open(store) as opened:
        return sum(state.objects for state in opened.sources())


def break_files(store: Path) -> None:
    """Damage all files: the first is cut, the others are gone."""
    first, *others = sorted((store / "files").rglob("*.parquet"))
    first.write_bytes(first.read_bytes()[:-9])
    for path in others:
        path.unlink()


@pytest.mark.slow
def test_a_sync_killed_at_random_instants_ends_as_a_quiet_one(
    endpoint: str, credentials: None, tmp_path: Path
) -> None:
    with started(endpoint, tmp_path / "quiet") as syncing:
        syncing.wait_for("loading")
        began = time.monotonic()
        assert syncing.ended() == 0
    seconds = time.monotonic() - began

    instants = random.Random()
    progress = []
    for number, word in enumerate(WORDS):
        if number == FIRST_REPAIR:
            break_files(tmp_path / "killed")
        with started(endpoint, tmp_path / "killed") as syncing:
            syncing.wait_for(word)
            time.sleep(instants.uniform(0, seconds / len(WORDS)))
            syncing.process.kill()
            assert syncing.ended() == -signal.SIGKILL
        progress.append(loaded(tmp_path / "killed"))
    with started(endpoint, tmp_path / "killed") as syncing:
        assert syncing.ended() == 0

    assert progress[-1] > 0
    assert progress == sorted(progress)  # what was committed stayed
    with Store.open(tmp_path / "quiet") as quiet, Store.open(tmp_path / "killed") as killed:
        expected = records(quiet)
        assert records(killed) == expected
        assert expected.total() == quiet.sources()[0].records >= (OBJECTS - 1) * PER_OBJECT
        assert [(s.objects, s.records, s.nodata, s.broken) for s in killed.sources()] == [
            (s.objects, s.records, s.nodata, s.broken) for s in quiet.sources()
        ]
        known = {file.path for file in killed.files("records")}
        with_trash = known | {
            killed.path / row[0] for row in killed.ledger.rows("SELECT path FROM trash")
        }
        assert set((killed.path / "files").rglob("*.*")) <= with_trash  # nothing left behind
