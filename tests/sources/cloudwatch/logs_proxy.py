"""A proxy in front of moto's server that makes CloudWatch Logs behave as AWS's does.

What moto leaves out is added here: events come in the order of time whatever their stream, pages
may be empty or short, tokens may come again, calls are throttled, groups may be named by ARN.
"""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Call:
    """One call: its name (`FilterLogEvents`), arguments, and the Authorization header."""

    action: str
    wanted: dict[str, Any]
    authorization: str


@dataclass
class Refusal:
    """A refusal as the service words it."""

    code: str
    status: int = 400

    @property
    def xml(self) -> bytes:
        """As EC2 and STS write it."""
        error = f"<Error><Code>{self.code}</Code><Message>MESSAGE of AWS</Message></Error>"
        return f"<Response><Errors>{error}</Errors></Response>".encode()

    @property
    def body(self) -> bytes:
        """As CloudWatch Logs writes it."""
        return json.dumps({"__type": self.code, "message": "MESSAGE of AWS"}).encode()


@dataclass
class Proxy:
    """The proxy's URL, what it was asked, and how it behaves.

    Attributes:
        refuse: Gives a refusal for a call, or None to pass it on.
        page: Events of a page of FilterLogEvents at most.
        empty: Whether every page with events is followed by an empty one.
        double: Whether every page holds its first events twice.
        repeat: Whether the last page of a chain comes with the token it was asked with.
        known: Groups of other accounts, by ARN: the name of the group in moto that stands for each.
    """

    moto: str
    url: str = ""
    calls: list[Call] = field(default_factory=list)
    refuse: Callable[[Call], Refusal | None] = lambda call: None
    page: int = 10_000
    empty: bool = False
    double: bool = False
    repeat: bool = False
    known: dict[str, str] = field(default_factory=dict)

    def asked(self, action: str) -> list[dict[str, Any]]:
        """The arguments of all calls of that name."""
        return [call.wanted for call in self.calls if call.action == action]

    def reads(self) -> list[dict[str, Any]]:
        """The arguments of all calls that read events, without those that only try whether."""
        return [wanted for wanted in self.asked("FilterLogEvents") if "limit" not in wanted]

    def answer(self, call: Call, headers: dict[str, str]) -> tuple[int, bytes]:
        """Status and body of the answer."""
        self.calls.append(call)
        if refusal := self.refuse(call):
            return refusal.status, refusal.body
        wanted = dict(call.wanted)
        if call.action == "FilterLogEvents" and wanted.get("nextToken", "").startswith("empty "):
            rest = {"nextToken": wanted["nextToken"].removeprefix("empty ")}
            return 200, json.dumps({"events": [], **rest}).encode()
        arn = wanted.pop("logGroupIdentifier", None)
        if arn:
            wanted["logGroupName"] = self.known[arn]
        if call.action == "FilterLogEvents":
            wanted |= {"limit": min(wanted.get("limit", self.page), self.page), "interleaved": True}
        status, body = self.forward(json.dumps(wanted).encode(), headers)
        return status, self._changed(call, body) if status == 200 else body

    def _changed(self, call: Call, body: bytes) -> bytes:
        answer = json.loads(body)
        if call.action == "DescribeLogGroups" and "logGroupIdentifiers" in call.wanted:
            for group in answer["logGroups"]:
                names = {name: arn for arn, name in self.known.items()}
                group["arn"] = names.get(group["logGroupName"], "arn") + ":*"
        if call.action == "FilterLogEvents":
            if self.double:
                answer["events"] += answer["events"][:3]
            if answer["nextToken"] and self.empty:
                answer["nextToken"] = "empty " + answer["nextToken"]
            if not answer["nextToken"] and self.repeat:
                answer["nextToken"] = call.wanted.get("nextToken")
        return json.dumps(answer).encode()

    def forward(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """What moto answers."""
        kept = {k: v for k, v in headers.items() if k.lower() not in ("host", "content-length")}
        request = urllib.request.Request(self.moto, body, kept, method="POST")
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()


@contextmanager
def proxy_of(moto: str) -> Iterator[Proxy]:
    """A proxy that passes everything on to moto's server until it is told otherwise."""
    proxy = Proxy(moto)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            target = self.headers.get("x-amz-target", "")
            headers = dict(self.headers.items())
            if target.startswith("Logs_"):
                call = Call(target.rpartition(".")[2], json.loads(body), headers["Authorization"])
                status, answer = proxy.answer(call, headers)
            else:  # EC2 and STS write their calls as forms
                call = Call(_action(body), {"body": body.decode()}, headers["Authorization"])
                proxy.calls.append(call)
                refusal = proxy.refuse(call)
                status, answer = (
                    (refusal.status, refusal.xml) if refusal else proxy.forward(body, headers)
                )
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: object) -> None:
            """Stays silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    proxy.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _action(form: bytes) -> str:
    return next(p.partition("=")[2] for p in form.decode().split("&") if p.startswith("Action="))
