"""Which flow logs logged the same traffic on a day, by the five-tuples that both have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vpcflow_core.fields import find_field
from vpcflow_core.store.hours import HOUR
from vpcflow_core.store.rows import OldFile

TUPLE = ["srcaddr", "dstaddr", "srcport", "dstport", "protocol"]
PLACE = ["interface_id", "action", "hour"]
_WANTED = ["flow_log_id", "interface_id", "action", "start_time", "end_time", *TUPLE]
# Of the five-tuples that either logged, the share that both must have logged: else they split the
# traffic (an ACCEPT and a REJECT flow log, a folder each for half of the files).
SHARED = 0.5


@dataclass(frozen=True, slots=True, order=True)
class _FlowLog:
    """A flow log of a day, in the order in which one is chosen."""

    fewer_fields: int
    longest: int
    has_no_id: bool
    name: str
    flow_log: str
    source: int


@dataclass(slots=True)
class _Seen:
    """What is known of a flow log of a day."""

    fields: int = 0
    records: int = 0


class Day:
    """The traffic of one day at the interfaces that several flow logs wrote of.

    Args:
        folder: The store's.
        files: Of the day.
        suspects: The interfaces.
        urls: Of the sources, by their numbers in the ledger.
    """

    def __init__(
        self, folder: Path, files: Sequence[OldFile], suspects: list[str], urls: dict[int, str]
    ) -> None:
        self._urls = urls
        self._seen: dict[tuple[int, str], _Seen] = {}
        groups: list[pa.Table] = []
        for file in files:
            # A damaged file: its day is judged again once its records are back.
            with suppress(OSError, pa.ArrowException):
                groups += list(self._groups(folder, file, suspects))
        self._flow_logs: list[_FlowLog] = []
        self._pairs = pd.DataFrame()
        if sum(map(len, groups)):
            self._judge(pa.concat_tables(groups).to_pandas())

    def spans(self) -> Iterator[tuple[Any, ...]]:
        """Rows of the table `repeats`, hours one after the other as one span."""
        keys = ["rank_u", "rank_r", "interface_id", "action"]
        for (used, other, interface, action), hours in _grouped(self._pairs, keys):
            chosen, left = self._flow_logs[used], self._flow_logs[other]
            source = "" if left.flow_log else self._urls[left.source]
            run = (hours["hour"].diff() != 1).cumsum()
            for _, some in hours.groupby(run):
                ends = int(some["first_u"].min()), int(some["last_u"].max()) + 1
                yield (
                    *(chosen.source, left.source, left.flow_log, source),
                    *(interface, None if pd.isna(action) else action, *ends),
                )

    def summary(self) -> Iterator[tuple[Any, ...]]:
        """Rows of the table `repeated`."""
        for (used, other), hours in _grouped(self._pairs, ["rank_u", "rank_r"]):
            chosen, left = self._flow_logs[used], self._flow_logs[other]
            total = self._seen[left.source, left.flow_log].records
            count = min(round(hours["records"].sum()), total)
            yield chosen.name, left.name, chosen.source, left.source, count, total

    def _groups(self, folder: Path, file: OldFile, suspects: list[str]) -> Iterator[pa.Table]:
        names = [name for name in _WANTED if name in file.key.columns]
        if "interface_id" not in names:
            return
        known = sum(map(_is_logged, file.key.columns))
        wanted = pa.array(suspects, pa.string())
        with pq.ParquetFile(folder / file.path) as parquet:
            for number in range(parquet.num_row_groups):
                table = _completed(parquet.read_row_group(number, columns=names))
                for item in pc.value_counts(table["flow_log_id"]).to_pylist():
                    seen = self._seen.setdefault((file.source, item["values"]), _Seen())
                    seen.fields = max(seen.fields, known)
                    seen.records += item["counts"]
                chosen = table.filter(pc.is_in(table["interface_id"], value_set=wanted))
                yield _grouped_tuples(chosen, file.source)

    def _judge(self, found: pd.DataFrame) -> None:
        found = _summed(found, ["source", "flow_log_id", *PLACE, *TUPLE])
        longest = found.groupby(["source", "flow_log_id"], as_index=False)["longest"].max()
        self._flow_logs = sorted(self._flow_log(*row) for row in longest.to_numpy().tolist())
        ranks = {(one.source, one.flow_log): rank for rank, one in enumerate(self._flow_logs)}
        keys = zip(found["source"], found["flow_log_id"], strict=True)
        found["rank"] = [ranks[key] for key in keys]
        self._pairs = _pairs(found)

    def _flow_log(self, source: int, flow_log: str, longest: int) -> _FlowLog:
        seen, name = self._seen[source, flow_log], flow_log or self._urls[source]
        return _FlowLog(-seen.fields, longest, not flow_log, name, flow_log, source)


def _is_logged(column: str) -> bool:
    """Whether AWS writes the column."""
    known = find_field(column)
    return known is not None and known.relation != "collector"


def _completed(table: pa.Table) -> pa.Table:
    """With all columns that are wanted; those of texts without dictionaries."""
    for name in (name for name in _WANTED if name not in table.column_names):
        kind = table["start_time"].type if name == "end_time" else pa.string()
        table = table.append_column(name, pa.nulls(len(table), kind))
    ids = pc.fill_null(table["flow_log_id"].cast(pa.string()), "")
    return table.set_column(table.column_names.index("flow_log_id"), "flow_log_id", ids)


def _grouped_tuples(table: pa.Table, source: int) -> pa.Table:
    """One row a flow log, interface, action, hour and five-tuple; times in ms."""
    starts = table["start_time"].cast(pa.int64())
    ends = pc.coalesce(table["end_time"].cast(pa.int64()), starts)
    texts = ["flow_log_id", "interface_id", "action", *TUPLE]
    rows = pa.table(
        {name: table[name].cast(pa.string()) for name in texts}
        | {"hour": pc.divide(starts, HOUR), "first": starts, "longest": pc.subtract(ends, starts)}
        | {"last": pc.max_element_wise(starts, pc.subtract(ends, 1))}
    )
    made = rows.group_by([*texts, "hour"]).aggregate(
        [("first", "count"), ("first", "min"), ("last", "max"), ("longest", "max")]
    )
    names = {
        "first_count": "records",
        "first_min": "first",
        "last_max": "last",
        "longest_max": "longest",
    }
    made = made.rename_columns([names.get(name, name) for name in made.column_names])
    return made.append_column("source", pa.repeat(pa.scalar(source, pa.int64()), len(made)))


_SUMS = {"records": "sum", "first": "min", "last": "max", "longest": "max"}


def _summed(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    return rows.groupby(keys, dropna=False, as_index=False).agg(_SUMS)


def _pairs(found: pd.DataFrame) -> pd.DataFrame:
    """Interfaces, actions and hours of which two flow logs logged the same, a row a pair.

    `..._u` is of the one used, `..._r` of the one that repeats it.
    """
    places = found.groupby([*PLACE, "rank"], dropna=False, as_index=False)
    ends = places.agg(tuples=("first", "size"), first=("first", "min"), last=("last", "max"))
    pairs = _crossed(ends, PLACE)
    both = _crossed(found[[*PLACE, *TUPLE, "rank", "records", "first", "last"]], [*PLACE, *TUPLE])
    keys = [*PLACE, "rank_u", "rank_r"]
    shared = both.groupby(keys, dropna=False, as_index=False).agg(shared=("first_u", "size"))
    pairs = pairs.merge(shared, on=keys)
    fewer = pairs[["tuples_u", "tuples_r"]].min(axis=1)
    pairs = pairs[pairs["shared"] >= SHARED * fewer]
    return _counted(pairs, found).sort_values([*keys])


def _crossed(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Pairs of rows of two flow logs at about the same time, the one to use first."""
    both = rows.merge(rows, on=keys, suffixes=("_u", "_r"))
    met = (both["first_u"] <= both["last_r"]) & (both["first_r"] <= both["last_u"])
    return both[met & (both["rank_u"] < both["rank_r"])]


def _counted(pairs: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """With the records of the repeating one in the time of the one used.

    Records of a five-tuple count as spread evenly over their time in the hour: exact unless the
    one used begins or ends within it.
    """
    rows = found[[*PLACE, "rank", "records", "first", "last"]].rename(columns={"rank": "rank_r"})
    rows = pairs[[*PLACE, "rank_u", "rank_r", "first_u", "last_u"]].merge(
        rows, on=[*PLACE, "rank_r"]
    )
    low, high = rows[["first", "first_u"]].max(axis=1), rows[["last", "last_u"]].min(axis=1)
    inside = ((high - low + 1) / (rows["last"] - rows["first"] + 1)).clip(0, 1)
    rows["records"] = rows["records"] * inside
    keys = [*PLACE, "rank_u", "rank_r"]
    counts = rows.groupby(keys, dropna=False, as_index=False)["records"].sum()
    return pairs.merge(counts, on=keys, how="left")


def _grouped(rows: pd.DataFrame, keys: list[str]) -> Iterator[Any]:
    return iter(rows.groupby(keys, dropna=False, sort=True)) if len(rows) else iter(())
