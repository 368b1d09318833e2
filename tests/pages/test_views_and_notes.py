"""Views and notes in a browser: written beside a page, seen on its charts, found again by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.changes.test_trails import OURS, SSH, event
from tests.pages.browsing import idle
from tests.pages.conftest import UNTIL, fill_with_few
from vpcflow_core.changes.reading import keep_changes
from vpcflow_core.charts.notes import TRIANGLE
from vpcflow_core.inventory.tables import Snapshot, frame_of
from vpcflow_core.store.store import Store
from vpcflow_core.workspace import notes, views


def add_rule(store: Path, at: datetime) -> None:
    """CloudTrail has a new rule of the group `web`, as EC2 calls it."""
    time = {"eventTime": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
    record = event("AuthorizeSecurityGroupIngress", SSH, **time)
    keep_changes(store, [json.dumps({"Records": [record]}).encode()])
    rows = [{"security_group_id": "sg-0123abcd", "name": "web"}]
    with Store.open(store) as opened:
        groups = {"security_groups": frame_of("security_groups", rows)}
        opened.remember(Snapshot(OURS, "eu-central-1", at, groups))  # type: ignore[arg-type]


def test_a_note_is_drawn_on_charts_and_a_view_is_opened_by_its_name(
    open_page: Callable[..., Page], serve: Callable[..., str], tmp_path: Path
) -> None:
    store = tmp_path / "store"
    fill_with_few(store)
    at = (UNTIL - timedelta(hours=1)).replace(microsecond=0)
    notes.add(store, [notes.Note(at, "web <b>2.41</b> out", "deploy")])
    add_rule(store, at)
    app = serve(store)
    shown = open_page(f"{app}/traffic?range=24h&srcaddr=10.0.0.1")
    idle(shown)
    expect(shown.locator(".annotation-text", has_text=TRIANGLE).first).to_be_visible()
    shown.get_by_role("button", name="Notes", exact=True).click()
    # Its text is no markup: what it holds is shown as it was written.
    expect(shown.get_by_text("deploy: web <b>2.41</b> out")).to_be_visible()
    rule = "network: Inbound rule added: web (sg-0123abcd) (tcp 22, 0.0.0.0/0), ann@example.com"
    expect(shown.get_by_role("dialog")).to_contain_text(rule)
    shown.get_by_label("What happened").fill("the database moved")
    shown.get_by_role("button", name="Add note").click()
    idle(shown)
    assert "the database moved" in [note.text for note in notes.notes(store)]
    shown.get_by_role("button", name="Views", exact=True).click()
    shown.get_by_label("Name", exact=True).fill("From the first host")
    shown.get_by_role("button", name="Save this page").click()
    idle(shown)
    (view,) = views.views(store, "")
    assert (view.page, "srcaddr=10.0.0.1" in view.query) == ("traffic", True)
    shown.goto(f"{app}/sources")
    idle(shown)
    shown.get_by_role("button", name="Views", exact=True).click()
    shown.get_by_role("link", name="From the first host").click()
    shown.wait_for_url("**/traffic?*srcaddr=10.0.0.1*")
