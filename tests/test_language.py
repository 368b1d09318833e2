"""Plain English and the formatter's layout, in product code and docs."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ("vpcflow_core", "dashboards", "collector", "benchmarks", "docs", "data")
CODE = [
    ROOT / "streamlit_app.py",
    *(path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))),
]
TEXTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "data/README.md"]
# Words that an English-reading engineer stumbles over; each has a plainer one.
QUAINT = re.compile(r"\b(told|nobody|so long|so many|of old)\b", re.IGNORECASE)


def test_no_quaint_word_stands_in_code_or_docs() -> None:
    assert [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in [*CODE, *TEXTS]
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if QUAINT.search(line.replace("_", " "))
    ] == []


def test_only_tables_of_data_keep_a_layout_of_their_own() -> None:
    assert [
        f"{path.relative_to(ROOT)}:{number}" for path in CODE for number in _marks_elsewhere(path)
    ] == []


def _marks_elsewhere(path: Path) -> list[int]:
    """Lines that switch the formatter off, but not for a table of data."""
    text = path.read_text(encoding="utf-8")
    tables = {line for start, end in _tables(ast.parse(text)) for line in range(start, end + 1)}
    lines = enumerate(text.splitlines(), 1)
    marks = [number for number, line in lines if re.search("# fmt: ?(skip|off)", line)]
    # `# fmt: off` stands in the line above its table.
    return [number for number in marks if not {number, number + 1} & tables]


def _tables(tree: ast.Module) -> list[tuple[int, int]]:
    """First and last line of what is assigned at the top of a module or class."""
    bodies = [tree.body, *(n.body for n in ast.walk(tree) if isinstance(n, ast.ClassDef))]
    return [
        (node.lineno, node.end_lineno or node.lineno)
        for body in bodies
        for node in body
        if isinstance(node, ast.Assign | ast.AnnAssign)
    ]
