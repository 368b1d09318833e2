"""`make fuzz`: mutated files of every format; prints figures, exits 1 if any file failed.

Files that fail are written into a folder, with what was done to them.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from pathlib import Path

from tests.fuzz.mutations import mutant
from tests.fuzz.run import MEGABYTES, SECONDS, Outcome, outcomes


def main() -> int:
    """Run what the command line says."""
    options = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    options.add_argument("-n", type=int, default=10_000, help="number of files")
    options.add_argument("--first", type=int, default=0, help="number of the first one")
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--failures", type=Path, default=Path("fuzz-failures"))
    given = options.parse_args()
    start = time.monotonic()
    found = list(outcomes(range(given.first, given.first + given.n), given.workers))
    failed = [outcome for outcome in found if outcome.fault]
    _print_figures(found)
    _keep(failed, given.failures)
    print(
        f"\n{len(found):,} files in {time.monotonic() - start:,.0f} s, budget {SECONDS:.0f} s and "
        f"{MEGABYTES} MB each: {len(failed)} failed"
    )
    return 1 if failed or len(found) != given.n else 0


def _print_figures(found: list[Outcome]) -> None:
    by_form = defaultdict(list)
    for outcome in found:
        by_form[outcome.form].append(outcome)
    print(f"{'format':20} {'files':>6} {'refused':>8} {'lines':>11} {'records':>11} {'malformed':>11}"
          f" {'max s':>6} {'max MB':>7} {'failed':>6}")  # fmt: skip
    for form, some in by_form.items():
        verdicts = [outcome.verdict for outcome in some]
        print(
            f"{form:20} {len(some):6,} {sum(v.refused for v in verdicts):8,} "
            f"{sum(v.lines for v in verdicts):11,} {sum(v.records for v in verdicts):11,} "
            f"{sum(v.malformed for v in verdicts):11,} {max(o.seconds for o in some):6.2f} "
            f"{max(o.megabytes for o in some):7.0f} {sum(bool(o.fault) for o in some):6}"
        )


def _keep(failed: list[Outcome], folder: Path) -> None:
    """Write the files that failed, and print why."""
    for outcome in failed:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{outcome.seed}-{outcome.form.replace(' ', '-').replace(',', '')}"
        path.write_bytes(mutant(outcome.seed).data)
        print(f"{path}: {outcome.fault}  ({', '.join(outcome.steps)})", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
