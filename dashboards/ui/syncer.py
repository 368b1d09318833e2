"""The sync that runs behind the pages, in a thread of its own; knows no Streamlit."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from threading import Lock, Thread

from vpcflow_core.errors import LockedError, VpcflowError
from vpcflow_core.home import Home
from vpcflow_core.settings import Settings, SourceSetting
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import Progress
from vpcflow_core.update import update

log = logging.getLogger("vpcflow")
# What pages show unless asked otherwise; read first, so that they need not wait for the rest.
FIRST_LOOK = timedelta(days=1)


class Syncer:
    """Brings the store up to date with every configured source.

    Attributes:
        progress: How far the running sync is; None when none runs.
        errors: A sentence for each source that could not be read the last time.
        finished: When the last sync ended; None before.
    """

    def __init__(self, home: Home, settings: Settings) -> None:
        self.home = home
        self.settings = settings
        self.progress: Progress | None = None
        self.errors: list[str] = []
        self.finished: datetime | None = None
        self._lock = Lock()
        self._thread: Thread | None = None

    @property
    def running(self) -> bool:
        """Whether a sync runs now."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Begin a sync, unless one runs."""
        with self._lock:
            if not self.running:
                self._thread = Thread(target=self._run, name="vpcflow-sync", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        errors: list[str] = []
        try:
            with Store.open(self.home.store) as store:
                errors += [
                    told for item in self.home.sources.items() if (told := self._try(store, *item))
                ]
        except VpcflowError as error:
            errors.append(str(error))
        self.errors, self.progress, self.finished = errors, None, datetime.now(UTC)

    def _try(self, store: Store, name: str, source: SourceSetting) -> str:
        """Update from one source; gives why it could not be read, in a sentence."""
        try:
            self._update(store, source)
        except LockedError:
            log.info("another process syncs this store")
        except VpcflowError as error:
            return f"{name}: {error}"
        return ""

    def _update(self, store: Store, source: SourceSetting) -> None:
        """All that is new; into an empty store the last day first."""
        if store.extent("records") is None:
            first = min(FIRST_LOOK, self.settings.since or FIRST_LOOK)
            update(store, source, self.settings, since=first, progress=self._note)
        update(store, source, self.settings, progress=self._note)

    def _note(self, progress: Progress) -> None:
        self.progress = progress
