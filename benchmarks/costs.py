"""`python -m benchmarks.costs`: processor seconds in which a million records are attributed.

Two networks: the sample, and one in which 300 hosts talk to each other in 45,000 pairs, so that few
records go the same way.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from vpcflow_core.api import FlowLogs
from vpcflow_core.cost.billing import bill
from vpcflow_core.sources.sample.snapshot import sample_snapshots
from vpcflow_core.sources.sample.source import generate

RECORDS, HOSTS = 1_000_000, 300
UNTIL = datetime(2026, 11, 20, 12, tzinfo=UTC)
MOST = 2.0  # processor seconds


def write_pairs(folder: Path) -> Path:
    """Logs of hosts that all talk to each other, and to the Internet."""
    made = np.random.default_rng(7)
    source, target = made.integers(0, HOSTS, (2, RECORDS))
    start = int(UNTIL.timestamp()) - made.integers(60, 86_400, RECORDS)
    hosts = np.array([f"10.0.{n // 250}.{n % 250 + 4}" for n in range(HOSTS)])
    ids = np.array([f"eni-{n:017x}" for n in range(HOSTS)])
    far = np.where(made.random(RECORDS) < 0.1, "203.0.113.9", hosts[target])
    frame = pd.DataFrame(
        {
            "version": 5,
            "account-id": "123456789012",
            "interface-id": ids[source],
            "srcaddr": hosts[source],
            "dstaddr": far,
            "bytes": made.integers(40, 10**6, RECORDS),
            "packets": 9,
            "start": start,
            "end": start + 60,
            "action": "ACCEPT",
            "log-status": "OK",
            "region": "us-east-1",
            "flow-direction": "egress",
        }
    )
    folder.mkdir(parents=True)
    frame.to_csv(folder / "pairs.log", sep=" ", index=False)
    return folder


def seconds(flows: FlowLogs) -> tuple[float, int]:
    """Processor seconds of all cores for the first bill, and how many ways it had."""
    window = flows.window  # what is known of the store is read before
    began = time.process_time()
    found = bill(flows, window)
    return time.process_time() - began, len(found.results[0].frame)


def main() -> None:
    """Measure both, and exit 1 where one takes too long."""
    missed = False
    with tempfile.TemporaryDirectory(prefix="vpcflow-bench-costs-") as temporary:
        folder = Path(temporary)
        generate(folder / "sample", records=RECORDS, until=UNTIL)
        for logs in (folder / "sample", write_pairs(folder / "pairs")):
            with FlowLogs.open(logs, store=logs.with_suffix(".store")) as flows:
                for shot in sample_snapshots(taken=UNTIL) if logs.name == "sample" else []:
                    assert flows.store
                    flows.store.remember(shot)
                taken, ways = seconds(flows)
            missed |= taken > MOST
            print(f"{logs.name}: {taken:.2f} s of processor for {RECORDS:,} records, {ways:,} ways")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
