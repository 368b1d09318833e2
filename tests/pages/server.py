"""A vpcflow server of its own for tests: the real app, in a process, on a free port."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]


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
    port = free_port()
    environment = {n: v for n, v in os.environ.items() if not n.startswith(("VPCFLOW", "AWS_"))}
    environment |= {"XDG_CACHE_HOME": str(home / "cache"), "XDG_DATA_HOME": str(home / "data")}
    if store:
        environment["VPCFLOW_STORE"] = str(store)
    if sources:
        named = {n: {"url": s} if isinstance(s, str) else s for n, s in sources.items()}
        environment["VPCFLOW_SOURCES"] = json.dumps(named)
    environment |= {f"VPCFLOW_{name.upper()}": text for name, text in settings.items()}
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "streamlit_app.py")]
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--server.port", str(port), "--server.headless", "true"],
            cwd=home,
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        _wait(process, f"http://localhost:{port}/_stcore/health", home)
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait(20)


def _wait(process: subprocess.Popen[bytes], url: str, home: Path) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(url, timeout=1)
            return
        except (urllib.error.URLError, OSError):
            if process.poll() is not None:
                break
            time.sleep(0.1)
    raise RuntimeError((home / "server.log").read_text())
