"""`python -m benchmarks.names [RECORDS]`: processor time of names beside the same by address.

Two networks of 40 VPCs and 2,000 interfaces: VPCs of blocks of their own, and VPCs that all have
the same block, so that an address alone says nothing.

`python -m benchmarks.names STORE [24h]` asks a store for everything that is said of ends.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import numpy as np
import pandas as pd

from vpcflow_core.api import FlowLogs
from vpcflow_core.engines.duckdb.settled import LOOK_AFTER
from vpcflow_core.errors import MissingDataError
from vpcflow_core.inventory.tables import Snapshot, frame_of
from vpcflow_core.query.ends import ADDRESS_OF, NAMES
from vpcflow_core.query.question import Query

RECORDS, VPCS, HOSTS = 1_000_000, 40, 50
UNTIL = datetime(2026, 11, 20, 12, tzinfo=UTC)
MOST = 1.5  # times the question by address
# Runs of each question: the first ones name each record, then one looks at all of them
# (engines/duckdb/settled.py), of the others the fastest counts.
RUNS = LOOK_AFTER + 4
QUESTIONS = {
    "source": (("srcaddr",), ("src_name",)),
    "both ends": (("srcaddr", "dstaddr"), ("src_name", "dst_name")),
    "both, in subnets": (("srcaddr", "dstaddr"), ("src_subnet", "dst_subnet")),
}


def address(vpc: int, host: int, overlap: bool) -> str:
    """The address of a host."""
    return f"10.{0 if overlap else vpc}.{host // 200}.{host % 200 + 4}"


def write(folder: Path, records: int, overlap: bool) -> Path:
    """Logs of hosts that talk to those of their VPC, and to the Internet."""
    made = np.random.default_rng(7)
    vpc, source, target = (made.integers(0, most, records) for most in (VPCS, HOSTS, HOSTS))
    known = np.array([[address(v, h, overlap) for h in range(HOSTS)] for v in range(VPCS)])
    ids = np.array([[f"eni-{v:03}{h:014x}" for h in range(HOSTS)] for v in range(VPCS)])
    far = np.where(made.random(records) < 0.1, "203.0.113.9", known[vpc, target])
    start = int(UNTIL.timestamp()) - made.integers(60, 86_400, records)
    frame = pd.DataFrame(
        {
            "version": 5,
            "account-id": "123456789012",
            "interface-id": ids[vpc, source],
            "srcaddr": known[vpc, source],
            "dstaddr": far,
            "bytes": made.integers(40, 10**6, records),
            "packets": 9,
            "start": start,
            "end": start + 60,
            "action": "ACCEPT",
            "log-status": "OK",
            "vpc-id": np.char.add("vpc-", vpc.astype(str)),
        }
    )
    folder.mkdir(parents=True)
    for number, part in enumerate(np.array_split(np.arange(records), max(records // 500_000, 1))):
        frame.iloc[part].to_csv(folder / f"{number}.log", sep=" ", index=False)
    return folder


def snapshot(overlap: bool) -> Snapshot:
    """What EC2 shows of them."""
    places = [(v, h) for v in range(VPCS) for h in range(HOSTS)]
    tables = {
        "interfaces": [
            {
                "interface_id": f"eni-{v:03}{h:014x}",
                "vpc_id": f"vpc-{v}",
                "name": f"host-{v}-{h}",
                "subnet_id": f"subnet-{v}",
                "addresses": [address(v, h, overlap)],
            }
            for v, h in places
        ],
        "vpcs": [
            {"vpc_id": f"vpc-{v}", "cidrs": [f"10.{0 if overlap else v}.0.0/16"]}
            for v in range(VPCS)
        ],
        "subnets": [
            {
                "subnet_id": f"subnet-{v}",
                "vpc_id": f"vpc-{v}",
                "az_id": "euc1-az1",
                "cidrs": [f"10.{0 if overlap else v}.0.0/17"],
            }
            for v in range(VPCS)
        ],
    }
    frames = {kind: frame_of(kind, rows) for kind, rows in tables.items()}  # type: ignore[arg-type]
    return Snapshot("123456789012", "eu-central-1", UNTIL - timedelta(days=3), frames)  # type: ignore[arg-type]


SIZES = count(20)  # of answers, each once: none that is kept is given again


def seconds(flows: FlowLogs, by: tuple[str, ...]) -> list[float]:
    """Processor seconds of the first answer, the one that looks, and the fastest other one."""
    taken = []
    for _ in range(RUNS):
        began = time.process_time()
        flows.ask(Query(("bytes",), by=by, top=next(SIZES)))
        taken.append(time.process_time() - began)
    return [taken[0], taken[LOOK_AFTER], min(taken[LOOK_AFTER + 1 :])]


def of_store(flows: FlowLogs) -> bool:
    """Measure all that is said of ends, as a table; whether something took too long."""
    ends = {"source": ("src_",), "destination": ("dst_",), "both ends": ("src_", "dst_")}
    base = {
        title: seconds(flows, tuple(ADDRESS_OF[e] for e in of))[-1] for title, of in ends.items()
    }
    print(f"| | {' | '.join(ends)} |\n|{'---|' * 4}")
    print(f"| seconds by address | {' | '.join(f'{base[title]:.3f}' for title in ends)} |")
    missed = False
    for name in NAMES:
        shown = []
        for title, of in ends.items():
            try:
                taken = [
                    one / base[title] for one in seconds(flows, tuple(f"{e}{name}" for e in of))
                ]
            except MissingDataError:
                shown.append("not known")
                continue
            missed |= taken[-1] > MOST
            shown.append("{2:.2f} (first {0:.1f}, look {1:.1f})".format(*taken))
        print(f"| {name} | {' | '.join(shown)} |")
    return missed


def main() -> None:
    """Measure a store or both networks, and exit 1 where names take too long."""
    if sys.argv[1:] and not sys.argv[1].isdigit():
        with FlowLogs.open(sys.argv[1]) as flows:
            sys.exit(of_store(flows.last(sys.argv[2] if sys.argv[2:] else "24h")))
    records = int(sys.argv[1]) if len(sys.argv) > 1 else RECORDS
    missed = False
    with tempfile.TemporaryDirectory(prefix="vpcflow-bench-names-") as temporary:
        for title, overlap in (("blocks of their own", False), ("one block for all", True)):
            logs = write(Path(temporary) / str(overlap), records, overlap)
            with FlowLogs.open(logs, store=logs.with_suffix(".store")) as flows:
                assert flows.store
                flows.store.remember(snapshot(overlap))
                for question, (plain, named) in QUESTIONS.items():
                    # As many groups: an address of many VPCs is as many hosts.
                    *_, base = seconds(flows, (*(["vpc_id"] if overlap else []), *plain))
                    first, _, again = seconds(flows, named)
                    missed |= again > MOST * base
                    print(
                        f"{title}, {question}: {base:.2f} s by address, {again:.2f} s by name "
                        f"({again / base:.2f} x), the first time {first:.2f} s"
                    )
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
