"""Read query logs of Route 53 Resolver into a store: names by DNS of the far ends of flows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta

from vpcflow_core.errors import VpcflowError
from vpcflow_core.inventory.domain_answers import Answer, read_answers
from vpcflow_core.source_settings import DnsLogSetting
from vpcflow_core.sources.base import HasQueryLogs
from vpcflow_core.sources.open import SourceOptions
from vpcflow_core.sources.query_logs import open_query_logs
from vpcflow_core.store.store import Store
from vpcflow_core.times import Window
from vpcflow_core.units import number_of

# Answers that wait in memory before they are written.
TOGETHER = 200_000


@dataclass(slots=True)
class DomainsRead:
    """What became of one place of query logs.

    Attributes:
        name: Its name in the settings, or its URL.
        objects, answers: How many were read.
        malformed: Lines that are none of a query log.
        first: Where the first of these is.
        error: Why it could not be read, or not to its end.
    """

    name: str
    objects: int = 0
    answers: int = 0
    malformed: int = 0
    first: str = ""
    error: VpcflowError | None = None

    @property
    def sentence(self) -> str:
        """The same in words."""
        answers, files = number_of(self.answers, "answers"), number_of(self.objects, "new files")
        said = f"Names by DNS, {self.name}: {answers} of {files}"
        if self.malformed:
            said += f"; {number_of(self.malformed, 'lines')} of something else ({self.first})"
        return f"{said}. {self.error}" if self.error else f"{said}."


def sync_domains(
    store: Store,
    places: Mapping[str, DnsLogSetting],
    *,
    span: Window | None = None,
    keep: timedelta | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> list[DomainsRead]:
    """Read what is new in each place; one that fails leaves the others alone.

    Args:
        store: Where to.
        places: By name.
        span: Files that were written before are left out; None: none.
        keep: Answers older than this are dropped; None: none.
        cancelled: Asked before each file; True ends it.
    """
    keep_from = datetime.now(UTC) - keep if keep else None
    return [_read(store, name, place, span, keep_from, cancelled) for name, place in places.items()]


def keep_query_logs(store: Store, source: HasQueryLogs) -> None:
    """Keep the names of query logs that a source has itself; those that were read are not again."""
    one = (f"{source.url}#query-logs", "")
    if store.domains.unread([one]):
        found = [answer for file in source.query_logs() for answer in read_answers(file, _ignored)]
        store.remember_domains(found, [one])


def _ignored(_: int) -> None:
    """A source's own query logs have no malformed lines."""


def _read(
    store: Store,
    name: str,
    place: DnsLogSetting,
    span: Window | None,
    keep_from: datetime | None,
    cancelled: Callable[[], bool] | None,
) -> DomainsRead:
    done = DomainsRead(name)
    waiting: list[Answer] = []
    read: list[tuple[str, str]] = []

    def write() -> None:
        if read:
            store.remember_domains(waiting, read, keep_from)
            waiting.clear()
            read.clear()

    try:
        files = open_query_logs(place.url, _options(place))
        listed = list(files.find(span))
        for at in store.domains.unread([(one.uri, one.etag) for one in listed]):
            if cancelled and cancelled():
                break
            found = listed[at]

            def note(line: int, uri: str = found.uri) -> None:
                done.malformed += 1
                done.first = done.first or f"{uri}, line {line}"

            before = len(waiting)
            waiting += read_answers(files.read(found), note)
            read.append((found.uri, found.etag))
            done.objects, done.answers = done.objects + 1, done.answers + len(waiting) - before
            if len(waiting) >= TOGETHER:
                write()
    except VpcflowError as error:
        done.error = error
    write()
    return done


def _options(place: DnsLogSetting) -> SourceOptions:
    names = {field.name for field in fields(SourceOptions)}
    return SourceOptions(**place.model_dump(include=names))
