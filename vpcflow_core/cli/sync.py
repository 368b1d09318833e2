"""`vpcflow sync`: fill the store from its sources."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from vpcflow_core.changes.reading import TrailOutcome, read_trails
from vpcflow_core.cli.lake import sync_into
from vpcflow_core.cli.options import SourceOptions
from vpcflow_core.cli.outcomes import exit_code, write_outcomes, write_trails
from vpcflow_core.cli.output import Output
from vpcflow_core.cli.progress import shown_progress
from vpcflow_core.cli.repeating import RepeatOptions
from vpcflow_core.cli.sync_options import LoadOptions
from vpcflow_core.errors import SettingsError
from vpcflow_core.formats.base import LogFormat
from vpcflow_core.json_logs import is_json, log_as, note
from vpcflow_core.plain_text import visible_lines
from vpcflow_core.settings import Settings, load_settings
from vpcflow_core.source_settings import DnsLogSetting, SourceSetting
from vpcflow_core.sources.schemes import examples, scheme_of
from vpcflow_core.store.store import Store
from vpcflow_core.workspace.background import problem
from vpcflow_core.workspace.domains import DomainsRead, sync_domains
from vpcflow_core.workspace.source_list import added
from vpcflow_core.workspace.sync import SyncOptions, SyncOutcome
from vpcflow_core.workspace.sync import sync as sync_sources


@dataclass(frozen=True, slots=True)
class _Read:
    """What became of the sources, of trails of CloudTrail, and of query logs."""

    outcomes: Sequence[SyncOutcome]
    trails: Sequence[TrailOutcome] = ()
    by_dns: Sequence[DomainsRead] = ()


def sync(
    loading: LoadOptions,
    reached: SourceOptions,
    repeated: RepeatOptions,
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SOURCE...",
            help=f"{examples()}, or a source's name in the settings; none: all of the settings.",
        ),
    ] = None,
) -> None:
    """Load new log objects into the store, each exactly once.

    May be stopped at any time and run again. Each source is tried; exits 1 if one could not be
    read or gave nothing but failures.
    """
    settings = load_settings()
    log_as(settings.log_format)
    loading.check()
    others = loading.of_sources()
    if reached.log_format:
        LogFormat.parse(reached.log_format)  # a mistake in it would fail every source
    folder = (loading.store or settings.store).expanduser()

    def once() -> int:
        options = loading.sync_options(settings)
        known = added(folder) | settings.sources
        names = sources or _all(known)
        chosen = [(name, reached.setting(name, known, **others)) for name in names]
        if loading.into:
            read = _into_table(loading.into, chosen, options, settings)
        else:
            queried = loading.query_logs(settings)
            read = _into_store(folder, chosen, queried, options, settings)
        _write(read, loading.output)
        return _exit_code(read)

    repeated.run(once, folder, settings)


def _into_table(
    place: str,
    chosen: Sequence[tuple[str, SourceSetting]],
    options: SyncOptions,
    settings: Settings,
) -> _Read:
    """One sync into an Iceberg table, which has no notes and no names by DNS."""
    with shown_progress() as progress:
        return _Read(list(sync_into(place, chosen, options, settings, progress)))


def _into_store(
    folder: Path,
    chosen: Sequence[tuple[str, SourceSetting]],
    queried: dict[str, DnsLogSetting],
    options: SyncOptions,
    settings: Settings,
) -> _Read:
    """One sync into the store."""
    with Store.open(folder) as opened, shown_progress() as progress:
        outcomes = list(sync_sources(opened, chosen, options, progress=progress))
        by_dns = sync_domains(opened, queried, span=options.span, keep=options.keep)
    trails = read_trails(folder, settings.trails, since=settings.since, keep=options.keep)
    return _Read(outcomes, list(trails), by_dns)


def _write(read: _Read, form: Output) -> None:
    """What became of all, for people and for logs."""
    write_outcomes(read.outcomes, form)
    write_trails(read.trails, form)
    for outcome in read.outcomes:
        _log(outcome)
    for names in read.by_dns:
        note("sync", names.sentence, level=logging.WARNING if names.error else logging.INFO)
        if not is_json():
            print(visible_lines(names.sentence), file=sys.stderr)


def _exit_code(read: _Read) -> int:
    """That of the sources, or 1 if something besides them failed."""
    has_failed = any(trail.error for trail in read.trails) or any(n.error for n in read.by_dns)
    return exit_code(read.outcomes) or int(has_failed)


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
