"""What is known of a log group before its events are read.

Which group a name means, since when it holds events, its log streams, and the flow logs that write
to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from vpcflow_core.errors import MissingError, VpcflowError, closest
from vpcflow_core.sources.aws.errors import FAILURES
from vpcflow_core.sources.cloudwatch.client import Logs
from vpcflow_core.sources.cloudwatch.errors import LOGS
from vpcflow_core.sources.cloudwatch.url import Place
from vpcflow_core.times import EPOCH

# How long before the creation of its group an event may have happened (PutLogEvents allows it).
OLDEST_EVENT = timedelta(days=14)
# Pages of 50 streams that are asked for the first event; a group of more streams is not asked.
STREAM_PAGES = 20


@dataclass(frozen=True, slots=True)
class Group:
    """A log group.

    Attributes:
        name: Its name.
        account: Account it belongs to.
        created: When, UTC.
        retention: How long events are kept; None: for ever.
        identity: The argument that names it in calls.
    """

    name: str
    account: str
    created: datetime
    retention: timedelta | None
    identity: dict[str, str]


@dataclass(frozen=True, slots=True)
class FlowLog:
    """A flow log that writes to a group: its format as AWS writes it, and how delivery goes."""

    id: str
    log_format: str
    trouble: str


def find_group(logs: Logs, place: Place) -> Group:
    """The group that a URL means; the first slash of its name may be left out.

    Raises:
        MissingError: There is none of that name; tells which there are.
        VpcflowError: As `Logs.ask`.
    """
    if place.account and logs.account() != place.account:
        return _linked_group(logs, place)
    for name in dict.fromkeys((place.name, "/" + place.name.lstrip("/"))):
        for found, _ in logs.pages("describe_log_groups", logGroupNamePrefix=name):
            for group in found.get("logGroups", ()):
                if group["logGroupName"] == name:
                    return _group(group, {"logGroupName": name})
    raise _no_group(logs, place)


def _linked_group(logs: Logs, place: Place) -> Group:
    """The group of another account, which cross-account observability lets us see."""
    found = logs.ask(
        "describe_log_groups", logGroupIdentifiers=[place.arn], includeLinkedAccounts=True
    )
    for group in found.get("logGroups", ()):
        if group["arn"].removesuffix(":*") == place.arn:
            return _group(group, {"logGroupIdentifier": place.arn})
    raise MissingError(
        f"There is no log group {place.arn} that this account may see.",
        "Another account's group is seen through CloudWatch cross-account observability, or with "
        "a role of that account (--role).",
    )


def _group(found: dict[str, Any], identity: dict[str, str]) -> Group:
    days = found.get("retentionInDays")
    return Group(
        name=found["logGroupName"],
        account=found["arn"].split(":")[4],
        created=_moment(found["creationTime"]),
        retention=timedelta(days=days) if days else None,
        identity=identity,
    )


def _no_group(logs: Logs, place: Place) -> MissingError:
    found = logs.ask("describe_log_groups")
    names = [group["logGroupName"] for group in found.get("logGroups", ())]
    some = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    known = f"Log groups there: {some}." if names else "That account has no log groups there."
    if _is_awaited(logs, place):
        known = "A flow log is to write to it; it appears with the first records, in ten minutes."
    return MissingError(
        f"There is no log group '{place.name}' in {logs.region}.",
        f"{closest(place.name, names)} {known}".strip(),
    )


def _is_awaited(logs: Logs, place: Place) -> bool:
    try:
        return any(flow_logs_to(logs, name) for name in (place.name, "/" + place.name))
    except VpcflowError:
        return False


def newest_event(logs: Logs, group: Group, now: datetime) -> datetime | None:
    """When the newest event known happened, which may lag by an hour; None without log streams.

    Streams whose events are not known yet count as written to now.
    """
    found = logs.ask(
        "describe_log_streams", **group.identity, orderBy="LastEventTime", descending=True
    )
    streams = found["logStreams"]
    times = [stream["lastEventTimestamp"] for stream in streams if stream.get("lastEventTimestamp")]
    if not times:
        return now if streams else None
    return _moment(max(times))


def first_event(logs: Logs, group: Group) -> datetime:
    """Nothing happened before; exact unless the group has thousands of streams."""
    pages = list(islice(logs.pages("describe_log_streams", **group.identity), STREAM_PAGES))
    if pages[-1][1]:
        return group.created - OLDEST_EVENT
    streams = (stream for found, _ in pages for stream in found["logStreams"])
    times = (s["firstEventTimestamp"] for s in streams if s.get("firstEventTimestamp"))
    return min([group.created, *map(_moment, times)])


def streams_of(logs: Logs, group: Group, place: Place) -> tuple[str, ...]:
    """Names of the streams that the URL asks for; () for all.

    Raises:
        MissingError: None of them is there.
    """
    wanted = [*place.streams, *place.interfaces]
    names = [
        stream["logStreamName"]
        for begin in wanted
        for found, _ in logs.pages(
            "describe_log_streams", **group.identity, logStreamNamePrefix=begin
        )
        for stream in found["logStreams"]
    ]
    chosen = {name for name in names if place.takes(name)}
    if wanted and not chosen:
        raise MissingError(
            f"{place} names no log stream that is there: {', '.join(wanted)}.",
            "Streams of flow logs are named after their interface, such as eni-0123abcd-all.",
        )
    return tuple(sorted(chosen))


def flow_logs_to(logs: Logs, name: str) -> list[FlowLog]:
    """The flow logs of the asking account that write to a group of this name.

    Raises:
        VpcflowError: EC2 does not tell.
    """
    wanted = {"Filters": [{"Name": "log-group-name", "Values": [name]}]}
    try:
        pages = logs.sibling("ec2").get_paginator("describe_flow_logs").paginate(**wanted)
        return list(_flow_logs(pages))
    except FAILURES as error:
        words = {"place": logs.place, "action": "ec2:DescribeFlowLogs"}
        raise LOGS.error_of(error, **words, role=logs.options.role_arn) from error


def _flow_logs(pages: Any) -> Iterator[FlowLog]:
    for page in pages:
        for found in page["FlowLogs"]:
            failed = found.get("DeliverLogsStatus") == "FAILED"
            trouble = found.get("DeliverLogsErrorMessage", "it failed") if failed else ""
            yield FlowLog(found["FlowLogId"], found.get("LogFormat", ""), trouble)


def known_formats(logs: Logs, group: Group) -> tuple[tuple[str, ...], str]:
    """Formats of the flow logs that write to the group, and what a person should know of them."""
    if "logGroupName" not in group.identity:
        return (), f"{group.name} is another account's, and so are its flow logs."
    try:
        flow_logs = flow_logs_to(logs, group.name)
    except VpcflowError as error:
        return (), error.what
    formats = dict.fromkeys(log.log_format for log in flow_logs if log.log_format)
    trouble = [f"{log.id} cannot deliver: {log.trouble}." for log in flow_logs if log.trouble]
    if not flow_logs:
        trouble = [f"No flow log of account {group.account} writes to {group.name}."]
    return tuple(formats), " ".join(trouble)


def _moment(milliseconds: int) -> datetime:
    return EPOCH + timedelta(milliseconds=milliseconds)
