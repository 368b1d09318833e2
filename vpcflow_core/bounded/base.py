"""What a bounded process may use, what it gives back, and why it was stopped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

MB = 2**20

# `busy`: others ran all the time; `ended`: it died by itself; `wanted`: whoever asked stopped it.
Why = Literal["time", "memory", "answer", "busy", "ended", "wanted"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may use.

    Attributes:
        seconds: Of time, from the request to the whole answer; None: no limit.
        memory: Bytes of address space beyond those of a process that waits; Linux alone holds it.
        answer: Bytes of the answer's data.
    """

    seconds: float | None
    memory: int
    answer: int = 64 * MB


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer.

    Attributes:
        values: What the job returned.
        data: What it sent before.
    """

    values: dict[str, Any]
    data: memoryview


class StoppedError(Exception):
    """A request had no answer within its limits; callers say it in words of their own."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why: Why = why
