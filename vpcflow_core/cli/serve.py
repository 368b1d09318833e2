"""`vpcflow serve` and `vpcflow demo`: open the dashboards in a browser."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from vpcflow_core.errors import FailureError
from vpcflow_core.workspace.workspace import Workspace, sample_workspace

Port = Annotated[int, typer.Option(help="Port to listen on, at localhost.")]


def serve(
    sources: Annotated[
        list[str] | None, typer.Argument(help="Sources to show; none: the configured ones.")
    ] = None,
    store: Annotated[Path | None, typer.Option(help="Folder of the store.")] = None,
    port: Port = 8501,
) -> None:
    """Open the dashboards on these sources, or on what is configured."""
    environment = dict(os.environ)
    if sources:
        named = {f"source{i}": {"url": url} for i, url in enumerate(sources, 1)}
        environment["VPCFLOW_SOURCES"] = json.dumps(named)
    if store:
        environment["VPCFLOW_STORE"] = str(store.resolve())
    _run(environment, port)


def demo(port: Port = 8501) -> None:
    """Open the dashboards on a made-up network of the last nine days."""
    home: Workspace = sample_workspace()
    sources = {name: {"url": source.url} for name, source in home.sources.items()}
    environment = {**os.environ, "VPCFLOW_STORE": str(home.store)}
    _run({**environment, "VPCFLOW_SOURCES": json.dumps(sources)}, port)


def app_file() -> Path:
    """The app: that of the repository, or that inside the installed package.

    Raises:
        FailureError: The app is not there.
    """
    package = Path(__file__).parents[1]
    for folder in (package.parent, package / "_app"):
        if (folder / "streamlit_app.py").is_file():
            return folder / "streamlit_app.py"
    raise FailureError(
        f"The app (streamlit_app.py) is missing beside {package}.", "Install vpcflow again."
    )


def _run(environment: dict[str, str], port: int) -> None:
    """Run the server until it is stopped; hands on its exit code."""
    command = [sys.executable, "-m", "streamlit", "run", str(app_file())]
    command += ["--server.port", str(port)]
    done = subprocess.run(command, env=environment, check=False)  # noqa: S603
    raise typer.Exit(done.returncode)
