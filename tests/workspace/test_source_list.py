"""Sources added in the app: kept in the store's folder, under names of their own, without secrets."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Thread

import pytest

from vpcflow_core.errors import SettingsError
from vpcflow_core.settings import Settings
from vpcflow_core.source_settings import SourceSetting
from vpcflow_core.workspace.source_list import ADDED, add, added, remove
from vpcflow_core.workspace.workspace import Workspace, find_workspace


def test_an_added_source_is_found_again_with_its_options_until_it_is_removed(
    tmp_path: Path,
) -> None:
    source = SourceSetting(url="s3://logs/prod", profile="audit", log_format="version account-id")
    name = add(tmp_path / "store", source)
    assert added(tmp_path / "store") == {"prod": source}
    assert Workspace(tmp_path / "store").all_sources == {name: source}
    remove(tmp_path / "store", name)
    remove(tmp_path / "store", name)
    assert added(tmp_path / "store") == {}


def test_names_that_are_taken_get_a_number(tmp_path: Path) -> None:
    source = SourceSetting(url="s3://logs/prod")
    assert [add(tmp_path, source, taken=["prod"]) for _ in range(2)] == ["prod-2", "prod-3"]
    assert add(tmp_path, source, "mine") == "mine"


def test_a_source_of_the_settings_wins_over_an_added_one_of_its_name(tmp_path: Path) -> None:
    add(tmp_path, SourceSetting(url="s3://logs/a"), "prod")
    of_settings = {"prod": SourceSetting(url="s3://logs/b")}
    assert Workspace(tmp_path, of_settings).all_sources == of_settings


@pytest.mark.parametrize(
    "source",
    [
        SourceSetting(url="s3://AKIAEXAMPLE:secret@logs/prod"),
        SourceSetting(url="s3://logs/prod", endpoint_url="https://me:secret@minio.local"),
    ],
)
def test_passwords_are_never_written_down(tmp_path: Path, source: SourceSetting) -> None:
    with pytest.raises(SettingsError, match="password") as caught:
        add(tmp_path, source)
    assert "secret" not in str(caught.value)
    assert not (tmp_path / ADDED).exists()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": {}}', '{"a": {"url": "x", "b": 1}}', "5"])
def test_a_damaged_list_is_told_and_never_overwritten(tmp_path: Path, text: str) -> None:
    add(tmp_path, SourceSetting(url="s3://logs/prod"))
    (tmp_path / ADDED).write_text(text)
    for act in (lambda: added(tmp_path), lambda: remove(tmp_path, "prod")):
        with pytest.raises(SettingsError, match=ADDED):
            act()
    assert (tmp_path / ADDED).read_text() == text


def test_sources_added_at_the_same_time_are_all_kept(tmp_path: Path) -> None:
    threads = [
        Thread(target=add, args=(tmp_path, SourceSetting(url=f"s3://logs/{n}"))) for n in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(added(tmp_path)) == {str(n) for n in range(12)}
    assert len(json.loads((tmp_path / ADDED).read_text())) == 12


def test_a_store_with_an_added_source_is_opened_instead_of_the_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    settings = Settings()
    assert find_workspace(settings).is_passing
    add(settings.store, SourceSetting(url="s3://logs/prod"))
    home = find_workspace(settings)
    assert (home.store, home.is_passing) == (tmp_path / "data" / "vpcflow", False)
