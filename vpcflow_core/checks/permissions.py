"""What a source in AWS needs to be allowed, each permission tried by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from vpcflow_core.errors import CredentialsError, VpcflowError
from vpcflow_core.sources.aws.client import client_of, session_of
from vpcflow_core.sources.aws.errors import FAILURES, unreachable_sts
from vpcflow_core.sources.base import LogObject, Source
from vpcflow_core.sources.cloudwatch.client import Logs
from vpcflow_core.sources.cloudwatch.errors import LOGS
from vpcflow_core.sources.cloudwatch.group import find_group, flow_logs_to, newest_event
from vpcflow_core.sources.cloudwatch.source import CloudWatchSource
from vpcflow_core.sources.open import SourceOptions
from vpcflow_core.sources.s3.bucket import Bucket
from vpcflow_core.sources.s3.source import S3Source

HOME = "us-east-1"  # where STS is asked when no region is set; it answers for all
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Tried:
    """One permission that was tried.

    Attributes:
        action: IAM's name of it.
        needed: Whether nothing can be read without it.
        found: What AWS answered, in words.
        error: Why it refused; None if it did not.
    """

    action: str
    needed: bool
    found: str = ""
    error: VpcflowError | None = None


def permissions(
    source: Source, options: SourceOptions, newest: Callable[[], LogObject | None]
) -> Iterator[Tried]:
    """Try what the source needs, one after the other; nothing for sources outside AWS.

    Args:
        source: Where the logs lie.
        options: How it is reached.
        newest: Gives the newest log object, once it may be looked for.
    """
    if isinstance(source, S3Source):
        yield _identity(source.url, options)
        yield from _of_bucket(source, options, newest)
    elif isinstance(source, CloudWatchSource):
        yield _identity(source.url, options)
        yield from _of_group(source, options)


def _try(action: str, ask: Callable[[], str], *, needed: bool = True) -> Tried:
    try:
        return Tried(action, needed, ask())
    except VpcflowError as error:
        return Tried(action, needed, error=error)


def _identity(place: str, options: SourceOptions) -> Tried:
    """Who the credentials are. Without STS much may still work; without credentials nothing."""
    if options.no_sign:
        return Tried("credentials", True, "none are used")
    try:
        session = session_of(options)
        region = options.region or session.region_name or HOME
        sts = client_of(session, "sts", options, region, attempts=2, endpoint_url="")
        return Tried("credentials", True, str(sts.get_caller_identity()["Arn"]))
    except FAILURES as error:
        refused = unreachable_sts(error) or LOGS.error_of(
            error, place=place, action="sts:GetCallerIdentity"
        )
        return Tried("credentials", isinstance(refused, CredentialsError), error=refused)
    except VpcflowError as error:
        return Tried("credentials", True, error=error)


def _of_bucket(
    source: S3Source, options: SourceOptions, newest: Callable[[], LogObject | None]
) -> Iterator[Tried]:
    bucket = Bucket(source.bucket, options)

    def listed() -> str:
        return "objects are there" if bucket.first(source.prefix) else "nothing is there"

    def fetched() -> str:
        found = newest()
        return f"{len(source.read(found)):,} bytes of the newest" if found else "no object to read"

    allowed = _try("s3:ListBucket", listed)
    yield allowed
    if allowed.error is None:
        # An object that is encrypted with a key of its own needs kms:Decrypt for this too.
        yield _try("s3:GetObject", fetched)


def _of_group(source: CloudWatchSource, options: SourceOptions) -> Iterator[Tried]:
    logs = Logs(source.place.region, source.url, options)
    now = datetime.now(UTC)

    def streams() -> str:
        newest = newest_event(logs, find_group(logs, source.place), now)
        return "log streams are there" if newest else "no log stream has events"

    def events() -> str:
        group = find_group(logs, source.place)
        start, end = (int(moment.timestamp() * 1000) for moment in (now - HOUR, now))
        answer = logs.ask(
            "filter_log_events", **group.identity, startTime=start, endTime=end, limit=1
        )
        return "events of the last hour" if answer.get("events") else "no event at the first look"

    def flow_logs() -> str:
        found = flow_logs_to(logs, find_group(logs, source.place).name)
        troubles = [f"{log.id} cannot deliver: {log.trouble}" for log in found if log.trouble]
        return "; ".join(troubles) or f"flow logs that write to it: {len(found)}"

    group = _try("logs:DescribeLogGroups", lambda: find_group(logs, source.place).name)
    yield group
    if group.error is None:
        yield _try("logs:DescribeLogStreams", streams)
        yield _try("logs:FilterLogEvents", events)
        yield _try("ec2:DescribeFlowLogs", flow_logs, needed=False)
