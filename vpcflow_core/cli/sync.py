"""`vpcflow sync`: fill the store from its sources."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from vpcflow_core.addresses import parse_block
from vpcflow_core.cli.output import Output, console, plain, write
from vpcflow_core.errors import MisuseError, SettingsError
from vpcflow_core.settings import Settings, SourceSetting, load_settings
from vpcflow_core.sources.schemes import examples
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import Progress, SyncResult
from vpcflow_core.times import EPOCH, Window, parse_duration, parse_instant
from vpcflow_core.workspace.inventory import Survey, sentences
from vpcflow_core.workspace.source_list import added
from vpcflow_core.workspace.sync import AHEAD, load, look_around, opened_source, recent

PLAIN_SECONDS = 10.0


def sync(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SOURCE...",
            help=f"{examples()}, or a source's name in the settings; none: all of the settings.",
        ),
    ] = None,
    store: Annotated[Path | None, typer.Option(help="Folder of the store.")] = None,
    since: Annotated[str, typer.Option(help="Load the last so long: 24h, 8d.")] = "",
    start: Annotated[str, typer.Option("--from", help="Load from this time on (UTC).")] = "",
    end: Annotated[str, typer.Option("--to", help="Load up to this time (UTC).")] = "",
    keep: Annotated[str, typer.Option(help="Drop days older than this: 30d.")] = "",
    log_format: Annotated[
        str, typer.Option("--format", help="Fields of lines without header: 'version account-id'.")
    ] = "",
    profile: Annotated[str, typer.Option(help="AWS profile.")] = "",
    role: Annotated[str, typer.Option(help="ARN of the role to assume.")] = "",
    endpoint_url: Annotated[str, typer.Option(help="Address of the service, not AWS's own.")] = "",
    region: Annotated[str, typer.Option(help="Region of the bucket.")] = "",
    requester_pays: Annotated[
        bool, typer.Option("--requester-pays", help="Pay for reading another's bucket.")
    ] = False,
    exclude_internal: Annotated[
        list[str] | None,
        typer.Option(
            metavar="BLOCK",
            help="Leave out traffic inside these blocks: 10.8.0.0/16 (repeatable).",
        ),
    ] = None,
    no_ec2: Annotated[
        bool, typer.Option("--no-ec2", help="Do not ask EC2 for interfaces and security groups.")
    ] = False,
    workers: Annotated[int | None, typer.Option(min=1, max=64, help="Loading threads.")] = None,
    wait: Annotated[float, typer.Option(help="Seconds to wait for another writer.")] = 0.0,
    output: Annotated[Output, typer.Option(help="Form of the summary.")] = Output.table,
) -> None:
    """Load new log objects into the store, each exactly once.

    May be stopped at any time and run again. Exits 1 if a source gave nothing but failures.
    """
    settings = load_settings()
    span = _span(since, start, end, settings)
    kept = parse_duration(keep) if keep else settings.keep
    given = {
        "profile": profile,
        "role_arn": role,
        "endpoint_url": endpoint_url,
        "region": region,
        "requester_pays": requester_pays,
        "log_format": log_format,
        "exclude_internal": list(map(parse_block, exclude_internal or [])),
    }
    given = {name: value for name, value in given.items() if value}
    given |= {"ec2": False} if no_ec2 else {}
    began = datetime.now(UTC)
    results, surveys = [], []
    with Store.open(store or settings.store) as opened:
        known = added(opened.path) | settings.sources
        for name in sources or _all(known):
            chosen = source_setting(name, given, known)
            source = opened_source(opened, chosen)
            with _telling(chosen.url) as tell:
                result = load(
                    opened,
                    source,
                    chosen.log_format,
                    span=span,
                    workers=workers or settings.workers,
                    keep=kept,
                    exclude_internal=chosen.exclude_internal,
                    wait=wait,
                    progress=tell,
                )
            results.append(result)
            surveys.append(look_around(opened, source.url, chosen, fresh=began))
    _summarise(results, surveys, output)
    if any(r.failed and not (r.objects or r.skipped) for r in results):
        raise typer.Exit(1)


def _all(known: dict[str, SourceSetting]) -> list[str]:
    """The names of all sources that the settings name or that were added in the app."""
    if known:
        return list(known)
    raise SettingsError(
        "There is no source to sync: none was given, and the settings name none.",
        f"Give one: vpcflow sync {examples()}",
    )


def source_setting(
    name: str, given: dict[str, Any], known: dict[str, SourceSetting]
) -> SourceSetting:
    """A source by its name or by its URL; given options win."""
    return (known.get(name) or SourceSetting(url=name)).model_copy(update=given)


def _span(since: str, start: str, end: str, settings: Settings) -> Window | None:
    """The span to load; None: everything."""
    if since and (start or end):
        raise MisuseError(
            f"--since {since} and --from/--to contradict each other.", "Give one of them."
        )
    if start or end:
        until = parse_instant(end) if end else datetime.now(UTC) + AHEAD
        return Window(parse_instant(start) if start else EPOCH, until)
    return recent(parse_duration(since) if since else settings.since)


@contextmanager
def _telling(url: str) -> Iterator[Callable[[Progress], None]]:
    """Shows progress on standard error: a bar on a terminal, else a line now and then."""
    if not sys.stderr.isatty():
        yield _lines(url)
        return
    with Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[told]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task(url, total=None, told="")

        def tell(now: Progress) -> None:
            done, total = now.amounts
            bar.update(task, completed=done, total=total if now.listed else None, told=_told(now))

        yield tell


def _lines(url: str) -> Callable[[Progress], None]:
    last = time.monotonic()

    def tell(now: Progress) -> None:
        nonlocal last
        if time.monotonic() - last >= PLAIN_SECONDS:
            last = time.monotonic()
            left = f", {now.seconds_left:.0f} s left" if now.seconds_left is not None else ""
            print(f"{url}: {_told(now)}{left}", file=sys.stderr, flush=True)

    return tell


def _told(now: Progress) -> str:
    more = "" if now.listed else "+"
    return (
        f"{now.objects:,} of {now.total_objects:,}{more} objects, {now.records:,} records, "
        f"{now.records_per_second:,.0f} records/s"
    )


def _summarise(results: list[SyncResult], surveys: list[Survey], output: Output) -> None:
    if output is Output.json:
        pairs = zip(results, surveys, strict=True)
        told = [_plain(result) | {"ec2": _plain_survey(survey)} for result, survey in pairs]
        json.dump(told, sys.stdout, ensure_ascii=False, indent=1)
        sys.stdout.write("\n")
    elif output is Output.csv:
        write(
            pd.DataFrame(map(_plain, results)).drop(columns=["failures", "reasons", "warnings"]),
            output,
        )
    else:
        for result, known in zip(results, surveys, strict=True):
            beside = (*result.warnings, *sentences(known))
            lines = [*_sentences(result), *(f"  {line}" for line in beside)]
            console().print("\n".join(lines), markup=False, soft_wrap=True)


def _plain(result: SyncResult) -> dict[str, Any]:
    """The result as JSON has it."""
    answer = {field.name: plain(getattr(result, field.name)) for field in fields(result)}
    return answer | {
        "seconds": round(result.seconds, 3),
        "reasons": dict(result.reasons),
        "failures": [asdict(failure) for failure in result.failures],
    }


def _plain_survey(known: Survey) -> dict[str, Any]:
    """The survey as JSON has it: how many of each kind, and what could not be read."""
    snapshots = [
        {
            "account_id": snapshot.account_id,
            "region": snapshot.region,
            "taken": plain(snapshot.taken),
            **{kind: len(table) for kind, table in snapshot.tables.items()},
            "notes": snapshot.notes,
        }
        for snapshot in known.snapshots
    ]
    return {"snapshots": snapshots, "notes": known.notes}


def _sentences(result: SyncResult) -> Iterator[str]:
    """What a person wants to know at the end."""
    if not (result.objects or result.failed):
        yield f"{result.source}: nothing new, {result.skipped:,} objects are loaded already."
        yield from _waiting(result)
        return
    rate = result.records / result.seconds if result.seconds else 0
    yield (
        f"{result.source}: {result.objects:,} objects, {result.records:,} records in "
        f"{result.seconds:.1f} s ({rate:,.0f} records/s); {result.skipped:,} objects were loaded "
        "already."
    )
    quiet = f"NODATA {result.nodata:,}, SKIPDATA {result.skipdata:,}"
    yield f"  {quiet}, malformed {result.malformed:,}"
    for reason, count in result.reasons.most_common():
        yield f"    {count:,} lines: {reason}"
    if result.internal:
        yield f"  {result.internal:,} internal records left out"
    if result.dropped:
        yield f"  dropped as too old: {result.dropped:,} records"
    if result.failed:
        yield f"  {result.failed:,} objects could not be loaded to their end:"
    for failure in result.failures[:10]:
        yield f"    {failure.uri}: {failure.problem}"
    if result.failed > 10:
        yield f"    ... and {result.failed - 10:,} more: --output json"
    yield from _waiting(result)


def _waiting(result: SyncResult) -> Iterator[str]:
    if result.unread:
        yield (
            f"  {result.unread:,} objects of unknown format wait for one: "
            "--format 'version account-id ...'"
        )
