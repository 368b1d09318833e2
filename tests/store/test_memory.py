"""A sync's memory does not grow with what it loads."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

from tests.store.doubles import HEADER, START

# Peak memory of a child process that syncs a folder with small limits, in MB.
SYNC = """
import resource, sys
import vpcflow_core.formats, vpcflow_core.sources.local
from vpcflow_core.sources.open import open_source
from vpcflow_core.store.batch import Limits
from vpcflow_core.store import load
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import sync
load.WAITING_BYTES = 2**22
with Store.open(sys.argv[2]) as store:
    result = sync(store, open_source(sys.argv[1]), limits=Limits(rows=100_000, bytes=2**23, fetched=2**22))
print(result.records, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def big(path: Path, records: int) -> None:
    """One object of a thousand distinct lines again and again."""
    second = int(START.timestamp())
    block = "".join(
        f"2 123456789012 eni-{n} 10.0.{n % 250}.1 10.9.{n % 200}.7 {n + 1024} 443 6 {n + 1} "
        f"{n * 77} {second + n} {second + n + 9} ACCEPT OK\n"
        for n in range(1000)
    ).encode()
    with gzip.open(path, "wb", 1) as file:
        file.write(HEADER.encode() + b"\n")
        for _ in range(records // 1000):
            file.write(block)


def peak(folder: Path, store: Path) -> tuple[int, int]:
    command = [sys.executable, "-c", SYNC, str(folder), str(store)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    records, megabytes = map(int, answer.split())
    return records, megabytes


@pytest.mark.slow
def test_ten_times_the_records_take_hardly_more_memory(tmp_path: Path) -> None:
    for name, records in (("small", 200_000), ("large", 2_000_000)):
        (tmp_path / name).mkdir()
        big(tmp_path / name / "one.log.gz", records)
    small = peak(tmp_path / "small", tmp_path / "s")
    large = peak(tmp_path / "large", tmp_path / "l")
    assert (small[0], large[0]) == (200_000, 2_000_000)
    # The limits allow 100 MB, merging as much again, and allocators keep some.
    assert large[1] < small[1] + 350
