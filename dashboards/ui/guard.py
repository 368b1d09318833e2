"""What stands before Streamlit's own server: headers of safety, foreign pages, the token."""

from __future__ import annotations

import base64
import gc
import hashlib
import re
import webbrowser
from asyncio import get_running_loop
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboards.ui import clipboard, focus, opening, suggesting, theme
from dashboards.ui.admission import ADMISSION
from dashboards.ui.refusals import sentence
from dashboards.ui.upload_gate import FULL, refusal
from dashboards.ui.visitor import Connection, authority, is_loopback
from vpcflow_core.ending import end_work
from vpcflow_core.errors import SettingsError
from vpcflow_core.json_logs import log_as
from vpcflow_core.settings import TOKEN_PARAMETER, load_settings

POLICY = {
    "default-src": "'self'",
    # Streamlit's start page has one script inside, and we have seven; Plotly and Vega compile
    # functions.
    "script-src": "'self' 'unsafe-eval'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self' data: blob:",
    "worker-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


def inline_scripts(page: str) -> list[str]:
    """Sources of a content security policy that allow the scripts inside a page.

    >>> inline_scripts("<script>1</script><script src=x></script>")
    ["'sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s='"]
    """
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]


def policy() -> str:
    """The content security policy: nothing of other hosts, and the app in no other page."""
    start_page = Path(st.__file__).parent / "static" / "index.html"
    scripts = (
        *focus.SCRIPTS,
        clipboard.SCRIPT,
        suggesting.SCRIPT,
        opening.SCRIPT,
        theme.SCRIPT,
    )
    own = "".join(f"<script>{script}</script>" for script in scripts)
    ours = inline_scripts(start_page.read_text(encoding="utf-8") + own)
    rows = POLICY | {"script-src": " ".join([POLICY["script-src"], *ours])}
    return "; ".join(f"{name} {value}" for name, value in rows.items())


class Guard:
    """Refuses foreign pages and files of who may not upload, admits by token, sets headers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.headers = {
            "Content-Security-Policy": policy(),
            "X-Frame-Options": "DENY",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on to Streamlit."""
        if scope["type"] == "websocket" and is_foreign(connection(scope)):
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] == "http" and (token := _token(scope)) is not None:
            await self._redirect(scope, token, self._with_headers(send))
        elif scope["type"] == "http" and (status := refusal(scope, connection(scope))):
            said = sentence("full" if status is FULL else "upload", status)
            await _answer(status, self._with_headers(send), body=said)
        else:
            http = scope["type"] == "http"
            await self.app(scope, receive, self._with_headers(send) if http else send)

    def _with_headers(self, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self.headers)
            await send(message)

        return sending

    async def _redirect(self, scope: Scope, token: str, send: Send) -> None:
        """To the page without the token, so that the address bar and history do not keep it."""
        headers = [(b"location", b"./"), (b"cache-control", b"no-store")]
        if is_loopback(connection(scope).peer) and (secret := ADMISSION.admit(token)):
            cookie = f"{ADMISSION.cookie}={secret}; Path=/; HttpOnly; SameSite=Strict"
            headers.append((b"set-cookie", cookie.encode()))
        await _answer(HTTPStatus.SEE_OTHER, send, headers)


async def _answer(
    status: HTTPStatus,
    send: Send,
    headers: Sequence[tuple[bytes, bytes]] = (),
    body: bytes = b"",
) -> None:
    """An answer of our own."""
    kind = [(b"content-type", b"text/plain; charset=utf-8")] if body else []
    start = {"type": "http.response.start", "status": int(status), "headers": [*headers, *kind]}
    await send(start)
    await send({"type": "http.response.body", "body": body})


def connection(scope: Scope) -> Connection:
    """The connection of a request."""
    client: tuple[str, int] | None = scope.get("client")
    headers = [
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]
    ]
    return Connection(client[0] if client else "", headers)


def is_foreign(found: Connection) -> bool:
    """Whether a page of another origin asks.

    Streamlit would compare with this machine's addresses, and ask a service outside for one.
    """
    origins = [value for name, value in found.headers if name.lower() == "origin"]
    if not origins or found.is_same_origin or not st.get_option("server.enableCORS"):
        return False
    allowed = [
        authority(origin.rstrip("/")) for origin in st.get_option("server.corsAllowedOrigins")
    ]
    return authority(found.only("origin")) not in filter(None, allowed)


def _token(scope: Scope) -> str | None:
    if scope["method"] != "GET":
        return None
    found = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return found[TOKEN_PARAMETER][0] if TOKEN_PARAMETER in found else None


def admin_url() -> str:
    """The app's address with the token; without one where there is none."""
    base = f"http://localhost:{st.get_option('server.port')}/"
    return f"{base}?{TOKEN_PARAMETER}={quote(ADMISSION.token)}" if ADMISSION.token else base


@asynccontextmanager
async def announce(_: Any) -> AsyncIterator[dict[str, Any]]:
    """What a server does first: print the link, open the browser. And last: stop all work."""
    # What was imported stays: Python would look through it each time that it collects garbage,
    # a quarter of a second for every other page.
    gc.freeze()
    with suppress(SettingsError):  # pages say what is wrong with the settings
        log_as(load_settings().log_format)
    if ADMISSION.token:
        print("This link makes the first browser that opens it admin (sources, syncs, folders):")
        print(f"  {admin_url()}", flush=True)
    if not st.get_option("server.headless"):
        get_running_loop().call_later(1, webbrowser.open, admin_url())
    try:
        yield {}
    finally:
        end_work()
        gc.unfreeze()  # else DuckDB complains at the end of what was never collected


MIDDLEWARE = [Middleware(Guard)]
