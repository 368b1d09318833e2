"""Answers that need not be asked for again: the newest in memory, those about past hours on disk.

docs/decisions/kept-days.md says why.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
from sqlalchemy import SelectBase

from vpcflow_core.engines.duckdb.dialect import bound
from vpcflow_core.engines.duckdb.kept_days import LARGEST, KeptDays
from vpcflow_core.engines.duckdb.reading import Reading
from vpcflow_core.engines.frames import frame_of
from vpcflow_core.engines.kept import MOST_BYTES, KeptAnswers
from vpcflow_core.engines.named import columns_named, relations_named
from vpcflow_core.engines.once import OncePerQuestion
from vpcflow_core.newest import Newest
from vpcflow_core.times import Window, floor_to

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
VERSION = f"{version('vpcflow')} {duckdb.__version__}"  # another DuckDB may hash otherwise
# Fewer records than these are answered faster than their days are looked up.
MANY_RECORDS = 2_000_000
# Answers over fewer records are asked for again: a file of an answer takes a few milliseconds.
ENOUGH_FOR_A_FILE = 100_000
# Larger parts of a day are asked again.
LARGEST_PART = 32_000_000


@dataclass(frozen=True, slots=True)
class Bound:
    """A question as DuckDB is asked it.

    Attributes:
        question: The SELECT.
        window: The range of time that it touches; files outside are not opened.
        sql: Its text, with `$1` for values.
        values: Their values.
        columns: The columns that it names.
    """

    question: SelectBase
    window: Window
    sql: str
    values: list[Any]
    columns: frozenset[str]

    @classmethod
    def of(cls, question: SelectBase, window: Window) -> Bound:
        """Write a question."""
        return cls(question, window, *_bound(question), _columns(question))


# Asks the store's files.
Ask = Callable[[Bound], pa.Table]
_bound, _columns = OncePerQuestion(bound), OncePerQuestion(columns_named)


class Answers:
    """What was answered; safe to share between threads.

    Args:
        days: Answers of whole days, on disk.
        parts: Parts of answers, in memory; they are found by all that they depend on.
    """

    def __init__(self, days: KeptDays, parts: Newest[pa.Table] | None = None) -> None:
        self.days = days
        self._parts = parts or Newest(MOST_BYTES, lambda table: int(table.nbytes))
        self._frames = KeptAnswers()

    def apart(self) -> Answers:
        """Answers for others, with whom those in memory are not shared."""
        return Answers(self.days, self._parts)

    def frame(self, reading: Reading, asked: Bound, answer: Ask) -> pd.DataFrame:
        """The answer that was given lately, else a new one.

        Raises:
            Exception: What `answer` raises.
        """
        names = reading.names_for(asked.columns)
        key = (reading.state(), names, asked.window, asked.sql, repr(asked.values))
        frame = self._frames.get(key)
        if frame is None:
            frame = frame_of(answer(asked))
            self._frames.put(key, frame)
        return frame

    def table(self, reading: Reading, asked: Bound, ask: Ask) -> pa.Table:
        """The answer; of hours that are over it is kept on disk."""
        if not _is_settled(reading, asked.window):
            return ask(asked)
        return self._of_days(self._path(reading, asked), asked, ask, LARGEST)

    def part(self, reading: Reading, asked: Bound, ask: Ask) -> pa.Table:
        """A part of answers, of one day: from memory, from disk, or new."""
        path = self._path(reading, asked)
        return self._parts.get(path, lambda: self._of_days(path, asked, ask, LARGEST_PART))

    def _of_days(self, path: Path, asked: Bound, ask: Ask, largest: int) -> pa.Table:
        found = self.days.get(path)
        if found is None:
            found = ask(asked)
            self.days.put(path, found, largest)
        return found

    def _path(self, reading: Reading, asked: Bound) -> Path:
        """Where an answer is kept: by the files of its days, and all else that it depends on."""
        names = reading.names_for(asked.columns)
        state = reading.state_of(sorted(relations_named(asked.question)), asked.window)
        return self.days.path(asked.window, (VERSION, asked.sql, asked.values, names, *state))


def is_worth_keeping(reading: Reading, window: Window) -> bool:
    """Whether there is so much in the window that it saves time to ask by days."""
    return reading.rows(window) > MANY_RECORDS


def _is_settled(reading: Reading, window: Window) -> bool:
    """Whether it is about whole hours of many records, and no more can come."""
    if window.length < HOUR or floor_to(window.end, HOUR) != window.end:
        return False
    if reading.rows(window) < ENOUGH_FOR_A_FILE:
        return False
    settled = reading.store.coverage(reading.sources).settled_until
    return settled is not None and window.end <= settled
