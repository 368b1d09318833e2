"""Questions that a page asks at nearly the same time, answered by few statements."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import pandas as pd
from sqlalchemy import Select

from vpcflow_core.engines.frames import frame_of
from vpcflow_core.engines.interfaces.completion import KNOWN
from vpcflow_core.engines.named import columns_named
from vpcflow_core.engines.trino.client import Reply
from vpcflow_core.engines.trino.companions import Companions
from vpcflow_core.engines.trino.dialect import written_out
from vpcflow_core.engines.trino.shared import combined, is_shareable, taken_apart
from vpcflow_core.engines.trino.windows import scans_of
from vpcflow_core.query.columns import started
from vpcflow_core.query.grouped import Grouped, parts_of
from vpcflow_core.query.spread import Spreading, spreading_of
from vpcflow_core.times import Window

# Rows, and sentences to show with them.
Answer: TypeAlias = tuple[pd.DataFrame, tuple[str, ...]]
Statement: TypeAlias = Callable[[str, Sequence[Select[Any]], Window], str]
TOGETHER = "{} That is for {} charts of this page at once."


@dataclass(frozen=True, slots=True)
class Asking:
    """How the questions of a page are asked.

    Attributes:
        page: What questions have in common that may be asked at once.
        is_once: Whether each flow counts once, which is known of just the range of a question.
        statement: The whole statement of a text over the relations that questions name, of a range.
        ask: Asks a statement.
    """

    page: tuple[Hashable, ...]
    is_once: bool
    statement: Statement
    ask: Callable[[str], Reply]


@dataclass(frozen=True, slots=True)
class Companion:
    """A question that may be asked together with others.

    Attributes:
        question: Its SELECT.
        parts: What that is made of.
        sql: The whole statement, for when it is asked alone.
        window: The range of time it touches.
        is_fixed: Whether it asks for what is known of just that range.
    """

    question: Select[Any]
    parts: Grouped
    sql: str
    window: Window
    is_fixed: bool


class Sharing:
    """Gathers the questions of pages; safe to share between threads."""

    def __init__(self) -> None:
        self._groups: Companions[Companion, Answer] = Companions()
        self._spreads: Companions[Spreading, Answer] = Companions()

    def asks(
        self, question: Select[Any], sql: str, window: Window, asking: Asking
    ) -> Callable[[], Answer] | None:
        """What answers a question together with others; None for one that is asked by itself.

        Args:
            question: The SELECT.
            sql: The whole statement, for when it is asked alone.
            window: The range of time it touches.
            asking: How questions of its page are asked.
        """
        if (spread := spreading_of(question)) is not None:
            page = (*asking.page, window, written_out(spread.of(())))
            return lambda: self._spreads.ask(
                page, spread, lambda asked: _spread(asked, window, asking)
            )
        parts = parts_of(question)
        if parts is None or not is_shareable(parts):
            return None
        is_fixed = asking.is_once or not columns_named(question).isdisjoint(KNOWN)
        one = Companion(question, parts, sql, window, is_fixed)
        page = (*asking.page, parts.relation)
        return lambda: self._groups.ask(page, one, lambda asked: _together(asked, asking))


def answer_of(reply: Reply, count: int = 1) -> Answer:
    """What a reply tells, which is that of several questions."""
    notes = (TOGETHER.format(note, count) if count > 1 else note for note in reply.notes)
    return frame_of(reply.table), tuple(notes)


def _spread(asked: Sequence[Spreading], window: Window, asking: Asking) -> list[Answer]:
    """The answers to questions that spread measures of the same records in the same way."""
    measures = {of.name: (of, total) for one in asked for of, total in one.asked.measures}
    question = asked[0].of([measures[name] for name in sorted(measures)])
    reply = asking.ask(asking.statement(written_out(question), [question], window))
    frame, notes = answer_of(reply, len({tuple(one.names) for one in asked}))
    return [(frame[one.names], notes) for one in asked]


def _together(asked: Sequence[Companion], asking: Asking) -> list[Answer]:
    """The answers to questions that group records, in few statements."""
    # In the order of their texts: an engine that keeps results knows the statement again.
    different = sorted({one.sql: one for one in asked}.values(), key=lambda one: one.sql)
    answers: dict[str, Answer] = {}
    for scan in scans_of([(one.window, one.is_fixed) for one in different]):
        some = [different[place] for place in sorted(scan.members)]
        answers |= _at_once(some, scan.window, asking)
    return [answers[one.sql] for one in asked]


def _at_once(some: Sequence[Companion], window: Window, asking: Asking) -> dict[str, Answer]:
    """The answers, by statement, to questions about parts of a range, which is read once."""
    if len(some) == 1:
        return {some[0].sql: answer_of(asking.ask(some[0].sql))}
    parts = [one.parts for one in some]
    text = combined(parts, started(window))
    reply = asking.ask(asking.statement(text, [one.question for one in some], window))
    notes = answer_of(reply, len(some))[1]
    return {
        one.sql: answer_of(asking.ask(one.sql)) if rows is None else (frame_of(rows), notes)
        for one, rows in zip(some, taken_apart(parts, reply.table), strict=True)
    }
