"""What is sent of incidents: one message as each begins, one as it ends.

`advance` is a plain function of signs, hour by hour: whoever watches late, or asks what the past
would have raised, gets the messages that watching each hour gives.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

import pandas as pd

from vpcflow_core.detections.base import CALLED, HOUR, SEVERITIES, TIMES, Detection, Severity
from vpcflow_core.detections.incidents import Incident, identity, incidents
from vpcflow_core.errors import VpcflowError
from vpcflow_core.links import View, page_link
from vpcflow_core.query.filters import Filters
from vpcflow_core.ranges import Range
from vpcflow_core.times import Window, floor_to

Names: TypeAlias = Mapping[str, Mapping[str, str]]
# A sign as plain values, times as text.
Row: TypeAlias = dict[str, Any]
# A page with an incident begins a little before it, so that what was usual is seen as well.
BEFORE, MINUTE = timedelta(minutes=10), timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Attributes:
        id: The same whenever the same message is made: receivers can leave out repetitions.
        rule: Name of the rule of the settings.
        kind: Whether the incident `began` or `ended`; or that it is a `report`.
        at: End of the hour after which it is known, UTC.
        incident: The incident as it is known then, as `Incident.as_row` gives it; times as text.
        link: The page that shows it: its path in the app, with the app's address once it is sent.
        file: Name of the file that mail has attached; "" for none.
    """

    id: str
    rule: str
    kind: Literal["began", "ended", "report"]
    at: str
    incident: Mapping[str, Any]
    link: str = ""
    file: str = ""

    @property
    def text(self) -> str:
        """It in one line."""
        said = str(self.incident["what"])
        return said if self.kind == "report" else f"[{self.severity}] {self.kind}: {said}"

    @property
    def severity(self) -> str:
        """How bad the incident is."""
        return str(self.incident["severity"])

    @property
    def since(self) -> datetime:
        """When the incident began."""
        return datetime.fromisoformat(self.incident["since"])

    def as_dict(self) -> dict[str, Any]:
        """It as plain values, for JSON."""
        return asdict(self)


def advance(
    going: dict[str, Row],
    rule: str,
    detection: Detection,
    signs: pd.DataFrame,
    hours: Window,
    names: Names,
    least: Severity = "low",
) -> list[Message]:
    """What begins and ends in some hours, in order.

    Args:
        going: Incidents that have not ended, by id, each as one sign made of all of its signs;
            it is brought up to date.
        rule: Name of the rule.
        detection: What gave the signs.
        signs: Its signs in these hours.
        hours: The hours.
        names: What values are called, by field.
        least: Incidents below it are left out.
    """
    sent: list[Message] = []
    by_hour = dict(iter(signs.groupby("bucket"))) if len(signs) else {}
    at = hours.start
    while at < hours.end:
        end = at + HOUR
        for row in _rows(by_hour.get(pd.Timestamp(at))):
            key = identity(detection.slug, {name: str(row[name]) for name in detection.key})
            before, going[key] = going.get(key), _joined(detection, going.get(key), row)
            now = _known(going[key], detection, end, names, least)
            if now and not (before and _known(before, detection, end, names, least)):
                sent.append(_message(rule, "began", end, now))
        for key in [key for key, row in going.items() if _has_ended(row, detection, end)]:
            if ended := _known(going.pop(key), detection, end, names, least):
                sent.append(_message(rule, "ended", end, ended))
        at = end
    return sent


def _joined(detection: Detection, before: Row | None, row: Row) -> Row:
    """Signs of an incident as one: the newest hour, all of the time, and the counts of all."""
    if before is None:
        return row
    counts = {
        name: before[name] + row[name] if how == "sum" else max(before[name], row[name])
        for name, how in detection.counts.items()
    }
    first = min(before["first"], row["first"], key=datetime.fromisoformat)
    last = max(before["last"], row["last"], key=datetime.fromisoformat)
    severity = max(before["severity"], row["severity"], key=SEVERITIES.index)
    called = {CALLED: before.get(CALLED) or row[CALLED]} if CALLED in row else {}
    return row | counts | called | {"first": first, "last": last, "severity": severity}


def _rows(signs: pd.DataFrame | None) -> list[Row]:
    """Signs as plain values."""
    if signs is None:
        return []
    return [
        {str(name): _plain(value) for name, value in row.items()}
        for row in signs.to_dict("records")
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return value if isinstance(value, str) else int(value)


def _known(
    row: Row, detection: Detection, end: datetime, names: Names, least: Severity
) -> Incident | None:
    """The incident that a sign is; None for one that is not bad enough."""
    if SEVERITIES.index(row["severity"]) < SEVERITIES.index(least):
        return None
    frame = pd.DataFrame([row])
    for name in TIMES:
        frame[name] = pd.to_datetime(frame[name], utc=True, format="ISO8601")
    return incidents(detection, frame, end, names)[0]


def _has_ended(row: Row, detection: Detection, end: datetime) -> bool:
    return end - (datetime.fromisoformat(row["bucket"]) + HOUR) >= detection.quiet


def _message(
    rule: str, kind: Literal["began", "ended"], end: datetime, incident: Incident
) -> Message:
    row = incident.as_row()
    row |= {name: row[name].isoformat() for name in ("since", "until")}
    row["going"] = kind == "began"
    text = f"{rule} {kind} {incident.id} {row['since']}"
    key = hashlib.sha256(text.encode()).hexdigest()[:24]
    return Message(key, rule, kind, end.isoformat(), row, _path(incident))


def _path(incident: Incident) -> str:
    """Path and parameters of the page that shows an incident."""
    since, until = floor_to(incident.since - BEFORE, MINUTE), floor_to(incident.until, MINUTE)
    range_ = Range(fixed=Window(since, until + MINUTE))
    try:
        return page_link("", incident.page, View(range_, Filters.parse(incident.filters)))
    except VpcflowError:  # pages have no filter for part of its key
        return page_link("", incident.page, View(range_))
