"""Finds a Chromium for the browser tests; run as a module, installs one where there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# As root (containers), Chromium runs only without its sandbox; it never leaves this machine here.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def executable() -> str | None:
    """Path of the system's browser; `VPCFLOW_CHROMIUM` wins; None if Playwright's own is used."""
    found = os.environ.get("VPCFLOW_CHROMIUM")
    return found or next(filter(None, map(shutil.which, NAMES)), None)


def install() -> None:
    """Make sure there is a browser: Debian's package where apt may, else Playwright's own."""
    if executable():
        return
    if shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(["apt-get", "install", "-y", "-qq", "chromium"], check=True)
    else:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)


if __name__ == "__main__":
    install()
