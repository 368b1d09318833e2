"""Records as Parquet files of the table, one for each part and day, which no snapshot names yet."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.io.pyarrow import schema_to_pyarrow, write_file
from pyiceberg.partitioning import PartitionFieldValue, PartitionKey
from pyiceberg.table import WriteTask

from vpcflow_core.fields import find_field
from vpcflow_core.store.base import PART_COLUMN
from vpcflow_core.store.placing import Placed

_DAY = 86_400_000_000  # microseconds


def shaped(placed: Placed) -> pa.Table:
    """Records with plain types, and the part that they belong to."""
    table = placed.table
    kinds = {name: _type(name) for name in table.column_names}
    columns = {
        name: table[name] if table[name].type == kind else table[name].cast(kind)
        for name, kind in kinds.items()
    }
    return pa.table(columns | {PART_COLUMN: pa.repeat(pa.scalar(placed.part), len(table))})


def files_of(table: Any, rows: pa.Table) -> list[Any]:
    """The rows as data files of the table, by the start of the records.

    Args:
        table: An Iceberg table that has the columns.
        rows: Records of any parts and days.
    """
    names = [field.name for field in table.schema().fields if field.name in rows.schema.names]
    kinds = schema_to_pyarrow(table.schema().select(*names), include_field_ids=False)
    # Without dictionaries, each column in the table's type and place.
    ordered = rows.sort_by([("start_time", "ascending")]).select(names).cast(kinds)
    id, numbers = uuid4(), count()
    tasks = [
        WriteTask(
            write_uuid=id,
            task_id=next(numbers),
            schema=table.schema().select(*names),
            record_batches=some.combine_chunks().to_batches(),
            partition_key=PartitionKey(
                [PartitionFieldValue(f, v) for f, v in zip(table.spec().fields, key, strict=True)],
                table.spec(),
                table.schema(),
            ),
        )
        for key, some in _partitions(ordered)
    ]
    return list(write_file(table.io, table.metadata, iter(tasks)))


def _partitions(rows: pa.Table) -> Iterator[tuple[tuple[str, int], pa.Table]]:
    """The rows of each part and day (since 1970), with these."""
    days = pc.divide(rows["start_time"].cast(pa.int64()), _DAY)  # times are never negative
    keys = pa.table({"part": rows[PART_COLUMN], "day": days})
    for key in keys.group_by(["part", "day"]).aggregate([]).to_pylist():
        chosen = pc.and_(pc.equal(keys["part"], key["part"]), pc.equal(days, key["day"]))
        yield (key["part"], key["day"]), rows.filter(chosen)


def _type(name: str) -> pa.DataType:
    field = find_field(name)
    kind = field.arrow if field and field.name == name else pa.string()
    return pa.timestamp("us") if pa.types.is_timestamp(kind) else kind
