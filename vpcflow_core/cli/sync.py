"""`vpcflow sync`: fill the store from its sources."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar

from vpcflow_core.addresses import parse_block
from vpcflow_core.changes.reading import TrailOutcome, read_trails
from vpcflow_core.cli.lake import sync_into
from vpcflow_core.cli.options import OutputOption, SourceOptions
from vpcflow_core.cli.outcomes import exit_code, write_outcomes, write_trails
from vpcflow_core.cli.output import Output
from vpcflow_core.cli.repeating import RepeatOptions
from vpcflow_core.errors import MisuseError, SettingsError
from vpcflow_core.formats.base import LogFormat
from vpcflow_core.json_logs import is_json, log_as, note
from vpcflow_core.plain_text import visible_lines
from vpcflow_core.settings import DnsLogSetting, Settings, SourceSetting, load_settings
from vpcflow_core.sources.schemes import examples, scheme_of
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import Progress
from vpcflow_core.times import EPOCH, Window, parse_duration, parse_moment
from vpcflow_core.workspace.background import problem
from vpcflow_core.workspace.domains import DomainsRead, sync_domains
from vpcflow_core.workspace.source_list import added
from vpcflow_core.workspace.sync import AHEAD, SyncOptions, SyncOutcome, recent
from vpcflow_core.workspace.sync import sync as sync_sources

PLAIN_SECONDS = 10.0


def sync(
    reached: SourceOptions,
    repeated: RepeatOptions,
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SOURCE...",
            help=f"{examples()}, or a source's name in the settings; none: all of the settings.",
        ),
    ] = None,
    store: Annotated[Path | None, typer.Option(help="Folder of the store.")] = None,
    into: Annotated[
        str,
        typer.Option(
            metavar="PLACE",
            help="Add to an Apache Iceberg table at s3://bucket/prefix or in a folder, instead of "
            "the store.",
        ),
    ] = "",
    since: Annotated[str, typer.Option(help="Load only the most recent 24h, 8d, ...")] = "",
    start: Annotated[
        str, typer.Option("--from", help="Load records from this time on (UTC).")
    ] = "",
    end: Annotated[str, typer.Option("--to", help="Load records up to this time (UTC).")] = "",
    keep: Annotated[str, typer.Option(help="Drop days older than this: 30d.")] = "",
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
    dns_logs: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PLACE",
            help="Also read Route 53 Resolver query logs, for domain names: a folder, s3:// or "
            "cloudwatch:// (repeatable).",
        ),
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=64, help="Loading threads.")] = None,
    wait: Annotated[float, typer.Option(help="Seconds to wait for another writer.")] = 0.0,
    output: OutputOption = Output.table,
) -> None:
    """Load new log objects into the store, each exactly once.

    May be stopped at any time and run again. Each source is tried; exits 1 if one could not be
    read or gave nothing but failures.
    """
    settings = load_settings()
    log_as(settings.log_format)
    if into and store:
        raise MisuseError("--into and --store contradict each other.", "Give one of them.")
    kept = parse_duration(keep) if keep else settings.keep
    others: dict[str, Any] = {
        "requester_pays": requester_pays or None,
        "exclude_internal": list(map(parse_block, exclude_internal or [])),
        "ec2": False if no_ec2 else None,
    }
    if reached.log_format:
        LogFormat.parse(reached.log_format)  # a mistake in it would fail every source
    folder = (store or settings.store).expanduser()

    queried = settings.dns_logs | {url: DnsLogSetting(url=url) for url in dns_logs or ()}
    if into and dns_logs:
        raise MisuseError("--dns-logs fills a store, not --into.", "Leave one of them out.")

    def once() -> int:
        options = SyncOptions(
            span=_span(since, start, end, settings),
            list_all=bool(since or start or end),
            keep=kept,
            workers=workers or settings.workers,
            wait=wait,
        )
        known = added(folder) | settings.sources
        names = sources or _all(known)
        chosen = [(name, reached.setting(name, known, **others)) for name in names]
        return _run(chosen, queried, options, settings, folder, into, output)

    repeated.run(once, folder, settings)


def _run(
    chosen: list[tuple[str, SourceSetting]],
    queried: dict[str, DnsLogSetting],
    options: SyncOptions,
    settings: Settings,
    folder: Path,
    into: str,
    output: Output,
) -> int:
    """One sync, and what became of it; gives the exit code."""
    trails: list[TrailOutcome] = []
    by_dns: list[DomainsRead] = []
    if into:
        with _shown_progress() as progress:
            outcomes = list(sync_into(into, chosen, options, settings, progress))
    else:
        with Store.open(folder) as opened, _shown_progress() as progress:
            outcomes = list(sync_sources(opened, chosen, options, progress=progress))
            by_dns = sync_domains(opened, queried, span=options.span, keep=options.keep)
        since, keep = settings.since, options.keep
        trails = list(read_trails(folder, settings.trails, since=since, keep=keep))
    write_outcomes(outcomes, output)
    write_trails(trails, output)
    for each in outcomes:
        _log(each)
    for read in by_dns:
        note("sync", read.sentence, level=logging.WARNING if read.error else logging.INFO)
        if not is_json():
            print(visible_lines(read.sentence), file=sys.stderr)
    has_failed = any(trail.error for trail in trails) or any(read.error for read in by_dns)
    return exit_code(outcomes) or int(has_failed)


def _log(outcome: SyncOutcome) -> None:
    """What became of a source, for logs."""
    level = logging.WARNING if outcome.error else logging.INFO
    said = problem(outcome) if outcome.error else "read"
    records = outcome.result.records if outcome.result else 0
    note("sync", said, level=level, source=outcome.name or outcome.url, records=records)


def _all(known: dict[str, SourceSetting]) -> list[str]:
    """The names of all sources that the settings name or that were added in the app.

    Those that are answered where their records lie have nothing to sync.
    """
    names = [name for name, source in known.items() if not scheme_of(source.url).is_engine]
    if names:
        return names
    raise SettingsError(
        "There is no source to sync: none was given, and the settings name "
        + ("only such as are asked where their records lie." if known else "none."),
        f"Give one: vpcflow sync {examples()}",
    )


def _span(since: str, start: str, end: str, settings: Settings) -> Window | None:
    """The span to load; None: everything."""
    if since and (start or end):
        raise MisuseError(
            f"--since {since} and --from/--to contradict each other.", "Give one of them."
        )
    if start or end:
        now = datetime.now(UTC)
        until = parse_moment(end, now) if end else now + AHEAD
        return Window(parse_moment(start, now) if start else EPOCH, until)
    return recent(parse_duration(since) if since else settings.since)


@contextmanager
def _shown_progress() -> Iterator[Callable[[str, Progress], None]]:
    """Shows progress on standard error: a bar on a terminal, else a line now and then."""
    if not sys.stderr.isatty():
        yield _lines()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[now]}"))
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:

        def show(name: str, now: Progress) -> None:
            if now == Progress():  # a source begins
                for task in bar.task_ids:
                    bar.remove_task(task)
                bar.add_task(name, total=None, now="")
            total = 1.0 if now.listed else None
            bar.update(bar.task_ids[-1], completed=now.share, total=total, now=now.sentence)

        yield show


def _lines() -> Callable[[str, Progress], None]:
    last = time.monotonic()

    def show(name: str, now: Progress) -> None:
        nonlocal last
        if time.monotonic() - last >= PLAIN_SECONDS:
            last = time.monotonic()
            if is_json():
                note("sync", now.sentence, source=name)
            else:
                print(visible_lines(f"{name}: {now.sentence}"), file=sys.stderr, flush=True)

    return show
