"""A question on its way to an engine, which may ask it window by window."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import Select

from vpcflow_core.query.filters import Filters
from vpcflow_core.query.place import touched
from vpcflow_core.query.question import Query
from vpcflow_core.query.select import select_for
from vpcflow_core.times import Window

# Questions that are kept as they are written, some 40 kB each. A page has up to 40, of which panels
# share many; to write one takes 4 to 8 ms.
KEPT = 256

Groups: TypeAlias = Sequence[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked, for any window.

    Attributes:
        query: The question.
        filters: Conditions besides its own.
        columns: The columns that some record of the store has.
        earliest: Gives the start of the first record that reaches into a window.
    """

    query: Query
    filters: Filters
    columns: Collection[str]
    earliest: Callable[[Query, Window], datetime | None]

    def within(self, window: Window, among: Groups | None = None) -> tuple[Select[Any], Window]:
        """The SELECT for a window, and the window of the records that it touches.

        Args:
            window: The window.
            among: The busiest groups, where the question is about those of a longer window.
        """
        since = self.earliest(self.query, window)
        if among is None:
            question = question_for(self.query, window, self.filters, tuple(self.columns), since)
        else:
            question = select_for(self.query, window, self.filters, self.columns, since, among)
        return question, touched(self.query, window, since)


@lru_cache(maxsize=KEPT)
def question_for(
    query: Query,
    window: Window,
    filters: Filters,
    columns: tuple[str, ...],
    earliest: datetime | None,
) -> Select[Any]:
    """As `select_for`; the same object for the same arguments, while they are asked for."""
    return select_for(query, window, filters, columns, earliest)
