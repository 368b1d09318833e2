"""Several plain questions as one statement: the records are read once for all of them.

Each record is counted for each question that wants it, under the number of that question. Keys of
one place and type share a column, so that a statement has few; rows are sorted and cut there, as
those of the questions would be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import BigInteger, ColumnElement, Integer, String, case, column

from vpcflow_core.engines.trino.dialect import written_out
from vpcflow_core.query.columns import Instant
from vpcflow_core.query.constructs import Quantile
from vpcflow_core.query.grouped import Grouped, names_of

NUMBER = "question"
_ALL = 2**63 - 1
# What keys and values are named after; the types are those of the field table.
_KINDS: tuple[tuple[type[Any], str, str], ...] = (
    (Instant, "time", "timestamp(3)"),
    (Integer, "number", "bigint"),
    (String, "text", "varchar"),
)


@dataclass(frozen=True, slots=True)
class _Question:
    """A question with its words written out."""

    parts: Grouped
    conditions: tuple[str, ...]
    slots: tuple[str, ...]
    keys: tuple[str, ...]
    values: tuple[str, ...]


def is_shareable(parts: Grouped) -> bool:
    """Whether the question can be one of several."""
    kinds = [_kind(key) for _, key in parts.keys]
    return None not in kinds and (parts.order is None or not isinstance(parts.order.type, Instant))


def combined(asked: Sequence[Grouped], inside: Sequence[ColumnElement[bool]] = ()) -> str:
    """The one statement; all questions are about the same relation.

    Args:
        asked: The questions.
        inside: Conditions that hold for the records of all of them.

    Returns:
        SQL whose rows `taken_apart` gives back to the questions.
    """
    questions = [_question(parts) for parts in asked]
    common = [c for c in questions[0].conditions if all(c in q.conditions for q in questions)]
    keys = _keys(questions)
    values = _values(questions)
    wanted = _case(questions, lambda q: _all_of(c for c in q.conditions if c not in common), "true")
    shown = _case(questions, lambda q: _all_of(map(written_out, q.parts.having)), "true")
    order = _case(questions, lambda q: _order(q, values), "0")
    places = ", ".join([f"{order} DESC", *keys])
    lines = [f"{sql} AS {slot}" for slot, sql in keys.items()]
    lines += [f"{_value(sql, questions)} AS {name}" for sql, name in values.items()]
    numbers = ", ".join(map(str, range(len(questions))))
    groups = ", ".join(map(str, range(1, 2 + len(keys))))
    within = [sql for sql in map(written_out, inside) if sql not in common]
    conditions = "\n  AND ".join(f"({c})" for c in [*within, *common, wanted])
    listed = ", ".join([NUMBER, *keys, *values.values()])
    rank = f"row_number() OVER (PARTITION BY {NUMBER} ORDER BY {places})"
    limit = _case(questions, lambda q: str(q.parts.top or _ALL), str(_ALL))
    return (  # our own text
        f"SELECT {listed}\nFROM (SELECT *, {rank} AS place\nFROM (SELECT {NUMBER}, "
        + ",\n  ".join(lines)
        + f"\nFROM {asked[0].relation} CROSS JOIN UNNEST(ARRAY[{numbers}]) AS t({NUMBER})"
        f"\nWHERE {conditions}\nGROUP BY {groups}\nHAVING {shown}))"
        f"\nWHERE place <= {limit}\nORDER BY {NUMBER}, place"
    )


def taken_apart(asked: Sequence[Grouped], table: pa.Table) -> list[pa.Table | None]:
    """The answers of the questions, in their order; None for one that has to be asked by itself.

    That is a question for one row, where no record meets its conditions: it has a row of zeros.
    """
    questions = [_question(parts) for parts in asked]
    values = _values(questions)
    return [
        _answer(question, table.filter(pc.equal(table[NUMBER], number)), values)
        for number, question in enumerate(questions)
    ]


def _answer(question: _Question, rows: pa.Table, values: Mapping[str, str]) -> pa.Table | None:
    if not question.keys and not len(rows):
        return None
    columns = [rows[slot] for slot in question.slots]
    for at, (_, key) in enumerate(question.parts.keys):
        if isinstance(key.type, Integer) and not isinstance(key.type, BigInteger):
            columns[at] = columns[at].cast(pa.int32())
    columns += [rows[values[sql]] for sql in question.values]
    return pa.table(columns, names=list(names_of(question.parts)))


def _question(parts: Grouped) -> _Question:
    return _Question(
        parts,
        tuple(map(written_out, parts.conditions)),
        tuple(f"{_kind(key)}{at}" for at, (_, key) in enumerate(parts.keys)),
        tuple(written_out(key) for _, key in parts.keys),
        tuple(written_out(value.element) for value in parts.values),
    )


def _keys(questions: Sequence[_Question]) -> dict[str, str]:
    """The columns of keys, by place and type, each with what it is for each question."""
    slots = sorted({slot for q in questions for slot in q.slots}, key=lambda s: (s[-1], s))
    types = {kind: sql for _, kind, sql in _KINDS}
    return {
        slot: f"CAST({_case(questions, lambda q, slot=slot: _key(q, slot), 'NULL')} "  # type: ignore[misc]
        f"AS {types[slot[:-1]]})"
        for slot in slots
    }


def _key(question: _Question, slot: str) -> str:
    return dict(zip(question.slots, question.keys, strict=True)).get(slot, "NULL")


def _values(questions: Sequence[_Question]) -> dict[str, str]:
    """The values of all questions, each once, with the names of their columns."""
    asked = [sql for q in questions for sql in (*q.values, *_ranked(q))]
    return {sql: f"value{at}" for at, sql in enumerate(dict.fromkeys(asked))}


def _value(sql: str, questions: Sequence[_Question]) -> str:
    """A value; one that keeps what it saw is made for those questions alone that ask for it."""
    mine = [n for n, q in enumerate(questions) if sql in (*q.values, *_ranked(q))]
    parts = questions[mine[0]].parts
    labels = (*parts.values, *([parts.order] if parts.order is not None else []))
    element: Any = next(v.element for v in labels if written_out(v.element) == sql)
    is_mine = column(NUMBER, Integer()).in_(mine)
    if len(mine) == len(questions):
        return sql
    if isinstance(element, Quantile):
        value, share = element.clauses
        return written_out(Quantile(case((is_mine, value), else_=None), share.value))
    return written_out(element.filter(is_mine)) if sql.startswith("count(DISTINCT") else sql


def _ranked(question: _Question) -> Iterator[str]:
    if question.parts.order is not None:
        yield written_out(question.parts.order.element)


def _order(question: _Question, values: Mapping[str, str]) -> str:
    return next((values[sql] for sql in _ranked(question)), "0")


def _all_of(conditions: Iterator[str]) -> str:
    return " AND ".join(f"({condition})" for condition in conditions) or "true"


def _case(questions: Sequence[_Question], sql: Callable[[_Question], str], otherwise: str) -> str:
    """What a text is for each question, where it is not the same for all."""
    texts = [sql(question) for question in questions]
    if len(set(texts)) == 1:
        return texts[0]
    cases = [f"WHEN {n} THEN {t}" for n, t in enumerate(texts) if t != otherwise]
    return f"CASE {NUMBER} {' '.join(cases)} ELSE {otherwise} END"


def _kind(key: ColumnElement[Any]) -> str | None:
    return next((name for kind, name, _ in _KINDS if isinstance(key.type, kind)), None)
