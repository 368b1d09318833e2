"""Sessions that click at once: `python -m benchmarks.sessions STORE`.

The real app is started, and each session speaks its protocol over a websocket, as a browser would
but for drawing: it opens a page, types a filter, takes it back, turns to another page. What counts
is the time from a click until the server has sent all panels; the load of the machine is in it.
"again" is the same clicks once more, when all answers are there.

What Streamlit takes by itself is shown beside: the same figures and tables, sent by an app that has
nothing else to do (`benchmarks/bare_app.py`).
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
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.bare_app import FOLDER

ROOT = Path(__file__).parents[1]
PAGES = ("", "accepts", "rejects", "traffic", "security-groups", "outliers")
# What the first page is called among what was recorded.
FIRST = "overview"
# What people narrow a page by, one after the other.
FILTERS = (
    ("protocol", "6"), ("dstport", "443"), ("srcaddr", "10.0.0.0/8"), ("dstport", "22,3389"),
    ("dstaddr", "10.0.0.0/8"), ("address", "!10.0.0.0/8"),
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
def serving(store: Path, script: str = "streamlit_app.py", folder: str = "") -> Iterator[Server]:
    """Run an app on a store, or on what was recorded in a folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    url = f"http://localhost:{port}"
    options = ["--server.port", str(port), "--server.headless", "true"]
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / script), *options]
    environment = os.environ | {"VPCFLOW_STORE": str(store), "VPCFLOW_APP_URL": url, FOLDER: folder}
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
    """One browser: a connection, and what it shows.

    Attributes:
        figures: Of the page that was shown last, as JSON.
        tables: Of that page, as Arrow streams.
    """

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._page = ""
        self._boxes: dict[str, str] = {}
        self.figures: list[str] = []
        self.tables: list[bytes] = []

    async def show(self, page: str, query: Mapping[str, str] = MappingProxyType({})) -> float:
        """Show a page; the seconds until the server has sent all of it.

        Raises:
            RuntimeError: The server reports an error.
        """
        self._page = page
        asked = BackMsg()
        asked.rerun_script.query_string = urlencode(query)
        return await self._run(asked)

    async def narrow(self, field: str, text: str) -> float:
        """Type a filter into its box; the seconds until the server has sent all of the page.

        Raises:
            RuntimeError: The server reports an error.
        """
        asked = BackMsg()
        box = asked.rerun_script.widget_states.widgets.add()
        box.id, box.string_value = self._boxes[field], text
        return await self._run(asked)

    async def _run(self, asked: BackMsg) -> float:
        began = time.perf_counter()
        asked.rerun_script.page_name = self._page
        self.figures, self.tables = [], []
        await self._connection.send(asked.SerializeToString())
        while True:
            answer = ForwardMsg.FromString(await self._connection.recv(decode=False))
            kind = answer.WhichOneof("type")
            if kind == "delta":
                self._read(answer.delta.new_element)
            if kind == "script_finished":
                return time.perf_counter() - began

    def _read(self, element: Element) -> None:
        """Remember what a page shows, and where filters are typed."""
        kind = element.WhichOneof("type")
        if kind == "exception":
            raise RuntimeError(element.exception.message)
        if kind == "text_input":
            self._boxes[element.text_input.id.rpartition("typed-")[2]] = element.text_input.id
        elif kind == "plotly_chart":
            self.figures.append(element.plotly_chart.spec)
        elif kind == "dataframe":
            self.tables.append(element.dataframe.arrow_data.data)


@asynccontextmanager
async def _session(server: Server) -> AsyncIterator[Session]:
    address = f"ws://localhost:{server.port}/_stcore/stream"
    origin = f"http://localhost:{server.port}"
    async with connect(
        address, origin=origin, subprotocols=["streamlit"], max_size=None, open_timeout=120
    ) as connection:
        yield Session(connection)


async def _clicks(server: Server, number: int, count: int, into: Clicked) -> None:
    """One session's clicks: each page is opened, filtered, and the filter taken back."""
    chance = random.Random(number)
    pages = chance.sample(PAGES, len(PAGES))
    async with _session(server) as session:
        try:
            for page in itertools.islice(itertools.cycle(pages), count):
                field, text = chance.choice(FILTERS)
                into.seconds.append(await session.show(page))
                into.seconds.append(await session.narrow(field, text))
                into.seconds.append(await session.narrow(field, ""))
        except Exception as error:
            into.errors.append(repr(error))


async def _bare_clicks(server: Server, number: int, count: int, into: Clicked) -> None:
    """One session's clicks at the app that sends what is ready."""
    pages = random.Random(number).sample(PAGES, len(PAGES))
    async with _session(server) as session:
        for page in itertools.islice(itertools.cycle(pages), 3 * count):
            into.seconds.append(await session.show("", {"page": page or FIRST}))


# Does the clicks of one session: the server, which session, how many pages, what they took.
Clicks: TypeAlias = Callable[[Server, int, int, Clicked], Awaitable[None]]


async def _all(clicks: Clicks, server: Server, sessions: int, count: int) -> Clicked:
    made = Clicked()
    await asyncio.gather(*(clicks(server, n, count, made) for n in range(sessions)))
    return made


async def _record(server: Server, folder: Path) -> None:
    """Open each page twice, and write what it shows the second time into files."""
    async with _session(server) as session:
        for page in PAGES:
            await session.show(page)
    async with _session(server) as session:
        for page in PAGES:
            await session.show(page)
            place = folder / (page or FIRST)
            place.mkdir()
            for number, figure in enumerate(session.figures):
                (place / f"{number:02}.json").write_text(figure)
            for number, table in enumerate(session.tables):
                (place / f"{number:02}.arrow").write_bytes(table)


def _measure(name: str, clicks: Clicks, server: Server, sessions: int, pages: int) -> None:
    """Click, and print what it took."""
    before = server.cpu
    made = asyncio.run(_all(clicks, server, sessions, pages))
    cpu = (server.cpu - before) / max(len(made.seconds), 1)
    times = sorted(made.seconds or [0.0])
    print(
        f"{name:8} {sessions:4} sessions, {len(times)} clicks: median "
        f"{statistics.median(times):.2f} s, 95 % within {times[int(len(times) * 0.95)]:.2f} s, "
        f"slowest {times[-1]:.2f} s; {cpu:.2f} processor s a click; {len(made.errors)} errors; "
        f"{server.peak / 1e6:,.0f} MB",
        flush=True,
    )
    for error in dict.fromkeys(made.errors):
        print(error)


def main() -> None:
    """Click, and print the median, the slowest, errors, processor time and memory."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sessions", description=__doc__)
    parser.add_argument("store", type=Path, help="Folder of a store.")
    parser.add_argument("--sessions", type=int, default=30, help="Sessions at once (30).")
    parser.add_argument("--pages", type=int, default=6, help="Pages each session opens (6).")
    options = parser.parse_args()
    each = sorted({1, options.sessions})
    with tempfile.TemporaryDirectory(prefix="vpcflow-bench-elements-") as folder:
        with serving(options.store.absolute()) as server:
            asyncio.run(_record(server, Path(folder)))
            for sessions in each:
                _measure("vpcflow", _clicks, server, sessions, options.pages)
            _measure("again", _clicks, server, options.sessions, options.pages)
        with serving(options.store.absolute(), "benchmarks/bare_app.py", folder) as server:
            _measure("warm up", _bare_clicks, server, 1, len(PAGES))
            for sessions in each:
                _measure("bare", _bare_clicks, server, sessions, options.pages)


if __name__ == "__main__":
    main()
