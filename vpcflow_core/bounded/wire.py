"""Frames between a process and its bounded child: JSON and bytes, never objects of Python.

What comes from the child is not trusted: a frame says its kind and length, both are checked.
"""

from __future__ import annotations

import json
from typing import IO, Any, Literal

REQUEST, DATA, END = b"R", b"D", b"E"
Kind = Literal[b"R", b"D", b"E"]
_HEAD = 9
# Of values: messages, names of relations; SQL and the paths of a store's files go to the child.
MOST_VALUES = 2**20
# Bytes that travel at a time.
PIECE = 2**20


def write(stream: IO[bytes], kind: bytes, content: bytes | memoryview) -> None:
    """Send a frame; it leaves at once."""
    stream.write(kind + len(content).to_bytes(8, "big"))
    stream.write(content)
    stream.flush()


def write_values(stream: IO[bytes], kind: bytes, values: dict[str, Any]) -> None:
    """Send a frame of JSON."""
    write(stream, kind, json.dumps(values).encode())


def head(stream: IO[bytes]) -> tuple[bytes, int]:
    """Kind and length of the next frame.

    Raises:
        EOFError: There is none.
    """
    read = exactly(stream, _HEAD)
    return read[:1], int.from_bytes(read[1:], "big")


def exactly(stream: IO[bytes], length: int) -> bytes:
    """The next bytes.

    Raises:
        EOFError: There are not as many.
    """
    read = stream.read(length)
    if len(read) < length:
        raise EOFError
    return read


def values(stream: IO[bytes], length: int) -> dict[str, Any]:
    """The JSON of a frame.

    Raises:
        ValueError: It is none.
    """
    found = json.loads(exactly(stream, length))
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found
