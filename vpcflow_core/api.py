"""`FlowLogs`: every question of vpcflow from Python; answers are pandas frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Self

from vpcflow_core import notebook
from vpcflow_core.engines.base import Catalogue
from vpcflow_core.engines.open import is_elsewhere, open_catalogue
from vpcflow_core.errors import EmptyError
from vpcflow_core.flow_logs.costs import Costs
from vpcflow_core.flow_logs.finding import Finding
from vpcflow_core.flow_logs.lists import Lists
from vpcflow_core.flow_logs.notes import Notes
from vpcflow_core.flow_logs.over_time import OverTime
from vpcflow_core.flow_logs.pages import Pages
from vpcflow_core.flow_logs.rendered import RenderedPanel
from vpcflow_core.flow_logs.tightening import Tightening
from vpcflow_core.sources.open import DEFAULTS, SourceOptions, open_source
from vpcflow_core.store.ledger import LEDGER_NAME
from vpcflow_core.store.store import Store
from vpcflow_core.times import parse_duration
from vpcflow_core.workspace.workspace import own_store

if TYPE_CHECKING:
    from vpcflow_core.store.result import Progress, SyncResult

__all__ = ["FlowLogs", "RenderedPanel"]


class FlowLogs(OverTime, Lists, Costs, Finding, Tightening, Pages, Notes):
    """Flow logs to ask; every method that narrows them gives new ones.

    Its methods stand by purpose in `flow_logs`; `Selection` has its attributes.
    """

    @classmethod
    def open(
        cls,
        source: str | Path,
        *,
        since: str | timedelta | None = None,
        store: str | Path | None = None,
        options: SourceOptions = DEFAULTS,
        progress: Callable[[Progress], None] | None = None,
    ) -> Self:
        """Load what is new at a source, then answer from the store.

        An engine beyond this machine is asked where the records lie, and nothing is loaded.

        Args:
            source: `s3://bucket/prefix`, `cloudwatch://region/log-group`, a folder, a file,
                `sample://`; or the folder of a store, which is opened as it is; or
                `trino://user@host:port/catalog/schema`.
            since: Load only the most recent `8d`; all if not given.
            store: Folder of the store; one of the source's own in the user's cache if not given.
                Of an engine beyond this machine: where snapshots of EC2 are.
            options: How to reach the source.
            progress: Called with how far the loading is; a bar in a notebook if not given.

        Raises:
            SourceError: The source cannot be read, or nothing of it.
            SettingsError: The URL names no source.
            LockedError: Another process writes to the store.
        """
        if (Path(source).expanduser() / LEDGER_NAME).is_file():
            opened = Store.open(source)
            with _closed_on_failure(opened):
                return cls(opened)
        length = parse_duration(since) if isinstance(since, str) else since
        if is_elsewhere(str(source)):
            catalogue = open_catalogue(str(source), since=length, inventory=store)
            with _closed_on_failure(catalogue):
                return cls(catalogue=catalogue)
        # All that loads; nothing of it is needed where a store is only asked.
        from vpcflow_core.workspace.sync import load, recent

        found = open_source(str(source), options=options)
        opened = Store.open(store or own_store([found.url]))
        with _closed_on_failure(opened):
            shown = progress or notebook.progress_bar()
            result = load(opened, found, options.log_format, span=recent(length), progress=shown)
            _check(result)
            return replace(cls(opened).only(found.url), synced=result)

    def _repr_html_(self) -> str:
        """What is in these logs, for notebooks."""
        return notebook.logs_html(self)


@contextmanager
def _closed_on_failure(store: Catalogue) -> Iterator[None]:
    """Closes the store or catalogue if what is done inside fails."""
    try:
        yield
    except BaseException:
        store.close()
        raise


def _check(result: SyncResult) -> None:
    """Refuse to answer from a source of which nothing at all could be loaded."""
    if result.gave_nothing:
        first = result.failures[0] if result.failures else None
        why = f": {first.uri}: {first.problem}" if first else ""
        raise EmptyError(f"Nothing could be loaded from {result.source}{why}")
