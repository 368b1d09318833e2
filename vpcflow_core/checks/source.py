"""Look at a source as a sync would, without a store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import islice

from vpcflow_core.checks.base import Finding, refused
from vpcflow_core.checks.lacking import lacking
from vpcflow_core.errors import FormatError, VpcflowError
from vpcflow_core.formats.base import LogFormat, Report
from vpcflow_core.formats.parse import parse
from vpcflow_core.sources.base import HasDeclaredFormats, LogObject, Source
from vpcflow_core.sources.open import SourceOptions
from vpcflow_core.sources.s3.layout import describe
from vpcflow_core.sources.schemes import scheme_of
from vpcflow_core.times import Window
from vpcflow_core.units import humane_bytes, number_of
from vpcflow_core.workspace.inventory import is_aws

# Spans that are looked through for the newest objects, the shortest first; then everything.
SPANS = (timedelta(hours=3), timedelta(days=2), timedelta(days=30))
AHEAD = timedelta(days=1)
MOST_OBJECTS = 20_000
# Objects that are read: the newest of each flow log.
EACH, FLOW_LOGS = 2, 6
# Flow logs reach S3 within ten minutes of the end of an interval of ten; an hour is too late.
LATE = timedelta(hours=1)


def check(source: Source, options: SourceOptions, *, log_format: str = "") -> Iterator[Finding]:
    """Everything that a sync of the source depends on, one finding after the other.

    Args:
        source: Where the logs lie.
        options: How it is reached.
        log_format: Fields of lines without header, if they are known.
    """
    look = _Look(source, LogFormat.parse(log_format) if log_format else None)
    yield from look.permissions(options)
    try:
        yield from look.objects()
        yield from look.contents()
        yield from look.network(options)
    except VpcflowError as error:
        yield refused("logs", "objects", error)


@dataclass
class _Look:
    """What has been seen of a source."""

    source: Source
    given: LogFormat | None
    columns: set[str] = field(default_factory=set)
    newest_record: datetime | None = None

    @cached_property
    def recent(self) -> list[LogObject]:
        """The newest objects, oldest first; of a source without any, none."""
        now = datetime.now(UTC)
        for span in SPANS:
            found = list(islice(self.source.find(Window(now - span, now + AHEAD)), MOST_OBJECTS))
            if found:
                return sorted(found, key=_time)
        return sorted(islice(self.source.find(None), MOST_OBJECTS), key=_time)

    def permissions(self, options: SourceOptions) -> Iterator[Finding]:
        """Credentials and permissions, of sources in AWS."""
        if not scheme_of(self.source.url).in_aws:
            return
        from vpcflow_core.checks.permissions import permissions

        newest = lambda: self.recent[-1] if self.recent else None  # noqa: E731
        for tried in permissions(self.source, options, newest):
            if tried.error is None:
                yield Finding("permission", tried.action, "ok", tried.found)
            else:
                yield refused("permission", tried.action, tried.error, needed=tried.needed)

    def objects(self) -> Iterator[Finding]:
        """How many objects, in which layout, how new."""
        recent = self.recent
        if not recent:
            yield Finding(
                "logs",
                "objects",
                "failed",
                f"{self.source.url} holds no log objects.",
                "Check the prefix; a new flow log needs ten minutes for its first records.",
            )
            return
        size = humane_bytes(sum(found.size for found in recent))
        yield Finding("logs", "objects", "ok", f"{len(recent):,} of the newest, {size}")
        yield from _layouts(recent)

    def contents(self) -> Iterator[Finding]:
        """What the newest objects hold: formats, records, age, and what panels will miss."""
        formats = self._declared()
        for name, found in _newest_of_each(self.recent).items():
            yield from self._flow_log(name, found, formats)
        if self.columns:
            yield self._delay()
            yield from lacking(self.columns)

    def network(self, options: SourceOptions) -> Iterator[Finding]:
        """What EC2 knows of the network that the logs are of."""
        regions = sorted({found.region for found in self.recent if found.region})
        if not regions or not is_aws(self.source.url, options, ()):
            return
        from vpcflow_core.checks.ec2 import ec2

        yield from ec2(options, regions[0])

    def _declared(self) -> tuple[LogFormat, ...]:
        texts = self.source.formats() if isinstance(self.source, HasDeclaredFormats) else ()
        return tuple(LogFormat.parse(text) for text in texts)

    def _flow_log(
        self, name: str, objects: list[LogObject], formats: tuple[LogFormat, ...]
    ) -> Iterator[Finding]:
        """What the newest objects of one flow log hold."""
        reports = []
        for found in objects:
            try:
                reports.append(self._read(found, formats))
            except VpcflowError as error:
                yield refused("format", name, error, needed=not isinstance(error, FormatError))
        if not reports:
            return
        records, broken = sum(r.records for r in reports), sum(r.malformed for r in reports)
        report = reports[0]
        fields = number_of(len(report.fields), "fields")
        what = f"{fields} ({report.kind}, known from {_WHERE[report.fields_from]})"
        found_text = (
            f"{what}; {number_of(records, 'records')} in {number_of(len(reports), 'objects')}"
        )
        if broken:
            first = next(r for report in reports for r in report.reasons)
            found_text += f"; {number_of(broken, 'lines')} not read: {first.reason}"
            yield Finding(
                "format",
                name,
                "warning",
                found_text,
                "See them: vpcflow inspect FILE; give the fields with --format if they are wrong.",
            )
        else:
            yield Finding("format", name, "ok", found_text)

    def _read(self, found: LogObject, formats: tuple[LogFormat, ...]) -> Report:
        parsed = parse(
            self.source.read(found), name=found.uri, given=self.given, candidates=formats
        )
        for _ in parsed:
            pass
        self.columns |= set(parsed.report.fields)
        ends = [moment for moment in (self.newest_record, parsed.report.last) if moment]
        self.newest_record = max(ends, default=None)
        return parsed.report

    def _delay(self) -> Finding:
        """How far behind the present the newest record is."""
        if self.newest_record is None:
            return Finding("logs", "newest record", "warning", "The records have no time.")
        age = datetime.now(UTC) - self.newest_record
        found = f"ended {self.newest_record:%Y-%m-%d %H:%M:%S} UTC, {_words(age)} ago"
        if age < LATE:
            return Finding("logs", "newest record", "ok", found)
        return Finding(
            "logs",
            "newest record",
            "warning",
            f"{found}: later than flow logs are delivered",
            "Is the flow log active, and does its delivery work? See DescribeFlowLogs.",
        )


_WHERE = {
    "header": "their header", "given": "the format given", "inferred": "the values",
    "file": "the file",
}  # fmt: skip


def _time(found: LogObject) -> datetime:
    return found.time or datetime.min.replace(tzinfo=UTC)


def _layouts(recent: list[LogObject]) -> Iterator[Finding]:
    """Accounts, regions and kinds of folders."""
    facts = [fact for found in recent if (fact := describe(found.uri))]
    if facts:
        layouts = ", ".join(sorted({f"{fact.layout} folders, {fact.hint}" for fact in facts}))
        yield Finding("logs", "layout", "ok", f"AWS's: {layouts}")
    places = sorted({f"{o.account} {o.region}".strip() for o in recent} - {""})
    if places:
        yield Finding("logs", "accounts and regions", "ok", ", ".join(places))


def _newest_of_each(recent: list[LogObject]) -> dict[str, list[LogObject]]:
    """The newest objects of each flow log, the newest first."""
    chosen: dict[str, list[LogObject]] = {}
    for found in reversed(recent):
        name = found.flow_log_id or "newest objects"
        if name in chosen or len(chosen) < FLOW_LOGS:
            of = chosen.setdefault(name, [])
            of += [found] if len(of) < EACH else []
    return chosen


def _words(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 2880 else f"{minutes // 1440} d"
