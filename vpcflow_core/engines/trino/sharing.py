"""Questions that a page asks at nearly the same time, answered by few statements."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, TypeAlias

import pandas as pd
from sqlalchemy import Select

from vpcflow_core.engines.frames import frame_of
from vpcflow_core.engines.interfaces.cache import days_of
from vpcflow_core.engines.interfaces.completion import KNOWN
from vpcflow_core.engines.named import columns_named
from vpcflow_core.engines.trino.client import Reply, TooMuchError
from vpcflow_core.engines.trino.companions import Companions
from vpcflow_core.engines.trino.shared import combined, is_shareable, taken_apart
from vpcflow_core.engines.trino.windows import hull, scans_of
from vpcflow_core.errors import VpcflowError
from vpcflow_core.query.columns import started
from vpcflow_core.query.grouped import Parts, parts_of
from vpcflow_core.times import Window

# Rows, and sentences to show with them.
Answer: TypeAlias = tuple[pd.DataFrame, tuple[str, ...]]
# By question; or why there is none.
Answers: TypeAlias = "dict[Hashable, Answer | VpcflowError]"
# Gives the whole statement of a text over the relations that questions name, of a range.
Statement: TypeAlias = Callable[[str, Sequence[Select[Any]], Window], str]
TOGETHER = "{} That is for {} charts of this page at once."


@dataclass(frozen=True, slots=True)
class Asking:
    """How the questions of a page are asked.

    Attributes:
        page: What questions have in common that may be asked at once.
        is_once: Whether each flow counts once, which is known of just the range of a question.
        statement: The whole statement of a text over the relations that questions name.
        ask: Asks a statement.
        longest: Most bytes that a statement may have.
    """

    page: tuple[Hashable, ...]
    is_once: bool
    statement: Statement
    ask: Callable[[str], Reply]
    longest: int


@dataclass(frozen=True, slots=True)
class Companion:
    """A question that may be asked together with others.

    Attributes:
        question: Its SELECT.
        parts: What that is made of.
        text: The SELECT, written out.
        window: The range of time it touches.
        known_of: The range that is asked for what is known of it; None: none is.
    """

    question: Select[Any]
    parts: Parts
    text: str
    window: Window
    known_of: Window | None


class Sharing:
    """Gathers the questions of pages; safe to share between threads."""

    def __init__(self) -> None:
        self._groups: Companions[Companion, Answer | VpcflowError] = Companions()

    def asks(
        self, question: Select[Any], text: str, window: Window, asking: Asking
    ) -> Callable[[], Answer] | None:
        """What answers a question together with others; None for one that is asked by itself.

        Args:
            question: The SELECT.
            text: The SELECT, written out.
            window: The range of time it touches.
            asking: How questions of its page are asked.
        """
        parts = parts_of(question)
        if parts is None or not all(map(is_shareable, parts.grouped)):
            return None
        known_of = None
        if asking.is_once:
            known_of = window
        elif not columns_named(question).isdisjoint(KNOWN):
            known_of = days_of(window)
        one = Companion(question, parts, text, window, known_of)
        page = (*asking.page, parts.grouped[0].relation)
        return lambda: _answer(self._groups.ask(page, one, lambda all_: _together(all_, asking)))


def _answer(found: Answer | VpcflowError) -> Answer:
    if isinstance(found, VpcflowError):
        raise found
    return found


def answer_of(reply: Reply, count: int = 1) -> Answer:
    """What a reply tells, which is that of several questions."""
    return frame_of(reply.table), _notes_of(reply, count)


def _notes_of(reply: Reply, count: int) -> tuple[str, ...]:
    return tuple(TOGETHER.format(note, count) if count > 1 else note for note in reply.notes)


def _together(asked: Sequence[Companion], asking: Asking) -> list[Answer | VpcflowError]:
    """The answers to questions that group records, in few statements; or why there is none."""
    # In the order of their texts: an engine that keeps results knows the statement again.
    different = sorted({_key(one): one for one in asked}.values(), key=_key)
    answers: dict[Hashable, Answer | VpcflowError] = {}
    for scan in scans_of([(one.window, one.known_of) for one in different]):
        answers |= _or_less([different[place] for place in sorted(scan.members)], asking)
    return [answers[_key(one)] for one in asked]


def _or_less(some: Sequence[Companion], asking: Asking) -> Answers:
    """The answers; where one statement would need too much, those about shorter ranges apart."""
    try:
        return _at_once(some, asking)
    except TooMuchError as error:
        if len(some) == 1:
            return {_key(some[0]): error}
    except VpcflowError as error:
        return {_key(one): error for one in some}
    answers: dict[Hashable, Answer | VpcflowError] = {}
    for part in _parted(some):
        try:
            answers |= _at_once(part, asking)
        except VpcflowError as error:
            answers |= {_key(one): error for one in part}
    return answers


def _parted(some: Sequence[Companion]) -> tuple[Sequence[Companion], Sequence[Companion]]:
    """The questions about the longest range, and the others; halves, where there are no others."""
    longest = max(one.window.length for one in some)
    others = [one for one in some if one.window.length < longest]
    if not others:
        return some[: len(some) // 2], some[len(some) // 2 :]
    return others, [one for one in some if one.window.length == longest]


def _key(one: Companion) -> tuple[str, str]:
    return one.text, str(one.window)


def _at_once(some: Sequence[Companion], asking: Asking) -> Answers:
    """The answers to questions about parts of a range, which is read once."""
    if len(some) == 1:
        return {_key(some[0]): _alone(some[0], asking)}
    window = reduce(hull, (one.window for one in some))
    grouped = [part for one in some for part in one.parts.grouped]
    text = combined(grouped, started(window))
    statement = asking.statement(text, [one.question for one in some], window)
    if len(statement.encode()) > asking.longest:
        halves = some[: len(some) // 2], some[len(some) // 2 :]
        return {k: v for half in halves for k, v in _at_once(half, asking).items()}
    reply = asking.ask(statement)
    notes, rows = _notes_of(reply, len(some)), iter(taken_apart(grouped, reply.table))
    answers: dict[Hashable, Answer | VpcflowError] = {}
    for one in some:
        mine = [next(rows) for _ in one.parts.grouped]
        frames = [frame_of(each) for each in mine if each is not None]
        whole = len(frames) == len(mine)
        answers[_key(one)] = (one.parts.finish(frames), notes) if whole else _alone(one, asking)
    return answers


def _alone(one: Companion, asking: Asking) -> Answer:
    return answer_of(asking.ask(asking.statement(one.text, [one.question], one.window)))
