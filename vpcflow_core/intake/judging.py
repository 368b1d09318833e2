"""Judge an uploaded file in a process of its own, with limits on time and memory."""

from __future__ import annotations

from vpcflow_core.bounded.base import MB, Limits, StoppedError, Why
from vpcflow_core.bounded.pool import Workers
from vpcflow_core.formats.base import LogFormat
from vpcflow_core.intake.judge import oversized
from vpcflow_core.intake.verdict import Verdict

WORKERS = Workers("vpcflow_core.intake.worker", most=2, warm=1)
# Reading takes two seconds for each MB that is packed with gzip, on one slow core.
SECONDS = 30.0
SECONDS_A_MB = 2.0
# Blocks of 16 MB become tables of ten times their size at most; the file itself is held twice.
MEMORY = 1024 * MB
COPIES = 2

_REFUSED: dict[Why, str] = {
    "time": "Reading it takes longer than {seconds:.0f} seconds. Split it into smaller files.",
    "memory": "Reading it needs more than {memory:,} MB of memory. Split it into smaller files.",
    "answer": "What there is to say of it is far too long. Is it a flow log?",
    "busy": "Other files are being read. Try again in a minute.",
    "ended": "It ended the process that read it. Is it a flow log?",
}


def judge_apart(name: str, data: bytes, limit: int, given: LogFormat | None = None) -> Verdict:
    """What becomes of a file; whatever it holds, this process goes on.

    Args:
        name: What the report calls it.
        data: Its content.
        limit: Its largest size, in MB; twenty times as much when unpacked.
        given: Fields of its lines, if they have no header.
    """
    if refused := oversized(data, limit):
        return Verdict(name, refused=refused)
    seconds = SECONDS + SECONDS_A_MB * len(data) / MB
    memory = MEMORY + COPIES * len(data)
    request = {"name": name, "limit": limit, "columns": given.columns if given else []}
    try:
        reply = WORKERS.ask(request, data, limits=Limits(seconds, memory, answer=8 * MB))
        return Verdict.unpacked(reply.data)
    except StoppedError as error:
        return Verdict(
            name, refused=_REFUSED[error.why].format(seconds=seconds, memory=memory // MB)
        )
    except (ValueError, TypeError, KeyError):
        return Verdict(name, refused=_REFUSED["ended"])


def rest() -> None:
    """End the process that waits for another file."""
    WORKERS.close()
