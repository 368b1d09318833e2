"""The job of a bounded process that judges uploads."""

from __future__ import annotations

from typing import Any

from vpcflow_core.bounded.child import Send
from vpcflow_core.formats.base import LogFormat
from vpcflow_core.intake.judge import judge


def answer(request: dict[str, Any], data: bytes, send: Send) -> dict[str, Any]:
    """Judge a file and send the verdict."""
    columns = request["columns"]
    given = LogFormat(tuple(columns)) if columns else None
    send(judge(request["name"], data, request["limit"], given).packed())
    return {}
