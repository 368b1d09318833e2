"""Which files of a store are lost, said of the records that were in them."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from vpcflow_core.errors import StoreError
from vpcflow_core.store.base import StoreFile
from vpcflow_core.store.damage import span_of
from vpcflow_core.store.footers import is_damaged, is_readable
from vpcflow_core.units import number_of

# What DuckDB raises where a Parquet file is missing or damaged, and seldom otherwise (measured: 260
# files with bytes changed at random).
OF_FILES = (duckdb.IOException, duckdb.InvalidInputException, duckdb.Error)


def damage_of(files: Sequence[StoreFile]) -> list[StoreFile]:
    """Those of the files that are missing or cannot be read; reads them whole."""
    lost = [file for file in files if is_damaged(file.path, file.size)]
    return lost or [file for file in files if not is_readable(file.path)]


def error_of(lost: Sequence[StoreFile]) -> StoreError:
    """The error that says which records these files held."""
    rows = sum(file.rows for file in lost)
    return StoreError(
        f"{number_of(rows, 'records')} of {span_of(file.day for file in lost)} cannot be read: "
        "files of the store are missing or damaged.",
        "To read what they held once more, sync it again: `vpcflow sync`, or Sync now on the "
        "Sources page. Other ranges can be asked for meanwhile.",
    )
