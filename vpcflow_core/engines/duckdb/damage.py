"""Which files of a store are lost, said of the records that were in them."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from vpcflow_core.errors import StoreError
from vpcflow_core.store.base import StoreFile
from vpcflow_core.store.footers import is_damaged, is_readable

# What DuckDB raises where a Parquet file is missing or damaged, and seldom otherwise (measured: 260
# files with bytes changed at random).
OF_FILES = (duckdb.IOException, duckdb.InvalidInputException, duckdb.Error)


def damage_of(files: Sequence[StoreFile]) -> StoreError | None:
    """The error for those of the files that are missing or cannot be read; None if all can."""
    lost = [file for file in files if is_damaged(file.path, file.size)]
    lost = lost or [file for file in files if not is_readable(file.path)]
    if not lost:
        return None
    rows, days = sum(file.rows for file in lost), sorted({file.day for file in lost})
    span = " to ".join(dict.fromkeys(f"{day:%d %b %Y}" for day in (days[0], days[-1])))
    return StoreError(
        f"{rows:,} records of {span} cannot be read: files of the store are missing or damaged.",
        "Ask for another range, or remove the source from the store and sync it again.",
    )
