"""What `serve` and `demo` name stands alone; the server learns of it by its environment."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.store.doubles import HEADER, line
from vpcflow_core.api import FlowLogs
from vpcflow_core.cli.main import main
from vpcflow_core.settings import Settings, load_settings
from vpcflow_core.sources.local import LocalSource
from vpcflow_core.store.store import Store
from vpcflow_core.workspace.background import Syncer
from vpcflow_core.workspace.workspace import Workspace, find_workspace


class _BecameServerError(Exception):
    """Carries the environment of the server in the place of one that runs."""


@pytest.fixture(autouse=True)
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with the settings of a production: a source, a store, and a short memory."""
    for number, name in enumerate(("prod", "mine", "env")):
        (tmp_path / name).mkdir()
        ages = [timedelta(0), timedelta(days=100)]
        lines = [line(number, datetime.now(UTC) - age) for age in ages]
        (tmp_path / name / "a.log").write_text("\n".join([HEADER, *lines, ""]))
    (tmp_path / "vpcflow.toml").write_text(
        f'store = "{tmp_path / "production"}"\nkeep = "3d"\nsince = "2h"\n'
        f'memory_limit = "1GB"\n[sources.prod]\nurl = "{tmp_path / "prod"}"\n'
    )
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.upper().startswith("VPCFLOW_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("VPCFLOW_SOURCES__ENV__URL", str(tmp_path / "env"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@dataclass(frozen=True)
class Server:
    """What the server of a command finds in its environment."""

    settings: Settings
    workspace: Workspace

    @property
    def store(self) -> Path:
        return self.workspace.store

    @property
    def sources(self) -> list[str]:
        return [source.url for source in self.workspace.all_sources.values()]

    @property
    def limits(self) -> tuple[timedelta | None, timedelta | None, str]:
        return self.settings.keep, self.settings.since, self.settings.memory_limit

    def synced(self) -> dict[str, int]:
        """Records of each source in its store, when the app has synced."""
        syncer = Syncer(self.workspace, self.settings)
        syncer._run()
        syncer.close()
        assert syncer.errors == []
        return records(self.store)


def server_of(monkeypatch: pytest.MonkeyPatch, *words: object) -> Server:
    """The server that the command becomes."""

    def become(_: str, __: list[str], environment: dict[str, str]) -> None:
        raise _BecameServerError(environment)

    monkeypatch.setattr(os, "execve", become)
    monkeypatch.setattr(sys, "argv", ["vpcflow", *map(str, words)])
    with pytest.raises(_BecameServerError) as became:
        main()
    [environment] = became.value.args
    with patch.dict(os.environ, environment, clear=True):
        settings = load_settings()
        return Server(settings, find_workspace(settings))


def records(store: str | Path) -> dict[str, int]:
    with Store.open(store, create=False) as opened:
        return {Path(state.url).name: state.records for state in opened.sources()}


def test_the_sample_never_meets_the_logs_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VPCFLOW_STORE", str(tmp_path / "env-store"))
    monkeypatch.setenv("VPCFLOW_KEEP", "1d")
    monkeypatch.setenv("vpcflow_since", "1d")
    demo = server_of(monkeypatch, "demo")
    assert demo.store.is_relative_to(tmp_path / "cache" / "vpcflow" / "sample")
    assert [url.partition("?")[0] for url in demo.sources] == ["sample://"]
    assert demo.limits == (None, None, "1GB")


def test_sources_on_the_command_line_stand_alone_in_a_store_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = server_of(monkeypatch, "serve", "mine")
    url = LocalSource("mine").url
    assert server.sources == [url]
    assert server.limits == (None, None, "1GB")
    assert server.synced() == {"mine": 2}  # the old record too, which `keep` would drop
    assert not (tmp_path / "production").exists()
    assert server_of(monkeypatch, "serve", url).store == server.store
    with FlowLogs.open("mine") as flows:
        assert flows.store.path == server.store


def test_several_sources_have_one_store_in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    server = server_of(monkeypatch, "serve", "mine", "env")
    assert server.synced() == {"mine": 2, "env": 2}
    assert server_of(monkeypatch, "serve", "env", "mine").store == server.store


def test_what_the_environment_says_of_store_and_span_holds_beside_named_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = server_of(monkeypatch, "serve", "mine", "--store", "here")
    assert (server.store, server.synced()) == (tmp_path / "here", {"mine": 2})
    monkeypatch.setenv("VPCFLOW_STORE", str(tmp_path / "there"))
    monkeypatch.setenv("VPCFLOW_KEEP", "5d")
    server = server_of(monkeypatch, "serve", "mine")
    assert server.limits == (timedelta(days=5), None, "1GB")
    assert (server.store, server.synced()) == (tmp_path / "there", {"mine": 1})


def test_without_sources_the_settings_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = server_of(monkeypatch, "serve")
    assert server.store == tmp_path / "production"
    assert {Path(url).name for url in server.sources} == {"prod", "env"}
    assert server.limits == (timedelta(days=3), timedelta(hours=2), "1GB")
    assert server.synced() == {"prod": 1, "env": 1}


def test_a_source_that_cannot_be_is_refused_before_a_server_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["vpcflow", "serve", "gopher://x"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "Sources are:" in capsys.readouterr().err
