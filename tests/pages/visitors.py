"""A visitor of the real server who sends what headers they like: HTTP and the websocket, no browser."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from tests.pages.server import PATIENCE

HERE = "127.0.0.1"


def get(
    app: str, path: str = "/", headers: Mapping[str, str] | None = None
) -> tuple[int, dict[str, str]]:
    """Status and headers of an answer; names in small letters."""
    client = http.client.HTTPConnection(HERE, urlsplit(app).port, timeout=PATIENCE)
    client.request("GET", path, headers=dict(headers or {}))
    answer = client.getresponse()
    found = {name.lower(): value for name, value in answer.getheaders()}
    client.close()
    return answer.status, found


class Visit:
    """A session of the real server, driven as a browser does.

    Attributes:
        received: All that the server has sent.
    """

    def __init__(self, app: str, link: ClientConnection) -> None:
        self.received: list[ForwardMsg] = []
        self._app = app
        self._link = link

    @property
    def id(self) -> str:
        """The session's id, as every browser knows its own."""
        begun = (m.new_session for m in self.received if m.HasField("new_session"))
        return next(begun).initialize.session_id

    def run(
        self,
        path: str,
        *,
        claimed: str = "",
        query: str = "",
        clicked: str = "",
        filled: Mapping[str, str] | None = None,
        zone: str = "",
        scheme: str = "",
    ) -> list[ForwardMsg]:
        """Ask for a page, and wait until it is drawn.

        Args:
            path: The page.
            claimed: What the browser says the page's address is; "" for that at localhost.
            query: Parameters of the address bar.
            clicked: Id of a button that the browser says was clicked.
            filled: Texts that the browser says stand in boxes, by id.
            zone: The browser's time zone.
            scheme: "dark", "light", or "" for what the browser does not say.
        """
        asked = BackMsg()
        asked.rerun_script.page_name = path
        asked.rerun_script.query_string = query
        port = urlsplit(self._app).port
        asked.rerun_script.context_info.url = claimed or f"http://localhost:{port}/{path}"
        if zone:
            asked.rerun_script.context_info.timezone = zone
        if scheme:
            asked.rerun_script.context_info.color_scheme = scheme
        if clicked:
            asked.rerun_script.widget_states.widgets.add(id=clicked, trigger_value=True)
        for name, text_ in (filled or {}).items():
            asked.rerun_script.widget_states.widgets.add(id=name, string_value=text_)
        self._link.send(asked.SerializeToString())
        found = []
        with suppress(TimeoutError):
            while True:
                message = ForwardMsg.FromString(bytes(self._link.recv(timeout=PATIENCE)))  # type: ignore[arg-type]
                found.append(message)
                ended = message.WhichOneof("type") == "script_finished"
                if ended and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    break
        self.received += found
        return found


@contextmanager
def visiting(
    app: str,
    *,
    host: str = "",
    origin: str | None = "",
    headers: Mapping[str, str] | None = None,
) -> Iterator[Visit]:
    """Open a session; no page is asked for yet.

    Args:
        app: URL of the app.
        host: Value of `Host`; "" for that of the URL.
        origin: Value of `Origin`; "" for the one that belongs to `host`, None for none.
        headers: Other headers.

    Raises:
        InvalidStatus: The server refuses the connection.
    """
    port = urlsplit(app).port
    host = host or f"localhost:{port}"
    origin = f"http://{host}" if origin == "" else origin
    with (
        socket.create_connection((HERE, port)) as raw,
        connect(
            f"ws://{host}/_stcore/stream",
            sock=raw,
            origin=origin,  # type: ignore[arg-type]
            additional_headers=dict(headers or {}),
            subprotocols=["streamlit", *_proof(headers or {})],  # type: ignore[list-item]
            max_size=None,
            compression=None,
            proxy=None,
        ) as link,
    ):
        yield Visit(app, link)


def page(
    app: str,
    path: str = "sources",
    *,
    claimed: str = "",
    query: str = "",
    zone: str = "",
    scheme: str = "",
    **connected: Any,
) -> list[ForwardMsg]:
    """All that the server sends for a page; see `visiting` and `Visit.run`."""
    with visiting(app, **connected) as visit:
        return visit.run(path, claimed=claimed, query=query, zone=zone, scheme=scheme)


def send_file(
    app: str,
    session: str,
    *,
    host: str = "",
    origin: str | None = "",
    headers: Mapping[str, str] | None = None,
    content: bytes = b"x",
) -> int:
    """Send a file to the server past any form; gives the status."""
    port = urlsplit(app).port
    host = host or f"localhost:{port}"
    origin = f"http://{host}" if origin == "" else origin
    token = _cross_site_token(app)
    sent = {"Host": host, "X-Xsrftoken": token, "Cookie": f"_streamlit_xsrf={token}"}
    sent |= {"Content-Type": "multipart/form-data; boundary=b"} | dict(headers or {})
    if origin is not None:
        sent["Origin"] = origin
    body = (
        b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.log"\r\n\r\n'
        + content
        + b"\r\n--b--\r\n"
    )
    client = http.client.HTTPConnection(HERE, port, timeout=PATIENCE)
    client.request("PUT", f"/_stcore/upload_file/{session}/forged", body, sent)
    status = client.getresponse().status
    client.close()
    return status


def _proof(headers: Mapping[str, str]) -> list[str]:
    """What a browser sends beside its cookies, so that Streamlit believes who is signed in."""
    _, found, rest = headers.get("Cookie", "").partition("_streamlit_xsrf=")
    return [rest.partition(";")[0]] if found else []


def _cross_site_token(app: str) -> str:
    """The token that the server gives every browser."""
    _, headers = get(app, "/_stcore/health")
    return headers.get("set-cookie", "").partition("_streamlit_xsrf=")[2].partition(";")[0]


def text(messages: list[ForwardMsg]) -> str:
    """All that was sent, to look for words in; tables inside as their bytes."""
    return "\n".join(map(str, messages))


def buttons(messages: list[ForwardMsg]) -> set[str]:
    """Labels of the buttons that were drawn."""
    elements = (message.delta.new_element for message in messages)
    return {e.button.label for e in elements if e.HasField("button")}


def button_id(messages: list[ForwardMsg], label: str) -> str:
    """Id of a button that was drawn; "" if there is none."""
    elements = (message.delta.new_element for message in messages)
    return next((e.button.id for e in elements if e.button.label == label), "")
