"""Loads what a plan names, a batch a thread at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from vpcflow_core.formats.base import LogFormat
from vpcflow_core.sources.base import HasDeclaredFormats, Source
from vpcflow_core.store.batch import Batch, Limits, Loaded
from vpcflow_core.store.copies import Contents, content_of, settle
from vpcflow_core.store.known import log_object
from vpcflow_core.store.load import Reading, copy, load, records_if_whole
from vpcflow_core.store.pipeline import Fetched, Pipeline
from vpcflow_core.store.plan import Plan
from vpcflow_core.store.reread import Rereader
from vpcflow_core.store.result import Progress, Tally
from vpcflow_core.store.writer import Writer

# In place of the hash of an object without bytes: it was read.
_EMPTY = "empty"


class Loader:
    """Loads the plan's objects, a batch a thread at a time."""

    def __init__(
        self,
        writer: Writer,
        number: int,
        plan: Plan,
        tally: Tally,
        reading: Reading,
        limits: Limits,
    ) -> None:
        self._writer = writer
        self._number = number
        self._plan = plan
        self._tally = tally
        self._reading = reading
        self._limits = limits
        self._contents = Contents(writer.store.ledger, number)

    def run(
        self,
        source: Source,
        workers: int,
        progress: Callable[[Progress], None] | None,
        cancelled: Callable[[], bool] | None,
    ) -> bool:
        """Load all; False if it was cancelled."""
        if not (self._reading.given or self._reading.candidates):
            self._reading = replace(self._reading, candidates=_declared(source))

        def each() -> bool:
            if progress:
                progress(self._tally.progress(self._plan))
            return bool(cancelled and cancelled())

        pipeline = Pipeline(
            source, self._plan, self._load, workers=workers, fetched=self._limits.fetched
        )
        complete = pipeline.run(each)
        each()
        return complete

    def rereader(
        self, source: Source, workers: int, cancelled: Callable[[], bool] | None
    ) -> Rereader:
        """Reads objects again as this one reads them."""

        def each() -> bool:
            return bool(cancelled and cancelled())

        return Rereader(self._writer, source, self._reading, self._limits, workers, each)

    def _load(self, take: Callable[[], Fetched | None]) -> None:
        """One thread's work."""
        batch = self._batch()
        while fetched := take():
            loaded = self._loaded(fetched, batch)
            batch.objects.append(loaded)
            self._tally.add(loaded)
            if batch.full:
                self._commit(batch)
                batch = self._batch()
        self._commit(batch)

    def _loaded(self, fetched: Fetched, batch: Batch) -> Loaded:
        """The object's records in the batch, unless another object has the same content."""
        number, content = self._writer.next_id(), content_of(fetched.data)
        other, keep = self._contents.claim(fetched.found, content, self._plan.keep(fetched.found))
        if other:
            note = f"Same content as {other}, counted once."
            return copy(fetched.found, number, content, note)
        if (broken := self._plan.broken(fetched.found)) and not self._is_better(fetched, broken):
            note = f"No better than {broken[0]['uri']}, which is broken; not counted."
            return copy(fetched.found, number, content or _EMPTY, note)
        return replace(load(fetched, number, batch, self._reading, keep), content=content)

    def _is_better(self, fetched: Fetched, broken: Sequence[Any]) -> bool:
        """Whether an object is whole, with no fewer records than broken ones that are the same."""
        if fetched.problem:
            return True  # it is noted as what it is, and tried again
        most = max(int(row["records"]) for row in broken)
        return records_if_whole(fetched, self._reading) >= most

    def _give_way(self, loaded: Loaded) -> Iterator[int]:
        """Take back the records of broken objects where a whole one's are to count.

        They are gone for a moment rather than there twice, should the process end between. Gives
        the sources of these objects.
        """
        for row in self._plan.broken(loaded.found) if loaded.state == "loaded" else ():
            note = f"{loaded.found.uri} is the same and whole: its records count."
            batch = self._batch()
            batch.objects.append(copy(log_object(row), self._writer.next_id(), "", note))
            self._writer.commit(row["source"], batch)
            yield row["source"]

    def _batch(self) -> Batch:
        return Batch(self._writer.store.path, self._limits)

    def _commit(self, batch: Batch) -> None:
        if batch.objects:
            gave_way = {source for o in batch.objects for source in self._give_way(o)}
            self._writer.commit(self._number, batch)
            for source in gave_way:
                settle(self._writer.store.ledger, source)
            self._contents.landed(batch.objects)
            self._plan.landed(loaded.found for loaded in batch.objects)


def _declared(source: Source) -> tuple[LogFormat, ...]:
    """The formats that the source says its lines may have."""
    texts = source.formats() if isinstance(source, HasDeclaredFormats) else ()
    return tuple(map(LogFormat.parse, texts))
