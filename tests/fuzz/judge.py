"""Reads a file and says what is wrong with how it was read: "" if nothing is."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vpcflow_core.errors import FormatError
from vpcflow_core.formats.base import Report
from vpcflow_core.formats.blocks import Unpacked
from vpcflow_core.formats.parse import parse
from vpcflow_core.formats.unicode import as_utf8

_EMPTY_LIST = re.compile(rb'"(?:events|logEvents|results|[Rr]ecords)"\s*:\s*\[\s*\]|^[\s,\[\]]*$')


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a file."""

    fault: str = ""
    refused: bool = False
    lines: int = 0
    records: int = 0
    malformed: int = 0


def judged(data: bytes) -> Verdict:
    """Read the file as a sync does, and hold its report against its content."""
    parsed = parse(data, name="a")
    report, found, refused = parsed.report, 0, False
    try:
        for records in parsed:
            found += len(records.table)
    except FormatError as error:
        refused = True
        if "memory" in error.what:
            return Verdict("needs more memory than there is")
    except Exception as error:
        return Verdict(f"{type(error).__name__}: {error}"[:500])
    fault = _fault(report, found) or ("" if refused else _lost(report, data))
    return Verdict(fault, refused, report.lines, report.records, report.malformed)


def _fault(report: Report, found: int) -> str:
    """What does not add up in a report."""
    account = report.records + report.malformed + report.blank + report.around
    if account != report.lines:
        return f"{account} lines are accounted for of {report.lines}"
    if found != report.records:
        return f"{report.records} records are counted, {found} came"
    if sum(report.counts.values()) != report.malformed:
        return (
            f"reasons are of {sum(report.counts.values())} lines, malformed are {report.malformed}"
        )
    if report.nodata + report.skipdata > report.records:
        return "more NODATA and SKIPDATA than records"
    return ""


def _lost(report: Report, data: bytes) -> str:
    """What the report does not know of the file's content."""
    if report.kind == "parquet" or report.broken:
        return ""
    content = b"".join(as_utf8(iter(Unpacked(data))))
    lines = content.count(b"\n") + (not content.endswith(b"\n") and bool(content))
    exact = report.kind == "text" or (report.kind == "csv" and b'"' not in content)
    if exact and report.lines != lines:
        return f"the report is of {report.lines} lines, the file has {lines}"
    if content.strip() and not report.lines and not _EMPTY_LIST.search(content):
        return "all of it went in silence"
    return ""
