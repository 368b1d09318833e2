"""Flow logs for tests: a small sample as files, a store of it, and the same records by pandas."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from vpcflow_core.sources.open import open_source
from vpcflow_core.sources.sample.snapshot import sample_snapshots
from vpcflow_core.sources.sample.source import generate
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import sync

UNTIL = datetime(2026, 11, 20, 12, tzinfo=UTC)


def write_sample(folder: Path, records: int = 30_000, days: int = 9) -> Path:
    """A sample that ended in the past, so that every run of the tests sees the same."""
    generate(folder, records=records, days=days, until=UNTIL)
    return folder


def fill(store: Path, logs: Path, *, snapshot: bool = False) -> Path:
    """A store with all that lies in a folder; with the sample's snapshot, if asked for."""
    with Store.open(store) as opened:
        for shot in sample_snapshots(taken=UNTIL) if snapshot else []:
            opened.remember(shot)
        result = sync(opened, open_source(str(logs)))
    assert result.failed == 0
    assert result.malformed == 0
    return store


def read_with_pandas(logs: Path) -> pd.DataFrame:
    """Every record of a folder of text logs, read without any of vpcflow's code.

    Columns have AWS's names; `start` and `end` are UTC times; numbers are nullable integers.
    """
    files = sorted(logs.rglob("*.log.gz"))
    frame = pd.concat(
        [pd.read_csv(path, sep=" ", dtype=str, na_values="-") for path in files],
        ignore_index=True,
    )
    numbers = ["srcport", "dstport", "protocol", "packets", "bytes", "start", "end"]
    frame[numbers] = frame[numbers].apply(pd.to_numeric).astype("Int64")
    for name in ("start", "end"):
        frame[name] = pd.to_datetime(frame[name].astype("int64"), unit="s", utc=True)
    return frame
