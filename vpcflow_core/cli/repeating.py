"""Commands that run again and again: how often, and `/metrics` meanwhile."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from vpcflow_core.errors import MisuseError, VpcflowError
from vpcflow_core.metrics_listener import listening
from vpcflow_core.monitoring import page
from vpcflow_core.plain_text import visible_lines
from vpcflow_core.settings import Settings
from vpcflow_core.store.store import Store
from vpcflow_core.times import parse_duration


@dataclass(frozen=True, slots=True)
class RepeatOptions:
    """The options of commands that may go on until they are stopped."""

    every: Annotated[
        str, typer.Option(metavar="LENGTH", help="Go on: run again 5m, 1h, ... after each end.")
    ] = ""
    metrics_port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="With --every: answer /metrics at this port."),
    ] = None
    metrics_address: Annotated[
        str, typer.Option(help="Address to listen on; others' needs the setting metrics_token.")
    ] = "127.0.0.1"

    def run(
        self,
        once: Callable[[], int],
        store: Path,
        settings: Settings,
        watched: Path | None = None,
    ) -> None:
        """Run once, or on and on; errors of a run are printed, and the next run tries again.

        Args:
            once: A run; gives the exit code.
            store: Folder of the store that metrics are about.
            settings: For the token of metrics.
            watched: Where the state lies of what is watched; None: in the store's folder.

        Raises:
            MisuseError: Options contradict each other.
            Exit: Of a single run, with its code.
        """
        if not self.every:
            if self.metrics_port is not None:
                raise MisuseError("--metrics-port goes with --every.", "Say how often: --every 5m")
            if code := once():
                raise typer.Exit(code)
            return
        pause = parse_duration(self.every).total_seconds()
        with ExitStack() as meanwhile:
            if self.metrics_port is not None:
                token = settings.metrics_token
                serving = listening(
                    lambda: _page(store, watched),
                    self.metrics_port,
                    address=self.metrics_address,
                    token=token.get_secret_value() if token else "",
                )
                port = meanwhile.enter_context(serving)
                print(f"Metrics: http://{self.metrics_address}:{port}/metrics", file=sys.stderr)
            while True:
                _tried(once)
                sys.stdout.flush()
                time.sleep(pause)


def _tried(once: Callable[[], int]) -> None:
    try:
        once()
    except MisuseError:
        raise
    except VpcflowError as error:
        print(visible_lines(f"{type(error).__name__}: {error}"), file=sys.stderr, flush=True)


def _page(store: Path, watched: Path | None) -> str:
    with Store.open(store) as opened:
        return page(opened, watched=watched)
