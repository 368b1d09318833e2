"""Sessions share botocore's descriptions of services, which are megabytes of JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vpcflow_core.sources.aws.client import session_of
from vpcflow_core.sources.open import SourceOptions


def loader(**options: str) -> Any:
    return session_of(SourceOptions(**options))._session.get_component("data_loader")


def test_descriptions_of_services_are_read_once_for_all_sessions(credentials: None) -> None:
    first = loader()
    paths = list(first.search_paths)
    assert loader(region="eu-central-1") is first
    assert loader(region="us-west-2").load_service_model("s3", "service-2") is (
        first.load_service_model("s3", "service-2")
    )
    assert len(first.search_paths) <= len(paths) + 1


def test_descriptions_in_a_folder_that_is_set_are_read_from_there(
    credentials: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    usual = loader()
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    assert loader() is not usual
    assert str(tmp_path) in loader().search_paths
