"""The name of a fixture means the same in all tests."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

TESTS = Path(__file__).parent


def fixtures(path: Path) -> list[str]:
    """Names of the fixtures that a file defines."""
    return [
        node.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
        and any("pytest.fixture" in ast.unparse(each) for each in node.decorator_list)
    ]


def test_no_two_fixtures_have_one_name() -> None:
    names = Counter(name for path in TESTS.rglob("*.py") for name in fixtures(path))
    assert len(names) > 50
    assert [name for name, count in names.items() if count > 1] == []
