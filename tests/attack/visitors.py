"""Visitors' rights: who may do what, for every setting, asked of the real server.

A row is a setting of `add_sources`, a kind of visitor, and something to do; some of it is tried past
the page, as a browser can that somebody has changed.
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import InvalidStatus

from tests.attack.base import Outcome
from tests.attack.uploads import HEADER, LINE
from tests.pages.server import serving
from tests.pages.visitors import HERE, Visit, button_id, buttons, send_file, text, visiting
from vpcflow_core.api import FlowLogs
from vpcflow_core.store.store import Store

SECRET = "s3cr3t-line-of-the-log"
SETTINGS = ("auto", "none", "uploads", "aws", "all")
# Headers of each kind of visitor, and whether they count as the machine itself; None: no connection.
VISITORS: dict[str, tuple[dict[str, Any], bool | None]] = {
    "the machine itself": ({}, True),
    "behind a proxy": ({"headers": {"Via": "1.1 proxy"}}, False),
    "says that a proxy speaks for loopback": ({"headers": {"X-Forwarded-For": "127.0.0.1"}}, False),
    "sends no origin": ({"origin": None}, False),
    "a page elsewhere": ({"origin": "http://evil.example"}, None),
    "a name that was pointed here": ({"host": "rebound.example:{port}"}, None),
}
_LEVELS = ("none", "uploads", "aws", "all")


@dataclass(frozen=True, slots=True)
class Tried:
    """A visitor at the Sources page, and what they do there.

    Attributes:
        place: The app.
        visit: The visitor's session.
        sent: What the server sent for the page.
        connected: How they connect.
    """

    place: Place
    visit: Visit
    sent: list[ForwardMsg]
    connected: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """An app with a setting.

    Attributes:
        app: Its URL.
        logs: A folder of the server that is its source.
        store: Its store.
        sync_button: Id of the button that starts a sync.
    """

    app: str
    logs: Path
    store: Path
    sync_button: str

    def records(self) -> int:
        """How many records are in the store."""
        with Store.open(self.store) as store:
            return sum(source.records for source in FlowLogs(store).catalogue.sources())

    def wait_for(self, records: int, seconds: float) -> bool:
        """Whether the store gets as many."""
        until = time.monotonic() + seconds
        while self.records() < records:
            if time.monotonic() > until:
                return False
            time.sleep(0.3)
        return True


def _syncs(tried: Tried) -> bool:
    """Click a button that may not be drawn, and see whether a new file is read."""
    place = tried.place
    before = place.records()
    number = time.monotonic_ns()  # a file with the content of another one is a copy, and not read
    line = LINE.replace(" 4249 ", f" {number} ")
    (place.logs / f"{number}.log").write_text(f"{HEADER}\n{line}\n")
    tried.visit.run("sources", clicked=place.sync_button)
    may = bool({"Sync now", "Stop"} & buttons(tried.sent))
    return place.wait_for(before + 1, 20 if may else 2)


def _agent(tried: Tried) -> bool:
    """Drive the app through Streamlit's interface for programs."""
    client = http.client.HTTPConnection(HERE, urlsplit(tried.place.app).port, timeout=20)
    client.request("POST", "/_stcore/agent/interact", b"{}", {"Content-Type": "application/json"})
    status = client.getresponse().status
    client.close()
    return status < 400


# What is tried, and the level that allows it; "": whoever is connected may; None: no visitor may.
ACTIONS: dict[str, tuple[str | None, Callable[[Tried], bool]]] = {
    "see the page": ("", lambda t: "Not loaded" in text(t.sent)),
    "start a sync": ("uploads", lambda t: bool({"Sync now", "Stop"} & buttons(t.sent))),
    "click Sync now, drawn or not": ("uploads", _syncs),
    "upload by the form": ("uploads", lambda t: "Read files" in buttons(t.sent)),
    "send a file past the form": (
        "uploads", lambda t: send_file(t.place.app, t.visit.id, **t.connected) < 300,
    ),
    "add a source in AWS": ("aws", lambda t: "Check and add" in buttons(t.sent)),
    "name an endpoint": ("all", lambda t: "Address of the service" in text(t.sent)),
    "read lines of a folder's logs": ("all", lambda t: SECRET in text(t.sent)),
    "see folders of the server": ("all", lambda t: str(t.place.logs) in text(t.sent)),
    "drive the app as a program": (None, _agent),
}  # fmt: skip


def visitors(folder: Path) -> Iterator[Outcome]:
    """Try every action as every visitor under every setting."""
    logs = folder / "logs-of-the-server"
    logs.mkdir()
    (logs / "a.log").write_text(f"{HEADER}\n{LINE}\n{SECRET}\n")
    sync_button = ""
    for setting in SETTINGS:
        home = folder / setting
        home.mkdir()
        given = {"add_sources": setting, "sync_every": "off"}
        with serving(home, home / "store", {"logs": str(logs)}, **given) as app:
            sync_button = sync_button or _sync_button(app)
            place = Place(app, logs, home / "store", sync_button)
            for who in VISITORS:
                yield from _visit(place, setting, who)


def _sync_button(app: str) -> str:
    """The button's id, which is the same for all sessions: a viewer may know it from elsewhere."""
    with visiting(app) as visit:
        while not (found := button_id(visit.run("sources"), "Sync now")):
            time.sleep(0.5)
        return found


def _visit(place: Place, setting: str, who: str) -> Iterator[Outcome]:
    connected, is_here = VISITORS[who]
    port = str(urlsplit(place.app).port)
    if "host" in connected:
        connected = {**connected, "host": connected["host"].replace("{port}", port)}
    group = f"visitors: add_sources = {setting}"
    try:
        with visiting(place.app, **connected) as visit:
            visit.run("sources")  # the first visit of a server begins a sync
            place.wait_for(1, 20)
            tried = Tried(place, visit, visit.run("sources"), connected)
            for action, (least, does) in ACTIONS.items():
                expected = is_here is not None and _may(setting, bool(is_here), least)
                yield _outcome(group, f"{who}: {action}", does(tried), expected)
    except InvalidStatus as refused:
        status = refused.response.status_code
        fault = "" if is_here is None else f"refused with {status}"
        yield Outcome(group, f"{who}: connect", f"refused with {status}", fault)


def _may(setting: str, is_here: bool, least: str | None) -> bool:
    """Whether the settings allow it."""
    level = setting if setting != "auto" else ("all" if is_here else "none")
    return least is not None and (not least or _LEVELS.index(level) >= _LEVELS.index(least))


def _outcome(group: str, name: str, found: bool, expected: bool) -> Outcome:
    held = "may" if found else "may not"
    return Outcome(group, name, held, "" if found == expected else f"{held}, which is wrong")
