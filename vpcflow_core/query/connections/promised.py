"""The first connections of many, of arrays of their records.

A five-tuple of one record is one connection. Of the others those are cut that promise enough, as
`promises.py` has it, by the rule of `gathered.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from vpcflow_core.query.connections.briefs import (
    Columns,
    Highest,
    Ints,
    columns_of,
    first,
    joined,
    order_of,
)
from vpcflow_core.query.connections.promises import ENDLESS, TRAITS
from vpcflow_core.query.connections.repeated import Repeated
from vpcflow_core.query.connections.words import IDLE, IDLE_TCP

# Parts in which five-tuples are sorted and cut: it takes 100 bytes a record.
PARTS = 16
# Five-tuples that are cut first, for each connection that is wanted.
TRIED = 4


@dataclass(frozen=True, slots=True)
class FiveTuples:
    """Records gathered by their number.

    Attributes:
        rows: The records, those of one number together; with `idle`, the silence that ends their
            connection.
        starts: Where each number begins.
        sizes: How many records each has.
    """

    rows: Columns
    starts: Ints
    sizes: Ints

    def only(self, chosen: Ints) -> FiveTuples:
        """Some of them, in this order."""
        sizes = self.sizes[chosen]
        starts = np.cumsum(sizes) - sizes
        places = np.repeat(self.starts[chosen] - starts, sizes) + np.arange(sizes.sum())
        return FiveTuples({n: column[places] for n, column in self.rows.items()}, starts, sizes)

    def most(self, name: str) -> Ints:
        """The highest value of each."""
        return np.maximum.reduceat(self.rows[name], self.starts)


def promised(
    brief: pa.RecordBatchReader, repeated: Repeated, order: str, wanted: int, most: int
) -> pa.Table:
    """The first connections.

    Args:
        brief: The records as `promises.brief_for` gives them.
        repeated: Which of them may have another one of their connection.
        order: `duration`, `records` or `start`.
        wanted: How many connections; of those that are equal to the last one all are given.
        most: How many rows at most.

    Returns:
        number, value, since, is_cut, as `promises.promises_for` has them; all are cut.
    """
    nothing = columns_of(pa.RecordBatch.from_pylist([], brief.schema))
    alone, several = Highest(most), [[dict(nothing)] for _ in range(PARTS)]
    alone.add(_of_one(nothing, order))
    for batch in brief:
        rows = columns_of(batch)
        again = repeated.among(rows)
        one = _of_one(rows, order)
        met = ~again & rows["meets"] if "meets" in rows else ~again
        alone.add({**one, "value": np.where(met, one["value"], -1)})
        for part, some in zip(several, _parted(rows, np.flatnonzero(again)), strict=True):
            part.append(some)
    rows = alone.rows()
    while several:
        rows = _of_many(_gathered(joined(several.pop())), order, rows, wanted)
    rows = first(rows, most)
    columns = {name: column.astype(np.int64) for name, column in rows.items()}
    return pa.table({**columns, "is_cut": np.ones(len(rows["number"]), dtype=bool)})


def _parted(rows: Columns, places: Ints) -> list[Columns]:
    """The rows at some places, in parts by their number."""
    part = rows["number"][places] % PARTS
    places = places[np.argsort(part, kind="stable")]
    ends = np.cumsum(np.bincount(part, minlength=PARTS))
    columns = {name: np.split(column[places], ends[:-1]) for name, column in rows.items()}
    return [{name: column[part] for name, column in columns.items()} for part in range(PARTS)]


def _of_one(records: Columns, order: str) -> Columns:
    """Five-tuples of one record each."""
    value = _value(order, records["begins"], records["lasts"], 1)
    return {"number": records["number"], "value": value, "since": records["begins"]}


def _gathered(records: Columns) -> FiveTuples:
    """Records by five-tuple, without five-tuples of which none is asked for."""
    in_order = np.argsort(records["number"])
    rows = {name: column[in_order] for name, column in records.items()}
    starts = np.flatnonzero(np.diff(rows["number"], prepend=-1))
    found = FiveTuples(rows, starts, np.diff(starts, append=len(in_order)))
    if "meets" in rows and len(starts):
        found = found.only(np.flatnonzero(np.logical_or.reduceat(rows["meets"], starts)))
    if len(found.starts):
        rows = found.rows
        rows |= {name: rows[name].astype(np.int64) for name in ("begins", "lasts")}
        is_tcp = (rows["traits"] & TRAITS["is_tcp"]) > 0
        longest = np.maximum(2 * found.most("lasts"), IDLE)
        rows["idle"] = np.where(is_tcp, IDLE_TCP, np.repeat(longest, found.sizes))
    return found


def _of_many(found: FiveTuples, order: str, alone: Columns, wanted: int) -> Columns:
    """The first connections of these five-tuples and of those of one record."""
    if not len(found.starts):
        return _at_least(alone, wanted)
    promises = order_of(_promises(found, order))
    best = np.argsort(promises)
    rows, tried, needed = _at_least(alone, wanted), 0, min(TRIED * wanted, len(best))
    if len(rows["value"]) >= wanted:
        needed = min(needed, int((promises <= order_of(rows)[-1]).sum()))
    while needed > tried:
        tried = needed
        cut = _connections(found.only(best[:tried]), order)
        rows = _at_least({n: np.concatenate([alone[n], cut[n]]) for n in alone}, wanted)
        full = len(rows["value"]) >= wanted
        needed = int((promises <= order_of(rows)[-1]).sum()) if full else len(best)
    return rows


def _promises(found: FiveTuples, order: str) -> Columns:
    """The most that a connection of each can have of the order, as `promises._most` has it."""
    rows, starts, records = found.rows, found.starts, found.sizes
    since = np.minimum.reduceat(rows["begins"], starts)
    if order != "duration":
        return {"value": records if order == "records" else found.most("begins"), "since": since}
    span = np.maximum.reduceat(rows["begins"] + rows["lasts"], starts) - since
    rests = (rows["traits"] & TRAITS["rests"]) > 0
    idle = np.maximum.reduceat(np.where(rests, ENDLESS, rows["idle"]), starts)
    whole = np.add.reduceat(rows["lasts"], starts) + idle * (records - 1)
    return {"value": np.where(whole < span, whole - idle, span), "since": since}


def _connections(found: FiveTuples, order: str) -> Columns:
    """All connections of five-tuples, cut as `gathered.sessions` cuts them."""
    five_tuple = np.repeat(np.arange(len(found.starts)), found.sizes)
    opens = (found.rows["traits"] & TRAITS["opens"]) > 0
    ends = found.rows["begins"] + found.rows["lasts"]
    in_order = np.lexsort((ends, ~opens, found.rows["begins"], five_tuple))
    rows, opens, ends = (
        {n: c[in_order] for n, c in found.rows.items()},
        opens[in_order],
        ends[in_order],
    )
    begins, traits = rows["begins"], rows["traits"]
    is_first = np.zeros(len(ends), dtype=bool)
    is_first[found.starts] = True
    # The latest end so far within the five-tuple: each has a range of numbers above all before it.
    above = five_tuple * (int(ends.max()) + 1)
    seen_until = np.concatenate([[0], np.maximum.accumulate(ends + above)[:-1]]) - above
    closed = np.cumsum((traits & TRAITS["closes"]) > 0)
    before = np.concatenate([[0], closed[:-1]])
    was_closed = before > np.repeat(before[found.starts], found.sizes)
    is_silent = (begins - seen_until > rows["idle"]) & ((traits & TRAITS["rests"]) == 0)
    is_new = is_first | is_silent | ((begins > seen_until) & was_closed & opens)
    starts = np.flatnonzero(is_new)
    since, records = begins[starts], np.diff(starts, append=len(ends))
    lasts = np.maximum.reduceat(ends, starts) - since
    made = {
        "number": rows["number"][starts],
        "value": _value(order, since, lasts, records),
        "since": since,
    }
    if "meets" in rows:
        met = np.logical_or.reduceat(rows["meets"], starts)
        made = {name: column[met] for name, column in made.items()}
    return made


def _value(order: str, since: Ints, lasts: Ints, records: Ints | int) -> Ints:
    """What connections are sorted by."""
    if order == "records":
        return np.broadcast_to(np.asarray(records), since.shape)
    return since if order == "start" else lasts


def _at_least(rows: Columns, wanted: int) -> Columns:
    """The first rows, and those that are equal to the last of them; in their order."""
    key = order_of(rows)
    in_order = np.argsort(key)
    last = key[in_order[wanted - 1]] if len(key) >= wanted else key.max(initial=0)
    in_order = in_order[: int((key <= last).sum())]
    return {name: column[in_order] for name, column in rows.items()}
