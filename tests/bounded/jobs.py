"""Jobs that misbehave, for a bounded process; light, so that it starts in no time."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vpcflow_core import errors


def _echo(data: bytes, send: Callable[[bytes], None]) -> dict[str, Any]:
    send(data)
    return {"length": len(data), "pid": os.getpid()}


def _environment(*_: Any) -> dict[str, Any]:
    return {
        "names": sorted(os.environ),
        "folder": str(Path.cwd()),
        "inside": [p.name for p in Path().iterdir()],
    }


def _sleep(*_: Any) -> dict[str, Any]:
    time.sleep(600)
    return {}


def _memory(*_: Any) -> dict[str, Any]:
    return {"length": len(bytearray(2**30))}


def _flood(data: bytes, send: Callable[[bytes], None]) -> dict[str, Any]:
    while True:
        send(b"x" * 2**20)


def _refuse(*_: Any) -> dict[str, Any]:
    raise errors.QueryError("No.", "Ask again.")


def _crash(*_: Any) -> dict[str, Any]:
    os.abort()


def _fail(*_: Any) -> dict[str, Any]:
    raise ZeroDivisionError


def _print(*_: Any) -> dict[str, Any]:
    print("E not a frame", flush=True)
    return {"read": os.read(0, 10).decode()}


def _lie(*_: Any) -> dict[str, Any]:
    os.write(_replies(), b"X" * 100)
    return _sleep()


def _replies() -> int:
    """The pipe to the parent."""
    pipes = (int(entry.name) for entry in Path("/dev/fd").iterdir() if int(entry.name) > 2)
    return next(fd for fd in pipes if _is_writable_pipe(fd))


def _is_writable_pipe(fd: int) -> bool:
    try:
        os.write(fd, b"")
    except OSError:
        return False
    return True


def _connect(*_: Any) -> dict[str, Any]:
    try:
        socket.socket()
    except PermissionError:
        return {"allowed": False}
    return {"allowed": True}


def _run(*_: Any) -> dict[str, Any]:
    try:
        subprocess.run(["true"], check=True)
    except PermissionError:
        return {"allowed": False}
    return {"allowed": True}


_JOBS: dict[str, Callable[..., dict[str, Any]]] = {
    name.removeprefix("_"): job
    for name, job in dict(globals()).items()
    if name in ("_echo", "_environment", "_sleep", "_memory", "_flood", "_refuse", "_crash",
                "_fail", "_print", "_lie", "_connect", "_run")
}  # fmt: skip


def answer(request: dict[str, Any], data: bytes, send: Callable[[bytes], None]) -> dict[str, Any]:
    return _JOBS[request["do"]](data, send)
