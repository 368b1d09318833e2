"""Messages that pages show name what is on the page, and no option of the command line."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from dashboards.ui.markdown import ON_COMMAND_LINE

CORE = Path(__file__).parents[2] / "vpcflow_core"
# What answers the questions of pages.
ROOMS = ("analysis", "query", "panels", "charts", "engines/duckdb", "times.py", "ranges.py")
ROOMS += ("series.py",)
FILES = [file for room in ROOMS for file in (CORE / room).rglob("*.py")]
FILES += [CORE / room for room in ROOMS if room.endswith(".py")]
OPTION = re.compile(r"(?<!\w)--[a-z]|(?<!\S)-n\b")


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(CORE)))
def test_options_of_the_command_line_stand_between_brackets_which_pages_leave_out(
    file: Path,
) -> None:
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    documented = {
        id(node.value) for node in nodes if isinstance(node, ast.Expr)
    }  # docstrings are for who reads code
    said = [
        node.value
        for node in nodes
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in documented
    ]
    assert [text for text in said if OPTION.search(ON_COMMAND_LINE.sub("", text))] == []
