"""A server that answers requests with what a test lines up, for the ways S3 can fail."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass
class Request:
    """One request: method, path without the query, query, headers in small letters."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]


@dataclass
class Answer:
    """Status, body, headers; `cut` closes the connection after so many bytes of the body."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None


@dataclass
class Fake:
    """The server's URL and all that it was asked."""

    url: str
    requests: list[Request]


def error(status: int, code: str, message: str = "") -> Answer:
    """A refusal as S3 words it."""
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Answer(status, body.encode(), {"Content-Type": "application/xml"})


def listing(*keys: str, folders: tuple[str, ...] = ()) -> Answer:
    """A complete answer of ListObjectsV2."""
    contents = "".join(
        f"<Contents><Key>{key}</Key><LastModified>2026-11-23T06:41:07.000Z</LastModified>"
        f"<ETag>&quot;e&quot;</ETag><Size>3</Size></Contents>"
        for key in keys
    )
    inner = "".join(f"<CommonPrefixes><Prefix>{f}</Prefix></CommonPrefixes>" for f in folders)
    body = f"<ListBucketResult><IsTruncated>false</IsTruncated>{contents}{inner}</ListBucketResult>"
    return Answer(200, body.encode(), {"Content-Type": "application/xml"})


def listed(request: Request, names: list[str]) -> Answer:
    """What ListObjectsV2 answers for a bucket of these few objects."""
    prefix, delimiter = request.query.get("prefix", ""), request.query.get("delimiter", "")
    below = [name for name in names if name.startswith(prefix)]
    inner = [name for name in below if delimiter and delimiter in name[len(prefix) :]]
    folders = {prefix + name[len(prefix) :].partition(delimiter)[0] + delimiter for name in inner}
    return listing(*(n for n in below if n not in inner), folders=tuple(sorted(folders)))


@contextmanager
def serving(answer: Callable[[Request], Answer]) -> Iterator[Fake]:
    """A server that answers each request with what `answer` gives for it."""
    requests: list[Request] = []

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            parts = urlsplit(self.path)
            query = {k: v[0] for k, v in parse_qs(parts.query, keep_blank_values=True).items()}
            headers = {k.lower(): v for k, v in self.headers.items()}
            request = Request(self.command, parts.path, query, headers)
            requests.append(request)
            self.rfile.read(int(headers.get("content-length", 0)))
            self._send(answer(request))

        do_GET = do_HEAD = do_POST = _do  # noqa: N815

        def _send(self, told: Answer) -> None:
            self.send_response(told.status)
            for name, value in told.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(told.body)))
            self.send_header("Connection", "close")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(told.body if told.cut is None else told.body[: told.cut])

        def log_message(self, *args: object) -> None:
            """Stays silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield Fake(f"http://127.0.0.1:{server.server_port}", requests)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
