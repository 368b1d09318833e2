"""Sessions that click at once: `python -m benchmarks.sessions STORE`.

The real app is started, and each session speaks its protocol over a websocket, as a browser would
but for drawing: it opens a page, filters it, turns to another one. What counts is the time from a
click until the server has sent all panels; the load of the machine is in it.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

ROOT = Path(__file__).parents[1]
PAGES = ("", "accepts", "rejects", "traffic", "security-groups", "outliers")
# What people narrow a page by, one after the other.
FILTERS = (
    {}, {"protocol": "6"}, {"dstport": "443"}, {"srcaddr": "10.0.0.0/8"}, {"dstport": "22,3389"},
    {"action": "REJECT"}, {"address": "!10.0.0.0/8"},
)  # fmt: skip
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Clicked:
    """What the clicks of all sessions took."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Server:
    """The app in a process of its own."""

    pid: int
    port: int

    @property
    def cpu(self) -> float:
        """Processor seconds so far."""
        parts = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(parts[11]) + int(parts[12])) / TICKS

    @property
    def peak(self) -> int:
        """Bytes of memory at most."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


@contextmanager
def serving(store: Path) -> Iterator[Server]:
    """Run the app on a store."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    url = f"http://localhost:{port}"
    options = ["--server.port", str(port), "--server.headless", "true"]
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "streamlit_app.py"), *options]
    environment = os.environ | {"VPCFLOW_STORE": str(store), "VPCFLOW_APP_URL": url}
    with tempfile.TemporaryDirectory(prefix="vpcflow-bench-app-") as home:
        process = subprocess.Popen(
            command, cwd=home, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            _wait(process, f"{url}/_stcore/health")
            yield Server(process.pid, port)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    for _ in range(600):
        with suppress(OSError):
            urllib.request.urlopen(url, timeout=1)
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError("The app does not start.")


class Session:
    """One browser: a connection, and what it shows."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def show(self, page: str, query: dict[str, str]) -> float:
        """Show a page; the seconds until the server has sent all of it.

        Raises:
            RuntimeError: The server reports an error.
        """
        began = time.perf_counter()
        asked = BackMsg()
        asked.rerun_script.query_string = urlencode(query)
        asked.rerun_script.page_name = page
        await self._connection.send(asked.SerializeToString())
        while True:
            answer = ForwardMsg.FromString(await self._connection.recv(decode=False))
            kind = answer.WhichOneof("type")
            if kind == "delta" and answer.delta.new_element.WhichOneof("type") == "exception":
                raise RuntimeError(answer.delta.new_element.exception.message)
            if kind == "script_finished":
                return time.perf_counter() - began


async def _clicks(server: Server, number: int, count: int, into: Clicked) -> None:
    """One session's clicks."""
    chance = random.Random(number)
    address = f"ws://localhost:{server.port}/_stcore/stream"
    origin = f"http://localhost:{server.port}"
    async with connect(
        address, origin=origin, subprotocols=["streamlit"], max_size=None, open_timeout=120
    ) as connection:
        session = Session(connection)
        pages = itertools.cycle(chance.sample(PAGES, len(PAGES)))
        for _ in range(count):
            page = next(pages)
            for query in ({}, chance.choice(FILTERS[1:])):
                try:
                    into.seconds.append(await session.show(page, query))
                except Exception as error:
                    into.errors.append(repr(error))
                    return


async def _all(server: Server, sessions: int, count: int) -> Clicked:
    made = Clicked()
    await asyncio.gather(*(_clicks(server, n, count, made) for n in range(sessions)))
    return made


def main() -> None:
    """Click, and print the median, the slowest, errors, processor time and memory."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sessions", description=__doc__)
    parser.add_argument("store", type=Path, help="Folder of a store.")
    parser.add_argument("--sessions", type=int, default=30, help="Sessions at once (30).")
    parser.add_argument("--pages", type=int, default=6, help="Pages each session opens (6).")
    options = parser.parse_args()
    with serving(options.store.absolute()) as server:
        warm = asyncio.run(_all(server, 1, len(PAGES)))
        for sessions in sorted({1, options.sessions}):
            before = server.cpu
            made = asyncio.run(_all(server, sessions, options.pages))
            cpu = (server.cpu - before) / max(len(made.seconds), 1)
            times = sorted(made.seconds or [0.0])
            print(
                f"{sessions:4} sessions, {len(times)} clicks: median {statistics.median(times):.2f}"
                f" s, 95 % within {times[int(len(times) * 0.95)]:.2f} s, slowest {times[-1]:.2f} s;"
                f" {cpu:.2f} processor s a click; {len(made.errors)} errors; "
                f"{server.peak / 1e6:,.0f} MB",
                flush=True,
            )
            print(*dict.fromkeys(made.errors + warm.errors), sep="\n")


if __name__ == "__main__":
    main()
