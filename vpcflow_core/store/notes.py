"""The notes on the objects of a sync, those of the same kind as one sentence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from vpcflow_core.units import number_of

# Different sentences that are kept; those with other counts in front are the same.
KEPT = 20
# The words behind what is counted are the same for one and for many.
_COUNTED = re.compile(
    r"(?P<count>\d[\d,]*) (?P<what>record|control message)s?(?P<rest>\b.+)", re.DOTALL
)


class Notes:
    """Sums up notes: counts in front add up, other notes count the objects that have them."""

    def __init__(self) -> None:
        self._counted: Counter[str] = Counter()
        self._others: Counter[str] = Counter()

    def add(self, notes: Iterable[str]) -> None:
        """The notes on one object."""
        for note in notes:
            match = _COUNTED.fullmatch(note)
            if match:
                words = f"{match['what']}s|{match['rest']}"
                self._count(self._counted, words, int(match["count"].replace(",", "")))
            else:
                self._count(self._others, note, 1)

    def sentences(self) -> Iterator[str]:
        """Each kind of note once."""
        for words, count in self._counted.items():
            what, _, rest = words.partition("|")
            yield number_of(count, what) + rest
        for note, count in self._others.items():
            yield f"{note} ({count:,} objects)" if count > 1 else note

    def _count(self, kind: Counter[str], text: str, count: int) -> None:
        if text in kind or len(self._counted) + len(self._others) < KEPT:
            kind[text] += count
