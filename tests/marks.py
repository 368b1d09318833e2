"""Marks of tests: what needs a browser, and what takes too long for `make quick`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

SECONDS = 1.0


# Fixtures of a running app: to start one takes seconds.
SERVERS = {"app", "asked_app", "empty", "few", "served", "version_2"}
# Every panel under every filter, every template under every parameter: a minute together.
MANY = {"soundness", "test_every_panel", "test_trino_dialect", "test_templates"}


def mark_browser_tests(items: Iterable[pytest.Item]) -> None:
    """Mark every test that opens a page, and what takes long without one."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if "open_page" in fixtures:
            item.add_marker("browser")
            # A click between two runs of a page can be lost where much else runs: told as R.
            item.add_marker(pytest.mark.flaky(reruns=1))
        elif fixtures & SERVERS or MANY & {item.path.stem, item.path.parent.name}:
            item.add_marker("slow")


def long_without_mark(reports: Iterable[pytest.TestReport]) -> Iterator[str]:
    """A line for each test that took over a second and that `make quick` does not leave out."""
    for report in reports:
        left_out = {"slow", "browser"} & report.keywords.keys()
        if report.when == "call" and report.duration > SECONDS and not left_out:
            yield f"{report.nodeid} took {report.duration:.1f} s: @pytest.mark.slow?"
