"""What all sessions share is made once, whatever a browser asks Streamlit to clear."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st

from dashboards.ui import resources
from dashboards.ui.shared import renew


@pytest.fixture
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("VPCFLOW_STORE", str(tmp_path / "store"))
    monkeypatch.setattr("gc.freeze", lambda: None)  # what is frozen is never freed at the end
    monkeypatch.chdir(tmp_path)
    renew()
    yield tmp_path / "store"
    resources.syncer().close()
    resources.flows().close()
    renew()


@pytest.mark.slow
def test_clearing_the_cache_makes_no_new_store_and_no_new_sync(in_a_folder: Path) -> None:
    before = (resources.store(), resources.syncer(), resources.flows())
    for _ in range(3):
        st.cache_data.clear()
        st.cache_resource.clear()
    assert (resources.store(), resources.syncer(), resources.flows()) == before


def test_a_deleted_ledger_is_noticed_and_the_store_opened_anew(in_a_folder: Path) -> None:
    resources.notice_deleted_store()
    before, worker = resources.store(), resources.syncer()
    resources.notice_deleted_store()
    assert resources.store() is before
    for path in in_a_folder.glob("ledger.sqlite*"):
        path.unlink()
    resources.notice_deleted_store()
    assert worker._closed
    assert resources.store() is not before
    assert (in_a_folder / "ledger.sqlite").is_file()
    before.close()
