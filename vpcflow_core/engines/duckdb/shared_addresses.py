"""What the records of each day have in common, by the files of the day, kept with the store."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import UTC, date, datetime, time, timedelta

import pandas as pd
import pyarrow as pa

from vpcflow_core.engines.base import Ask
from vpcflow_core.engines.duckdb.files import select_files
from vpcflow_core.engines.duckdb.kept_days import KeptDays
from vpcflow_core.engines.interfaces.cache import ReadDay
from vpcflow_core.engines.interfaces.inference import common_addresses
from vpcflow_core.store.base import StoreFile
from vpcflow_core.times import Window

# Fewer records than these are read faster than it is worth to keep a file.
MANY_RECORDS = 50_000
# Another number whenever `common_addresses` gives something else.
FORM = "common_addresses 1"


def days_of_files(
    files: Sequence[StoreFile], present: Sequence[str], kept: KeptDays
) -> dict[Hashable, ReadDay]:
    """How the addresses in common of each day are read, by the names of its files.

    Args:
        files: Files of flows.
        present: Columns that some record has.
        kept: Where days of many records are kept.
    """
    found: dict[Hashable, ReadDay] = {}
    for day in sorted({file.day for file in files}):
        of_day = [file for file in files if file.day == day]
        found[_names(of_day)] = _reader(day, of_day, present, kept)
    return found


def _names(files: Sequence[StoreFile]) -> tuple[str, ...]:
    return tuple(file.path.name for file in files)


def _reader(
    day: date, files: Sequence[StoreFile], present: Sequence[str], kept: KeptDays
) -> ReadDay:
    begin = datetime.combine(day, time(), UTC)
    path = None
    if sum(file.rows for file in files) >= MANY_RECORDS:
        window = Window(begin, begin + timedelta(days=1))
        path = kept.path(window, (FORM, *sorted(_names(files))))

    def read(ask: Ask) -> pd.DataFrame:
        if path and (table := kept.get(path)) is not None:
            found: pd.DataFrame = table.to_pandas()
            return found
        made = common_addresses(ask, f"({select_files('flows', present, files)})")
        if path:
            kept.put(path, pa.Table.from_pandas(made, preserve_index=False))
        return made

    return read
