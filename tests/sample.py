"""The sample that many tests read: made once a run, by whichever test process asks first.

What these fixtures give is for all tests of the run, so it is only read: copy a store to change it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.logs import fill, write_sample


def once_a_run(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that is filled once, however many test processes ask for it.

    Args:
        factory: Knows where the run keeps its temporary files.
        name: Name of the folder; the same everywhere for the same content.
        make: Fills the folder, which does not exist yet.
    """
    run = folder_of_run(factory)
    folder, done = run / f"shared-{name}", run / f"shared-{name}.done"
    with (run / f"shared-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            make(folder)
            done.touch()
    return folder


def folder_of_run(factory: pytest.TempPathFactory) -> Path:
    """Where the test processes of this run keep what they share."""
    base = factory.getbasetemp()
    # Each of several test processes has a folder of its own in that of the run.
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Logs of nine days, as files."""
    return once_a_run(tmp_path_factory, "sample", write_sample)


@pytest.fixture(scope="session")
def sample_store(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with these logs and what EC2 knows of their network."""
    return once_a_run(
        tmp_path_factory, "sample-store", lambda folder: fill(folder, sample, snapshot=True)
    )


@pytest.fixture(scope="session")
def bare_store(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with these logs alone."""
    return once_a_run(tmp_path_factory, "bare-store", lambda folder: fill(folder, sample))
