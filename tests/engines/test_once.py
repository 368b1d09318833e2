"""What is made of a question once."""

from __future__ import annotations

import gc
from datetime import UTC, datetime, timedelta

from sqlalchemy import SelectBase, literal, select

from vpcflow_core.engines.asked import question_for
from vpcflow_core.engines.once import OncePerQuestion
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.question import Query
from vpcflow_core.times import Window

START = datetime(2026, 11, 1, tzinfo=UTC)
DAY = Window(START, START + timedelta(days=1))
COLUMNS = ("srcaddr", "dstport", "protocol", "start_time")


def test_each_question_is_computed_once_and_forgotten_with_it() -> None:
    asked: list[int] = []

    def make(question: SelectBase) -> str:
        asked.append(id(question))
        return str(question)

    once, first, second = OncePerQuestion(make), select(literal(1)), select(literal(1))
    assert once(first) == once(first) == once(second)
    assert asked == [id(first), id(second)]
    del first, second
    gc.collect()
    assert not once._made


def test_equal_questions_are_one_object_and_others_are_not() -> None:
    query = Query(("flows",), by=("srcaddr",))
    text = {"dstport": "22"}
    first = question_for(query, DAY, Filters.parse(text), COLUMNS, None)
    assert question_for(query, DAY, Filters.parse(text), COLUMNS, None) is first
    written = Query(["flows"], by=["srcaddr"], where=[])  # type: ignore[arg-type]
    assert question_for(written, DAY, Filters.parse(text), COLUMNS, None) is first
    later = Window(DAY.start, DAY.end + timedelta(minutes=1))
    others = [
        question_for(Query(("flows",)), DAY, Filters.parse(text), COLUMNS, None),
        question_for(query, later, Filters.parse(text), COLUMNS, None),
        question_for(query, DAY, Filters.parse({"dstport": "!22"}), COLUMNS, None),
        question_for(query, DAY, Filters.parse(text), COLUMNS[:3], None),
    ]
    assert len({first, *others}) == 5
