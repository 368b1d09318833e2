"""Tries SQL escapes, decoys and runaway queries on a ground, and says what became of each."""

from __future__ import annotations

import time
from collections.abc import Iterator

from tests.attack.base import Outcome, sentence_fault
from tests.attack.escapes import DECOYS, ESCAPES, Escape
from tests.attack.ground import SECRET, Ground
from tests.attack.runaways import RUNAWAYS
from vpcflow_core.errors import VpcflowError

# Of a runaway query.
SECONDS = 1.0
# A process that was killed is replaced in half a second; on a busy machine in more.
GRACE = 9.0


def escapes(ground: Ground) -> Iterator[Outcome]:
    """Every escape must be refused; nothing may be read, changed or called."""
    for attack in ESCAPES:
        yield escape(ground, attack)


def escape(ground: Ground, attack: Escape) -> Outcome:
    """Run it, and look at the canaries."""
    before, start = ground.files(), time.monotonic()
    try:
        frame = ground.engine.run_text(ground.filled(attack.sql)).frame
        held, fault = "answered", f"it ran: {frame.head(2).to_csv(index=False)[:200]!r}"
    except VpcflowError as error:
        text = f"{error.what} {error.next_step}".strip()
        held, fault = text, sentence_fault(text)
        if SECRET in text:
            fault = "the error shows the secret"
    except Exception as error:
        held, fault = "", f"{type(error).__name__}: {error}"
    if ground.was_called():
        fault = "the network was called"
    if ground.files() != before:
        fault = "files were changed"
    return Outcome(attack.group, attack.sql, held, fault, time.monotonic() - start)


def decoys(ground: Ground) -> Iterator[Outcome]:
    """What only looks like an attack must run."""
    for sql in DECOYS:
        try:
            ground.engine.run_text(ground.filled(sql))
            yield Outcome("decoys that must run", sql, "answered")
        except Exception as error:
            yield Outcome("decoys that must run", sql, "", f"refused: {error}")


def runaways(ground: Ground) -> Iterator[Outcome]:
    """Every runaway query must end, in time, and the next question must be answered."""
    for group, queries in RUNAWAYS.items():
        for sql in queries:
            yield _runaway(ground, group, sql)


def _runaway(ground: Ground, group: str, sql: str) -> Outcome:
    start = time.monotonic()
    try:
        frame = ground.engine.run_text(sql).frame
        held, fault = f"answered, {len(frame):,} rows", ""
    except VpcflowError as error:
        held = f"{error.what} {error.next_step}".strip()
        fault = sentence_fault(held)
    except Exception as error:
        held, fault = "", f"{type(error).__name__}: {error}"[:300]
    seconds = time.monotonic() - start
    if seconds > SECONDS + GRACE:
        fault = f"it took {seconds:.1f} s"
    return Outcome(group, sql[:200], held, fault or _next(ground), seconds)


def _next(ground: Ground) -> str:
    """Why the question behind it had no answer; "" if it had."""
    for _ in range(3):  # a machine that does much else may need more than a second
        try:
            count = ground.engine.run_text("SELECT count(*) AS n FROM flows").frame["n"][0]
            return "" if count == 180 else f"the next question counts {count}"
        except VpcflowError as error:
            said = error.what
    return f"the next question fails: {said}"
