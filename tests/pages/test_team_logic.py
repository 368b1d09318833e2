"""Claims become rights; what is cached for one scope is never another's."""

from __future__ import annotations

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from dashboards.ui import people
from dashboards.ui.rights import Rights, of_person
from vpcflow_core.errors import SettingsError
from vpcflow_core.scope import EVERYTHING, Part, Scope
from vpcflow_core.settings import load_settings
from vpcflow_core.team import Person, SignIn, person

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 26, tzinfo=UTC)
ACCOUNT, OTHER = "210987654321", "123456789012"


def sign_in(*grants: dict[str, Any], **more: Any) -> SignIn:
    url = "https://login.example.com/.well-known/openid-configuration"
    return SignIn(metadata_url=url, client_id="v", grants=grants, **more)  # type: ignore[arg-type]


def who(settings: SignIn, **claims: Any) -> Person | None:
    given = {"iat": NOW.timestamp() - 60, "email": "a@b", **claims}
    return person(settings, given, NOW, lambda name: f"s3://{name}")


def test_the_highest_role_counts_with_the_scopes_of_its_grants_alone() -> None:
    settings = sign_in(
        {"group": "*", "role": "viewer"},
        {"group": "pay", "role": "analyst", "accounts": [ACCOUNT]},
        {"group": "web", "role": "analyst", "sources": ["web"]},
        {"group": "net", "role": "admin"},
    )
    pay, web = Part(accounts=(ACCOUNT,)), Part(("s3://web",))
    assert who(settings, groups=[]) == Person("a@b", "viewer", EVERYTHING)
    assert who(settings, groups="pay") == Person("a@b", "analyst", Scope.of([pay]))
    assert who(settings, groups=["pay", "web"]) == Person("a@b", "analyst", Scope.of([pay, web]))
    assert who(settings, groups=["pay", "net"]) == Person("a@b", "admin", EVERYTHING)


def test_without_a_fitting_grant_nothing_is_seen() -> None:
    found = who(sign_in({"group": "net", "role": "admin"}), groups=["nets", 7, None])
    assert found == Person("a@b", None, Scope.of([]))
    rights = of_person("all", found)
    may = (rights.sql, rights.downloads, rights.uploads, rights.sync, rights.folders)
    assert not rights.reviews
    assert not any(may)


@pytest.mark.parametrize("issued", [None, "1", NOW.timestamp() - 12 * 3600 - 1])
def test_a_token_that_is_old_or_says_no_time_is_nobodys(issued: object) -> None:
    settings = sign_in({"group": "*", "role": "admin"})
    assert who(settings, iat=issued) is None
    assert who(sign_in({"group": "*", "role": "viewer"}, lasts=timedelta(days=1))) is not None


@pytest.mark.parametrize(
    ("setting", "role", "level"),
    [
        ("auto", "admin", "all"), ("aws", "admin", "aws"), ("none", "admin", "none"),
        ("auto", "analyst", "none"), ("all", "analyst", "none"), ("all", "viewer", "none"),
    ],
)  # fmt: skip
def test_only_admins_add_sources_and_up_to_what_is_set(setting: Any, role: Any, level: str) -> None:
    rights = of_person(setting, Person("a", role, EVERYTHING))
    assert (rights.level, rights.role) == (level, role)
    assert rights.sql == rights.downloads == (role != "viewer")
    assert rights.reviews == (role != "viewer")  # findings: the audit log says who
    assert not Rights("none", "analyst").reviews  # somebody from elsewhere, without sign-in


def test_an_admin_is_not_limited() -> None:
    with pytest.raises(ValidationError, match="an admin adds sources and so sees everything"):
        sign_in({"group": "x", "role": "admin", "accounts": [ACCOUNT]})


@pytest.mark.parametrize("url", ["http://login.example.com/x", "login.example.com", "ftp://a/b"])
def test_a_provider_is_asked_by_https(url: str) -> None:
    with pytest.raises(ValidationError):
        SignIn(metadata_url=url, client_id="v", grants=[{"group": "*", "role": "viewer"}])  # type: ignore[list-item]


def test_the_cookie_secret_is_long_and_may_lie_in_a_file(tmp_path: Path) -> None:
    grant = {"group": "*", "role": "viewer"}
    with pytest.raises(SettingsError, match="fewer than 32 characters"):
        sign_in(grant, cookie_secret="short").secret_of_cookies()
    (tmp_path / "secret").write_text("x" * 32 + "\n")
    assert sign_in(grant, cookie_secret_file=tmp_path / "secret").secret_of_cookies() == "x" * 32
    with pytest.raises(SettingsError, match="cannot be read"):
        sign_in(grant, client_secret_file=tmp_path / "none").secret_of_client()


def test_settings_name_the_place_of_a_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "vpcflow.toml"
    monkeypatch.setenv("VPCFLOW_CONFIG", str(file))
    grant = '\n[[sign_in.grants]]\ngroup = "a"\nrole = "viewer"\n'
    start = '[sign_in]\nmetadata_url = "https://a/b"\nclient_id = "c"\n'
    file.write_text(start + grant)
    assert load_settings().sign_in is not None
    for text, told in (
        (start + 'clam = "groups"' + grant, "sign_in.clam is no setting. Did you mean 'claim'?"),
        (start + grant + 'acounts = ["1"]', "Did you mean 'accounts'?"),
        (start + grant + 'accounts = ["1"]', "sign_in.grants.0.accounts.0"),
        (start, "sign_in.grants: Field required"),
    ):
        file.write_text(text)
        with pytest.raises(SettingsError) as caught:
            load_settings()
        assert told in str(caught.value)


def test_wrong_settings_let_nobody_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VPCFLOW_SIGN_IN", "{}")
    assert people.secrets() == {}


def test_every_cached_function_that_reads_logs_is_told_whose() -> None:
    """What Streamlit caches for one visitor it gives to the next: the scope is part of the key."""
    found = []
    for path in (ROOT / "dashboards").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and any(
                "cache_" in ast.unparse(mark) for mark in node.decorator_list
            ):
                names = {argument.arg for argument in node.args.args}
                found.append(node.name)
                assert names & {"scope", "request"}, f"{path.name}: {node.name}"
    assert len(found) >= 7
