"""`python -m benchmarks`: runs all and prints the figures and ratios; `--quick` in two minutes."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from benchmarks import ingest, panels

# Of a sync on a quiet machine of two processors: records a second, by form; bytes of memory.
RATES = {
    ingest.TEXT: 1_500_000,
    f"{ingest.TEXT}, version 5": 1_000_000,
    f"{ingest.TEXT}, JSON": 600_000,
    f"{ingest.TEXT}, Firehose": 600_000,
    f"{ingest.TEXT}, subscription": 600_000,
}
PEAK = 0.7e9
# Time in units of another way's: DuckDB's COPY; text; the slower of fetching and loading alone.
RATIO, PARQUET, FROM_S3 = 0.85, 2.0, 1.2
# Seconds a panel may take at ten million records; how much slower eight times the history may be.
PANEL, HISTORY = 1.0, 1.1
RECORDS, ROUNDS = 10_000_000, 5
QUICK_RECORDS, QUICK_ROUNDS = 1_000_000, 3
QUICK_WAYS = [way for way in ingest.WAYS if not way.startswith(("pandas", "flowlogs", "duckdb, a"))]

Target = tuple[str, bool]


def main() -> None:
    """Measure, print, and exit 1 where a target is missed."""
    options = _options()
    folder = _logs(options.records or (QUICK_RECORDS if options.quick else RECORDS))
    size = sum(file.stat().st_size for file in folder.rglob("*.log.gz"))
    print(f"{folder}: {size / 1e6:,.0f} MB of gzip, {os.cpu_count()} processors", flush=True)
    ways = options.only or (QUICK_WAYS if options.quick else list(ingest.WAYS))
    rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    runs = ingest.measure(folder, ways, rounds)
    print(ingest.table(runs), flush=True)
    targets = _targets(runs)
    if not (options.only or options.quick):
        timings = panels.measure(folder)
        print(panels.table(timings))
        targets += _panel_targets(timings)
    missed = [target for target in targets if not _judge(*target)]
    sys.exit(1 if missed else 0)


def _targets(runs: dict[str, ingest.Run]) -> list[Target]:
    rates = [
        (f"{way}: at least {rate:,} records/s: {runs[way].rate:,.0f}", runs[way].rate >= rate)
        for way, rate in RATES.items()
        if way in runs
    ]
    peaks = [run.peak for way, run in runs.items() if way.startswith(ingest.TEXT)]
    peak = max(peaks, default=0)
    return [
        *rates,
        (f"memory below {PEAK / 1e6:.0f} MB: {peak / 1e6:,.0f} MB", peak < PEAK),
        *_ratio(runs, ingest.TEXT, [ingest.COPY], RATIO),
        *_ratio(runs, f"{ingest.TEXT}, Parquet", [ingest.TEXT], 1 / PARQUET),
        *_ratio(runs, ingest.S3, [ingest.TEXT, ingest.DOWNLOAD], FROM_S3),
    ]


def _ratio(runs: dict[str, ingest.Run], way: str, others: list[str], most: float) -> list[Target]:
    """How long a way takes in units of the slowest of others: a record, or all objects."""
    if not {way, *others} <= set(runs):
        return []
    in_full = ingest.DOWNLOAD in others
    times = {
        name: runs[name].seconds if in_full else 1 / runs[name].rate for name in (way, *others)
    }
    slowest = max(others, key=lambda name: times[name])
    ratio = times[way] / times[slowest]
    clock = f"{way}: at most {most:.2f} x the time of {slowest}: {ratio:.2f}"
    return [(clock, ratio <= most)]


def _panel_targets(timings: list[panels.Timing]) -> list[Target]:
    slowest = max(timing.later for timing in timings)
    plain = [t for t in timings if not t.looks_back]
    ratio = sum(t.later for t in plain) / sum(t.one_day for t in plain)
    return [
        (f"every panel within {PANEL:g} s: {slowest:.2f}", slowest <= PANEL),
        (f"eight times the history at most {HISTORY} x the time: {ratio:.2f}", ratio <= HISTORY),
    ]


def _judge(target: str, met: bool) -> bool:
    print(f"{'met   ' if met else 'MISSED'}  {target}")
    return met


def _logs(records: int) -> Path:
    """The logs in every form, made in a child: what that takes of memory is not ours."""
    code = f"""
from benchmarks import forms, ingest, logs
text = logs.logs({records})
for form in ingest.FORMS:
    forms.folder_of(text, form, ingest.FORM_FILES)
print(text)
"""
    answer = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE)
    return Path(answer.stdout.decode().strip())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="Fewer records, runs and ways.")
    parser.add_argument("--records", type=int, default=0, help="How many (10 million; 1 quick).")
    parser.add_argument("--rounds", type=int, default=0, help="Runs of each way (5; 3 quick).")
    parser.add_argument("--only", action="append", choices=ingest.WAYS, help="Only this way.")
    return parser.parse_args()


if __name__ == "__main__":
    main()
