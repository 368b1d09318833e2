"""A proxy before moto's EC2 that does what moto does not: pages, refusals, and a memory of requests.

It gives at most `MaxResults` items a page with a `nextToken` for the rest, as EC2 does, and refuses
operations as it is told.
"""

from __future__ import annotations

import threading
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode
from xml.etree import ElementTree

KEPT_HEADERS = ("Authorization", "Content-Type", "X-Amz-Date", "X-Amz-Target")


@dataclass
class Ec2:
    """What the proxy does and has seen.

    Attributes:
        url: Where it listens.
        refused: By operation: error code, and how often it is given (None: always).
        requests: Every request's parameters, in order.
    """

    url: str = ""
    refused: dict[str, tuple[str, int | None]] = field(default_factory=dict)
    requests: list[dict[str, str]] = field(default_factory=list)

    def refuse(self, operation: str, code: str, times: int | None = None) -> None:
        self.refused[operation] = (code, times)

    @property
    def asked(self) -> Counter[str]:
        return Counter(request["Action"] for request in self.requests)

    def refusal(self, operation: str) -> str:
        code, left = self.refused.get(operation, ("", 0))
        if left is not None and left > 0:
            self.refused[operation] = (code, left - 1)
        return code if left is None or left > 0 else ""


@contextmanager
def serving(moto: str) -> Iterator[Ec2]:
    """The proxy in front of moto's server, on a port of its own."""
    ec2 = Ec2()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            asked = dict(parse_qsl(body))
            ec2.requests.append(asked)
            code = ec2.refusal(asked["Action"])
            if code:
                self.answer(503 if code == "RequestLimitExceeded" else 403, refusing(code))
            else:
                self.answer(200, page(forward(moto, self, asked), asked))

        def answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=[0.05])
    thread.start()
    ec2.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield ec2
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def forward(moto: str, handler: BaseHTTPRequestHandler, asked: dict[str, str]) -> bytes:
    kept = {name: handler.headers[name] for name in KEPT_HEADERS if handler.headers[name]}
    body = {k: v for k, v in asked.items() if k not in ("MaxResults", "NextToken")}
    request = urllib.request.Request(moto, urlencode(body).encode(), kept)
    with urllib.request.urlopen(request) as answer:
        return answer.read()


def page(body: bytes, asked: dict[str, str]) -> bytes:
    """The page that was asked for of an answer with all items."""
    if not asked["Action"].startswith(("Describe", "GetManaged")) or "MaxResults" not in asked:
        return body
    answer = ElementTree.fromstring(body)
    found = next(child for child in answer if child.tag.endswith(("Set", "Info")))
    start, size = int(asked.get("NextToken", 0)), int(asked["MaxResults"])
    items = list(found)
    for item in items[:start] + items[start + size :]:
        found.remove(item)
    for token in [child for child in answer if child.tag.endswith("nextToken")]:
        answer.remove(token)
    if start + size < len(items):
        ElementTree.SubElement(answer, "nextToken").text = str(start + size)
    return ElementTree.tostring(answer)


def refusing(code: str) -> bytes:
    return (
        f"<Response><Errors><Error><Code>{code}</Code><Message>MESSAGE</Message></Error></Errors>"
        "<RequestID>1</RequestID></Response>"
    ).encode()
