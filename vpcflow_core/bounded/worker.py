"""One bounded process, as seen from outside: started, asked, killed."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Timer
from typing import IO, Any, cast

import vpcflow_core
from vpcflow_core.bounded import wire
from vpcflow_core.bounded.base import Limits, Reply, StoppedError, Why
from vpcflow_core.bounded.scratch import Scratch
from vpcflow_core.redaction import redacting_logger
from vpcflow_core.stopping import stoppable

# Until a process can be asked: half a second, on a machine that does nothing else.
START_SECONDS = 60.0
log = redacting_logger("vpcflow")
# All that a child gets of the environment: no credentials, proxies or settings.
_INHERITED = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
# Threads of libraries and arenas of malloc take address space by the core.
_LEAN = {
    "MALLOC_ARENA_MAX": "2",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}


class Worker:
    """A child process that answers one request at a time.

    Args:
        job: Module with the function `answer`, see `child`.
    """

    def __init__(self, job: str) -> None:
        self._scratch = Scratch()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the process)
        self._killed_for: Why | None = None
        self._has_failed = False
        # -P: nothing is imported from the folder it runs in. A session of its own: Ctrl-C in a
        # terminal is for us to answer.
        self._process = subprocess.Popen(  # noqa: S603 (our own program)
            [sys.executable, "-P", "-m", "vpcflow_core.bounded.child", job],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd=self._scratch.path,
            env=_environment(self._scratch.path),
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it can be asked."""
        return self._killed_for is None and self._process.poll() is None

    def ask(self, request: Mapping[str, Any], data: bytes, limits: Limits) -> Reply:
        """The answer to a request.

        Raises:
            StoppedError: There is none; the process must be closed.
        """
        with stoppable(lambda: self._kill("wanted")), self._killed_after(limits.seconds):
            return self._asked(request, data, limits)

    def wait_until_ready(self) -> None:
        """Wait until it has imported what it needs, so that no request pays for it.

        Raises:
            StoppedError: It cannot be started.
        """
        with self._killed_after(START_SECONDS):
            self._received(0)

    @contextmanager
    def _killed_after(self, seconds: float | None) -> Iterator[None]:
        timer = None
        if seconds is not None:
            timer = Timer(max(seconds, 0), self._kill, ("time",))
            timer.daemon = True
            timer.start()
        try:
            yield
        except (OSError, EOFError, ValueError) as error:
            self._has_failed = True
            raise StoppedError(self._killed_for or "ended") from error
        finally:
            if timer is not None:
                timer.cancel()
                timer.join()
        if self._killed_for:  # as its answer came: too late, and it can be asked nothing more
            raise StoppedError(self._killed_for)

    def _asked(self, request: Mapping[str, Any], data: bytes, limits: Limits) -> Reply:
        stdin = cast(IO[bytes], self._process.stdin)
        seconds, memory = limits.seconds, limits.memory
        wire.write_values(
            stdin, wire.REQUEST, {"request": request, "seconds": seconds, "memory": memory}
        )
        wire.write(stdin, wire.DATA, data)
        values, received = self._received(limits.answer)
        if values.get("stopped") == "memory":
            raise StoppedError("memory")
        return Reply(values, received)

    def _received(self, most: int) -> tuple[dict[str, Any], memoryview]:
        stdout = cast(IO[bytes], self._process.stdout)
        received = io.BytesIO()
        while True:
            kind, length = wire.head(stdout)
            if kind == wire.END and length <= wire.MOST_VALUES:
                return wire.values(stdout, length), received.getbuffer()
            if kind != wire.DATA:
                raise ValueError("neither data nor an end")
            if received.tell() + length > most:
                raise StoppedError("answer")
            received.write(wire.exactly(stdout, length))

    def _kill(self, why: Why) -> None:
        self._killed_for = why
        self._process.kill()

    def close(self) -> None:
        """Kill it, log what it said, and remove its folder."""
        if self._has_failed and not self._killed_for:
            with suppress(subprocess.TimeoutExpired):  # it may still say why it ends
                self._process.wait(1)
        self._process.kill()
        self._process.wait()
        self._log()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            with suppress(OSError):  # what was not yet sent has no reader any more
                cast(IO[bytes], stream).close()
        self._scratch.close()

    def _log(self) -> None:
        """What it said last, for whoever keeps the server."""
        self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, self._errors.tell() - 4000))
        if said := self._errors.read().decode(errors="replace").strip():
            log.warning("a bounded process ended (%s): %s", self._process.returncode, said)


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    package = Path(vpcflow_core.__file__).parents[1]
    paths = [str(package), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    own = {"PYTHONPATH": os.pathsep.join(paths), "HOME": str(folder), "TMPDIR": str(folder)}
    return kept | _LEAN | own
