"""`make attack`: SQL, runaway queries, uploads, visitors and roles; exits 1 if something got out.

What got out is printed with what was tried.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.attack import sql
from tests.attack.base import Outcome
from tests.attack.ground import ground
from tests.attack.roles import roles
from tests.attack.uploads import uploads
from tests.attack.visitors import visitors
from vpcflow_core.engines.duckdb.by_hand import WORKERS


def _escapes(folder: Path) -> Iterator[Outcome]:
    with ground(folder) as place:
        yield from sql.escapes(place)
        yield from sql.decoys(place)


def _runaways(folder: Path) -> Iterator[Outcome]:
    with ground(folder, seconds=sql.SECONDS) as place:
        yield from sql.runaways(place)


PARTS: dict[str, Callable[[Path], Iterator[Outcome]]] = {
    "escapes": _escapes,
    "runaways": _runaways,
    "uploads": uploads,
    "visitors": visitors,
    "roles": roles,
}


def main() -> int:
    """Run what the command line says."""
    options = argparse.ArgumentParser(prog="python -m tests.attack", description=__doc__)
    options.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all without any")
    options.add_argument("--show", action="store_true", help="print how each attack ended")
    given = options.parse_args()
    start, found = time.monotonic(), []
    for part in given.parts or PARTS:
        with tempfile.TemporaryDirectory(prefix="vpcflow-attack-") as folder:
            found += _run(PARTS[part], Path(folder), show=given.show)
    WORKERS.close()
    failed = [outcome for outcome in found if outcome.fault]
    _print_figures(found)
    for outcome in failed:
        print(f"{outcome.group}: {outcome.fault}\n    {outcome.name!r}", file=sys.stderr)
    print(
        f"\n{len(found):,} attacks in {time.monotonic() - start:,.0f} s; the largest process took "
        f"{_largest():,.0f} MB: {len(failed)} got out"
    )
    return 1 if failed else 0


def _run(part: Callable[[Path], Iterator[Outcome]], folder: Path, *, show: bool) -> list[Outcome]:
    found = []
    for outcome in part(folder):
        found.append(outcome)
        if show:
            mark = "OUT " if outcome.fault else "held"
            said = outcome.fault or outcome.held
            print(f"{mark} {outcome.seconds:5.1f} s  {outcome.name[:100]!r}: {said}", flush=True)
    return found


def _print_figures(found: list[Outcome]) -> None:
    by_group: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in found:
        by_group[outcome.group].append(outcome)
    print(f"{'attack':34} {'tried':>6} {'held':>6} {'got out':>8} {'max s':>6}")
    for group, some in by_group.items():
        out = sum(bool(outcome.fault) for outcome in some)
        longest = max(outcome.seconds for outcome in some)
        print(f"{group:34} {len(some):6,} {len(some) - out:6,} {out:8,} {longest:6.1f}")


def _largest() -> float:
    """MB of the largest process that was started and ended."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
