"""The notebooks run from top to bottom on the sample, and are stored without what they gave."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from vpcflow_core.api import FlowLogs
from vpcflow_core.store.store import Store

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
# Here its cells are asked of the local sample; `make test-trino` runs it on a real Trino.
[ON_TRINO] = [path for path in NOTEBOOKS if path.stem == "the-same-on-trino"]


def code_cells(path: Path) -> list[dict[str, Any]]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def run_cell(source: str, names: dict[str, Any]) -> Any:
    """Run a cell as a kernel does; gives the value of its last line."""
    body = ast.parse(source).body
    last = body.pop() if isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), "cell", "exec"), names)
    if not isinstance(last, ast.Expr):
        return None
    value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    shown = getattr(value, "_repr_mimebundle_", None) or getattr(value, "_repr_html_", None)
    assert shown is None or shown()
    return value


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_on_the_sample(
    path: Path, sample_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(source: str) -> FlowLogs:
        assert source.startswith("trino://" if path == ON_TRINO else "sample://")
        return FlowLogs(Store.open(sample_store))

    monkeypatch.setattr(FlowLogs, "open", opened)
    names: dict[str, Any] = {}
    for cell in code_cells(path):
        run_cell("".join(cell["source"]), names)
    names["flows"].close()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_without_outputs(path: Path) -> None:
    assert all(not cell["outputs"] and not cell["execution_count"] for cell in code_cells(path))


def test_the_first_look_has_ten_cells() -> None:
    assert len(NOTEBOOKS) == 7
    [first] = [path for path in NOTEBOOKS if path.stem == "first-look"]
    assert len(code_cells(first)) == 10
