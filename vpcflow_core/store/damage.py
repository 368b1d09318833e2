"""What of a store cannot be read, said of the records: from which source, of which day, how many.

Looking takes one call to the system for each file. What is damaged inside is known once a question,
a merge or a sync has come across it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from vpcflow_core.store.footers import has_size
from vpcflow_core.store.ledger import Ledger
from vpcflow_core.times import Window
from vpcflow_core.units import number_of


@dataclass(frozen=True, slots=True)
class Damage:
    """Records that the store should have and has not.

    Attributes:
        source: URL.
        day: UTC day of their start.
        records: How many.
        is_lost: The source does not have them any more; else the next sync reads them again.
    """

    source: str
    day: date
    records: int
    is_lost: bool


def damage(
    folder: Path,
    ledger: Ledger,
    window: Window | None = None,
    sources: Sequence[str] | None = None,
) -> list[Damage]:
    """All there is, by source and day.

    Args:
        folder: The store's.
        ledger: The store's.
        window: Days that it does not touch are left out.
        sources: URLs; None: all.
    """
    days = ("", "9999") if window is None else _days(window)
    found = [
        Damage(row["url"], date.fromisoformat(row["day"]), row["rows"], False)
        for row in ledger.rows(_FILES, days)
        if row["suspect"] or not has_size(folder / row["path"], row["size"])
    ]
    found += [
        Damage(row["url"], date.fromisoformat(row["day"]), row["records"], True)
        for row in ledger.rows(_LOST, days)
    ]
    wanted = (one for one in found if sources is None or one.source in sources)
    return [_summed(list(group)) for _, group in itertools.groupby(sorted(wanted, key=_key), _key)]


def unreadable(folder: Path, ledger: Ledger, paths: Iterable[tuple[Path, int]]) -> set[Path]:
    """Those of the files, given with their sizes, that are not to be read."""
    suspects = {folder / row["path"] for row in ledger.rows("SELECT path FROM suspects")}
    return {path for path, size in paths if path in suspects or not has_size(path, size)}


def sentences(found: Sequence[Damage]) -> list[str]:
    """What to know about it and what to do, a sentence a source and kind."""
    groups: dict[tuple[bool, str], list[Damage]] = {}
    for one in found:
        groups.setdefault((one.is_lost, one.source), []).append(one)
    return [_sentence(source, some) for (_, source), some in sorted(groups.items())]


def _sentence(source: str, some: Sequence[Damage]) -> str:
    lost = sum(one.records for one in some)
    count = f"{number_of(lost, 'records')} of {span_of(one.day for one in some)}"
    if some[0].is_lost:
        return (
            f"Lost with damaged files of the store: {count}, which {source} does not have any "
            "more. Answers over that time lack them."
        )
    return (
        f"{count} cannot be read, since files of the store are missing or damaged. Sync {source} "
        "again: it reads what they held once more."
    )


def span_of(days: Iterable[date]) -> str:
    """From the first to the last of some days, in words.

    >>> span_of([date(2026, 11, 2), date(2026, 11, 1)])
    '01 Nov 2026 to 02 Nov 2026'
    """
    found = sorted(days)
    return " to ".join(dict.fromkeys(f"{day:%d %b %Y}" for day in (found[0], found[-1])))


def _days(window: Window) -> tuple[str, str]:
    return window.start.date().isoformat(), window.end.date().isoformat()


def _key(one: Damage) -> tuple[Any, ...]:
    return one.source, one.day, one.is_lost


def _summed(some: Sequence[Damage]) -> Damage:
    first = some[0]
    return Damage(first.source, first.day, sum(one.records for one in some), first.is_lost)


_FILES = """
    SELECT url, path, day, rows, size, path IN (SELECT path FROM suspects) AS suspect
    FROM files JOIN sources ON source = sources.id WHERE day >= ? AND day <= ?
"""
_LOST = """
    SELECT url, day, records FROM lost JOIN sources ON source = sources.id
    WHERE day >= ? AND day <= ?
"""
