"""What became of one file, and how it travels between processes."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from vpcflow_core.formats.base import Rejected, Report

_TIMES = ("first", "last")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one file.

    Attributes:
        name: As it was uploaded.
        report: What was read of it; None if nothing could be.
        refused: Why it is not taken; "" if it is.
    """

    name: str
    report: Report | None = None
    refused: str = ""

    def packed(self) -> bytes:
        """As JSON."""
        report = self.report and _plain(self.report)
        return json.dumps({"name": self.name, "report": report, "refused": self.refused}).encode()

    @staticmethod
    def unpacked(data: bytes | memoryview) -> Verdict:
        """From JSON.

        Raises:
            ValueError, TypeError, KeyError: It is no verdict.
        """
        values = json.loads(bytes(data))
        report = values["report"]
        return Verdict(values["name"], report and _report(report), values["refused"])


def _plain(report: Report) -> dict[str, Any]:
    """The report as JSON can say it."""
    values = {field.name: getattr(report, field.name) for field in fields(report)}
    times = {name: values[name] and values[name].isoformat() for name in _TIMES}
    return {**values, **times, "reasons": [asdict(reason) for reason in report.reasons]}


def _report(values: dict[str, Any]) -> Report:
    times = {name: values[name] and datetime.fromisoformat(values[name]) for name in _TIMES}
    reasons = [Rejected(**reason) for reason in values["reasons"]]
    counts: Counter[str] = Counter(values["counts"])
    return Report(**{**values, **times, "reasons": reasons, "counts": counts})
