"""What a file may hold at most, so that work and memory grow with its bytes."""

from __future__ import annotations

from vpcflow_core.errors import FormatError

MB = 2**20
MOST_LINE = MB  # bytes; a record of all fields has two thousand
MOST_COLUMNS = 500  # AWS writes 54 at most
MOST_VALUE = 128 * MB  # of one JSON value: an answer of the AWS CLI is a single one
MOST_CELLS = 4_000_000  # of a table that is made at once

LONG_LINE = f"a line longer than {MOST_LINE // MB} MB"
LONG_VALUE = f"a JSON value longer than {MOST_VALUE // MB} MB"
# What stands in the place of a long line: NUL takes it past every quick way of reading.
MARK = "\0\1"
_SHOWN = 500
_NO_SEPARATORS = bytes.maketrans(b'\r\n,"', b"    ")


def without_long_lines(block: bytes) -> bytes:
    """The block with a mark and a beginning in the place of each line that is too long.

    Nearly always it has none: looked at is one byte in `MOST_LINE`.
    """
    kept, begin, place = [], 0, 0
    while len(block) - place > MOST_LINE:
        end = block.rfind(b"\n", place, place + MOST_LINE + 1) + 1
        if not end:
            kept += [block[begin:place], marked(block[place : place + _SHOWN])]
            end = block.find(b"\n", place)
            end = begin = end if end >= 0 else len(block)
        place = end
    return b"".join([*kept, block[begin:]]) if kept else block


def has_long_lines(block: bytes) -> bool:
    """Whether a line of the block is too long."""
    return without_long_lines(block) is not block


def marked(start: bytes) -> bytes:
    """What stands for a long line that begins so."""
    return MARK.encode() + start[:_SHOWN].translate(_NO_SEPARATORS)


def require_few_columns(file: str, count: int) -> None:
    """Check how many columns a file has.

    Raises:
        FormatError: It has more than `MOST_COLUMNS`.
    """
    if count > MOST_COLUMNS:
        raise FormatError(
            f"{file or 'The object'} has {count:,} columns; flow logs have {MOST_COLUMNS} at most.",
            "Is it a flow log? All fields: vpcflow fields",
        )


def no_memory(file: str) -> FormatError:
    """The refusal of what needs more memory than there is."""
    return FormatError(
        f"Reading {file or 'the object'} needs more memory than there is.",
        "Split it into smaller files, or give the process more memory.",
    )
