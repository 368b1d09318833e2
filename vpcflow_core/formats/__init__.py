"""From bytes to records: text, JSON, Parquet, CSV and CloudWatch events."""

from vpcflow_core.formats.base import (
    EVENT_ID,
    EVENT_TIME,
    LogFormat,
    Records,
    Rejected,
    Report,
)
from vpcflow_core.formats.parse import Parse, parse

__all__ = [
    "EVENT_ID",
    "EVENT_TIME",
    "LogFormat",
    "Parse",
    "Records",
    "Rejected",
    "Report",
    "parse",
]
