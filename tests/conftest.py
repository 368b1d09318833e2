"""Fixtures that several rooms share."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import marks
from tests.aws import aws, aws_server, credentials
from tests.corpus import folder
from tests.designed import calm, troubled
from tests.sample import bare_store, sample, sample_store

__all__ = [
    "aws",
    "aws_server",
    "bare_store",
    "calm",
    "credentials",
    "sample",
    "sample_store",
    "troubled",
]

# No test depends on how fast the machine is.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

collect_ignore_glob = [] if folder.NAMED else [str(folder.TESTS / "test_*.py")]


TRINO = Path(__file__).parent / "trino"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A real Trino is started only where its tests are asked for: `make test-trino`."""
    if collection_path == TRINO:
        asked = folder.asked(config.args)
        return True if not any(path.is_relative_to(TRINO) for path in asked) else None
    return None


def pytest_configure(config: pytest.Config) -> None:
    folder.require_folder(config.args)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    marks.mark_browser_tests(items)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if line := folder.left_out(config.args):
        terminalreporter.write_line(line)
    # Only said: no test depends on how fast the machine is.
    for line in marks.long_without_mark(terminalreporter.stats.get("passed", [])):
        terminalreporter.write_line(line)
