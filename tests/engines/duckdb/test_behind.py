"""What is made for later questions waits until no question is asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from threading import Event
from typing import Any

import duckdb
import pytest

from vpcflow_core.engines.base import Ask
from vpcflow_core.engines.duckdb import behind
from vpcflow_core.engines.duckdb.behind import Behind


def asked(sql: str, tables: Any) -> Any:
    raise AssertionError(sql)


def steps(*done: Callable[[], object]) -> Callable[[Ask], Iterator[None]]:
    """Work of some steps."""

    def work(_: Ask) -> Iterator[None]:
        for step in done:
            step()
            yield

    return work


@pytest.fixture(autouse=True)
def soon_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(behind, "QUIET", 0.02)


def test_work_is_done_once_no_question_is_asked() -> None:
    later, done = Behind(asked), Event()
    with later.asked():
        later.later("a", steps(done.set))
        assert not done.wait(0.2)
    assert done.wait(10)


def test_a_question_comes_between_two_steps() -> None:
    later, first, second, goes_on = Behind(asked), Event(), Event(), Event()
    later.later("a", steps(lambda: (first.set(), goes_on.wait(10)), second.set))
    assert first.wait(10)
    with later.asked():
        goes_on.set()
        assert not second.wait(0.2)
    assert second.wait(10)


def test_the_same_work_is_done_once() -> None:
    later, done = Behind(asked), []
    for name in ("a", "b", "a"):
        later.later(name, steps(lambda name=name: done.append(name)))  # type: ignore[misc]
    later.finish()
    later.later("a", steps(lambda: done.append("again")))
    later.finish()
    assert done == ["a", "b"]


def test_work_that_fails_leaves_the_rest_to_be_done() -> None:
    def fail() -> None:
        raise duckdb.IOException("no such file")

    later, done = Behind(asked), Event()
    later.later("a", steps(fail, fail))
    later.later("b", steps(done.set))
    later.finish()
    assert done.is_set()


def test_nothing_is_done_once_it_is_closed() -> None:
    later, done = Behind(asked), Event()
    later.later("a", steps(done.set))
    later.close()
    later.later("b", steps(done.set))
    later.finish()
    time.sleep(0.1)
    assert not done.is_set()


def test_long_work_goes_on_when_it_is_wanted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(behind, "LONGEST", -1.0)
    later, rest = Behind(asked), iter("abc")
    done: list[str] = []
    for expected in ("a", "ab", "abc"):
        later.later("work", lambda _: (done.append(step) for step in rest))
        later.finish()
        assert "".join(done) == expected
