"""What a bounded process takes from itself: memory, time, network, other programs.

Limits of the operating system hold wherever the work is: in a parser, a binder, or one function
call that looks at no clock. On macOS there is none of address space and no filter of system calls;
time, and the job's own limits, hold there too.
"""

from __future__ import annotations

import ctypes
import platform
import resource
import signal
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# The parent kills when time is up; this is for the case that the parent is gone.
_LATER = 2.0
_STATM = Path("/proc/self/statm")


def confine() -> None:
    """Give up what no job needs; cannot be taken back."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    with suppress(OSError):  # where memory runs out, this process goes first
        Path("/proc/self/oom_score_adj").write_text("1000")
    if sys.platform == "linux":
        _forbid_network_and_programs()


def address_space() -> int:
    """Bytes of address space in use; 0 where the system does not say."""
    try:
        return int(_STATM.read_text().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


@contextmanager
def limited(seconds: float | None, memory: int) -> Iterator[None]:
    """Hold these limits while inside.

    Args:
        seconds: The process ends a little after them; None: it does not.
        memory: Bytes of address space, all in all.
    """
    signal.setitimer(signal.ITIMER_REAL, 0 if seconds is None else max(seconds, 0) + _LATER)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if sys.platform == "linux":
        soft = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
        signal.setitimer(signal.ITIMER_REAL, 0)


# System calls that fail with EPERM, by machine: socket, connect, execve, execveat, ptrace. Numbers
# are those of asm/unistd_64.h and asm-generic/unistd.h; AUDIT_ARCH of linux/audit.h.
_CALLS = {
    "x86_64": (0xC000003E, (41, 42, 59, 322, 101)),
    "aarch64": (0xC00000B7, (198, 203, 221, 281, 117)),
}
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06  # linux/bpf_common.h
_ALLOW, _EPERM, _KILL = 0x7FFF0000, 0x00050001, 0x80000000  # linux/seccomp.h
_X32 = 0x40000000
_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2  # linux/prctl.h


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def _forbid_network_and_programs() -> None:
    """Put a seccomp filter on this process and its threads to come; older kernels have none."""
    arch, calls = _CALLS.get(platform.machine(), (0, ()))
    if not calls:
        return
    code = _filter(arch, calls)
    program = _Program(len(code) // 8, code)
    libc = ctypes.CDLL(None)
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0:
        libc.prctl(_SECCOMP, _FILTER, ctypes.byref(program), 0, 0)


def _filter(arch: int, calls: tuple[int, ...]) -> bytes:
    """Instructions: another architecture's calls end the process, these fail, others pass."""
    count = len(calls)
    steps = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, arch),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),
        (_AT_LEAST, count + 1, 0, _X32),
        *((_EQUAL, count - place, 0, call) for place, call in enumerate(calls)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _EPERM),
    ]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)
