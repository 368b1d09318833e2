"""`vpcflow serve` and `vpcflow demo`: open the dashboards in a browser."""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from vpcflow_core.errors import FailureError
from vpcflow_core.settings import TOKEN_VARIABLE, WITHOUT_VARIABLE
from vpcflow_core.sources.open import open_source
from vpcflow_core.workspace.workspace import own_store, sample_workspace

Port = Annotated[int, typer.Option(help="Port to listen on, at localhost.")]
# The settings that say which logs there are, and how far back. Those of the file belong to the
# sources of the file: they would mix other logs in, or drop what was asked for as too old.
OF_SOURCES = ("sources", "store", "since", "keep")


def serve(
    sources: Annotated[
        list[str] | None, typer.Argument(help="Sources to show; none: the configured ones.")
    ] = None,
    store: Annotated[Path | None, typer.Option(help="Folder of the store.")] = None,
    port: Port = 8501,
) -> None:
    """Open the dashboards on these sources, or on what is configured.

    Sources that are named here stand alone: those of the settings are neither shown nor read, and
    the records go to a store of their own unless --store or VPCFLOW_STORE names one.
    """
    environment = dict(os.environ)
    if sources:
        urls = [open_source(source).url for source in sources]
        named = {f"source{number}": url for number, url in enumerate(urls, 1)}
        environment = alone(environment, named)
        environment.setdefault(_variable("store"), str(own_store(urls)))
    if store:
        environment[_variable("store")] = str(store.resolve())
    _run(environment, port)


def demo(port: Port = 8501) -> None:
    """Open the dashboards on a made-up network of the last nine days."""
    workspace = sample_workspace()
    ours = set(map(_variable, OF_SOURCES))
    others = {name: value for name, value in os.environ.items() if name.upper() not in ours}
    environment = alone(others, {name: s.url for name, s in workspace.sources.items()})
    _run(environment | {_variable("store"): str(workspace.store)}, port)


def alone(environment: Mapping[str, str], sources: Mapping[str, str]) -> dict[str, str]:
    """An environment in which these sources are the only ones, whatever the settings say.

    Args:
        environment: The variables there are; `VPCFLOW_STORE`, `_SINCE` and `_KEEP` still hold.
        sources: URLs by name.
    """
    prefix = _variable("sources")  # of VPCFLOW_SOURCES__PROD__URL too
    others = {n: value for n, value in environment.items() if not n.upper().startswith(prefix)}
    named = json.dumps({name: {"url": url} for name, url in sources.items()})
    return others | {prefix: named, WITHOUT_VARIABLE: ",".join(OF_SOURCES)}


def _variable(setting: str) -> str:
    return f"VPCFLOW_{setting.upper()}"


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


def _run(environment: dict[str, str], port: int) -> NoReturn:
    """Become the server, so that signals to this process reach it and nothing is left behind."""
    command = [sys.executable, "-m", "streamlit", "run", str(app_file())]
    command += ["--server.port", str(port)]
    token = secrets.token_urlsafe(24)
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, command, environment | {TOKEN_VARIABLE: token})  # noqa: S606 (our own command)
