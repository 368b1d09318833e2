"""The options of `vpcflow sync` that are its own: what is loaded, and into what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from vpcflow_core.addresses import parse_block
from vpcflow_core.cli.options import OutputOption
from vpcflow_core.cli.output import Output
from vpcflow_core.errors import MisuseError
from vpcflow_core.ranges import parse_moment
from vpcflow_core.settings import Settings
from vpcflow_core.source_settings import DnsLogSetting
from vpcflow_core.times import EPOCH, Window, parse_duration
from vpcflow_core.workspace.sync import AHEAD, SyncOptions, recent


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """What of the sources is loaded, and where it goes."""

    store: Annotated[Path | None, typer.Option(help="Folder of the store.")] = None
    into: Annotated[
        str,
        typer.Option(
            metavar="PLACE",
            help="Add to an Apache Iceberg table at s3://bucket/prefix or in a folder, instead of "
            "the store.",
        ),
    ] = ""
    since: Annotated[str, typer.Option(help="Load only the most recent 24h, 8d, ...")] = ""
    start: Annotated[str, typer.Option("--from", help="Load records from this time on (UTC).")] = ""
    end: Annotated[str, typer.Option("--to", help="Load records up to this time (UTC).")] = ""
    keep: Annotated[str, typer.Option(help="Drop days older than this: 30d.")] = ""
    requester_pays: Annotated[
        bool, typer.Option("--requester-pays", help="Pay for reading another's bucket.")
    ] = False
    exclude_internal: Annotated[
        list[str] | None,
        typer.Option(
            metavar="BLOCK",
            help="Leave out traffic inside these blocks: 10.8.0.0/16 (repeatable).",
        ),
    ] = None
    no_ec2: Annotated[
        bool, typer.Option("--no-ec2", help="Do not ask EC2 for interfaces and security groups.")
    ] = False
    dns_logs: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PLACE",
            help="Also read Route 53 Resolver query logs, for domain names: a folder, s3:// or "
            "cloudwatch:// (repeatable).",
        ),
    ] = None
    workers: Annotated[int | None, typer.Option(min=1, max=64, help="Loading threads.")] = None
    wait: Annotated[float, typer.Option(help="Seconds to wait for another writer.")] = 0.0
    output: OutputOption = Output.table

    def check(self) -> None:
        """Refuse options that contradict each other.

        Raises:
            MisuseError: They do.
        """
        if self.into and self.store:
            raise MisuseError("--into and --store contradict each other.", "Give one of them.")
        if self.into and self.dns_logs:
            raise MisuseError("--dns-logs fills a store, not --into.", "Leave one of them out.")

    def of_sources(self) -> dict[str, Any]:
        """What holds for each source, besides how it is reached; names of `SourceSetting`."""
        return {
            "requester_pays": self.requester_pays or None,
            "exclude_internal": list(map(parse_block, self.exclude_internal or [])),
            "ec2": False if self.no_ec2 else None,
        }

    def query_logs(self, settings: Settings) -> dict[str, DnsLogSetting]:
        """The query logs to read: those of the settings and those given."""
        return settings.dns_logs | {url: DnsLogSetting(url=url) for url in self.dns_logs or ()}

    def sync_options(self, settings: Settings) -> SyncOptions:
        """How to sync, from now on back; the options win over the settings.

        Raises:
            MisuseError: A length or time cannot be read, or two contradict each other.
        """
        return SyncOptions(
            span=self._span(settings),
            list_all=bool(self.since or self.start or self.end),
            keep=parse_duration(self.keep) if self.keep else settings.keep,
            workers=self.workers or settings.workers,
            wait=self.wait,
        )

    def _span(self, settings: Settings) -> Window | None:
        """The span to load; None: everything."""
        if self.since and (self.start or self.end):
            raise MisuseError(
                f"--since {self.since} and --from/--to contradict each other.", "Give one of them."
            )
        if self.start or self.end:
            now = datetime.now(UTC)
            until = parse_moment(self.end, now) if self.end else now + AHEAD
            return Window(parse_moment(self.start, now) if self.start else EPOCH, until)
        return recent(parse_duration(self.since) if self.since else settings.since)
