"""Temporary folders cannot be foreseen, and none is left behind."""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
from pathlib import Path

import pytest

from vpcflow_core.bounded import scratch
from vpcflow_core.bounded.scratch import PREFIX, Scratch, sweep


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def left(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


def test_a_folder_is_for_its_user_alone_and_goes(temporary: Path) -> None:
    made, other = Scratch(), Scratch()
    assert made.path != other.path
    assert str(os.getpid()) not in made.path.name
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o700
    (made.path / "spilled").write_text("x")
    for folder in (made, other, other):
        folder.close()
    assert left(temporary) == set()


def test_folders_whose_process_has_gone_are_swept_and_no_others(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive = Scratch()
    gone, young, foreign = (temporary / name for name in (f"{PREFIX}gone", f"{PREFIX}new", "x"))
    for folder in (gone, young, foreign):
        folder.mkdir()
        (folder / "spilled").write_text("x")
    (gone / "owner.lock").touch()
    (temporary / f"{PREFIX}link").symlink_to(foreign)
    sweep()
    assert left(temporary) == {alive.path.name, young.name, "x", f"{PREFIX}link"}
    monkeypatch.setattr(scratch, "_YOUNG", -1)
    sweep()
    assert left(temporary) == {alive.path.name, "x", f"{PREFIX}link"}
    assert left(foreign) == {"spilled"}
    alive.close()


def test_the_lock_of_another_process_keeps_its_folder(temporary: Path) -> None:
    folder = temporary / f"{PREFIX}other"
    folder.mkdir()
    with (folder / "owner.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        sweep()
        assert folder.is_dir()
    sweep()
    assert not folder.exists()
