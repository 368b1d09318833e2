"""Who is who, asked of the real server with forged headers: only the machine itself is admin."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from dashboards.ui import resources, upload_gate
from dashboards.ui.admission import Admission
from dashboards.ui.guard import policy
from dashboards.ui.rights import LEVELS, Rights, rights
from dashboards.ui.upload_gate import ROUTE
from dashboards.ui.visitor import Connection
from tests.pages.server import free_port, serving, wait
from tests.pages.visitors import buttons, get, page, send_file, text, visiting
from vpcflow_core.settings import Settings
from vpcflow_core.sources.open import open_source
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import sync

SECRET = "s3cr3t-line-of-the-log"
FOREIGN = (
    ("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-For", "127.0.0.1"), ("Via", "1.1 proxy"),
    ("Forwarded", "for=127.0.0.1"), ("X-Real-IP", "127.0.0.1"), ("CF-Connecting-IP", "::1"),
    ("X-Forwarded-Proto", "https"), ("X-Amzn-Trace-Id", "Root=1-2-3"), ("True-Client-IP", "::1"),
)  # fmt: skip


@pytest.fixture(scope="module")
def asked_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("folder-of-the-server")
    line = (
        "2 123456789010 eni-1 10.0.0.1 10.0.1.9 20641 22 6 20 4249 1763640000 1763640060 ACCEPT OK"
    )
    (folder / "a.log").write_text(
        "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes "
        f"start end action log-status\n{line}\n{SECRET}\n"
    )
    return folder


@pytest.fixture(scope="module")
def asked_app(asked_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app on a folder with one line that is no record."""
    home = tmp_path_factory.mktemp("home")
    with Store.open(home / "store") as store:
        sync(store, open_source(str(asked_folder)))
    with serving(home, home / "store", {"logs": str(asked_folder)}) as url:
        yield url


def port_of(app: str) -> str:
    return app.rpartition(":")[2]


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]"])
def test_a_browser_of_the_machine_itself_is_admin(
    asked_app: str, asked_folder: Path, name: str
) -> None:
    sent = page(asked_app, host=f"{name}:{port_of(asked_app)}")
    assert {"Check and add", "Read files"} <= buttons(sent)
    assert {"Sync now", "Stop"} & buttons(sent)
    assert SECRET in text(sent)
    assert str(asked_folder) in text(sent)


def assert_viewer(asked_app: str, asked_folder: Path, **sent: object) -> None:
    found = page(asked_app, **sent)  # type: ignore[arg-type]
    assert "Not loaded" in text(found)  # the page was drawn whole
    assert buttons(found) & {"Check and add", "Read files", "Sync now", "Stop"} == set()
    assert SECRET not in text(found)
    assert str(asked_folder) not in text(found)


@pytest.mark.parametrize("header", FOREIGN, ids=lambda header: "=".join(header))
def test_behind_a_proxy_everyone_is_a_viewer(
    asked_app: str, asked_folder: Path, header: tuple[str, str]
) -> None:
    assert_viewer(asked_app, asked_folder, headers=dict([header]))


def test_files_of_viewers_are_refused_before_they_are_held(
    asked_app: str,
) -> None:
    with visiting(asked_app) as visit:
        visit.run("sources")
        assert send_file(asked_app, visit.id) == 204
        assert send_file(asked_app, visit.id, headers={"Via": "1.1 proxy"}) == 403
        assert send_file(asked_app, visit.id, origin=None) == 403
        assert send_file(asked_app, visit.id, origin="http://evil.example") == 403


def test_files_that_wait_for_their_form_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    headers = [(name.lower().encode(), value.encode()) for name, value in OURS]
    scope = {"path": f"{ROUTE}session/file", "method": "PUT", "headers": headers}
    found = Connection("127.0.0.1", OURS)
    monkeypatch.setattr(resources, "settings", lambda: Settings(upload_limit=2, add_sources="all"))
    for held, status in ((0, None), (20 * 2**20 - 1, None), (20 * 2**20, 507)):
        monkeypatch.setattr(upload_gate, "waiting", lambda held=held: held)
        assert upload_gate.refusal(scope, found) == status
        assert upload_gate.refusal(scope | {"method": "DELETE"}, found) is None
        assert upload_gate.refusal(scope | {"path": "/sources"}, found) is None


def test_a_connection_without_an_origin_is_a_viewer(asked_app: str, asked_folder: Path) -> None:
    assert_viewer(asked_app, asked_folder, origin=None)


@pytest.mark.parametrize("path", ["", "sources", "rejects"])
def test_no_page_shows_a_viewer_lines_or_folders(
    asked_app: str, asked_folder: Path, path: str
) -> None:
    sent = text(page(asked_app, path, headers={"Via": "1.1 proxy"}))
    assert SECRET not in sent
    assert str(asked_folder) not in sent


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "https://localhost.evil.example", "null", "http://localhost:1",
     "http://[x", "file://"],
)  # fmt: skip
def test_pages_of_other_origins_are_refused(asked_app: str, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        page(asked_app, origin=origin)
    assert refused.value.response.status_code == 403


def test_names_that_were_pointed_at_the_machine_are_refused(asked_app: str) -> None:
    for name in ("rebound.example", "localhost.evil.example", "127.0.0.1.nip.io"):
        with pytest.raises(InvalidStatus) as refused:
            page(asked_app, host=f"{name}:{port_of(asked_app)}")
        assert refused.value.response.status_code == 403


def test_every_answer_forbids_frames_foreign_content_and_guesses_of_its_type(
    asked_app: str,
) -> None:
    for path in ("/", "/sources", "/_stcore/health", "/missing.js"):
        _, headers = get(asked_app, path)
        assert headers["content-security-policy"] == policy()
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in policy()
    assert "http" not in policy()


@pytest.fixture
def served(tmp_path: Path, asked_folder: Path) -> Iterator[tuple[str, str]]:
    """URL of what `vpcflow serve` started, and the path with the token that it printed."""
    port, home = free_port(), tmp_path
    environment = {n: v for n, v in os.environ.items() if not n.startswith("VPCFLOW")}
    environment |= {"XDG_CACHE_HOME": str(home), "XDG_DATA_HOME": str(home)}
    environment |= {"STREAMLIT_SERVER_HEADLESS": "true", "VPCFLOW_STORE": str(home / "store")}
    command = [
        sys.executable,
        "-m",
        "vpcflow_core.cli",
        "serve",
        str(asked_folder),
        "--port",
        str(port),
    ]
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=home, env=environment, stdout=log, stderr=log)
    try:
        wait(process, f"http://localhost:{port}/_stcore/health", home)
        printed = (home / "server.log").read_text()
        yield f"http://localhost:{port}", f"/?{printed.partition('/?')[2].split()[0]}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def test_serve_prints_a_link_that_makes_one_browser_admin(
    served: tuple[str, str], asked_folder: Path
) -> None:
    asked_app, link = served
    assert_viewer(asked_app, asked_folder)
    assert "set-cookie" not in get(asked_app, f"{link}x")[1]
    status, headers = get(asked_app, link)
    assert (status, headers["location"]) == (303, "./")
    cookie, _, rules = headers["set-cookie"].partition("; ")
    assert rules == "Path=/; HttpOnly; SameSite=Strict"
    assert "Check and add" in buttons(page(asked_app, headers={"Cookie": cookie}))
    assert "set-cookie" not in get(asked_app, link)[1]  # it works once
    assert_viewer(asked_app, asked_folder)
    assert_viewer(
        asked_app, asked_folder, headers={"Cookie": cookie, "X-Forwarded-For": "203.0.113.9"}
    )


def test_a_token_admits_once_and_no_other_text_does() -> None:
    admission = Admission("right")
    assert [admission.admit(text) for text in ("", "wrong", "r\xefght")] == ["", "", ""]
    secret = admission.admit("right")
    assert secret
    assert admission.admit("right") == ""
    assert admission.is_admitted({admission.cookie: secret})
    assert not admission.is_admitted({})
    assert not admission.is_admitted({admission.cookie: "r\xefght"})
    without = Admission("")
    assert (without.admit(""), without.is_admitted({})) == ("", True)


OURS = (("Host", "localhost:8501"), ("Origin", "http://localhost:8501"))


@pytest.mark.parametrize(
    ("peer", "headers", "found"),
    [
        ("127.0.0.1", OURS, True),
        ("::1", OURS, True),
        ("::ffff:127.0.0.1", OURS, True),
        ("192.0.2.7", OURS, False),
        ("", OURS, False),
        ("127.0.0.1", OURS[:1], False),
        ("127.0.0.1", OURS[1:], False),
        ("127.0.0.1", (*OURS, ("host", "localhost:8501")), False),
        ("127.0.0.1", (*OURS, ("X-FORWARDED-HOST", "localhost")), False),
        ("127.0.0.1", (OURS[0], ("Origin", "https://logs.example.com")), False),
        ("127.0.0.1", (("Host", "x@localhost:8501"), ("Origin", "http://x@localhost:8501")), False),
        ("127.0.0.1", (("Host", "logs.test"), ("Origin", "http://logs.test")), False),
    ],
)  # fmt: skip
def test_only_a_page_of_this_machine_is_of_this_machine(
    peer: str, headers: tuple[tuple[str, str], ...], found: bool
) -> None:
    assert Connection(peer, headers).is_of_this_machine == found


def test_settings_decide_and_auto_asks_where_the_visitor_sits() -> None:
    assert [rights("auto", here).level for here in (True, False)] == ["all", "none"]
    assert [rights(level, here).level for level in LEVELS for here in (True, False)] == [
        level for level in LEVELS for _ in range(2)
    ]


@pytest.mark.parametrize(
    ("level", "may_sync", "lines"),
    [
        ("none", False, [False, False, False]),
        ("uploads", True, [True, False, False]),
        ("aws", True, [True, True, False]),
        ("all", True, [True, True, True]),
    ],
)
def test_lines_of_a_source_are_shown_to_who_may_add_such_a_source(
    level: str, may_sync: bool, lines: list[bool]
) -> None:
    found = Rights(level)  # type: ignore[arg-type]
    urls = ["uploads://mine", "s3://bucket/logs", "file:///srv/logs"]
    assert (found.sync, [found.lines_of(url) for url in urls]) == (may_sync, lines)
