"""What missing and damaged files of the store held is read again from its source, exactly once.

A damaged file stays in the ledger until its records are back, so that no question passes over it in
silence. Then one transaction puts the new files in its place: a sync that is killed before has
changed nothing, one killed after has nothing left to do. Of files whose rows name their objects
these objects are read again. Of all others (which may have been merged) the objects are read that
may have records of that day, and all such files of the day are replaced. What the source does not
give any more leaves the ledger with the damaged file, and is noted as lost; whole files stay.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from vpcflow_core.store.difference import Difference
from vpcflow_core.store.footers import is_damaged
from vpcflow_core.store.parquet import NewFile, write_file
from vpcflow_core.store.placing import DAY_MS, OBJECT_COLUMN
from vpcflow_core.store.reread import Reread, Rereader
from vpcflow_core.store.rows import Loss, OldFile
from vpcflow_core.store.writer import Writer
from vpcflow_core.times import EPOCH

# Bytes of files whose content one sync compares with its checksum, taken at random: 0.2 s at most.
CHECKED_BYTES = 128 * 2**20
# Lost records for which one sync looks whether their source has them again.
PROBED = 5

# Objects that may have records of a day. Records without start stand at the time of their object,
# and an object's own `last` is of ends; too many objects cost reading and nothing else.
_OF_DAY = """
    SELECT * FROM objects WHERE source = ?1 AND NOT tracked AND state IN ('loaded', 'broken')
    AND (first IS NULL OR last IS NULL OR (first < ?3 AND max(first, last) >= ?2)
        OR (time < ?3 AND time >= ?2 - 86400000))
"""
_UNTRACKED = "WHERE source = ? AND day = ? AND NOT tracked"


@dataclass(frozen=True, slots=True)
class Repaired:
    """What a repair did.

    Attributes:
        records: Records read again.
        lost: Records that the source does not have any more.
        is_complete: False if it was cancelled.
        problems: Why objects could not be read again now.
    """

    records: int = 0
    lost: int = 0
    is_complete: bool = True
    problems: tuple[str, ...] = ()

    def __add__(self, other: Repaired) -> Repaired:
        return Repaired(
            self.records + other.records,
            self.lost + other.lost,
            self.is_complete and other.is_complete,
            self.problems + other.problems,
        )


def repair(writer: Writer, source: int, rereader: Rereader, oldest: date | None) -> Repaired:
    """Read again what the damaged files of a source held, and what was lost and is there again.

    Args:
        writer: Of the store.
        source: The source's number in the ledger.
        rereader: Reads its objects.
        oldest: Earlier days are dropped anyway; None: no day is.
    """
    first = oldest or date.min
    damaged = [file for file in damaged_files(writer, source) if file.key.day >= first]
    days = {file.key.day for file in damaged if not file.key.tracked}
    tracked = [file for file in damaged if file.key.tracked]
    found_again = list(_found_again(writer, source, rereader, first) if not damaged else ())
    days |= {day for day, number in found_again if not number}
    steps: list[Callable[[], Repaired]] = [
        *(_Day(writer, source, rereader, day).repair for day in sorted(days)),
        *(partial(_tracked, writer, source, rereader, file) for file in tracked),
        *(partial(_reload, writer, source, rereader, [one]) for _, one in found_again if one),
    ]
    done = Repaired()
    for step in steps:
        done += step()
        if not done.is_complete:
            break
    return done


def damaged_files(writer: Writer, source: int) -> list[OldFile]:
    """The files of a source that are missing or damaged.

    Of all of them size and end are looked at, of suspects and some others the content too.
    """
    ledger = writer.store.ledger
    suspects = {row["path"] for row in ledger.rows("SELECT path FROM suspects")}
    files = list(writer.files("WHERE source = ?", [source]))
    random.shuffle(files)
    damaged, cleared, left = [], [], CHECKED_BYTES
    for file in files:
        is_checked = file.path in suspects or (file.checksum is not None and file.size <= left)
        left -= file.size * is_checked
        is_cut = is_damaged(writer.store.path / file.path, file.size)
        if is_cut or (is_checked and not writer.is_whole(file)):
            damaged.append(file)
        elif file.path in suspects:
            cleared.append((file.path,))
    if cleared:
        with ledger.transaction() as change:
            change.executemany("DELETE FROM suspects WHERE path = ?", cleared)
    for file in damaged:
        writer.suspect(file)
    return sorted(damaged, key=lambda file: (file.key.day, file.path))


class _Day:
    """The untracked files of one source and day."""

    def __init__(self, writer: Writer, source: int, rereader: Rereader, day: date) -> None:
        self._writer = writer
        self._source = source
        self._rereader = rereader
        self._day = day
        self._files = list(writer.files(_UNTRACKED, [source, day.isoformat()]))
        self._before = int(
            writer.store.ledger.value(
                "SELECT total(records) FROM lost WHERE source = ? AND day = ? AND object = 0",
                [source, day.isoformat()],
            )
        )

    def repair(self) -> Repaired:
        """Replace them by what the source gives, or add what they lack of it."""
        start = (self._day - EPOCH.date()).days * DAY_MS
        end = start + DAY_MS
        rows = self._writer.store.ledger.rows(_OF_DAY, [self._source, start, end])
        made = self._rereader.untracked(rows, ((start, end),))
        problems = (*made.problems, *_broken(made))
        if problems or not made.is_complete:
            return Repaired(is_complete=made.is_complete, problems=problems)
        left_out = sum(one.report.internal for one in made.loaded.values())
        expected = sum(file.rows for file in self._files) + self._before
        whole = [file for file in self._files if self._writer.is_whole(file)]
        back = expected - self._before - sum(file.rows for file in whole)
        # Whole files may have the only records of an object that is gone.
        if not made.gone and _rows(made.files) + left_out >= expected:
            self._writer.repair(self._source, self._files, made.files, [self._loss(0, made)])
            return Repaired(records=back + self._before)
        return self._add(made, whole, expected)

    def _add(self, made: Reread, whole: Sequence[OldFile], expected: int) -> Repaired:
        """Keep the whole files, which have records that the source lacks, and add the others."""
        most = expected - sum(file.rows for file in whole)
        new = list(self._without(made.files, whole))
        if _rows(new) > most:
            # Records are not written as they were, so that they cannot be compared.
            new = []
        lost = most - _rows(new)
        names = {file.id for file in whole}
        damaged = [file for file in self._files if file.id not in names]
        self._writer.repair(self._source, damaged, new, [self._loss(lost, made)])
        return Repaired(records=_rows(new), lost=max(lost - self._before, 0))

    def _without(self, files: Sequence[NewFile], whole: Sequence[OldFile]) -> Iterator[NewFile]:
        folder = self._writer.store.path
        difference = Difference(folder / file.path for file in whole)
        for file in files:
            tables = list(difference.of(folder / file.path))
            if tables:
                yield write_file(folder, file.key, tables, frozenset())

    def _loss(self, records: int, made: Reread) -> Loss:
        return Loss(self._day, 0, max(made.gone, default=0), records)


def _broken(made: Reread) -> list[str]:
    """Objects that were whole before, and were not read to their end this time."""
    broken = (one for one in made.loaded.values() if one.state == "broken")
    return [f"{one.found.uri}: {one.problem}" for one in broken]


def _tracked(writer: Writer, source: int, rereader: Rereader, file: OldFile) -> Repaired:
    """Read the objects of a damaged file again."""
    held = sorted(writer.held([file]))
    if not held:  # all of them have been read again meanwhile
        writer.repair(source, [file], [], [])
        return Repaired()
    done = _reload(writer, source, rereader, held)
    if done.problems or not done.is_complete:
        return done
    gone = _absent(writer, writer.held([file]))
    losses, most = [], file.rows
    for number, absent in sorted(gone.items()):
        missing = max(min(absent - _noted(writer, number), most), 0)
        most -= missing
        losses.append(Loss(file.key.day, number, number, missing))
    still_there = list(writer.files("WHERE id = ?", [file.id]))
    if still_there:
        writer.repair(source, still_there, [], losses)
    return done + Repaired(lost=file.rows - most)


def _reload(writer: Writer, source: int, rereader: Rereader, numbers: Sequence[int]) -> Repaired:
    """Replace tracked objects by what the source gives, but for those of which it gives less."""
    rows = {number: row for number in numbers for row in writer.store.ledger.rows(_ONE, [number])}
    while rows:
        made = rereader.tracked(list(rows.values()))
        if made.problems or not made.is_complete:
            return Repaired(is_complete=made.is_complete, problems=tuple(made.problems))
        poorer = {n for n, row in rows.items() if _count(made.loaded[n].report) < _whole_count(row)}
        rows = {number: row for number, row in rows.items() if number not in poorer}
        if not poorer:
            back = sum(_absent(writer, rows).values())
            writer.commit(source, made.batches[0])
            return Repaired(records=back)
    return Repaired()


_ONE = "SELECT * FROM objects WHERE id = ?"


def _count(report: Any) -> int:
    return int(report.records + report.internal + report.dropped)


def _whole_count(row: Any) -> int:
    return int(row["records"] + row["internal"] + row["dropped"])


def _absent(writer: Writer, numbers: Collection[int]) -> dict[int, int]:
    """How many records of tracked objects no whole file has; each file is read once."""
    ledger = writer.store.ledger
    rows = (row for number in numbers for row in ledger.rows(_ONE, [number]))
    absent = Counter({row["id"]: row["records"] for row in rows})
    sql = "WHERE id IN (SELECT file FROM held WHERE object = ?)"
    files = {file.id: file for number in numbers for file in writer.files(sql, [number])}
    for file in files.values():
        if writer.is_whole(file):
            absent.subtract(_counted(writer, file))
    return {number: max(absent[number], 0) for number in numbers}


def _noted(writer: Writer, number: int) -> int:
    """How many of them are noted as lost already."""
    sql = "SELECT total(records) FROM lost WHERE object = ?"
    return int(writer.store.ledger.value(sql, [number]))


def _counted(writer: Writer, file: OldFile) -> dict[int, int]:
    """Records of a tracked file by object."""
    with pq.ParquetFile(writer.store.path / file.path) as opened:
        counts = pc.value_counts(opened.read(columns=[OBJECT_COLUMN])[OBJECT_COLUMN])
    return {one["values"]: one["counts"] for one in counts.to_pylist()}


def _found_again(
    writer: Writer, source: int, rereader: Rereader, first: date
) -> Iterator[tuple[date, int]]:
    """Days and objects of lost records that the source has again; those looked at longest ago."""
    ledger = writer.store.ledger
    values = [source, first.isoformat(), PROBED]
    for row in ledger.rows(_LOST, values):
        objects = ledger.rows(_ONE, [row["probe"]])
        with ledger.transaction() as change:
            sql = "UPDATE lost SET tried = (SELECT max(tried) + 1 FROM lost) WHERE source = ? "
            change.execute(sql + "AND day = ? AND object = ?", [source, row["day"], row["object"]])
        if objects and rereader.is_there(objects[0]):
            yield date.fromisoformat(row["day"]), row["object"]


_LOST = "SELECT * FROM lost WHERE source = ? AND day >= ? ORDER BY tried LIMIT ?"


def _rows(files: Sequence[NewFile]) -> int:
    return sum(file.rows for file in files)
