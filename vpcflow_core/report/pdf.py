"""A report as PDF, printed by the browser of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from vpcflow_core.errors import FailureError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SECONDS = 120


def browser_here() -> str | None:
    """This machine's Chromium or Chrome; None where it has none."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def write_pdf(html: str, path: Path) -> None:
    """Print a report.

    Raises:
        FailureError: There is no Chromium or Chrome, or it fails.
    """
    browser = browser_here()
    if browser is None:
        raise FailureError(
            "A PDF needs Chromium or Chrome, and neither is here.",
            "Install one, or print the HTML of --html.",
        )
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        page.write_text(html, encoding="utf-8")
        _print(browser, page, path.resolve())


def _print(browser: str, page: Path, path: Path) -> None:
    # As root (containers) it runs only without its sandbox; it reads nothing but our own page.
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    options = ["--headless", "--disable-gpu", "--no-pdf-header-footer", *root]
    options += [f"--user-data-dir={page.parent / 'profile'}", "--virtual-time-budget=60000"]
    command = [browser, *options, f"--print-to-pdf={path}", page.as_uri()]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)  # noqa: S603
    except (subprocess.SubprocessError, OSError) as error:
        raise FailureError(
            f"{browser} could not print the report: {type(error).__name__}.",
            "Print the HTML of --html.",
        ) from None
