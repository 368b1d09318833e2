"""The notebook on Trino runs from top to bottom on a real one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.test_notebooks import ON_TRINO, code_cells, run_cell
from tests.trino.conftest import Pair


def test_the_notebook_on_trino_runs(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRINO_URL", pair.url)
    names: dict[str, Any] = {}
    shown = [run_cell("".join(cell["source"]), names) for cell in code_cells(ON_TRINO)]
    top = shown[1]
    here = pair.here.last("24h").top("srcaddr", by="bytes", n=10)
    assert top["bytes"].tolist() == here["bytes"].tolist()
