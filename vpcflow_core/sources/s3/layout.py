"""How AWS names flow-log objects: pure functions over keys.

Four layouts (plain or hive-style folders, by day or by hour), text or Parquet, and the transit
gateway's `service=` folder. A copy of such a folder on disk, or just the files of it, is
recognised by the same functions, because they look at the tail of the path alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal, cast

from vpcflow_core.sources.base import Hint
from vpcflow_core.times import Window

Layout = Literal["default", "hourly", "hive", "hive-hourly", "bare"]
ServiceFolder = Literal["vpcflowlogs", "aws-service=vpcflowlogs", "service=vpcflowlogs", ""]

ROOT = "AWSLogs"

# Names of the folders below AWSLogs/, from the outside in; hive-style ones carry these labels.
LEVELS = ("account", "service", "region", "year", "month", "day", "hour")
LABELS = {
    "account": "aws-account-id=",
    "region": "aws-region=",
    "year": "year=",
    "month": "month=",
    "day": "day=",
    "hour": "hour=",
}
# Hive-style flow logs of a transit gateway are documented with `service=`; both are accepted.
PLAIN_SERVICES: tuple[ServiceFolder, ...] = ("vpcflowlogs",)
HIVE_SERVICES: tuple[ServiceFolder, ...] = ("aws-service=vpcflowlogs", "service=vpcflowlogs")

# A file named T holds records whose `end` lies in the five minutes from T (AWS's VPC guide,
# "Flow log files"). A record starts up to ten minutes before its end, and may be delivered late:
# a file may hold records of the span if T lies from 10 minutes before it to 1 hour after it.
SLACK_BEFORE = timedelta(minutes=10)
SLACK_AFTER = timedelta(hours=1)
# Folders are asked one hour further, in case the folder and the name of a file disagree.
FOLDER_SLACK = timedelta(hours=1)

_HINTS: dict[str, Hint] = {".gz": "text", ".parquet": "parquet", "": "text"}
_FILE = re.compile(
    r"(?P<account>\d{12}|unknown)_vpcflowlogs_(?P<region>[a-z0-9-]+)_(?P<flow_log_id>fl-[0-9a-f]+)"
    r"_(?P<time>\d{8}T\d{4})Z_(?P<unique>[0-9A-Za-z]+)\.log(?P<suffix>\.gz|\.parquet|)"
)
_FOLDERS = re.compile(
    r"^(?P<prefix>(?:.*/)?)AWSLogs/(?P<account>(?:aws-account-id=)?[^/=]+)/"
    r"(?P<service>(?:(?:aws-)?service=)?vpcflowlogs)/(?:aws-region=)?[^/=]+/"
    r"(?:year=)?(?P<year>\d{4})/(?:month=)?(?P<month>\d\d)/(?:day=)?(?P<day>\d\d)/"
    r"(?:(?:hour=)?(?P<hour>\d\d)/)?$"
)


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What the name of a flow-log object tells.

    Attributes:
        account: Account that created the flow log (records may name another one).
        region: Its region.
        flow_log_id: `fl-...`; a flow log never changes its format.
        time: Start of the five-minute slot it was delivered for, UTC.
        unique: The hash that ends its name.
        hint: `text` or `parquet`.
        suffix: `.gz`, `.parquet`, or nothing for a file somebody unpacked.
        layout: Kind of folders it lies in; `bare` where the folders are not AWS's.
        service: Name of its service folder; "" where the folders are not AWS's.
        prefix: What stands before `AWSLogs/` (or before a bare name), with its slash.
        day: Day of its folder, or of its name where the folders are not AWS's.
        hour: Hour of its folder, None where folders are by day.
    """

    account: str
    region: str
    flow_log_id: str
    time: datetime
    unique: str
    hint: Hint
    suffix: str
    layout: Layout
    service: ServiceFolder
    prefix: str
    day: date
    hour: int | None


def describe(key: str) -> KeyFacts | None:
    """The facts that an object's key (or a file's path) tells, or None if AWS did not name it so.

    >>> describe("1_vpcflowlogs.log") is None
    True
    """
    folder, slash, name = key.rpartition("/")
    file = _FILE.fullmatch(name)
    moment = _moment(file["time"]) if file else None
    if file is None or moment is None:
        return None
    above = _FOLDERS.match(folder + slash)
    covers = above and folder_window([above["year"], above["month"], above["day"]])
    hour = above["hour"] if above and covers else None
    return KeyFacts(
        account=file["account"],
        region=file["region"],
        flow_log_id=file["flow_log_id"],
        time=moment,
        unique=file["unique"],
        hint=_HINTS[file["suffix"]],
        suffix=file["suffix"],
        layout=_layout(above["account"], hour) if above and covers else "bare",
        service=cast(ServiceFolder, above["service"]) if above and covers else "",
        prefix=above["prefix"] if above and covers else folder + slash,
        day=covers.start.date() if covers else moment.date(),
        hour=int(hour) if hour else None,
    )


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M").replace(tzinfo=UTC)
    except ValueError:
        return None


def _layout(account: str, hour: str | None) -> Layout:
    if account.startswith(LABELS["account"]):
        return "hive-hourly" if hour else "hive"
    return "hourly" if hour else "default"


def key_for(
    *,
    account: str,
    region: str,
    flow_log_id: str,
    time: datetime,
    unique: str,
    layout: Layout = "default",
    suffix: str = ".gz",
    prefix: str = "",
    transit: bool = False,
) -> str:
    """The key AWS would give an object: the inverse of `describe`.

    Args:
        account: Twelve digits.
        region: Such as `eu-central-1`.
        flow_log_id: `fl-` and hexadecimal digits.
        time: Start of its slot, whole minutes, UTC.
        unique: Letters and digits that end the name.
        layout: Kind of folders; `bare` puts the file right below the prefix.
        suffix: `.gz`, `.parquet` or nothing.
        prefix: Empty, or ends with a slash.
        transit: Whether hive-style folders name the service as transit gateways do.
    """
    name = f"{account}_vpcflowlogs_{region}_{flow_log_id}_{time:%Y%m%dT%H%M}Z_{unique}.log{suffix}"
    if layout == "bare":
        return prefix + name
    hive = layout.startswith("hive")
    service = HIVE_SERVICES[transit] if hive else PLAIN_SERVICES[0]
    values = [account, service, region, f"{time:%Y}", f"{time:%m}", f"{time:%d}", f"{time:%H}"]
    levels = LEVELS if layout.endswith("hourly") else LEVELS[:-1]
    pairs = zip(levels, values, strict=False)
    folders = [(LABELS.get(level, "") if hive else "") + value for level, value in pairs]
    return prefix + "/".join([ROOT, *folders, name])


def folder_window(parts: Sequence[str]) -> Window | None:
    """The time that a date folder covers, or None if its parts are no date.

    Args:
        parts: Year, month, day, hour, as many as there are; with or without hive labels.

    >>> str(folder_window(["year=2026", "month=02"]))
    '2026-02-01T00:00Z/2026-03-01T00:00Z'
    """
    numbers = [part.rpartition("=")[2] for part in parts]
    if not 1 <= len(numbers) <= 4 or not all(n.isdecimal() and n.isascii() for n in numbers):
        return None
    year, month, day, hour = (*map(int, numbers), *(1, 1, 0)[len(numbers) - 1 :])
    try:
        start = datetime(year, month, day, hour, tzinfo=UTC)
        return Window(start, _next(start, len(numbers)))
    except ValueError:
        return None


def _next(start: datetime, level: int) -> datetime:
    if level == 1:
        return start.replace(year=start.year + 1)
    if level == 2:
        return (start + timedelta(days=31)).replace(day=1)
    return start + (timedelta(days=1) if level == 3 else timedelta(hours=1))


def day_folders(span: Window, hive: bool) -> list[str]:
    """The folders of days below a region that may hold records of the span, oldest first.

    >>> from vpcflow_core.ranges import parse_range
    >>> day_folders(parse_range("2026-02-28T12:00Z/2026-02-28T23:30Z").fixed, hive=False)
    ['2026/02/28/', '2026/03/01/']
    """
    low, high = _reach(span)
    days = -(-(high - _midnight(low)) // timedelta(days=1))
    dates = [_midnight(low) + timedelta(days=n) for n in range(days)]
    form = "year=%Y/month=%m/day=%d/" if hive else "%Y/%m/%d/"
    return [f"{date:{form}}" for date in dates]


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _reach(span: Window) -> tuple[datetime, datetime]:
    """From when to when folders are asked."""
    return span.start - SLACK_BEFORE - FOLDER_SLACK, span.end + SLACK_AFTER + FOLDER_SLACK


def folder_may_hold(parts: Sequence[str], span: Window | None) -> bool:
    """Whether a date folder is worth asking for records of the span; no date, no."""
    covers = folder_window(parts)
    if covers is None or span is None:
        return covers is not None
    low, high = _reach(span)
    return covers.start < high and low < covers.end


def time_may_hold(time: datetime, span: Window | None) -> bool:
    """Whether a file named by that time may hold records of the span."""
    return span is None or span.start - SLACK_BEFORE <= time <= span.end + SLACK_AFTER


def key_floor(key: str, facts: KeyFacts, span: Window) -> str:
    """Where the listing of a folder goes on after a key that lies outside the span.

    Keys of a folder sort by flow log, then by time. Before the span: at the span's first time of
    the same flow log; after it: behind that flow log's last key.
    """
    stem = key[: key.rindex(f"{facts.time:_%Y%m%dT%H%M}Z_") + 1]
    low = span.start - SLACK_BEFORE
    return stem + (f"{low:%Y%m%dT%H%M}" if facts.time < low else "~")


# Suffixes that logs come with. A name with another short suffix (.py, .png, .yaml) is no log;
# one without suffix, or with a number or a date for one (`flow.log.1`, `x.2026-11-23`), may be.
_LOG_SUFFIXES = {"log", "gz", "gzip", "json", "jsonl", "ndjson", "parquet", "csv", "tsv", "txt"}
_ORDINARY_SUFFIX = re.compile(r"[a-z][a-z0-9]{0,6}")


def is_log_like(name: str) -> bool:
    """Whether a file of that name may hold logs; hidden files and markers do not.

    >>> [is_log_like(name) for name in ("flow.log.1", "_SUCCESS", ".x.log.crc", "a.png")]
    [True, False, False, False]
    """
    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    if not name or name[0] in "._":
        return False
    return suffix in _LOG_SUFFIXES or not _ORDINARY_SUFFIX.fullmatch(suffix)
