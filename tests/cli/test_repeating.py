"""`--every` and `--metrics-port`: a process that only syncs, or only watches, and its metrics."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request

import pytest
from typer.testing import CliRunner

from tests.pages.server import free_port
from vpcflow_core.cli.main import app
from vpcflow_core.errors import FailureError, MisuseError
from vpcflow_core.metrics_listener import listening

HEADER = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"  # fmt: skip
LINE = "2 123456789012 eni-{n} 10.0.0.1 10.0.0.2 1 2 6 1 40 1780000000 1780000060 ACCEPT OK"


def asked(port: int, path: str = "/metrics", **headers: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(
            Request(f"http://127.0.0.1:{port}{path}", headers=headers)
        ) as a:
            return a.status, a.read().decode()
    except HTTPError as refused:
        return refused.code, refused.read().decode()


def test_metrics_without_a_token_are_for_this_machine_alone() -> None:
    with listening(lambda: "up 1\n", 0) as port:
        assert asked(port) == (200, "up 1\n")
        assert asked(port, Host=f"localhost:{port}")[0] == 200
        assert asked(port, Host=f"evil.example:{port}")[0] == 403
        assert asked(port, Origin="http://localhost")[1].startswith("Metrics are for")
        assert asked(port, "/etc/passwd")[0] == 404
        with pytest.raises(FailureError, match="Cannot listen"), listening(str, port):
            pass
    open_to_all = listening(str, 0, address="0.0.0.0")
    with pytest.raises(MisuseError, match="could be read by others"), open_to_all:
        pass


def test_metrics_with_a_token_are_for_who_shows_it() -> None:
    def broken() -> str:
        raise FailureError("The store is gone.")

    with listening(broken, 0, address="0.0.0.0", token="t0ken") as port:
        assert asked(port)[0] == 403
        assert asked(port, Authorization="Bearer t0ke")[0] == 403
        assert asked(port, Authorization="Bearer t0ken") == (503, "The store is gone.\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [["sync", "logs", "--metrics-port", "1"], ["watch", "--every", "5m", "--rehearse", "7d"],
     ["sync", "logs", "--every", "soon"]],
)  # fmt: skip
def test_options_that_contradict_each_other_are_refused(words: list[str], tmp_path: Path) -> None:
    done = CliRunner().invoke(app, [*words, "--store", str(tmp_path / "store")])
    assert isinstance(done.exception, MisuseError) or done.exit_code == 2


@pytest.fixture
def syncing(tmp_path: Path) -> Iterator[int]:
    """A process that syncs a folder each second; gives the port of its metrics."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "1.log").write_text(f"{HEADER}\n{LINE.format(n=1)}\n")
    port = free_port()
    words = ["sync", "logs", "--store", "store", "--every", "1s", "--metrics-port", str(port)]
    environment = {n: v for n, v in os.environ.items() if not n.startswith("VPCFLOW")}
    process = subprocess.Popen(
        [sys.executable, "-m", "vpcflow_core.cli", *words],
        cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    yield port
    process.terminate()
    process.wait(20)


@pytest.mark.slow
def test_a_sync_goes_on_and_says_how_many_records_there_are(syncing: int, tmp_path: Path) -> None:
    def records(wanted: int) -> None:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                if f"}} {wanted}\n" in "".join(
                    line + "\n"
                    for line in asked(syncing)[1].splitlines()
                    if line.startswith("vpcflow_records{")
                ):
                    return
            except URLError:
                pass
            time.sleep(0.2)
        raise AssertionError(asked(syncing))

    records(1)
    (tmp_path / "logs" / "2.log").write_text(f"{HEADER}\n{LINE.format(n=2)}\n")
    records(2)


VIEWER = """
import sys, time
from pathlib import Path
from vpcflow_core import FlowLogs
from vpcflow_core.store.store import Store
from vpcflow_core.errors import StoreError
seen, end = [0], time.monotonic() + 40
while seen[-1] < int(sys.argv[1]) and time.monotonic() < end:
    try:
        with Store.open(Path("store"), create=False) as store, FlowLogs(store) as flows:
            if flows.extent:
                seen.append(int(flows.sql("SELECT count(*) AS n FROM records")["n"][0]))
    except StoreError as error:
        assert seen == [0], error
    time.sleep(0.05)
assert seen == sorted(seen), seen
assert all(n % 100 == 0 for n in seen), seen
print(seen[-1])
"""


@pytest.mark.slow
def test_viewers_see_whole_objects_while_one_process_syncs(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    environment = {n: v for n, v in os.environ.items() if not n.startswith("VPCFLOW")}
    run = {"cwd": tmp_path, "env": environment, "stderr": subprocess.PIPE, "text": True}
    words = ["sync", "logs", "--store", "store", "--every", "1s"]
    objects = 3
    viewers, syncer = [], None
    try:
        for number in range(objects):
            lines = [HEADER, *(LINE.format(n=f"{number}{n}") for n in range(100))]
            (tmp_path / "logs" / f"{number}.part").write_text("\n".join(lines) + "\n")
            (tmp_path / "logs" / f"{number}.part").rename(tmp_path / "logs" / f"{number}.log")
            if syncer is None:
                command = [sys.executable, "-m", "vpcflow_core.cli", *words]
                syncer = subprocess.Popen(command, **run, stdout=subprocess.DEVNULL)  # type: ignore[call-overload]
                viewing = [sys.executable, "-c", VIEWER, str(100 * objects)]
                viewers = [
                    subprocess.Popen(viewing, **run, stdout=subprocess.PIPE)  # type: ignore[call-overload]
                    for _ in range(2)
                ]
            time.sleep(1)
        told = [viewer.communicate(timeout=60) for viewer in viewers]
        assert [said for said, _ in told] == [f"{100 * objects}\n"] * 2, told
    finally:
        for process in [*viewers, *([syncer] if syncer else [])]:
            process.kill()
            process.communicate()
