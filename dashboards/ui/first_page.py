"""The first page by its own name: its address is that of the app, and links may write its name."""

from __future__ import annotations

from http import HTTPStatus

from starlette.types import ASGIApp, Receive, Scope, Send


class FirstPage:
    """Leads from the name of the first page to the app's own address; parameters go along."""

    def __init__(self, app: ASGIApp, path: str) -> None:
        self.app = app
        self.ending = f"/{path}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Redirect, or hand on."""
        asked = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
        if not (asked and scope["path"].endswith(self.ending)):
            await self.app(scope, receive, send)
            return
        query = scope["query_string"]
        # Beside the page, wherever a proxy has put the app.
        there = b"./" + (b"?" + query if query else b"")
        headers = [(b"location", there), (b"cache-control", b"no-store")]
        status = int(HTTPStatus.TEMPORARY_REDIRECT)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
