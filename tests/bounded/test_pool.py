"""A process with limits answers, or ends in one word, whatever the job does."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vpcflow_core.bounded.base import MB, Limits, Reply, StoppedError
from vpcflow_core.bounded.pool import Workers
from vpcflow_core.bounded.worker import Worker
from vpcflow_core.errors import QueryError

LIMITS = Limits(60, 100 * MB, answer=4 * MB)
JOB = "tests.bounded.jobs"
linux = sys.platform == "linux"


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    made = Workers(JOB, most=1, warm=1)
    yield made
    made.close()


def test_bytes_come_back_whole_and_the_process_is_kept(workers: Workers) -> None:
    data = bytes(range(256)) * 10_000
    first = workers.ask({"do": "echo"}, data, limits=LIMITS)
    assert (bytes(first.data), first.values["length"]) == (data, len(data))
    again = workers.ask({"do": "echo"}, limits=LIMITS)
    assert (bytes(again.data), again.values["pid"]) == (b"", first.values["pid"])


def test_an_error_of_ours_travels(workers: Workers) -> None:
    with pytest.raises(QueryError, match="No") as caught:
        workers.ask({"do": "refuse"}, limits=LIMITS)
    assert caught.value.next_step == "Ask again."


def test_what_a_job_prints_disturbs_nothing(workers: Workers) -> None:
    assert workers.ask({"do": "print"}, limits=LIMITS).values == {"read": ""}


def test_it_has_no_credentials_and_a_folder_of_its_own(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("VPCFLOW_STORE", "x")
    monkeypatch.setenv("HTTPS_PROXY", "x")
    workers.close()
    found = workers.ask({"do": "environment"}, limits=LIMITS).values
    assert not [n for n in found["names"] if n.startswith(("AWS", "VPCFLOW", "HTTP"))]
    assert found["inside"] == ["owner.lock"]
    workers.close()
    assert not Path(found["folder"]).exists()


@pytest.mark.parametrize("does", ["connect", "run"])
def test_it_reaches_no_network_and_starts_no_program(workers: Workers, does: str) -> None:
    assert workers.ask({"do": does}, limits=LIMITS).values == {"allowed": not linux}


STOPPED = {"flood": "answer", "crash": "ended", "fail": "ended", "lie": "ended"}
if linux:
    STOPPED["memory"] = "memory"


@pytest.mark.slow
@pytest.mark.parametrize("does", STOPPED)
def test_a_job_that_goes_beyond_its_limits_ends_in_a_word(workers: Workers, does: str) -> None:
    with pytest.raises(StoppedError) as caught:
        workers.ask({"do": does}, limits=LIMITS)
    assert caught.value.why == STOPPED[does]
    assert workers.ask({"do": "echo"}, b"after", limits=LIMITS).data == b"after"


@pytest.mark.slow
def test_who_waits_too_long_is_sent_away_and_what_runs_too_long_is_killed(
    workers: Workers,
) -> None:
    found: list[str] = []

    def ask(seconds: float) -> None:
        try:
            workers.ask({"do": "sleep"}, limits=Limits(seconds, MB))
        except StoppedError as error:
            found.append(error.why)

    first = threading.Thread(target=ask, args=(1.0,))
    first.start()
    while workers._free._value:
        pass
    ask(0.2)
    first.join()
    assert found == ["busy", "time"]


def test_a_process_that_was_killed_while_it_waited_is_replaced(workers: Workers) -> None:
    workers.ask({"do": "echo"}, limits=LIMITS)
    [waiting] = workers._waiting
    waiting._process.kill()
    waiting._process.wait()
    assert workers.ask({"do": "echo"}, b"new", limits=LIMITS).data == b"new"


def test_a_process_that_is_killed_as_it_answers_is_not_asked_again(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Worker._asked

    def late(self: Worker, *of: Any) -> Reply:
        reply = asked(self, *of)
        self._kill("time")
        return reply

    with monkeypatch.context() as patch:
        patch.setattr(Worker, "_asked", late)
        with pytest.raises(StoppedError) as caught:
            workers.ask({"do": "echo"}, b"late", limits=LIMITS)
    assert caught.value.why == "time"
    assert workers.ask({"do": "echo"}, b"next", limits=LIMITS).data == b"next"
