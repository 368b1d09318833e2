"""Roles: a viewer's session tries what is an admin's or another team's; none of it may succeed.

What an admin's pages draw is collected first, by the websocket that browsers use. The viewer then
sends every button and box that its own pages lack, as a changed browser can, and asks for accounts,
notes and views of others by links.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPCookieProcessor, Request, build_opener

from tests.attack.base import Outcome
from tests.attack.uploads import HEADER
from tests.pages.oidc import CLIENT, SECRET, providing
from tests.pages.server import serving
from tests.pages.visitors import HERE, Visit, button_id, send_file, text, visiting
from vpcflow_core.changes import kept as changes
from vpcflow_core.changes.records import Change
from vpcflow_core.sources.open import open_source
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import sync
from vpcflow_core.workspace import notes, views
from vpcflow_core.workspace.audit import entries

THEIRS, HIDDEN = "123456789012", "210987654321"
HIDDEN_ADDRESS, HIDDEN_NOTE = "10.77.0.9", "database of the other team moved"
VIEW = "private view of the admin"
PEOPLE = {
    "ada": {"email": "ada@example.com", "groups": ["network"]},
    "cy": {"email": "cy@example.com", "groups": ["all"]},
}
GRANTS = [
    {"group": "network", "role": "admin"},
    {"group": "all", "role": "viewer", "accounts": [THEIRS]},
]
PAGES = (
    "", "accepts", "rejects", "traffic", "security-groups", "outliers", "cost", "findings", "rules",
    "explore", "entity", "sources",
)  # fmt: skip
# What a page shows besides: tabs, and dialogs that a button opens.
QUERIES = {"explore": "tab=sql&range=24h"}
# Links that name what is another team's.
LINKS = (
    f"account_id={HIDDEN}", f"srcaddr={HIDDEN_ADDRESS}", f"interface_id=eni-{HIDDEN}",
    f"address={HIDDEN_ADDRESS}", f"account_id=!{THEIRS}", "source=other", "range=7d",
)  # fmt: skip
# Files of the store that a viewer never changes.
KEPT = ("notes.json", "views.json", "findings.json", "sources.json")


@dataclass(frozen=True, slots=True)
class Stage:
    """A running app, and who is at it."""

    app: str
    store: Path
    cookies: dict[str, str]

    @contextmanager
    def session(self, who: str, **headers: str) -> Iterator[Visit]:
        """A session of somebody who has signed in."""
        sent = {"Cookie": self.cookies[who], **headers}
        with visiting(self.app, headers=sent) as visit:
            yield visit

    def state(self) -> dict[str, Any]:
        """What must stay as it is."""
        found: dict[str, Any] = {
            name: (self.store / name).read_bytes() if (self.store / name).is_file() else b""
            for name in KEPT
        }
        with Store.open(self.store) as store:
            found["records"] = sum(source.records for source in store.sources())
        changed = ("sync-started", "sync-stopped", "source-added", "source-removed", "sql")
        found["events"] = [
            e["event"]
            for e in entries(self.store)
            if e["who"] == "cy@example.com" and (e["event"] in changed or e["event"] == "download")
        ]
        return found


@dataclass(slots=True)
class Widgets:
    """What a page draws, by id."""

    buttons: dict[str, str] = field(default_factory=dict)
    boxes: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, visit: Visit) -> Widgets:
        """Of all that a session was sent."""
        found = cls()
        for message in visit.received:
            element = message.delta.new_element
            kind = element.WhichOneof("type")
            if kind in ("button", "download_button"):
                found.buttons[getattr(element, kind).id] = getattr(element, kind).label
            elif kind in ("text_input", "text_area"):
                found.boxes[getattr(element, kind).id] = getattr(element, kind).label
        return found


def roles(folder: Path) -> Iterator[Outcome]:
    """Try all of it."""
    with staged(folder) as stage:
        yield from links(stage, PAGES)
        yield from hidden_widgets(stage, PAGES)
        yield from past_the_pages(stage)


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    """An app of two teams with a scan in each, in which an admin and a viewer have signed in."""
    store = folder / "store"
    _fill(store, folder / "logs")
    with providing(PEOPLE) as provider:
        sign_in = {
            "metadata_url": f"{provider.url}/.well-known/openid-configuration",
            "client_id": CLIENT,
            "client_secret": SECRET,
            "cookie_secret": "a-secret-of-32-characters-or-more",
            "grants": GRANTS,
        }
        given = {"sign_in": json.dumps(sign_in), "sync_every": "off"}
        with serving(folder, store, **given) as app:
            cookies = {who: _signed_in(app, provider.url, who) for who in PEOPLE}
            yield Stage(app, store, cookies)


def links(stage: Stage, pages: tuple[str, ...]) -> Iterator[Outcome]:
    """Parameters of the address that name what is another team's."""
    for page in pages:
        for query in LINKS:
            with stage.session("cy") as visit:  # a session keeps the filters of earlier links
                shown = text(visit.run(page, query=query))
            # What the visitor typed stands in a filter's box again: that says nothing.
            hidden = [HIDDEN_NOTE, VIEW, f"fl-{HIDDEN}"]
            hidden += [HIDDEN, HIDDEN_ADDRESS] if query == "range=7d" else []
            named = [one for one in hidden if one in shown]
            fault = f"shows {named}" if named else ""
            is_silent = page != "sources" and "does not include account" not in shown
            if query == f"account_id={HIDDEN}" and is_silent:
                fault = "no sentence says why nothing is there"
            yield Outcome("roles: links", f"{page or 'overview'}?{query}", "held", fault)


def hidden_widgets(stage: Stage, pages: tuple[str, ...]) -> Iterator[Outcome]:
    """Buttons and boxes of an admin, sent by the session of a viewer."""
    for page in pages:
        theirs, ours = (_drawn(stage, who, page) for who in ("ada", "cy"))
        before = stage.state()
        with stage.session("cy") as visit:
            visit.run(page, query=QUERIES.get(page, ""))
            for dialog in ("Notes", "Views"):
                if found := button_id(visit.received, dialog):
                    visit.run(page, query=QUERIES.get(page, ""), clicked=found)
            filled = {name: "SELECT 1 AS forged" for name in theirs.boxes if name not in ours.boxes}
            for name, label in theirs.buttons.items():
                if name in ours.buttons:
                    continue
                sent = visit.run(page, query=QUERIES.get(page, ""), clicked=name, filled=filled)
                fault = "it was answered" if "forged" in text(sent) else ""
                if stage.state() != before:
                    fault = "it changed what is kept"
                yield Outcome("roles: hidden widgets", f"{page}: {label}", "held", fault)


def past_the_pages(stage: Stage) -> Iterator[Outcome]:
    """Uploads and metrics, and that each refusal is in the audit log."""
    group = "roles: past the pages"
    port = urlsplit(stage.app).port
    with stage.session("cy") as visit:
        visit.run("explore", query=QUERIES["explore"])
        held = stage.cookies["cy"]
        token = held.partition("_streamlit_xsrf=")[2].partition(";")[0]
        headers = {"Cookie": held, "X-Xsrftoken": token}
        status = send_file(stage.app, visit.id, origin=f"http://localhost:{port}", headers=headers)
        yield Outcome(group, "upload", f"{status}", "" if status == 403 else f"answered {status}")
    for headers in ({"Via": "1.1 proxy"}, {"Origin": "http://evil.example"}):
        status, said = _metrics(stage, {"Cookie": held, **headers})
        is_sentence = said.startswith("Metrics are for")
        fault = "" if status == 403 and is_sentence else f"answered {status}: {said[:80]}"
        yield Outcome(group, f"/metrics with {headers}", f"{status}", fault)
    refused = {(e["what"], e["who"]) for e in entries(stage.store) if e["event"] == "refused"}
    for what in ("sql", "upload", "metrics", f"account {HIDDEN}"):
        found = any(one[0] == what for one in refused)
        fault = "" if found else "it is not in the audit log"
        yield Outcome(group, f"audit: {what}", "noted", fault)


def _drawn(stage: Stage, who: str, page: str) -> Widgets:
    """What a page draws for somebody, with its dialogs open."""
    with stage.session(who) as visit:
        visit.run(page, query=QUERIES.get(page, ""))
        for dialog in ("Notes", "Views"):
            if found := button_id(visit.received, dialog):
                visit.run(page, query=QUERIES.get(page, ""), clicked=found)
        return Widgets.of(visit)


def _metrics(stage: Stage, headers: dict[str, str]) -> tuple[int, str]:
    url = f"http://{HERE}:{urlsplit(stage.app).port}/metrics"
    try:
        with build_opener().open(Request(url, headers=headers), timeout=20) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as refused:
        return refused.code, refused.read().decode()


def _signed_in(app: str, provider: str, who: str) -> str:
    """The cookies of somebody who signs in as a browser does."""
    jar = CookieJar()
    opener = build_opener(HTTPCookieProcessor(jar))
    with visiting(app) as visit:
        sign_in = button_id(visit.run(""), "Sign in")
        sent = visit.run("", clicked=sign_in)
    to = next(m.auth_redirect.url for m in sent if m.HasField("auth_redirect"))
    opener.open(f"{app}{to}" if to.startswith("/") else to, timeout=20).close()
    # The provider's page has a link for each person; the one that was just asked for is chosen.
    asked = opener.open(f"{app}{to}" if to.startswith("/") else to, timeout=20)
    opener.open(f"{asked.url}&person={who}", timeout=20).close()
    assert provider in asked.url
    opener.open(f"{app}/_stcore/health", timeout=20).close()  # gives the token of forms
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


def _fill(store: Path, logs: Path) -> None:
    """Records of two accounts, with a port scan and a note in each, and a view of the admin."""
    logs.mkdir(parents=True)
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    lines = [HEADER]
    for account, address in ((THEIRS, "10.66.0.9"), (HIDDEN, HIDDEN_ADDRESS)):
        for number in range(400):
            at = int((now - timedelta(hours=3, seconds=-number)).timestamp())
            lines.append(
                f"2 {account} eni-{account} 203.0.113.7 {address} 40000 {1000 + number} 6 1 40 "
                f"{at} {at + 10} REJECT OK"
            )
    (logs / "a.log").write_text("\n".join(lines) + "\n")
    with Store.open(store) as opened:
        sync(opened, open_source(str(logs)))
    at = now - timedelta(hours=3)
    notes.add(store, [notes.Note(at, HIDDEN_NOTE, "incident", HIDDEN, "ada@example.com")])
    change = Change(at, f"Flow log deleted: fl-{HIDDEN}, ada", HIDDEN, "1")
    changes.add(store, "x", [("a", at)], [change], at)
    views.save(store, views.View(VIEW, "rejects", "range=24h", "", "ada@example.com", False))
