"""An S3 server that answers late: serves a folder as a bucket, each answer after some milliseconds.

`python -m benchmarks.slow_s3 FOLDER MILLISECONDS` prints its address and serves until its input
ends. It knows what a sync asks: the bucket's region, listings, objects.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

BUCKET = "flow-logs"
_PAGE = 1000
_TIME = "2026-11-01T00:00:00.000Z"
_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


class SlowBucket:
    """The folder's files, by key.

    Args:
        folder: What the bucket holds.
        seconds: How long each answer takes to begin.
    """

    def __init__(self, folder: Path, seconds: float) -> None:
        self._seconds = seconds
        self._files = {
            file.relative_to(folder).as_posix(): file
            for file in sorted(folder.rglob("*"))
            if file.is_file()
        }

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ", 2)
                await asyncio.sleep(self._seconds)
                status, body = self._answer(target)
                writer.write(_head(status, len(body)) + (b"" if method == "HEAD" else body))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _answer(self, target: str) -> tuple[str, bytes]:
        url = urlsplit(target)
        key = unquote(url.path).removeprefix(f"/{BUCKET}").lstrip("/")
        if key:
            found = self._files.get(key)
            return ("200 OK", found.read_bytes()) if found else ("404 Not Found", b"")
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        return "200 OK", self._listing(query).encode()

    def _listing(self, query: dict[str, str]) -> str:
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        after = query.get("continuation-token") or query.get("start-after", "")
        names: dict[str, bool] = {}
        for key in self._files:
            if key.startswith(prefix):
                inner, slash, _ = key[len(prefix) :].partition(delimiter or "\0")
                names[prefix + inner + slash] = bool(slash)
        later = [name for name in names if name > after]
        shown = later[: int(query.get("max-keys", _PAGE))]
        entries = "".join(self._entry(name, is_folder=names[name]) for name in shown)
        more = len(later) > len(shown)
        token = (
            f"<NextContinuationToken>{escape(shown[-1])}</NextContinuationToken>" if more else ""
        )
        cut = f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}"
        return f'<ListBucketResult xmlns="{_NAMESPACE}">{cut}{entries}</ListBucketResult>'

    def _entry(self, name: str, *, is_folder: bool) -> str:
        if is_folder:
            return f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>"
        size = self._files[name].stat().st_size
        facts = f"<LastModified>{_TIME}</LastModified><ETag>{size}</ETag><Size>{size}</Size>"
        return f"<Contents><Key>{escape(name)}</Key>{facts}</Contents>"


def _head(status: str, length: int) -> bytes:
    facts = f"Content-Length: {length}\r\nx-amz-bucket-region: us-east-1\r\nETag: x\r\n"
    return f"HTTP/1.1 {status}\r\n{facts}\r\n".encode()


@contextmanager
def serving(folder: Path, milliseconds: int) -> Iterator[str]:
    """The address of such a server in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.slow_s3", str(folder), str(milliseconds)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


async def _run(folder: Path, seconds: float) -> None:
    server = await asyncio.start_server(SlowBucket(folder, seconds).serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    print(f"http://{host}:{port}", flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_run(Path(sys.argv[1]), int(sys.argv[2]) / 1000))
