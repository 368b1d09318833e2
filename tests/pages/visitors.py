"""A visitor of the real server who sends what headers they like: HTTP and the websocket, no browser."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

HERE = "127.0.0.1"


def get(
    app: str, path: str = "/", headers: Mapping[str, str] | None = None
) -> tuple[int, dict[str, str]]:
    """Status and headers of an answer; names in small letters."""
    client = http.client.HTTPConnection(HERE, urlsplit(app).port, timeout=20)
    client.request("GET", path, headers=dict(headers or {}))
    answer = client.getresponse()
    found = {name.lower(): value for name, value in answer.getheaders()}
    client.close()
    return answer.status, found


def page(
    app: str,
    path: str = "sources",
    *,
    host: str = "",
    origin: str | None = "",
    headers: Mapping[str, str] | None = None,
    claimed: str = "",
    query: str = "",
) -> list[ForwardMsg]:
    """All that the server sends for a page.

    Args:
        app: URL of the app.
        path: The page.
        host: Value of `Host`; "" for that of the URL.
        origin: Value of `Origin`; "" for the one that belongs to `host`, None for none.
        headers: Other headers.
        claimed: What the browser says the page's address is; "" for that at localhost.
        query: Parameters of the address bar.

    Raises:
        InvalidStatus: The server refuses the connection.
    """
    port = urlsplit(app).port
    host = host or f"localhost:{port}"
    origin = f"http://{host}" if origin == "" else origin
    claimed = claimed or f"http://localhost:{port}/{path}"
    with (
        socket.create_connection((HERE, port)) as raw,
        connect(
            f"ws://{host}/_stcore/stream",
            sock=raw,
            origin=origin,  # type: ignore[arg-type]
            additional_headers=dict(headers or {}),
            subprotocols=["streamlit"],  # type: ignore[list-item]
            max_size=None,
            compression=None,
            proxy=None,
        ) as link,
    ):
        asked = BackMsg()
        asked.rerun_script.page_name = path
        asked.rerun_script.query_string = query
        asked.rerun_script.context_info.url = claimed
        link.send(asked.SerializeToString())
        received = []
        with suppress(TimeoutError):
            while True:
                message = ForwardMsg.FromString(bytes(link.recv(timeout=40)))  # type: ignore[arg-type]
                received.append(message)
                if message.WhichOneof("type") == "script_finished":
                    break
        return received


def text(messages: list[ForwardMsg]) -> str:
    """All that was sent, to look for words in; tables inside as their bytes."""
    return "\n".join(map(str, messages))


def buttons(messages: list[ForwardMsg]) -> set[str]:
    """Labels of the buttons that were drawn."""
    elements = (message.delta.new_element for message in messages)
    return {e.button.label for e in elements if e.HasField("button")}
