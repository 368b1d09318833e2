"""Three roles sign in at a provider through a browser, and each sees and does what it may."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from joserfc.jwk import RSAKey
from playwright.sync_api import Page, expect

from tests.logs import UNTIL, fill
from tests.pages.browsing import idle, saved
from tests.pages.oidc import CLIENT, SECRET, Provider, providing
from tests.pages.server import serving
from tests.pages.visitors import buttons, page, send_file, text, visiting
from vpcflow_core.workspace.audit import entries

OURS, THEIRS = "210987654321", "123456789012"
COOKIES = "a-secret-of-32-characters-or-more"
PEOPLE = {
    "ada": {"email": "ada@example.com", "groups": ["network"]},
    "bo": {"email": "bo@example.com", "groups": ["team", "all"]},
    "cy": {"email": "cy@example.com", "groups": ["all"]},
    "di": {"email": "di@example.com", "groups": ["elsewhere"]},
}
GRANTS = [
    {"group": "network", "role": "admin"},
    {"group": "team", "role": "analyst", "accounts": [OURS]},
    {"group": "all", "role": "viewer", "accounts": [THEIRS]},
]
# Not Plotly's own, which saves a picture of the chart that is seen anyway.
SAVES = re.compile(r"^Download (CSV|Parquet|evidence)$")
SignIn = Callable[[str], Page]


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with providing(PEOPLE) as found:
        yield found


@pytest.fixture(scope="module")
def team_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four records of each account: who may see them is asked, not how many are drawn."""
    folder = tmp_path_factory.mktemp("team")
    (folder / "logs").mkdir()
    start = int(UNTIL.timestamp())
    lines = [
        f"{account} 10.0.0.{host} 10.0.1.9 {100 * host} {start} {start + 50}"
        for host, account in enumerate([OURS, THEIRS] * 4, start=1)
    ]
    fields = "account-id srcaddr dstaddr bytes start end"
    (folder / "logs" / "few.log").write_text("\n".join([fields, *lines]))
    return fill(folder / "store", folder / "logs")


@pytest.fixture(scope="module")
def team_app(
    provider: Provider, team_store: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    sign_in = {
        "metadata_url": f"{provider.url}/.well-known/openid-configuration",
        "client_id": CLIENT,
        "client_secret": SECRET,
        "cookie_secret": COOKIES,
        "grants": GRANTS,
    }
    home = tmp_path_factory.mktemp("home")
    settings = {"sign_in": json.dumps(sign_in), "sync_every": "off"}
    with serving(home, team_store, **settings) as url:
        yield url


@pytest.fixture
def signed_in(open_page: Callable[..., Page], team_app: str) -> SignIn:
    """Signs somebody in, and shows a page."""

    def sign(name: str, path: str = "") -> Page:
        page = open_page(f"{team_app}/{path}")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name=name, exact=True).click()
        page.wait_for_url(f"{team_app}/**")
        page.locator(".st-key-account, .st-key-sign-out, .st-key-sign-in").first.wait_for()
        if path:
            page.goto(f"{team_app}/{path}")
            idle(page)
        return page

    return sign


def accounts_by_sql(page: Page, app: str) -> str:
    page.goto(f"{app}/explore?tab=sql&range=7d")
    idle(page)
    page.get_by_label("SQL", exact=True).last.fill(
        "SELECT string_agg(DISTINCT account_id, '+' ORDER BY account_id) AS a FROM records"
    )
    page.keyboard.press("Control+Enter")
    idle(page)
    page.get_by_role("button", name="Run").click()
    page.get_by_text("1 row in").wait_for()
    return saved(page, page.get_by_role("button", name="Download CSV")).read_text().split()[1]


def test_without_signing_in_there_is_one_button(team_app: str) -> None:
    sent = page(team_app, "rejects")
    assert buttons(sent) == {"Sign in"}
    for secret in (OURS, THEIRS, SECRET, COOKIES):
        assert secret not in text(sent)


def test_an_admin_sees_all_accounts_and_may_add_sources(
    signed_in: SignIn, team_app: str, team_store: Path
) -> None:
    shown = signed_in("ada", "sources")
    expect(shown.get_by_role("button", name="Sync now")).to_be_visible()
    expect(shown.get_by_role("button", name="Check and add")).to_be_visible()
    assert accounts_by_sql(shown, team_app) == f"{THEIRS}+{OURS}"
    assert send_file_as(shown, team_app) == 204
    events = [(e["event"], e["who"], e["role"]) for e in entries(team_store)]
    for event in ("sign-in", "sql", "download"):
        assert (event, "ada@example.com", "admin") in events
    assert events.count(("sign-in", "ada@example.com", "admin")) == 1  # of several pages


def test_an_analyst_sees_the_accounts_of_the_team_in_sql_files_and_pages(
    signed_in: SignIn, team_app: str
) -> None:
    shown = signed_in("bo", "sources")
    for name in ("Sync now", "Check and add", "Read files"):
        expect(shown.get_by_role("button", name=name)).to_have_count(0)
    expect(shown.get_by_text("Sources cannot be added here. Admins do that.")).to_be_visible()
    assert THEIRS not in shown.content()
    assert accounts_by_sql(shown, team_app) == OURS
    shown.goto(f"{team_app}/?range=7d&account_id={THEIRS}")
    idle(shown)
    expect(shown.get_by_text("No records between")).to_be_visible()
    assert send_file_as(shown, team_app) == 403


def test_a_viewer_looks_and_takes_nothing_away(signed_in: SignIn, team_app: str) -> None:
    shown = signed_in("cy")
    idle(shown)  # a menu that opens while the page is drawn closes again
    expect(shown.get_by_role("button", name="Report")).to_have_count(0)
    shown.locator("[class*=st-key-menu-] button").first.click()
    shown.get_by_role("button", name="Records behind it").wait_for()
    expect(shown.get_by_role("button", name=SAVES)).to_have_count(0)
    shown.goto(f"{team_app}/explore?tab=sql")
    idle(shown)
    expect(shown.get_by_text("SQL is for analysts and admins")).to_be_visible()
    expect(shown.get_by_role("button", name="Run")).to_have_count(0)
    shown.goto(f"{team_app}/sources")
    idle(shown)
    expect(shown.get_by_role("button", name=SAVES)).to_have_count(0)
    assert OURS not in shown.content()
    assert send_file_as(shown, team_app) == 403


def test_who_has_no_grant_sees_nothing_and_can_sign_out(
    signed_in: SignIn, team_store: Path
) -> None:
    shown = signed_in("di")
    expect(shown.get_by_text("di@example.com is signed in, but nothing is granted")).to_be_visible()
    expect(shown.get_by_text("Overview")).to_have_count(0)
    shown.get_by_role("button", name="Sign out").click()
    expect(shown.get_by_role("button", name="Sign in")).to_be_visible()
    events = [(e["event"], e["who"]) for e in entries(team_store)]
    assert ("sign-in-refused", "di@example.com") in events
    assert ("sign-out", "di@example.com") in events


def test_after_twelve_hours_people_sign_in_again(signed_in: SignIn, provider: Provider) -> None:
    provider.issued = int(time.time()) - 12 * 3600 - 5
    try:
        expect(signed_in("ada").get_by_role("button", name="Sign in")).to_be_visible()
    finally:
        provider.issued = None


def test_a_token_that_the_provider_did_not_sign_is_refused(
    signed_in: SignIn, provider: Provider
) -> None:
    provider.key = RSAKey.generate_key(2048, {"kid": "first"})
    try:
        expect(signed_in("ada").get_by_role("button", name="Sign in")).to_be_visible()
    finally:
        provider.key = provider.published


def test_the_audit_log_has_no_secrets(signed_in: SignIn, team_store: Path) -> None:
    idle(signed_in("cy"))
    written = (team_store / "audit.jsonl").read_text()
    assert SECRET not in written
    assert COOKIES not in written
    assert "id_token" not in written


def send_file_as(shown: Page, app: str) -> int:
    """Status of an upload past every form, with the cookies of who is signed in."""
    held = {cookie["name"]: cookie["value"] for cookie in shown.context.cookies()}
    headers = {
        "Cookie": "; ".join(f"{name}={value}" for name, value in held.items()),
        "X-Xsrftoken": held["_streamlit_xsrf"],
    }
    origin = f"http://localhost:{urlsplit(app).port}"
    with visiting(app) as visit:
        visit.run("sources")
        return send_file(app, visit.id, origin=origin, headers=headers)
