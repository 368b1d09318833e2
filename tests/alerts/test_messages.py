"""When incidents become messages, by signs written out by hand."""

from __future__ import annotations

import pandas as pd

from vpcflow_core.alerts.messages import Message, Row, advance
from vpcflow_core.detections.base import HOUR, Severity
from vpcflow_core.detections.catalogue import DETECTIONS
from vpcflow_core.times import Window

NINE = pd.Timestamp("2026-11-20T09:00Z")
MINUTE = pd.Timedelta(minutes=1)


def sign(hour: int, attempts: int, let_in: int, severity: str) -> Row:
    """What an hour after nine shows of one source that guesses passwords."""
    bucket = NINE + hour * HOUR
    return {
        "bucket": bucket,
        "srcaddr": "203.0.113.9",
        "dstaddr": "10.0.0.4",
        "dstport": 22,
        "first": bucket + 5 * MINUTE,
        "last": bucket + 50 * MINUTE,
        "attempts": attempts,
        "let_in": let_in,
        "severity": severity,
    }


SIGNS = pd.DataFrame([sign(0, 90, 0, "high"), sign(1, 40, 3, "critical")])


def messages(least: Severity) -> list[Message]:
    """What a rule sends of twelve hours."""
    hours = Window(NINE.to_pydatetime(), (NINE + 12 * HOUR).to_pydatetime())
    return advance({}, "night", DETECTIONS["brute-force"], SIGNS, hours, {}, least)


def test_an_incident_that_gets_worse_is_sent_once() -> None:
    began, ended = messages("low")
    assert (began.kind, began.at, began.severity) == ("began", "2026-11-20T10:00:00+00:00", "high")
    assert began.incident["what"] == "203.0.113.9 tried port 22 of 10.0.0.4 90 times"
    assert (ended.kind, ended.severity) == ("ended", "critical")
    assert ended.incident["what"].endswith("130 times; afterwards let in 3 times")


def test_a_rule_for_what_is_critical_sends_it_once_it_is() -> None:
    began, ended = messages("critical")
    assert (began.kind, began.at) == ("began", "2026-11-20T11:00:00+00:00")
    assert began.severity == ended.severity == "critical"
    assert began.incident["since"] == "2026-11-20T09:05:00+00:00"
