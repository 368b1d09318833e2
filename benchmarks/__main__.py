"""`python -m benchmarks`: runs all and prints the figures and ratios."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from benchmarks import ingest, panels

RATE, RATIO, PEAK = 1_500_000, 1.2, 1e9
# Seconds a panel may take at ten million records; how much slower eight times the history may be.
PANEL, HISTORY = 1.0, 1.2


def main() -> None:
    """Measure, print, and exit 1 where a target is missed."""
    options = _options()
    folder = _logs(options.records)
    size = sum(file.stat().st_size for file in folder.rglob("*.log.gz"))
    print(f"{folder}: {size / 1e6:,.0f} MB of gzip, {os.cpu_count()} processors", flush=True)
    runs = ingest.measure(folder, options.only or list(ingest.WAYS))
    print(ingest.table(runs))
    targets = _targets(runs)
    if not options.only:
        timings = panels.measure(folder)
        print(panels.table(timings))
        targets += _panel_targets(timings)
    missed = [target for target in targets if not _judge(*target)]
    sys.exit(1 if missed else 0)


def _targets(runs: dict[str, ingest.Run]) -> list[tuple[str, bool]]:
    ours = runs.get("vpcflow sync")
    other = runs.get("duckdb, one COPY")
    targets = []
    if ours:
        targets.append((f"at least {RATE:,} records/s: {ours.rate:,.0f}", ours.rate >= RATE))
        targets.append((f"memory below 1 GB: {ours.peak / 1e6:,.0f} MB", ours.peak < PEAK))
    if ours and other:
        ratio = ours.seconds / other.seconds
        targets.append((f"at most {RATIO} x DuckDB's time: {ratio:.2f}", ratio <= RATIO))
    return targets


def _panel_targets(timings: list[panels.Timing]) -> list[tuple[str, bool]]:
    slowest = max(timing.first for timing in timings)
    plain = [t for t in timings if not t.looks_back]
    ratio = sum(t.again for t in plain) / sum(t.one_day for t in plain)
    return [
        (f"every panel within {PANEL:g} s: {slowest:.2f}", slowest <= PANEL),
        (f"eight times the history at most {HISTORY} x the time: {ratio:.2f}", ratio <= HISTORY),
    ]


def _judge(target: str, met: bool) -> bool:
    print(f"{'met   ' if met else 'MISSED'}  {target}")
    return met


def _logs(records: int) -> Path:
    """The logs, made in a child: what that takes of memory is not ours."""
    code = f"from benchmarks.logs import logs; print(logs({records}))"
    answer = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE)
    return Path(answer.stdout.decode().strip())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--records", type=int, default=10_000_000, help="How many (10 million).")
    parser.add_argument("--only", action="append", choices=ingest.WAYS, help="Only this way.")
    return parser.parse_args()


if __name__ == "__main__":
    main()
