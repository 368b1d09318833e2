"""The sync that runs behind the pages, in a thread of its own; knows no Streamlit.

It runs when it is told to, and again so long after it has ended (setting `sync_every`). A sync that
a person has stopped stays stopped until somebody asks for it again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event, Lock, Thread, Timer

from vpcflow_core.errors import LockedError, VpcflowError
from vpcflow_core.settings import Settings, SourceSetting
from vpcflow_core.sources.schemes import scheme_of
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import Progress
from vpcflow_core.workspace.sync import update
from vpcflow_core.workspace.workspace import Workspace

log = logging.getLogger("vpcflow")
# What pages show unless asked otherwise; read first, so that they need not wait for the rest.
FIRST_LOOK = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a source could not be read the last time.

    Attributes:
        name: The source; "" for the store itself.
        url: Where it lies.
        error: What went wrong.
    """

    name: str
    url: str
    error: VpcflowError

    def told(self, *, with_paths: bool = True) -> str:
        """In words; without those that may tell of the server's folders, if wanted."""
        whom = f"{self.name}: " if self.name else ""
        if with_paths or not scheme_of(self.url).is_folder:
            return f"{whom}{self.error}"
        return f"{whom}It could not be read; the server's log says why."


class Syncer:
    """Brings the store up to date with every source, configured or added.

    Attributes:
        progress: How far the running sync is; None when none runs.
        source: Name of the source that is being read; "" when none is.
        troubles: Sources that could not be read the last time.
        finished: When the last sync ended; None before.
        stopped: Whether a person stopped the last one.
        next: When the next one begins by itself; None if none does.
    """

    def __init__(self, home: Workspace, settings: Settings) -> None:
        self.home = home
        self.settings = settings
        self.progress: Progress | None = None
        self.source = ""
        self.troubles: list[Trouble] = []
        self.finished: datetime | None = None
        self.stopped = False
        self.next: datetime | None = None
        self._lock = Lock()
        self._stop = Event()
        self._busy = False
        self._closed = False
        self._thread: Thread | None = None
        self._timer: Timer | None = None

    @property
    def running(self) -> bool:
        """Whether a sync runs now."""
        return self._busy

    @property
    def stopping(self) -> bool:
        """Whether a sync runs that has been told to stop."""
        return self._busy and self._stop.is_set()

    @property
    def errors(self) -> list[str]:
        """A sentence for each source that could not be read the last time."""
        return [trouble.told() for trouble in self.troubles]

    def start(self) -> None:
        """Begin a sync, unless one runs."""
        with self._lock:
            if self._busy or self._closed:
                return
            self._wait_no_more()
            self._stop.clear()
            self._busy = True
            self._thread = Thread(target=self._run, name="vpcflow-sync", daemon=True)
            self._thread.start()

    def cancel(self) -> None:
        """Stop the running sync after the objects at hand; what was read stays."""
        self._stop.set()

    def close(self) -> None:
        """Stop, and never begin again."""
        with self._lock:
            self._closed = True
            self._wait_no_more()
        self.cancel()

    def _run(self) -> None:
        troubles: list[Trouble] = []
        try:
            self._read_all(troubles)
        except VpcflowError as error:
            troubles.append(Trouble("", "", error))
        except Exception:  # the thread's border: pages must learn that it has ended
            log.exception("the sync failed")
            troubles.append(Trouble("", "", _FAILED))
        for trouble in troubles:
            log.warning("sync: %s", trouble.told())
        with self._lock:
            self.troubles, self.progress, self.source = troubles, None, ""
            self.finished, self.stopped = datetime.now(UTC), self._stop.is_set()
            self._busy = False
            self._wait()

    def _read_all(self, troubles: list[Trouble]) -> None:
        """One source after the other; those that are added meanwhile too."""
        done: set[str] = set()
        with Store.open(self.home.store) as store:
            while (left := self._left(done)) and not self._stop.is_set():
                name, source = left[0]
                done.add(name)
                self.source, self.progress = name, None
                if error := self._try(store, source):
                    troubles.append(Trouble(name, source.url, error))

    def _left(self, done: set[str]) -> list[tuple[str, SourceSetting]]:
        return [item for item in self.home.all_sources.items() if item[0] not in done]

    def _try(self, store: Store, source: SourceSetting) -> VpcflowError | None:
        """Update from one source; gives why it could not be read."""
        try:
            self._update(store, source)
        except LockedError:
            log.info("another process syncs this store")
        except VpcflowError as error:
            return error
        return None

    def _update(self, store: Store, source: SourceSetting) -> None:
        """All that is new; into an empty store the last day first."""
        if store.extent("records") is None:
            first = min(FIRST_LOOK, self.settings.since or FIRST_LOOK)
            self._read(store, source, since=first)
        if not self._stop.is_set():
            self._read(store, source)

    def _read(self, store: Store, source: SourceSetting, since: timedelta | None = None) -> None:
        update(
            store,
            source,
            self.settings,
            since=since,
            progress=self._note,
            cancelled=self._stop.is_set,
        )

    def _note(self, progress: Progress) -> None:
        self.progress = progress

    def _wait(self) -> None:
        """Begin again after a while, if there is a source that may have more by then."""
        every = self.settings.sync_every
        if every is None or self.stopped or self._closed or not self._may_grow():
            return
        self.next = datetime.now(UTC) + every
        self._timer = Timer(every.total_seconds(), self.start)
        self._timer.daemon = True
        self._timer.start()

    def _wait_no_more(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = self.next = None

    def _may_grow(self) -> bool:
        try:
            sources = self.home.all_sources.values()
        except VpcflowError:  # a list that cannot be read now may be mended by then
            return True
        return any(not scheme_of(source.url).fixed for source in sources)


_FAILED = VpcflowError("The sync failed; the server's log says why.")
