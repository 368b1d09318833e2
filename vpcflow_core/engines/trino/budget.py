"""What may be scanned for money, and how many queries at once: refused before it is exceeded."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

from vpcflow_core.asker import page_asking
from vpcflow_core.engines.trino.failures import SHORTER
from vpcflow_core.errors import FailureError
from vpcflow_core.stopping import wait_until

# Pages whose bytes are remembered: a page is its address, its filters and its range.
MOST_PAGES = 1_000
# Queries of this process that may be under way at once.
AT_ONCE = 4


@dataclass
class Budget:
    """The limits of one process; safe to share between threads.

    Attributes:
        day: Most bytes in a UTC day; None: any.
        page: Most bytes for all panels of a page, as it is shown; None: any.
        today: The UTC day.
        at_once: Most queries that are under way at the same time.
    """

    day: int | None
    page: int | None
    today: Callable[[], date]
    at_once: int = AT_ONCE
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _days: Counter[date] = field(default_factory=Counter)
    _pages: OrderedDict[str, int] = field(default_factory=OrderedDict)
    # What queries under way may scan, by page; and how many they are.
    _under_way: Counter[str] = field(default_factory=Counter)
    _queries: int = 0

    @property
    def spent(self) -> int:
        """Bytes billed today."""
        with self._changed:
            return self._days[self.today()]

    @contextmanager
    def reserving(self, most: int) -> Iterator[Callable[[int], None]]:
        """Allow one query that may scan so much; gives what counts the bytes that it was billed.

        Where a limit leaves no room beside the queries under way, it waits for them.

        Raises:
            FailureError: A limit might be exceeded.
            UnwantedError: Whoever asked stopped it before there was room.
        """
        page = page_asking()
        with self._changed:
            wait_until(lambda: self._has_room(page, most), self._changed)
            self._under_way[page] += most
            self._queries += 1
        try:
            yield lambda billed: self._count(page, billed)
        finally:
            with self._changed:
                self._under_way[page] -= most
                self._under_way += Counter()  # drops the pages that ask nothing any more
                self._queries -= 1
                self._changed.notify_all()

    def _has_room(self, page: str, most: int) -> bool:
        """Whether a query fits beside those under way; one that never would is an error."""
        limits = [("a day", self.day, self._days[self.today()], self._under_way.total())]
        if page:
            limits.append(("a page", self.page, self._pages.get(page, 0), self._under_way[page]))
        for what, limit, spent, _ in limits:
            if limit is not None and spent + most > limit:
                raise _exceeded(what, limit, spent, most)
        return self._queries < self.at_once and all(
            limit is None or spent + asked + most <= limit for _, limit, spent, asked in limits
        )

    def _count(self, page: str, billed: int) -> None:
        with self._changed:
            today = self.today()
            self._days = Counter({today: self._days[today] + billed})
            if page:
                self._pages[page] = self._pages.pop(page, 0) + billed
                while len(self._pages) > MOST_PAGES:
                    self._pages.popitem(last=False)


def _exceeded(what: str, limit: int, spent: int, most: int) -> FailureError:
    when = {"a day": "Today", "a page": "For this page"}[what]
    return FailureError(
        f"{when} {bytes_billed(spent)} were scanned at Athena; one more query may scan "
        f"{bytes_billed(most)}, beyond the limit of {bytes_billed(limit)} {what}.",
        f"{SHORTER} The limit is the URL's parameter {what.removeprefix('a ')}.",
    )


def bytes_billed(count: int) -> str:
    """Bytes as Athena bills them: a MB is a million."""
    return f"{count / 10**6:,.1f} MB" if count < 10**9 else f"{count / 10**9:,.1f} GB"
