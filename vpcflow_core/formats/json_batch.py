"""Values of JSON that wait to become columns, and how they become these."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vpcflow_core.fields import ACCOUNT_DIGITS, column_name, is_account
from vpcflow_core.formats import flat
from vpcflow_core.formats.base import EVENT_ID, EVENT_TIME
from vpcflow_core.formats.bounds import MOST_CELLS
from vpcflow_core.formats.raw_lines import Lines
from vpcflow_core.formats.values import typed, typed_times

BATCH = 100_000


@dataclass(slots=True)
class Batch:
    """Values waiting to become columns."""

    lines: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    times: list[str | None] = field(default_factory=list)
    ids: list[str | None] = field(default_factory=list)
    beside: list[dict[str, Any]] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    row_numbers: list[int] = field(default_factory=list)
    row_times: list[str | None] = field(default_factory=list)
    ocsf: list[dict[str, Any]] = field(default_factory=list)
    ocsf_numbers: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.lines) + len(self.rows) + len(self.ocsf)

    @property
    def is_full(self) -> bool:
        """Whether its tables are large enough to be made."""
        return len(self) >= BATCH or len(self.rows) * len(self.keys) > MOST_CELLS

    def as_lines(self) -> Lines:
        """The lines, with what is beside them as columns."""
        # A line feed inside of a value is white space, not the end of a line.
        text = pa.array([line.replace("\n", " ") if "\n" in line else line for line in self.lines])
        beside = self._beside()
        if any(time is not None for time in self.times):
            beside[EVENT_TIME] = typed_times(pa.array(self.times, pa.string()))
        if any(ident is not None for ident in self.ids):
            beside[EVENT_ID] = pa.array(self.ids, pa.string())
        numbers = np.array(self.numbers, dtype=np.int64)
        return Lines(text.cast(pa.string()), numbers, pa.table(beside) if beside else None)

    def _beside(self) -> dict[str, pa.Array]:
        """What is beside the lines, typed; what many share is made into values once."""
        distinct = {id(extra): extra for extra in self.beside}
        names = dict.fromkeys(name for extra in distinct.values() for name in extra)
        if not names:
            return {}
        values = [{name: extra.get(name) for name in names} for extra in distinct.values()]
        table, _ = typed(_columns(values))
        place_of = {key: place for place, key in enumerate(distinct)}
        table = table.take(pa.array([place_of[id(extra)] for extra in self.beside]))
        return {name: table[name] for name in table.column_names}

    def as_columns(self) -> pa.Table:
        """The rows as columns of text, with the times of the events that they came in."""
        columns = _columns(self.rows)
        if any(time is not None for time in self.row_times):
            return columns.append_column(EVENT_TIME, pa.array(self.row_times, pa.string()))
        return columns


def _columns(rows: list[dict[str, Any]]) -> pa.Table:
    """The values of objects as columns of text, in the order in which the names first come."""
    found: dict[str, tuple[list[int], list[Any]]] = {}
    for place, row in enumerate(rows):
        for key, value in row.items():
            places, values = found.setdefault(key, ([], []))
            places.append(place)
            values.append(value)
    columns: dict[str, pa.Array] = {}
    for key, (places, values) in found.items():
        name = column_name(key)
        texts = [_text(value, is_account(name)) for value in values]
        text = flat.without_nulls(_spread(pa.array(texts, pa.string()), places, len(rows)))
        # Two spellings of one name: the first that has a value counts.
        columns[name] = pc.coalesce(columns[name], text) if name in columns else text
    return pa.table(columns)


def _spread(values: pa.Array, places: list[int], length: int) -> pa.Array:
    """The values at their places among `length` rows, null elsewhere."""
    if len(places) == length:
        return values
    indices = np.full(length, -1, dtype=np.int64)
    indices[places] = np.arange(len(places))
    return values.take(pa.array(indices, mask=indices < 0))


def _text(value: Any, account: bool) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return json.dumps(value)
    # A number has lost the zeros in front.
    return f"{value:0{ACCOUNT_DIGITS}}" if account and isinstance(value, int) else str(value)
