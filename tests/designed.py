"""A designed network with every kind of trouble, and the same without; both are only read."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.networks import TROUBLES, WATCHED, write
from tests.logs import fill
from tests.sample import once_a_run


def designed(folder: Path, troubles: tuple[str, ...]) -> None:
    folder.mkdir()
    write(folder / "logs", 1, troubles)
    fill(folder / "store", folder / "logs")
    (folder / "watched.txt").write_text(f"# feed of today\n{WATCHED} ; seen twice\n")


@pytest.fixture(scope="session")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return once_a_run(tmp_path_factory, "troubled", lambda f: designed(f, tuple(TROUBLES)))


@pytest.fixture(scope="session")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return once_a_run(tmp_path_factory, "calm", lambda folder: designed(folder, ()))
