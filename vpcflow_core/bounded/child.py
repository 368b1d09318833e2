"""The bounded process itself: `python -m vpcflow_core.bounded.child JOB`.

JOB is a module with a function `answer(request, data, send) -> values`: it may `send` bytes, as
often as it likes, before it returns values that JSON can say. Its errors of ours travel, and
MemoryError does.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Callable
from typing import IO, Any

from vpcflow_core.bounded import confinement, wire
from vpcflow_core.errors import VpcflowError

Send = Callable[[bytes | memoryview], None]
Answer = Callable[[dict[str, Any], bytes, Send], dict[str, Any]]


def main() -> None:
    """Answer requests until there are no more."""
    requests, replies = _own_streams()
    confinement.confine()
    job: Answer = importlib.import_module(sys.argv[1]).answer
    gc.freeze()
    base = confinement.address_space()
    wire.write_values(replies, wire.END, {})  # ready
    while True:
        try:
            _, length = wire.head(requests)
        except EOFError:
            return
        asked = wire.values(requests, length)
        with confinement.limited(asked["seconds"], base + asked["memory"]):
            _, length = wire.head(requests)
            _answer(job, asked["request"], requests, length, replies)


def _answer(
    job: Answer, request: dict[str, Any], requests: IO[bytes], length: int, replies: IO[bytes]
) -> None:
    def send(content: bytes | memoryview) -> None:
        for start in range(0, len(content), wire.PIECE):
            wire.write(replies, wire.DATA, memoryview(content)[start : start + wire.PIECE])

    try:
        values = job(request, wire.exactly(requests, length), send)
    except MemoryError:
        values = {"stopped": "memory"}
    except VpcflowError as error:
        values = {"error": type(error).__name__, "what": error.what, "next": error.next_step}
    wire.write_values(replies, wire.END, values)


def _own_streams() -> tuple[IO[bytes], IO[bytes]]:
    """Where requests come from and replies go; what else prints, prints to the errors."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return requests, replies


if __name__ == "__main__":
    main()
