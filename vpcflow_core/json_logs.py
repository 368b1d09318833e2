"""Logs as JSON, an object a line, for what collects them: setting `log_format = "json"`."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Literal

from vpcflow_core.redaction import redacted
from vpcflow_core.times import format_instant

LogFormat = Literal["text", "json"]
# Loggers that get the form: ours, and the web server's.
LOGGERS = ("vpcflow", "vpcflow_core", "dashboards", "streamlit", "uvicorn")


class JsonLines(logging.Formatter):
    """A record as one JSON object; what its `facts` are besides the message is there by name."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        entry: dict[str, object] = {
            "time": format_instant(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redacted(record.getMessage()),
        }
        facts: dict[str, object] = getattr(record, "facts", {})
        entry |= {name: _plain(value) for name, value in facts.items()}
        if record.exc_info:
            entry["trace"] = redacted(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False)


def log_as(form: LogFormat) -> None:
    """Write logs in a form from now on; `text` leaves them as they are."""
    if form == "text":
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    # The web server gives each of its loggers a handler of its own.
    made = [name for name in logging.root.manager.loggerDict if name.split(".")[0] in LOGGERS]
    for name in (*LOGGERS, *made):
        log = logging.getLogger(name)
        log.handlers, log.propagate = [handler], False
        log.setLevel(logging.INFO)


def is_json() -> bool:
    """Whether logs are JSON."""
    handlers = logging.getLogger("vpcflow").handlers
    return any(isinstance(each.formatter, JsonLines) for each in handlers)


def note(name: str, message: str, *, level: int = logging.INFO, **facts: object) -> None:
    """Log what a command did, with facts by name; only where logs are JSON."""
    if is_json():
        log = logging.getLogger(f"vpcflow.{name}")
        log.log(level, "%s", message, extra={"facts": facts})


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return format_instant(value)
    return value if isinstance(value, int | float | bool) or value is None else redacted(str(value))
