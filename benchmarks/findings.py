"""`python -m benchmarks.findings`: precision and recall of each detection.

Eight designed networks with different parts of the known trouble, all of them with traffic that
only looks like it, and the sample with its own incidents. An incident is right if its detection and
key were planted.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks.networks import TROUBLES, WATCHED, Found, write
from vpcflow_core.api import FlowLogs
from vpcflow_core.detections.catalogue import DETECTIONS, find
from vpcflow_core.detections.watch_list import WatchList, read_watch_list
from vpcflow_core.sources.sample.source import generate, sample_interfaces

NETWORKS = 8
UNTIL = datetime(2026, 11, 20, 12, tzinfo=UTC)
# What the sample plants, and what its everyday traffic has: offices that log in by SSH.
HOSTS = sample_interfaces().set_index("instance_name")["address"]
BASTION, BASTION_US = HOSTS["prod-bastion-1"], HOSTS["prod-us-bastion-1"]
SAMPLE: list[Found] = [
    ("port-scan", ("86.121.37.0/24",)),
    ("brute-force", ("113.88.14.201", BASTION, "22")),
    ("exfiltration", (HOSTS["prod-app-3"], "178.66.158.19")),
    ("remote-login", (BASTION, "22")),
    ("remote-login", (BASTION_US, "22")),
]
PRECISION, RECALL = 0.9, 0.95


def networks(folder: Path) -> Iterator[tuple[str, Path, list[Found]]]:
    """Name and logs of each network, and what has to be found."""
    names = list(TROUBLES)
    for seed in range(NETWORKS):
        chosen = np.random.default_rng(seed).permutation(names)[: len(names) // 2]
        # Each kind of trouble is in four of the networks at least by turns.
        some = tuple(dict.fromkeys([*names[seed % 2 :: 2], *chosen]))
        logs = folder / f"designed-{seed + 1}"
        yield logs.name, logs, write(logs, seed, some)
    facts = generate(folder / "sample", records=1_000_000, until=UNTIL)
    lost = next(each for each in facts.happenings if each.name == "skipdata")
    yield "sample", folder / "sample", [*SAMPLE, ("skipdata", lost.interface_ids)]


def asked(logs: Path, watched: WatchList) -> tuple[set[Found], float]:
    """What was found in the last day of a network, and in how many seconds."""
    with FlowLogs.open(logs, store=logs.with_suffix(".store")) as flows:
        last = flows.last("24h")
        began = time.perf_counter()
        found = find(last, last.window, watch_list=watched)
        seconds = time.perf_counter() - began
    return {(one.detection, tuple(one.who.values())) for one in found.incidents}, seconds


def main() -> int:
    """Print a line for each detection; exit 1 if precision or recall of all is too low."""
    planted: list[Found] = []
    hits: list[Found] = []
    found: list[Found] = []
    with tempfile.TemporaryDirectory(prefix="vpcflow-bench-findings-") as temporary:
        folder = Path(temporary)
        (folder / "watched.txt").write_text(WATCHED)
        watched = read_watch_list(folder / "watched.txt")
        for name, logs, wanted in networks(folder):
            got, seconds = asked(logs, watched)
            planted += sorted(set(wanted))
            found += sorted(got)
            hits += sorted(set(wanted) & got)
            print(f"{name:<12}{len(set(wanted)):>4} planted{len(got):>4} found{seconds:>7.2f} s")
            for slug, key in sorted(got - set(wanted)):
                print(f"    not planted: {slug} {' '.join(key)}")
            for slug, key in sorted(set(wanted) - got):
                print(f"    missed: {slug} {' '.join(key)}")
    print(f"\n{'detection':<18}{'planted':>9}{'found':>7}{'precision':>11}{'recall':>8}")
    for slug in DETECTIONS:
        print(line(slug, *(sum(each[0] == slug for each in of) for of in (planted, found, hits))))
    print(line("all", len(planted), len(found), len(hits)))
    precise, complete = len(hits) / max(len(found), 1), len(hits) / len(planted)
    return int(precise < PRECISION or complete < RECALL)


def line(name: str, planted: int, found: int, hits: int) -> str:
    """One line of the table."""
    precision = f"{hits / found:.2f}" if found else "-"
    recall = f"{hits / planted:.2f}" if planted else "-"
    return f"{name:<18}{planted:>9}{found:>7}{precision:>11}{recall:>8}"


if __name__ == "__main__":
    raise SystemExit(main())
