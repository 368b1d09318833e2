"""Few files in the table, and none that no snapshot needs any more.

Every sync joins the small files of the days that it wrote to. Once a day one of the writers lets
snapshots expire and sweeps files that none of the others names: those of expired snapshots, and
what killed writers left. Each step is a commit of its own; where another writer's came between,
it is left to the next sync.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow.fs as pafs
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.expressions import AlwaysTrue, And, EqualTo, GreaterThanOrEqual, LessThan
from pyiceberg.io.pyarrow import ArrowScan

from vpcflow_core.lake import ledger
from vpcflow_core.lake.files import files_of
from vpcflow_core.lake.table import LakeTable
from vpcflow_core.store.base import PART_COLUMN

# Small files of a part and day are joined once there are that many, up to this many rows: what is
# read at once is kept in memory.
FEW, ROWS = 8, 2_000_000
SMALL = 32 * 2**20
# How long what is replaced can still be read, and how old a file must be that no snapshot names:
# longer than any writer takes from its first file to its commit.
KEPT = timedelta(days=3)
SWEPT = "vpcflow.swept"
EVERY = timedelta(days=1)


def keep_up(
    lake: LakeTable, days: Collection[tuple[str, Any]], now: datetime | None = None
) -> None:
    """Join small files of these parts and days; once a day, expire and sweep.

    Args:
        lake: The table.
        days: Parts and UTC days that were written to.
        now: The present.
    """
    now = now or datetime.now(UTC)
    for part, day in sorted(days):
        compact(lake, part, day)
    lake.table.refresh()
    last = lake.table.properties.get(SWEPT)
    if last is None or now - datetime.fromisoformat(last) >= EVERY:
        expire(lake, now)
        sweep(lake, now)


def compact(lake: LakeTable, part: str, day: date) -> None:
    """Join the small files of a part and day, if there are many of them."""
    lake.table.refresh()
    start, end = (f"{d.isoformat()}T00:00:00" for d in (day, day + timedelta(days=1)))
    inside = And(
        EqualTo(PART_COLUMN, part),
        And(GreaterThanOrEqual("start_time", start), LessThan("start_time", end)),
    )
    tasks = [
        task
        for task in lake.table.scan(row_filter=inside).plan_files()
        if task.file.file_size_in_bytes < SMALL and not task.delete_files
    ]
    chosen, rows = [], 0
    for task in sorted(tasks, key=lambda task: int(task.file.record_count)):
        if rows + task.file.record_count <= ROWS:
            chosen.append(task)
            rows += task.file.record_count
    if len(chosen) >= FEW:
        _join(lake.table, chosen)


def _join(table: Any, tasks: list[Any]) -> None:
    """Put one file in the place of several, unless somebody else commits meanwhile."""
    scan = ArrowScan(table.metadata, table.io, table.schema(), AlwaysTrue())
    made = files_of(table, scan.to_table(tasks))
    try:
        with (
            table.transaction() as change,
            change.update_snapshot().overwrite() as overwrite,
        ):
            for task in tasks:
                overwrite.delete_data_file(task.file)
            for file in made:
                overwrite.append_data_file(file)
    except CommitFailedException:
        for file in made:
            table.io.delete(file.file_path)


def expire(lake: LakeTable, now: datetime) -> None:
    """Forget snapshots that were replaced longer ago than `KEPT`, and note that it was done."""
    try:
        lake.table.maintenance.expire_snapshots().older_than(_plain(now - KEPT)).commit()
        lake.table.refresh()
        with lake.table.transaction() as change:
            change.set_properties({SWEPT: now.isoformat()})
    except CommitFailedException:
        pass  # the next sync does it


def sweep(lake: LakeTable, now: datetime) -> int:
    """Delete files below the table that nothing names and that are older than `KEPT`.

    Returns:
        How many.
    """
    lake.table.refresh()
    named = set(map(_bare, _named(lake.table)))
    gone = 0
    files, top = pafs.FileSystem.from_uri(lake.location) if _is_local(lake) else _elsewhere(lake)
    for folder in ("data", "metadata", ledger.FOLDER):
        chosen = pafs.FileSelector(f"{top}/{folder}", recursive=True, allow_not_found=True)
        for info in files.get_file_info(chosen):
            old = info.type == pafs.FileType.File and info.mtime < now - KEPT
            if old and _bare(info.path) not in named and not info.path.endswith(".metadata.json"):
                files.delete_file(info.path)
                gone += 1
    return gone


def _named(table: Any) -> Iterator[str]:
    """The files that some snapshot or the ledger needs."""
    yield from (segment.path for segment in ledger.segments(table.properties))
    manifests: dict[str, Any] = {}
    for snapshot in table.snapshots():
        yield snapshot.manifest_list
        manifests |= {m.manifest_path: m for m in snapshot.manifests(table.io)}
    for path, manifest in manifests.items():
        yield path
        yield from (e.data_file.file_path for e in manifest.fetch_manifest_entry(table.io))


def _is_local(lake: LakeTable) -> bool:
    return lake.location.startswith("file:")


def _elsewhere(lake: LakeTable) -> tuple[Any, str]:
    """The file system of a location in S3, as pyiceberg is configured for it."""
    bucket, _, prefix = lake.location.removeprefix("s3://").partition("/")
    return lake.table.io.fs_by_scheme("s3", bucket), f"{bucket}/{prefix}".rstrip("/")


def _bare(path: str) -> str:
    """A path without its scheme."""
    return path.partition("://")[2] or path


def _plain(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
