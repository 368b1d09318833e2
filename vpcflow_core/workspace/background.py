"""The sync that runs behind the pages, in a thread of its own; knows no Streamlit.

It runs when it is started, and again `sync_every` (a setting) after its end. A sync that a person
has stopped stays stopped until a person starts it again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Event, Lock, Thread, Timer

from vpcflow_core.changes.reading import read_trails
from vpcflow_core.ending import at_work
from vpcflow_core.errors import FailureError, LockedError, VpcflowError
from vpcflow_core.redaction import redacting_logger
from vpcflow_core.settings import Settings
from vpcflow_core.sources.schemes import scheme_of
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import Progress
from vpcflow_core.workspace.domains import sync_domains
from vpcflow_core.workspace.sync import SyncOptions, SyncOutcome, recent, sync
from vpcflow_core.workspace.workspace import Workspace

log = redacting_logger("vpcflow")
# What pages show unless asked otherwise; read first, so that they need not wait for the rest.
FIRST_LOOK = timedelta(days=1)
# Interfaces come and go in minutes, but each snapshot costs a dozen requests in every region.
INVENTORY_AGE = timedelta(minutes=10)


def problem(outcome: SyncOutcome, *, with_paths: bool = True) -> str:
    """Why a source could not be read.

    Args:
        outcome: What became of it.
        with_paths: Whether the text may name folders of the server.
    """
    name = f"{outcome.name}: " if outcome.name else ""
    if with_paths or not scheme_of(outcome.url).is_folder:
        return f"{name}{outcome.error}"
    return f"{name}It could not be read; the server's log says why."


class Syncer:
    """Brings the store up to date with every source, configured or added.

    Args:
        workspace: Whose store and sources.
        settings: How.
        then: Called after each sync, in its thread; what it raises is logged.

    Attributes:
        progress: How far the running sync is with its source.
        source: Name of the source that is being read; "" when none is.
        outcomes: What became of each source the last time; one without name where the store
            itself failed.
        finished: When the last sync ended; None before.
        stopped: Whether a person stopped the last one.
        next: When the next one begins by itself; None if none does.
    """

    def __init__(
        self,
        workspace: Workspace,
        settings: Settings,
        then: Callable[[], None] = lambda: None,
    ) -> None:
        self._then = then
        self.workspace = workspace
        self.settings = settings
        self.progress = Progress()
        self.source = ""
        self.outcomes: list[SyncOutcome] = []
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
        """Whether a running sync has been asked to stop."""
        return self._busy and self._stop.is_set()

    @property
    def problems(self) -> list[SyncOutcome]:
        """Outcomes of sources that could not be read the last time.

        That another process syncs the store is none: what it reads is there as well.
        """
        return [outcome for outcome in self.outcomes if outcome.error and not _is_locked(outcome)]

    @property
    def errors(self) -> list[str]:
        """A sentence for each source that could not be read the last time."""
        return list(map(problem, self.problems))

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
        with suppress(FailureError), at_work(self.close):
            self._work()

    def _work(self) -> None:
        outcomes: list[SyncOutcome] = []
        try:
            self._sync(outcomes)
        except VpcflowError as error:
            outcomes.append(SyncOutcome("", "", error=error))
        except Exception:  # the thread's border: else pages would wait for its end for ever
            log.exception("the sync failed")
            outcomes.append(SyncOutcome("", "", error=_FAILED))
        for outcome in outcomes:
            if outcome.error:
                level = logging.INFO if _is_locked(outcome) else logging.WARNING
                log.log(level, "sync: %s", problem(outcome))
        with self._lock:
            self.outcomes, self.progress, self.source = outcomes, Progress(), ""
            self.finished, self.stopped = datetime.now(UTC), self._stop.is_set()
            self._busy = False
            self._wait()
        if not self._closed:
            self._go_on()

    def _go_on(self) -> None:
        try:
            self._then()
        except Exception as error:  # the thread's border: the sync stands, pages do without
            if self._closed:  # the process ends, and stopped what was being asked: no mistake
                log.info("what follows a sync was stopped: %s", error)
                return
            log.exception("what follows a sync failed")

    def _sync(self, outcomes: list[SyncOutcome]) -> None:
        """One source after the other, those that are added meanwhile too."""
        options = SyncOptions(
            span=recent(self.settings.since),
            keep=self.settings.keep,
            workers=self.settings.workers,
            first_look=FIRST_LOOK,
            inventory_age=INVENTORY_AGE,
        )
        with Store.open(self.workspace.store) as store:
            for outcome in sync(
                store,
                self.workspace.each_source(),
                options,
                progress=self._note,
                cancelled=self._stop.is_set,
            ):
                outcomes.append(outcome)
        self._read_domains()
        self._read_trails()

    def _read_trails(self) -> None:
        """Network changes of CloudTrail; what stands in the way is in the server's log."""
        found = read_trails(
            self.workspace.store,
            self.settings.trails,
            since=self.settings.since,
            keep=self.settings.keep,
            cancelled=self._stop.is_set,
        )
        for trail in found:
            level = logging.WARNING if trail.error else logging.INFO
            log.log(level, "sync: %s", " ".join(trail.sentences))

    def _read_domains(self) -> None:
        """Names by DNS of query logs; what stands in the way is in the server's log."""
        with Store.open(self.workspace.store) as store:
            found = sync_domains(
                store,
                self.settings.dns_logs,
                span=recent(self.settings.since),
                keep=self.settings.keep,
                cancelled=self._stop.is_set,
            )
        for read in found:
            log.log(logging.WARNING if read.error else logging.INFO, "sync: %s", read.sentence)

    def _note(self, source: str, progress: Progress) -> None:
        self.source, self.progress = source, progress

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
            sources = self.workspace.all_sources.values()
        except VpcflowError:  # a list that cannot be read now may be mended by then
            return True
        return any(not scheme_of(source.url).fixed for source in sources)


def _is_locked(outcome: SyncOutcome) -> bool:
    """Whether another process syncs the store."""
    return isinstance(outcome.error, LockedError)


_FAILED = VpcflowError("The sync failed; the server's log says why.")
