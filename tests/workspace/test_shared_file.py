"""Files of the store's folder that several processes change: what cannot be written is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from vpcflow_core.errors import StoreError
from vpcflow_core.source_settings import SourceSetting
from vpcflow_core.store.store import Store
from vpcflow_core.workspace import reviews, shared_file, shared_list, source_list
from vpcflow_core.workspace.views import NAME


def _listed(store: Path) -> None:
    with shared_list.changing(store / NAME) as entries:
        entries.append({})


CHANGES: dict[str, Callable[[Path], object]] = {
    reviews.FILE: lambda store: reviews.review(store, "some", "muted", "known"),
    source_list.ADDED: lambda store: source_list.add(store, SourceSetting(url="sample://")),
    NAME: _listed,
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("beside", ["lock", "new"])
def test_a_file_that_cannot_be_written_is_a_sentence(
    tmp_path: Path, name: str, beside: str
) -> None:
    Store.open(tmp_path).close()
    (tmp_path / f"{name}.{beside}").mkdir()
    with pytest.raises(StoreError, match="cannot be written: Is a directory") as caught:
        CHANGES[name](tmp_path)
    assert name in str(caught.value)


def test_a_change_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "some.json"
    path.write_text("before")
    with pytest.raises(ZeroDivisionError), shared_file.changing(path):
        raise ZeroDivisionError
    assert path.read_text() == "before"
    with shared_file.changing(path) as write:
        write("after")
    assert path.read_text() == "after"
