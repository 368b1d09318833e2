"""Runs mutated files through worker processes, each file within its budget of time and memory."""

from __future__ import annotations

import os
import resource
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from tests.fuzz.judge import Verdict, judged
from tests.fuzz.mutations import mutant

SECONDS = 5.0  # of processor time, so that what else runs on the machine does not count
MEGABYTES = 500  # of the whole process, at its highest
_KILLED_AFTER = 60  # seconds by the clock
_ADDRESS_SPACE = 8 * 2**30
_STATUS = Path("/proc/self/status")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the file of a number."""

    seed: int
    form: str
    steps: tuple[str, ...]
    size: int
    verdict: Verdict
    seconds: float
    megabytes: float

    @property
    def fault(self) -> str:
        """What is wrong; "" if nothing is."""
        if self.verdict.fault:
            return self.verdict.fault
        if self.seconds > SECONDS:
            return f"it took {self.seconds:.1f} s"
        if self.megabytes > MEGABYTES:
            return f"it took {self.megabytes:,.0f} MB"
        return ""


def one(seed: int) -> Outcome:
    """Make the file of a number, read it, and measure that."""
    made = mutant(seed)
    _forget_peak()
    start = time.process_time()
    verdict = judged(made.data)
    seconds = time.process_time() - start
    return Outcome(seed, made.form, made.steps, len(made.data), verdict, seconds, _peak())


def outcomes(seeds: range, workers: int) -> Iterator[Outcome]:
    """The outcomes of all numbers, as they come; a process that ends is a failure of its file."""
    left = [list(seeds[place::workers])[::-1] for place in range(workers)]
    running = {pipe: place for place in range(workers) if (pipe := _start(left[place]))}
    while running:
        for pipe in wait(list(running)):
            place = running[pipe]
            try:
                found = pipe.recv()
            except EOFError:  # the process has ended, at the next of its numbers or at the end
                del running[pipe]
                if not left[place]:
                    continue
                found = _ended(left[place][-1])
                running[_start(left[place][:-1])] = place
            left[place].pop()
            yield found


def _start(seeds: list[int]) -> Connection:
    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    context.Process(target=_work, args=(seeds[::-1], theirs), daemon=True).start()
    theirs.close()
    return ours


def _work(seeds: list[int], pipe: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for seed in seeds:
        signal.alarm(_KILLED_AFTER)  # nobody handles it, so it ends the process
        pipe.send(one(seed))
    signal.alarm(0)
    os._exit(0)


def _ended(seed: int) -> Outcome:
    made = mutant(seed)
    verdict = Verdict("its process ended: crashed, or killed after a minute")
    return Outcome(seed, made.form, made.steps, len(made.data), verdict, 0.0, 0.0)


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _peak() -> float:
    fields: dict[str, Any] = dict(
        line.split(":", 1) for line in _STATUS.read_text().splitlines() if ":" in line
    )
    return int(fields["VmHWM"].split()[0]) / 1024
