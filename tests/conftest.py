"""Fixtures that several rooms share."""

import pytest
from hypothesis import HealthCheck, settings

from tests import marks
from tests.aws import aws, aws_server, credentials
from tests.corpus import folder
from tests.sample import bare_store, sample, sample_store

__all__ = ["aws", "aws_server", "bare_store", "credentials", "sample", "sample_store"]

# No test depends on how fast the machine is.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

collect_ignore_glob = [] if folder.NAMED else [str(folder.TESTS / "test_*.py")]


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
