"""Runs of `watch` as they were at some hour, and a webhook to receive what they send."""

from __future__ import annotations

import json
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeAlias

from vpcflow_core.alert_settings import AlertSetting, ChannelSetting
from vpcflow_core.alerts.delivery import signature
from vpcflow_core.alerts.messages import Message
from vpcflow_core.alerts.watch import Outcome, watch
from vpcflow_core.api import FlowLogs
from vpcflow_core.coverage import Coverage
from vpcflow_core.settings import Settings

FEW = AlertSetting(detections=["port-scan", "skipdata"], send_to=["ops"])
KEY = "k3y"
# What a receiver does: answer with a status, with one and Retry-After, or `hang`.
Answer: TypeAlias = int | str | tuple[int, str]


class Covered:
    """An engine with another coverage than its own."""

    def __init__(self, engine: Any, covered: Coverage) -> None:
        self._engine, self._covered = engine, covered

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def coverage(self) -> Coverage:
        return self._covered


def settings_of(url: str = "http://127.0.0.1:9/", rule: AlertSetting = FEW) -> Settings:
    channel = ChannelSetting(url=url, secret=KEY)  # type: ignore[arg-type]  # read by pydantic
    return Settings(alerts={"night": rule}, channels={"ops": channel})


def at(logs: FlowLogs, until: datetime) -> FlowLogs:
    """The logs as they were when all records up to a time had arrived."""
    return replace(logs, engine=Covered(logs.engine, replace(logs.coverage, settled_until=until)))


def run(
    logs: FlowLogs, folder: Path, until: datetime, got: list[Message], settings: Settings
) -> Outcome:
    """A run at a time whose messages are taken."""
    return watch(
        at(logs, until), settings, folder, now=until, deliver=lambda _, __, m: got.append(m)
    )


class Receiver:
    """A webhook that answers as it is told to, then takes everything.

    Attributes:
        answers: What it does with the first ones: a status, one with Retry-After, or `hang`.
        released: Set once those that hang shall end.
        takes: Seconds that it takes to answer.
        taken: The messages that it took.
        keys: Their idempotency keys.
        signed: Whether the signature of each was right.
    """

    def __init__(self, answers: list[Answer]) -> None:
        self.answers = answers
        self.takes = 0.0
        self.released = threading.Event()
        self.taken: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.signed: list[bool] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook-t0ken"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = outer.answers.pop(0) if outer.answers else 200
                if answer == "hang":
                    outer.released.wait(60)
                    return
                status, later = answer if isinstance(answer, tuple) else (answer, "")
                time.sleep(outer.takes)
                if status == 200:
                    outer.take(body, self.headers)
                self.send_response(int(status))
                if later:
                    self.send_header("Retry-After", later)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        return Handler

    def take(self, body: bytes, headers: Any) -> None:
        given = headers["X-Vpcflow-Signature"]
        moment = int(given.partition(",")[0].removeprefix("t="))
        self.signed.append(signature(KEY, moment, body) == given)
        self.keys.append(headers["Idempotency-Key"])
        self.taken.append(json.loads(body))


@contextmanager
def receiving(*answers: Answer) -> Iterator[Receiver]:
    receiver = Receiver(list(answers))
    threading.Thread(target=receiver.server.serve_forever, args=(0.01,), daemon=True).start()
    yield receiver
    receiver.released.set()
    receiver.server.shutdown()
    receiver.server.server_close()


class Mailbox(socketserver.StreamRequestHandler):
    """A mail server without TLS that keeps what it gets."""

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        for line in self.rfile:
            word = line[:4].upper()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = iter(self.rfile.readline, b".\r\n")
                self.server.got.append(b"".join(lines))  # type: ignore[attr-defined]
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
            if word == b"QUIT":
                return


def mail_to(server: Any, **more: Any) -> ChannelSetting:
    return ChannelSetting(
        kind="smtp",
        host="127.0.0.1",
        port=server.server_address[1],
        sender="vpcflow@example.com",
        to=["ops@example.com", "soc@example.com"],
        **more,
    )
