"""Requests past the pages that are refused: in a sentence, and noted in the audit log."""

from __future__ import annotations

import time
from http import HTTPStatus
from threading import Lock

from starlette.requests import cookie_parser

from dashboards.ui.visitor import Connection
from vpcflow_core.workspace.audit import Actor, record

SENTENCES = {
    "upload": "Files may be sent by who may upload them: see docs/team.md.",
    "full": "Too many files wait to be read: try again in a minute.",
    "metrics": "Metrics are for the machine itself, or for who has the token: metrics_token.",
}
# One line a kind and address in this time: repeating a request cannot fill the audit log.
EVERY = 60.0
MOST = 1000
_LAST: dict[tuple[str, str], float] = {}
_LOCK = Lock()


def refused(found: Connection, what: str) -> None:
    """Note that somebody was refused something, once a minute at most.

    Args:
        found: Their connection.
        what: A name of `SENTENCES`.
    """
    if not _is_due((what, found.peer)):
        return
    # Imported late: they load all that pages need, which the server's start does not wait for.
    from dashboards.ui import people, resources

    sign_in = resources.settings().sign_in
    name, role = "", ""
    if sign_in is not None:
        somebody = people.of_cookies(sign_in, found, cookie_parser(found.only("cookie")))
        name, role = somebody.name, somebody.role or ""
    record(resources.workspace().store, "refused", Actor(name, role, found.peer), {"what": what})


def sentence(what: str, status: HTTPStatus) -> bytes:
    """What the answer says."""
    return f"{SENTENCES.get(what, status.phrase)}\n".encode()


def _is_due(key: tuple[str, str]) -> bool:
    now = time.monotonic()
    with _LOCK:
        if now - _LAST.get(key, -EVERY) < EVERY:
            return False
        if len(_LAST) >= MOST:
            _LAST.clear()
        _LAST[key] = now
    return True
