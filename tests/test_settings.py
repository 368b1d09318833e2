"""Settings: file and environment, and mistakes told with their place."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from vpcflow_core.alert_settings import AlertSetting, ChannelSetting, ReportSetting
from vpcflow_core.errors import SettingsError
from vpcflow_core.settings import CostSetting, Settings, load_settings
from vpcflow_core.source_settings import SourceSetting


@pytest.fixture(autouse=True)
def nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory and no `VPCFLOW_*` variables."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in __import__("os").environ if name.startswith("VPCFLOW_")]:
        monkeypatch.delenv(name)
    return tmp_path / "vpcflow.toml"


def test_without_file_the_defaults_hold() -> None:
    assert load_settings().sources == {}
    assert load_settings().since is None


def test_the_file_names_sources(nothing_set: Path) -> None:
    nothing_set.write_text(
        'store = "~/flows"\nkeep = "30d"\n[sources.prod]\nurl = "s3://logs/prod"\nprofile = "x"\n'
    )
    settings = load_settings()
    assert settings.store == Path.home() / "flows"
    assert settings.keep == timedelta(days=30)
    assert settings.sources == {"prod": SourceSetting(url="s3://logs/prod", profile="x")}


@pytest.mark.parametrize("text", ["", "s3://logs/prod"])
def test_a_table_in_a_variable_that_is_no_json_is_refused_by_the_variables_name(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("VPCFLOW_SOURCES", text)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert refused.value.what == "A list or table in a variable is no JSON: VPCFLOW_SOURCES."
    monkeypatch.setenv("VPCFLOW_SOURCES", str(refused.value).split("a table ")[1].rstrip(".\n"))
    assert load_settings().sources == {"prod": SourceSetting(url="s3://logs/prod")}


def test_the_environment_wins_over_the_file(
    nothing_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing_set.write_text("workers = 3\n")
    monkeypatch.setenv("VPCFLOW_WORKERS", "5")
    monkeypatch.setenv("VPCFLOW_SOURCES__A__URL", "logs/")
    assert load_settings().workers == 5
    assert load_settings().sources["a"].url == "logs/"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("wokers = 3", "wokers is no setting. Did you mean 'workers'?"),
        ("workers = 0", "workers: Input should be greater than or equal to 1"),
        ('keep = "soon"', "'soon' is not a length of time"),
        ('[sources.a]\nurll = "x"', "sources.a.urll is no setting. Did you mean 'url'?"),
        ("[sources.a]", "sources.a.url: Field required"),
        ('memory_limit = "lots"', "memory_limit"),
        (
            '[sources.a]\nurl = "x"\nexclude_internal = ["10.", "10.8.1.0/16"]',
            "sources.a.exclude_internal.1: Value error, '10.8.1.0/16' is an address inside a block",
        ),
        ('[sources.a]\nurl = "x"\nec2_regions = ["moon"]', "sources.a.ec2_regions.0"),
        (f"[zones]\n{'a' * 61} = ['10.0.0.0/8']", "at most 60 characters"),
        ("[zones]\n'a b' = ['10.0.0.0/8']", "should match pattern"),
        ('[sources.a]\nurl = "x"\nec2_role = "two words"', "sources.a.ec2_role"),
        (f'[sources.a]\nurl = "x"\nec2_role = "{"a" * 129}"', "at most 128 characters"),
        ("= nonsense", "not valid TOML"),
    ],
)
def test_a_mistake_is_told_with_its_place(nothing_set: Path, text: str, told: str) -> None:
    nothing_set.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert told in str(caught.value)


def test_a_named_file_must_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VPCFLOW_CONFIG", "elsewhere.toml")
    with pytest.raises(SettingsError, match=r"elsewhere\.toml does not exist"):
        load_settings()


def test_every_setting_is_documented() -> None:
    for model in (
        Settings,
        SourceSetting,
        CostSetting,
        ChannelSetting,
        AlertSetting,
        ReportSetting,
    ):
        for name, info in model.model_fields.items():
            assert info.description, name
            assert info.description.endswith("."), name


def test_blocks_of_old_are_read_as_blocks(nothing_set: Path) -> None:
    nothing_set.write_text('[sources.a]\nurl = "x"\nexclude_internal = ["10.0.", "fd00::/8"]\n')
    assert load_settings().sources["a"].exclude_internal == ["10.0.0.0/16", "fd00::/8"]


def test_a_list_in_a_variable_that_is_not_json_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VPCFLOW_SOURCES__A__EXCLUDE_INTERNAL", "10.8.")
    with pytest.raises(SettingsError, match=r"no JSON: VPCFLOW_SOURCES__A__EXCLUDE_INTERNAL\."):
        load_settings()
