"""Objects that were loaded before are read once more, into files that do not count yet."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from vpcflow_core.errors import CredentialsError, MissingError, SourceError
from vpcflow_core.sources.base import LogObject, Source
from vpcflow_core.store.batch import Batch, Limits, Loaded
from vpcflow_core.store.known import log_object
from vpcflow_core.store.load import Reading, load
from vpcflow_core.store.parquet import NewFile
from vpcflow_core.store.pipeline import Fetched, Pipeline
from vpcflow_core.store.placing import Placed
from vpcflow_core.store.spans import Spans, from_text
from vpcflow_core.store.writer import Writer

_COPIES = """
    SELECT * FROM objects WHERE source = ? AND state = 'copy'
    AND (identity = ? OR (content <> '' AND content = ?)) LIMIT 5
"""


@dataclass(slots=True)
class Reread:
    """What became of some objects.

    Attributes:
        loaded: Their outcome, by the ledger's number of each.
        gone: Numbers of those that the source does not have any more.
        batches: Their records, on the disk.
        is_complete: False if it was cancelled.
    """

    loaded: dict[int, Loaded] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    batches: list[Batch] = field(default_factory=list)
    is_complete: bool = True

    @property
    def files(self) -> list[NewFile]:
        """The files of the records."""
        return [file for batch in self.batches for file in batch.files]

    @property
    def problems(self) -> list[str]:
        """Why some cannot be read now, though they may be there."""
        return [
            f"{one.found.uri}: {one.problem}"
            for number, one in self.loaded.items()
            if number not in self.gone and not one.rows_kept
        ]


class Rereader:
    """Reads objects of one source again.

    Args:
        writer: Of the store.
        source: Where they lie.
        reading: How they are read.
        limits: Size of batches.
        workers: Threads that parse and write.
        each: Called some times a second; True ends the reading.
    """

    def __init__(
        self,
        writer: Writer,
        source: Source,
        reading: Reading,
        limits: Limits,
        workers: int,
        each: Callable[[], bool],
    ) -> None:
        self._writer = writer
        self._source = source
        self._reading = reading
        self._limits = limits
        self._workers = workers
        self._each = each

    def tracked(self, rows: Sequence[Any]) -> Reread:
        """Objects as the ledger has them, whole, for a commit in their own place."""
        keep = {row["uri"]: from_text(row["spans"]) for row in rows}
        return self._read(rows, lambda found: keep[found.uri], Batch, 1)

    def untracked(self, rows: Sequence[Any], spans: Spans) -> Reread:
        """The records of objects that start in the spans; they do not say whose they are."""
        return self._read(rows, lambda found: spans, _Untracked, self._workers)

    def is_there(self, row: Any) -> bool:
        """Whether the source has an object (again)."""
        try:
            self._source.read(log_object(row))
        except CredentialsError:  # the same would befall every object
            raise
        except SourceError:
            return False
        return True

    def _read(
        self,
        rows: Sequence[Any],
        keep: Callable[[LogObject], Spans],
        kind: type[Batch],
        workers: int,
    ) -> Reread:
        made, lock = Reread(), threading.Lock()
        numbers = {row["uri"]: row["id"] for row in rows}
        source = _Standing(self._writer, self._source, {row["uri"]: row for row in rows})

        def work(take: Callable[[], Fetched | None]) -> None:
            batch = kind(self._writer.store.path, self._limits)
            while fetched := take():
                number = self._writer.next_id()
                loaded = load(fetched, number, batch, self._reading, keep(fetched.found))
                batch.objects.append(loaded)
                with lock:
                    made.loaded[numbers[fetched.found.uri]] = loaded
            batch.flush()
            with lock:
                made.batches.append(batch)

        found = map(log_object, rows)
        pipeline = Pipeline(source, found, work, workers=workers, fetched=self._limits.fetched)
        made.is_complete = pipeline.run(self._each)
        made.gone = {numbers[uri] for uri in source.gone}
        return made


class _Untracked(Batch):
    """Records that do not name their object: it is not replaced, and has others elsewhere."""

    def add(self, placed: Placed, object_id: int, *, tracked: bool) -> None:
        super().add(placed, object_id, tracked=False)


class _Standing:
    """A source in which copies stand in for objects that are gone.

    Attributes:
        gone: URIs of objects that are gone without a copy.
    """

    def __init__(self, writer: Writer, source: Source, rows: dict[str, Any]) -> None:
        self.url = source.url
        self.find = source.find
        self._writer = writer
        self._source = source
        self._rows = rows
        self.gone: set[str] = set()

    def read(self, found: LogObject) -> bytes:
        """The object's bytes, or those of a copy."""
        try:
            return self._source.read(found)
        except MissingError:
            for copy in self._copies(found):
                try:
                    return self._source.read(copy)
                except MissingError:
                    continue
            self.gone.add(found.uri)
            raise

    def _copies(self, found: LogObject) -> list[LogObject]:
        row = self._rows[found.uri]
        values = [row["source"], row["identity"], row["content"]]
        return [log_object(copy) for copy in self._writer.store.ledger.rows(_COPIES, values)]
