"""`/metrics` of a process without an app: a small server of its own, on this machine by default."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from threading import Thread

from vpcflow_core.errors import FailureError, MisuseError, VpcflowError
from vpcflow_core.metrics import CONTENT_TYPE

PATH = "/metrics"
# Seconds in which a request has to be there.
PATIENCE = 10.0
REFUSED = "Metrics are for the machine itself, or for who has the token: metrics_token.\n"


@contextmanager
def listening(
    page: Callable[[], str], port: int, *, address: str = "127.0.0.1", token: str = ""
) -> Iterator[int]:
    """Answer `/metrics` meanwhile; gives the port.

    Args:
        page: Gives the metrics as text.
        port: 0 for any that is free.
        address: To listen on; another one than this machine's own needs a token.
        token: Bearer token that has to be shown; "" for none.

    Raises:
        MisuseError: Others could read the metrics without a token.
        FailureError: The port is taken, or the address is not this machine's.
    """
    if not (token or _is_loopback(address)):
        raise MisuseError(
            f"Metrics on {address} could be read by others.",
            "Set metrics_token, or leave --metrics-address out.",
        )
    try:
        server = ThreadingHTTPServer((address, port), _handler(page, token))
    except OSError as error:
        raise FailureError(f"Cannot listen on {address}:{port}: {error.strerror}.") from None
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, name="vpcflow-metrics", daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()


def _handler(page: Callable[[], str], token: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = PATIENCE
        server_version, sys_version = "vpcflow", ""

        def log_message(self, format: str, *args: object) -> None:
            """Quiet: Prometheus asks four times a minute."""

        def do_GET(self) -> None:
            """Answer."""
            if self.path.partition("?")[0] != PATH:
                self._send(404, "Metrics are at /metrics.\n")
            elif not self._may_read():
                self._send(403, REFUSED)
            else:
                try:
                    self._send(200, page())
                except VpcflowError as error:
                    self._send(503, f"{error}\n")

        def _may_read(self) -> bool:
            if token:
                given = self.headers.get("Authorization", "").encode()
                return secrets.compare_digest(given, f"Bearer {token}".encode())
            # A page of another site, open on this machine, says where it comes from; a name that
            # was pointed here is none of this machine's.
            host = self.headers.get("Host", "").rpartition(":")[0].strip("[]")
            return "Origin" not in self.headers and _is_loopback(host)

        def _send(self, status: int, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", CONTENT_TYPE)
            self.send_header("Cache-Control", "no-store")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
