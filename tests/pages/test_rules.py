"""The page Rules: narrower rules, and what they would have refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.pages.browsing import saved

pytestmark = [pytest.mark.slow]


@pytest.mark.browser
def test_narrower_rules_are_shown_saved_and_replayed(
    app: str, open_page: Callable[..., Page]
) -> None:
    shown = open_page(f"{app}/rules?range=9d")
    group = shown.get_by_role("combobox", name="Security group")
    expect(group).to_be_visible()
    group.fill("prod-bastion")
    group.press("Enter")
    expect(shown.get_by_text("Of 5 rules")).to_be_visible()
    text = saved(shown, shown.get_by_role("button", name="Terraform", exact=True)).read_text()
    assert 'security_group_id = "sg-033129c11d48044c8"' in text
    shown.get_by_role("button", name="Begin with the narrower rules").click()
    box = shown.get_by_role("textbox", name="Proposed rules")
    expect(box).to_have_value(text)
    shown.get_by_role("button", name="Replay").click()
    said = shown.get_by_text("would have been refused, all of them from sources that scanned")
    expect(said).to_be_visible()
    box.fill("resource {")
    shown.get_by_role("button", name="Replay").click()
    expect(shown.get_by_text("ends inside a block")).to_be_visible()
