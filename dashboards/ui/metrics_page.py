"""`/metrics` for Prometheus, beside Streamlit's own server."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from http import HTTPStatus

from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboards.ui import resources
from dashboards.ui.guard import MIDDLEWARE as BEFORE
from dashboards.ui.guard import connection
from dashboards.ui.refusals import refused, sentence
from dashboards.ui.visitor import Connection, host_name, is_loopback
from vpcflow_core.metrics import CONTENT_TYPE
from vpcflow_core.monitoring import page

PATH = "/metrics"


class MetricsPage:
    """Answers `/metrics` to who may read it, and hands everything else on."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on."""
        if scope["type"] != "http" or scope["path"] != PATH:
            await self.app(scope, receive, send)
        elif scope["method"] != "GET" or not may_read(connection(scope), _token):
            await asyncio.to_thread(refused, connection(scope), "metrics")
            await _answer(403, sentence("metrics", HTTPStatus.FORBIDDEN), send)
        else:
            text = await asyncio.to_thread(lambda: page(resources.store()))
            await _answer(200, text.encode(), send)


def may_read(asking: Connection, token: Callable[[], str]) -> bool:
    """Whether somebody may read metrics: with the token, or on this machine if there is none."""
    wanted = token()
    if wanted:
        given = asking.only("authorization").encode()
        return secrets.compare_digest(given, f"Bearer {wanted}".encode())
    local = is_loopback(asking.peer) and is_loopback(host_name(asking.only("host")))
    # A page of another site, open on this machine, says where it comes from.
    return local and not asking.is_proxied and not asking.only("origin")


def _token() -> str:
    token = resources.settings().metrics_token
    return token.get_secret_value() if token else ""


async def _answer(status: int, body: bytes, send: Send) -> None:
    headers = [(b"content-type", CONTENT_TYPE.encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


MIDDLEWARE = [*BEFORE, Middleware(MetricsPage)]
