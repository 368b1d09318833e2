"""Several plain questions as one statement: the records are read once for all of them.

Each record is counted for each question that wants it, under the number of that question. Keys of
one place and type share a column, so that a statement has few; rows are sorted and cut there, as
those of the questions would be. Questions that differ in their values alone are one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import BigInteger, ColumnElement, Double, Integer, String, case, column, func
from sqlalchemy.sql import functions

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
# How many groups a question has, and how many of them have a value to be sorted by.
_COUNTS = ("all_groups", "ordered_groups")


@dataclass(frozen=True, slots=True)
class _Question:
    """Questions that differ in their values alone, with their words written out."""

    parts: Grouped
    conditions: tuple[str, ...]
    slots: tuple[str, ...]
    keys: tuple[str, ...]
    values: tuple[str, ...]
    shown: tuple[str, ...]
    order: str
    members: tuple[tuple[str, str], ...]
    since: str

    @property
    def rows(self) -> object:
        """What makes its rows: all but its values."""
        parts = self.parts
        cut = (self.shown, self.order, parts.top, parts.counted, self.members)
        by = parts.busiest and parts.busiest.by
        return (self.conditions, self.slots, self.keys, cut, by, self.since)


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
    questions = _different(asked)
    common = [c for c in questions[0].conditions if all(c in q.conditions for q in questions)]
    keys = _keys(questions)
    values = _values(questions)
    wanted = _case(questions, lambda q: _all_of(c for c in q.conditions if c not in common), "true")
    shown = _case(questions, lambda q: _all_of(q.shown), "true")
    lines = [f"{sql} AS {slot}" for slot, sql in keys.items()]
    elements = _elements(asked)
    lines += [f"{_value(sql, questions, elements)} AS {name}" for sql, name in values.items()]
    numbers = ", ".join(map(str, range(len(questions))))
    groups = ", ".join(map(str, range(1, 2 + len(keys))))
    within = [sql for sql in map(written_out, inside) if sql not in common]
    conditions = "\n  AND ".join(f"({c})" for c in [*within, *common, wanted])
    made = (  # our own text
        f"SELECT {NUMBER}, "
        + ",\n  ".join(lines)
        + f"\nFROM {asked[0].relation} CROSS JOIN UNNEST(ARRAY[{numbers}]) AS t({NUMBER})"
        f"{_members(questions)}\nWHERE {conditions}\nGROUP BY {groups}\nHAVING {shown}"
    )
    return _cut(questions, made, list(keys), values)


def taken_apart(asked: Sequence[Grouped], table: pa.Table) -> list[pa.Table | None]:
    """The answers of the questions, in their order; None for one that has to be asked by itself.

    That is a question for one row, or for what is counted of its groups, where there is no group:
    it has a row of zeros.
    """
    questions = _different(asked)
    values = _values(questions)
    numbers = {question.rows: number for number, question in enumerate(questions)}
    rows = [table.filter(pc.equal(table[NUMBER], number)) for number in range(len(questions))]
    return [_answer(one, rows[numbers[one.rows]], values) for one in map(_question, asked)]


def _cut(
    questions: Sequence[_Question], made: str, keys: Sequence[str], values: Mapping[str, str]
) -> str:
    """The rows that the questions want, of a SELECT of all groups, in order."""
    ranked = {number: q for number, q in enumerate(questions) if q.parts.busiest}
    if ranked:
        made = f"SELECT *, {_totals(ranked, keys, values)}\nFROM ({made})"
    order = _case(questions, lambda q: _order(q, values), "0")
    among = list(map(str, ranked))
    places = ", ".join([f"{order} DESC", *(_place(key, ranked, among) for key in keys)])
    counts = ""
    if any(q.parts.counted for q in questions):
        counts = "".join(
            f", count({what}) OVER (PARTITION BY {NUMBER}) AS {name}"
            for what, name in zip(("*", order), _COUNTS, strict=True)
        )
    listed = ", ".join([NUMBER, *keys, *values.values(), *(_COUNTS if counts else ())])
    rank = f"dense_rank() OVER (PARTITION BY {NUMBER} ORDER BY {places})"
    limit = _case(questions, lambda q: str(q.parts.top or _ALL), str(_ALL))
    real = f" AND ({NUMBER} NOT IN ({', '.join(among)}) OR total IS NOT NULL)" if ranked else ""
    first = (
        f"CASE WHEN {NUMBER} IN ({', '.join(among)}) THEN 0 ELSE place END" if ranked else "place"
    )
    return (
        f"SELECT {listed}\nFROM (SELECT *, {rank} AS place{counts}\nFROM ({made}))"
        f"\nWHERE place <= {limit}{real}\nORDER BY {', '.join([NUMBER, first, *keys])}"
    )


def _totals(ranked: Mapping[int, _Question], keys: Sequence[str], values: Mapping[str, str]) -> str:
    """What the groups of rows are ranked by: the order of their rows added up."""
    cases = []
    for number, question in ranked.items():
        value = values[question.order]
        if question.since:
            value = f"CASE WHEN {question.slots[0]} >= {question.since} THEN {value} END"
        cases.append(f"WHEN {number} THEN {value}")
    of_group = [key for key in keys if any(key in _grouping(q) for q in ranked.values())]
    by = ", ".join([NUMBER, *(_only(key, ranked) for key in of_group)])
    return f"sum(CASE {NUMBER} {' '.join(cases)} END) OVER (PARTITION BY {by}) AS total"


def _only(key: str, ranked: Mapping[int, _Question]) -> str:
    """A column of keys, for those questions that group by it."""
    mine = [str(number) for number, question in ranked.items() if key in _grouping(question)]
    return f"CASE WHEN {NUMBER} IN ({', '.join(mine)}) THEN {key} END"


def _place(key: str, ranked: Mapping[int, _Question], among: Sequence[str]) -> str:
    """A column of keys as rows are sorted by it: those of the same of the busiest groups alike."""
    others = [
        n for n in among if key in ranked[int(n)].slots and key not in _grouping(ranked[int(n)])
    ]
    return f"CASE WHEN {NUMBER} NOT IN ({', '.join(others)}) THEN {key} END" if others else key


def _grouping(question: _Question) -> list[str]:
    """The columns of keys that make a group of rows."""
    by = question.parts.busiest.by if question.parts.busiest else ()
    named = zip(question.parts.keys, question.slots, strict=True)
    return [slot for (name, _), slot in named if name in by]


def _members(questions: Sequence[_Question]) -> str:
    """The joins that give a row for each member of the lists that questions group by."""
    wanted = {name: sql for q in questions for name, sql in q.members}
    joins = []
    for name, sql in wanted.items():
        mine = [str(n) for n, q in enumerate(questions) if name in dict(q.members)]
        one = "ARRAY[CAST(NULL AS varchar)]"
        some = f"CASE WHEN {NUMBER} IN ({', '.join(mine)}) THEN {sql} ELSE {one} END"
        joins.append(f"\n  CROSS JOIN UNNEST({some}) AS members_of_{name}({name})")
    return "".join(joins)


def _answer(question: _Question, rows: pa.Table, values: Mapping[str, str]) -> pa.Table | None:
    if not len(rows) and (not question.keys or question.parts.counted):
        return None
    columns = [rows[slot] for slot in question.slots]
    for at, (_, key) in enumerate(question.parts.keys):
        if isinstance(key.type, Integer) and not isinstance(key.type, BigInteger):
            columns[at] = columns[at].cast(pa.int32())
    columns += [rows[values[sql]] for sql in question.values]
    columns += [rows[name] for name in _COUNTS if question.parts.counted]
    return pa.table(columns, names=list(names_of(question.parts)))


def _different(asked: Sequence[Grouped]) -> list[_Question]:
    """The questions, those whose rows are the same as one with the values of all of them."""
    found: dict[object, _Question] = {}
    for one in map(_question, asked):
        same = found.get(one.rows)
        values = dict.fromkeys((*(same.values if same else ()), *one.values))
        found[one.rows] = replace(same or one, values=tuple(values))
    return list(found.values())


def _question(parts: Grouped) -> _Question:
    since = parts.busiest.since if parts.busiest else None
    return _Question(
        parts,
        tuple(map(written_out, parts.conditions)),
        tuple(f"{_kind(key)}{at}" for at, (_, key) in enumerate(parts.keys)),
        tuple(written_out(key) for _, key in parts.keys),
        tuple(written_out(value.element) for value in parts.values),
        tuple(map(written_out, parts.having)),
        "" if parts.order is None else written_out(parts.order.element),
        tuple((name, written_out(of)) for name, of in parts.members),
        "" if since is None else written_out(since),
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
    asked = [sql for q in questions for sql in (*q.values, q.order) if sql]
    return {sql: f"value{at}" for at, sql in enumerate(dict.fromkeys(asked))}


def _value(sql: str, questions: Sequence[_Question], elements: Mapping[str, Any]) -> str:
    """A value; one that takes much is made for those questions alone that ask for it."""
    mine = [n for n, q in enumerate(questions) if sql in (*q.values, q.order)]
    element = elements[sql]
    is_mine = column(NUMBER, Integer()).in_(mine)
    if len(mine) == len(questions):
        return sql
    if isinstance(element, Quantile):
        value, share = element.clauses
        return written_out(Quantile(case((is_mine, value), else_=None), share.value))
    if isinstance(element, functions.sum) and isinstance(element.type, Double):
        # Not by FILTER, for which the value would be worked out of every record all the same.
        (value,) = element.clauses
        return written_out(func.sum(case((is_mine, value), else_=None), type_=Double()))
    takes_much = sql.startswith("count(DISTINCT") or isinstance(element.type, Double)
    return written_out(element.filter(is_mine)) if takes_much else sql


def _elements(asked: Iterable[Grouped]) -> dict[str, Any]:
    """What values are, by their words."""
    labels = [value for one in asked for value in (*one.values, one.order) if value is not None]
    return {written_out(value.element): value.element for value in labels}


def _order(question: _Question, values: Mapping[str, str]) -> str:
    if question.parts.busiest:
        return "total"
    return values[question.order] if question.order else "0"


def _all_of(conditions: Iterable[str]) -> str:
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
