"""vpcflow servers for tests: the real app, in a process, on a free port."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Seconds until a test gives up. Waits end at once when what they wait for is there, and the two
# cores may have much else to do.
PATIENCE = 120
# Servers that other test processes may still use when this one ends.
_LEFT_RUNNING: list[subprocess.Popen[bytes]] = []


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(
    home: Path,
    store: Path | None = None,
    sources: Mapping[str, str | dict[str, object]] | None = None,
    **settings: str,
) -> Iterator[str]:
    """Run the app with a home folder of its own; gives its URL.

    Args:
        home: Empty folder for caches and the server's log.
        store: Store to show; the default one if None.
        sources: Sources by name: a URL, or all settings of one.
        settings: Other settings.
    """
    process, url = _start(home, store, sources, settings)
    try:
        yield url
    finally:
        process.terminate()
        process.wait(PATIENCE)


@contextmanager
def serving_the_run(home: Path, store: Path) -> Iterator[str]:
    """Run the app once for all test processes; the last one that leaves ends it.

    Args:
        home: Folder of the server; the same for all processes.
        store: Store to show; tests only read it.
    """
    home.mkdir(exist_ok=True)
    note = home / "server.json"
    with (home / "users").open("w") as users:
        with _alone(home):
            if not note.exists():
                process, url = _start(home, store, {}, {})
                _LEFT_RUNNING.append(process)
                note.write_text(json.dumps([process.pid, url]))
            pid, url = json.loads(note.read_text())
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield url
        finally:
            with _alone(home), suppress(BlockingIOError):
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails while others use it
                note.unlink()
                os.kill(pid, signal.SIGTERM)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """While this lasts, no other process starts or ends the server."""
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _start(
    home: Path,
    store: Path | None,
    sources: Mapping[str, str | dict[str, object]] | None,
    settings: Mapping[str, str],
) -> tuple[subprocess.Popen[bytes], str]:
    """A server that answers, and its URL."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "streamlit_app.py")]
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--server.port", str(port), "--server.headless", "true"],
            cwd=home,
            env=_environment(
                home, store, sources, {"app_url": f"http://localhost:{port}", **settings}
            ),
            stdout=log,
            stderr=log,
        )
    try:
        wait(process, f"http://localhost:{port}/_stcore/health", home)
    except BaseException:
        process.kill()
        process.wait(PATIENCE)
        raise
    return process, f"http://localhost:{port}"


def _environment(
    home: Path,
    store: Path | None,
    sources: Mapping[str, str | dict[str, object]] | None,
    settings: Mapping[str, str],
) -> dict[str, str]:
    environment = {n: v for n, v in os.environ.items() if not n.startswith(("VPCFLOW", "AWS_"))}
    environment |= {"XDG_CACHE_HOME": str(home / "cache"), "XDG_DATA_HOME": str(home / "data")}
    if store:
        environment["VPCFLOW_STORE"] = str(store)
    if sources:
        named = {n: {"url": s} if isinstance(s, str) else s for n, s in sources.items()}
        environment["VPCFLOW_SOURCES"] = json.dumps(named)
    return environment | {f"VPCFLOW_{name.upper()}": text for name, text in settings.items()}


def wait(process: subprocess.Popen[bytes], url: str, home: Path) -> None:
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        try:
            urllib.request.urlopen(url, timeout=1)
            return
        except (urllib.error.URLError, OSError):
            if process.poll() is not None:
                break
            time.sleep(0.1)
    raise RuntimeError((home / "server.log").read_text())
