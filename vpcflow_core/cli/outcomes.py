"""What a sync did, source by source: sentences, JSON or CSV."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from typing import Any

import pandas as pd

from vpcflow_core.changes.reading import TrailOutcome
from vpcflow_core.cli.output import Output, console, write
from vpcflow_core.errors import MisuseError, VpcflowError
from vpcflow_core.json_rows import plain
from vpcflow_core.plain_text import visible_lines
from vpcflow_core.store.result import SyncResult
from vpcflow_core.units import number_of
from vpcflow_core.workspace.inventory import InventoryRefresh
from vpcflow_core.workspace.sync import SyncOutcome

FAILURES_SHOWN = 10
# What a row of CSV has no room for.
NESTED = ("failures", "reasons", "warnings", "notes")


def write_outcomes(outcomes: Sequence[SyncOutcome], form: Output) -> None:
    """Print the outcomes to standard output, and each error to standard error too."""
    for outcome in outcomes:
        if outcome.error:
            print(visible_lines(_complaint(outcome.name, outcome.error)), file=sys.stderr)
    if form is Output.json:
        json.dump(list(map(_entry, outcomes)), sys.stdout, ensure_ascii=False, indent=1)
        sys.stdout.write("\n")
    elif form.is_csv:
        # As objects: pandas would turn whole numbers beside missing ones into floats.
        write(pd.DataFrame(list(map(_row, outcomes)), dtype="object"), form)
    else:
        for outcome in outcomes:
            console().print(visible_lines("\n".join(_lines(outcome))), markup=False, soft_wrap=True)


def write_trails(trails: Sequence[TrailOutcome], form: Output) -> None:
    """Print what was read of CloudTrail: beside the outcomes, or where those are data, apart."""
    out = sys.stdout if form is Output.table else sys.stderr
    for trail in trails:
        to = sys.stderr if trail.error else out
        print(visible_lines("\n".join(trail.sentences)), file=to)


def exit_code(outcomes: Sequence[SyncOutcome]) -> int:
    """2 if every source was named or described wrongly, 1 if any source failed, else 0."""
    if outcomes and all(isinstance(outcome.error, MisuseError) for outcome in outcomes):
        return 2
    return int(any(outcome.failed for outcome in outcomes))


def _complaint(name: str, error: VpcflowError) -> str:
    return f"{name}: {type(error).__name__}: {error}"


def _entry(outcome: SyncOutcome) -> dict[str, Any]:
    """An outcome as JSON has it."""
    if outcome.error or outcome.result is None:
        return _error(outcome)
    result = outcome.result
    answer = {field.name: plain(getattr(result, field.name)) for field in fields(result)}
    return answer | {
        "seconds": round(result.seconds, 3),
        "reasons": dict(result.reasons),
        "failures": [asdict(failure) for failure in result.failures],
        "ec2": _inventory(outcome.inventory),
    }


def _row(outcome: SyncOutcome) -> dict[str, Any]:
    """An outcome as CSV has it; `error` is empty where the source could be read."""
    if outcome.error or outcome.result is None:
        return {field.name: None for field in fields(SyncResult) if field.name not in NESTED} | (
            _error(outcome)
        )
    entry = _entry(outcome)
    return {name: value for name, value in entry.items() if name not in (*NESTED, "ec2")} | (
        {"error": None, "next_step": None}
    )


def _error(outcome: SyncOutcome) -> dict[str, Any]:
    error = outcome.error
    return {
        "source": outcome.url,
        "error": error.what if error else "",
        "next_step": error.next_step if error else "",
    }


def _inventory(refreshed: InventoryRefresh) -> dict[str, Any]:
    """How many there are of each kind, and what could not be read."""
    snapshots = [
        {
            "account_id": snapshot.account_id,
            "region": snapshot.region,
            "taken": plain(snapshot.taken),
            **{kind: len(table) for kind, table in snapshot.tables.items()},
            "notes": snapshot.notes,
        }
        for snapshot in refreshed.snapshots
    ]
    return {"snapshots": snapshots, "notes": refreshed.notes}


def _lines(outcome: SyncOutcome) -> Iterator[str]:
    """An outcome as people read it."""
    if outcome.error or outcome.result is None:
        yield f"{outcome.name}: could not be read ({type(outcome.error).__name__})."
        return
    result = outcome.result
    yield from _sentences(result)
    for line in (*result.notes, *result.warnings, *outcome.inventory.sentences):
        yield f"  {line}"


def _sentences(result: SyncResult) -> Iterator[str]:
    if not (result.objects or result.failed):
        yield f"{result.source}: nothing new, {_loaded_already(result)}."
    else:
        yield from _loaded(result)
    if result.outside:
        yield (
            f"  left out: {number_of(result.outside, 'records')} outside of the span; a sync of a "
            "wider one loads them."
        )
    if result.dropped:
        yield f"  dropped as too old: {number_of(result.dropped, 'records')}"
    if result.failed:
        yield f"  {number_of(result.failed, 'objects')} could not be loaded to the end:"
    for failure in result.failures[:FAILURES_SHOWN]:
        yield f"    {failure.uri}: {failure.problem}"
    if result.failed > FAILURES_SHOWN:
        yield f"    ... and {result.failed - FAILURES_SHOWN:,} more: --output json"
    if result.unread:
        yield (
            f"  waiting for a format: {number_of(result.unread, 'objects')}; give one by "
            "--format 'version account-id ...'"
        )


def _loaded(result: SyncResult) -> Iterator[str]:
    """How much was loaded, and what was not."""
    rate = result.records / result.seconds if result.seconds else 0
    yield (
        f"{result.source}: {number_of(result.objects, 'objects')}, "
        f"{number_of(result.records, 'records')} in {result.seconds:.1f} s ({rate:,.0f} records/s)"
        f"{f'; {_loaded_already(result)}' if result.skipped else ''}."
    )
    quiet = f"NODATA {result.nodata:,}, SKIPDATA {result.skipdata:,}"
    yield f"  {quiet}, malformed {result.malformed:,}"
    for reason, count in result.reasons.most_common():
        yield f"    {number_of(count, 'lines')}: {reason}"
    if result.internal:
        yield f"  {number_of(result.internal, 'internal records')} left out"


def _loaded_already(result: SyncResult) -> str:
    return f"loaded already: {number_of(result.skipped, 'objects')}"
