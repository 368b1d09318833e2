"""Whether an uploaded file is taken: read once by the same formats, within limits; no Streamlit.

A file that is refused is never stored, so that no later sync meets it.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from vpcflow_core import formats
from vpcflow_core.errors import FormatError, VpcflowError
from vpcflow_core.formats.base import LogFormat, Report
from vpcflow_core.formats.blocks import Unpacked
from vpcflow_core.formats.parquet import MAGIC
from vpcflow_core.redaction import redacting_logger

log = redacting_logger("vpcflow")
MB = 2**20
# Flow logs shrink to a tenth by gzip, made-up ones to a fifteenth.
UNPACKED = 20
# Bytes of a record at least, as text; Parquet packs many equal rows into next to nothing.
RECORD = 50


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one file.

    Attributes:
        name: As it was uploaded.
        report: What was read of it; None if nothing could be.
        refused: Why it is not taken; "" if it is.
    """

    name: str
    report: Report | None = None
    refused: str = ""


def judge(name: str, data: bytes, limit: int, given: LogFormat | None = None) -> Judged:
    """Read a file as a sync will.

    Args:
        name: What the report calls it.
        data: Its content.
        limit: Its largest size, in MB; twenty times as much when unpacked.
        given: Fields of its lines, if they have no header.
    """
    if len(data) > limit * MB:
        return Judged(name, refused=f"It is larger than {limit} MB.")
    try:
        if too_much := beyond(data, limit * UNPACKED * MB):
            return Judged(name, refused=too_much)
        report = _read(name, data, given, limit * UNPACKED * MB // RECORD)
    except VpcflowError as error:
        return Judged(name, refused=f"{error.what} {error.next_step}".strip())
    except Exception:  # whatever a stranger's file does to a parser must end here
        log.exception("an uploaded file could not be read")
        return Judged(name, refused="It could not be read; the server's log says why.")
    return Judged(name, report, "" if report.records else _without_records(report))


def _read(name: str, data: bytes, given: LogFormat | None, most: int) -> Report:
    parsed = formats.parse(data, name=name, given=given)
    for _ in parsed:
        if parsed.report.records + parsed.report.malformed > most:
            raise FormatError(f"It holds more than {most:,} records.")
    return parsed.report


def beyond(data: bytes, most: int) -> str:
    """Why the content is too large once it is unpacked; "" if it is not."""
    if data.startswith(MAGIC):
        return _beyond_parquet(data, most)
    unpacked = Unpacked(data, most)
    first, length = b"", 0
    for piece in unpacked:
        first, length = first or piece[:4], length + len(piece)
    if first.startswith(MAGIC):  # Parquet in gzip is read whole
        return _beyond_parquet(b"".join(Unpacked(data, most)), most)
    return f"It is too large: {unpacked.broken}." if unpacked.is_cut else ""


def _beyond_parquet(data: bytes, most: int) -> str:
    try:
        metadata = pq.ParquetFile(io.BytesIO(data)).metadata
    except (pa.ArrowException, OSError):
        return ""  # the parser tells what is wrong with it
    size = sum(
        metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups)
    )
    if size > most or metadata.num_rows > most // RECORD:
        return f"It is too large: it unpacks to more than {most // MB} MB."
    return ""


def _without_records(report: Report) -> str:
    """Why nothing of a file is a record."""
    if report.broken:
        return f"It holds no record: {report.broken}."
    if report.malformed:
        first = report.reasons[0].reason if report.reasons else "unknown"
        return f"It holds no record: none of its {report.malformed:,} lines is one ({first})."
    return "It holds no record."
