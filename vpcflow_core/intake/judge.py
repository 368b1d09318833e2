"""Whether an uploaded file is taken: read once by the same formats as in a sync, within limits.

A file that is refused is never stored, so that no later sync meets it.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from vpcflow_core.errors import FormatError, VpcflowError
from vpcflow_core.formats.base import LogFormat, Report
from vpcflow_core.formats.blocks import Unpacked
from vpcflow_core.formats.parquet import MAGIC
from vpcflow_core.formats.parse import parse
from vpcflow_core.intake.verdict import Verdict
from vpcflow_core.redaction import redacting_logger
from vpcflow_core.units import number_of

log = redacting_logger("vpcflow")
MB = 2**20
# Flow logs shrink to a tenth by gzip, made-up ones to a fifteenth.
UNPACKED = 20
# A single file may: the same line over and over shrinks to a hundredth. A bomb shrinks to less.
RATIO = 200
# What unpacks to less is never a bomb, whatever its ratio.
HARMLESS = 32 * MB
# Bytes of a record at least, as text; Parquet packs many equal rows into next to nothing.
RECORD = 50


def judge(name: str, data: bytes, limit: int, given: LogFormat | None = None) -> Verdict:
    """Read a file as a sync will.

    Args:
        name: What the report calls it.
        data: Its content.
        limit: Its largest size, in MB; twenty times as much when unpacked.
        given: Fields of its lines, if they have no header.

    Raises:
        MemoryError: There is not enough.
    """
    if refused := oversized(data, limit):
        return Verdict(name, refused=refused)
    most = limit * UNPACKED * MB
    try:
        if too_much := beyond(data, most):
            return Verdict(name, refused=too_much)
        report = _read(name, data, given, most // RECORD)
    except VpcflowError as error:
        return Verdict(name, refused=f"{error.what} {error.next_step}".strip())
    except MemoryError:
        raise
    except Exception:  # a stranger's file may fail a parser in any way; it is refused, not the page
        log.exception("an uploaded file could not be read")
        return Verdict(name, refused="It could not be read; the server's log says why.")
    return Verdict(name, report, "" if report.records else _without_records(report))


def oversized(data: bytes, limit: int) -> str:
    """Why a file is too large as it is; "" if it is not."""
    return f"It is larger than {limit} MB." if len(data) > limit * MB else ""


def _read(name: str, data: bytes, given: LogFormat | None, most: int) -> Report:
    parsed = parse(data, name=name, given=given)
    for _ in parsed:
        if parsed.report.records + parsed.report.malformed > most:
            raise FormatError(f"It holds more than {most:,} records.")
    return parsed.report


def beyond(data: bytes, most: int) -> str:
    """Why the content is too large once it is unpacked, or packed too well; "" if it is not."""
    if data.startswith(MAGIC):
        return _beyond_parquet(data, len(data), most)
    allowed = min(most, max(HARMLESS, RATIO * len(data)))
    unpacked = Unpacked(data, allowed)
    first = b""
    for piece in unpacked:
        first = first or piece[:4]
    if unpacked.is_cut:
        return _too_large(most) if allowed == most else _too_dense()
    if first.startswith(MAGIC):  # Parquet in gzip is read whole
        return _beyond_parquet(b"".join(Unpacked(data, allowed)), len(data), most)
    return ""


def _beyond_parquet(content: bytes, packed: int, most: int) -> str:
    try:
        metadata = pq.ParquetFile(pa.BufferReader(content)).metadata
    except (pa.ArrowException, OSError):
        return ""  # the parser tells what is wrong with it
    groups = range(metadata.num_row_groups)
    pages = sum(metadata.row_group(group).total_byte_size for group in groups)
    size = max(pages, metadata.num_rows * RECORD)
    if size > most:
        return _too_large(most)
    return _too_dense() if size > max(HARMLESS, RATIO * packed) else ""


def _too_large(most: int) -> str:
    return f"It is too large: it unpacks to more than {most // MB} MB."


def _too_dense() -> str:
    return f"It is too large: it unpacks to more than {RATIO} times its size."


def _without_records(report: Report) -> str:
    """Why nothing of a file is a record."""
    if report.broken:
        return f"It holds no record: {report.broken}."
    if report.malformed:
        first = report.reasons[0].reason if report.reasons else "unknown"
        lines = number_of(report.malformed, "lines")
        return f"It holds no record: {lines} of something else ({first})."
    return "It holds no record."
