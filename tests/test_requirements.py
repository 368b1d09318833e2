"""What is installed is what was pinned: each requirement has a version and hashes of its files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PIN = re.compile(
    r"[A-Za-z0-9._-]+(?:\[[a-z,]+\])?==\S+(?: ; [^\\]+)?(?: \\\n    --hash=sha256:[0-9a-f]{64})+"
)

# Of those that are about one thing alone.
FEWEST = {"requirements-java.txt": 0, "requirements-postgres.txt": 2, "requirements-deploy.txt": 10}


@pytest.mark.parametrize(
    "name",
    [
        "requirements.txt",
        "requirements-deploy.txt",
        "requirements-dev.txt",
        "requirements-java.txt",
        "requirements-mcp.txt",
        "requirements-notebook.txt",
        "requirements-postgres.txt",
        "requirements-site.txt",
    ],
)
def test_every_requirement_is_pinned_and_has_hashes(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    bare = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    assert PIN.sub("", bare).strip() == ""
    assert len(PIN.findall(bare)) > FEWEST.get(name, 50)


def test_installing_checks_the_hashes() -> None:
    lines = (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    installs = [line for line in lines if "pip install" in line and " -r " in line]
    assert len(installs) == 7
    assert all("--require-hashes" in line for line in installs)
