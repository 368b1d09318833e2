"""OCSF Network Activity (class 4001), as Security Lake keeps flow logs, to columns of records.

Source: AWS's mapping of VPC flow logs to OCSF 1.0 to 1.5
(Security Lake 1.0 and 2.0, and the unified data store of CloudWatch).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vpcflow_core.fields import find_field

NETWORK_ACTIVITY = 4001
# Names of classes that people have beside flow logs in one Security Lake.
_CLASSES = {
    2001: "Security Finding", 2004: "Detection Finding", 3002: "Authentication",
    4002: "HTTP Activity", 4003: "DNS Activity", 6003: "API Activity",
}  # fmt: skip
EVENT_KEYS = ("class_uid", "src_endpoint", "dst_endpoint")
PRODUCT = "metadata.product.name"

# A column of the record, and where it is; of several places the first with a value counts.
_PLAIN: dict[str, tuple[str, ...]] = {
    "version": ("metadata.product.version",),
    "account_id": ("cloud.account.uid", "cloud.account_uid"),
    "srcport": ("src_endpoint.port",),
    "dstport": ("dst_endpoint.port",),
    "protocol": ("connection_info.protocol_num",),
    "packets": ("traffic.packets",),
    "bytes": ("traffic.bytes",),
    "start_time": ("start_time", "start_time_dt", "time", "time_dt"),
    "end_time": ("end_time", "end_time_dt"),
    "log_status": ("status_code",),
    "tcp_flags": ("connection_info.tcp_flags",),
    "type": ("connection_info.protocol_ver",),
    "region": ("cloud.region",),
    "az_id": ("cloud.zone",),
    "pkt_src_aws_service": ("src_endpoint.svc_name",),
    "pkt_dst_aws_service": ("dst_endpoint.svc_name",),
}
# Of the interface: at the destination of ingress, at the source of egress.
_OF_INTERFACE = {
    "interface_id": "interface_uid", "vpc_id": "vpc_uid", "subnet_id": "subnet_uid",
    "instance_id": "instance_uid",
}  # fmt: skip
# Words by their number or spelling, the most certain column first.
_WORDS: dict[str, tuple[tuple[str, dict[str, str]], ...]] = {
    "action": (
        ("action_id", {"1": "ACCEPT", "2": "REJECT"}),
        ("action", {"allowed": "ACCEPT", "denied": "REJECT"}),
        ("activity_id", {"6": "ACCEPT", "5": "REJECT"}),
        ("type_uid", {"400106": "ACCEPT", "400105": "REJECT"}),
        ("disposition", {"allowed": "ACCEPT", "blocked": "REJECT"}),
    ),
    "flow_direction": (
        ("connection_info.direction_id", {"1": "ingress", "2": "egress"}),
        ("connection_info.direction", {
            "inbound": "ingress", "outbound": "egress", "ingress": "ingress", "egress": "egress",
        }),
    ),
    # Numbers of OCSF begin with three kinds of its own.
    "traffic_path": (
        ("connection_info.boundary_id", {str(path + 3): str(path) for path in range(1, 9)}),
    ),
}  # fmt: skip
_UNMAPPED = "unmapped"
# What AWS writes for the reason of what was not rejected.
_NO_REASON = "Accepted"

Leaf = Callable[[str], pa.Array | None]


def is_event(names: Collection[str]) -> bool:
    """Whether an object or a table of these names is an OCSF event."""
    class_uid, *endpoints = EVENT_KEYS
    return class_uid in names or set(endpoints) <= set(names)


def foreign(event: dict[str, Any]) -> str:
    """What an event is that is no flow-log record; "" if it is one."""
    product = _value(event, PRODUCT)
    return looks_like(event.get("class_uid"), None if product is None else str(product))


def looks_like(class_uid: Any, product: str | None) -> str:
    """What events of the class and the product are if they are no flow-log records; else ""."""
    if class_uid is not None and str(class_uid) != str(NETWORK_ACTIVITY):
        number = str(class_uid)
        name = _CLASSES.get(int(number), "") if number.isdecimal() else ""
        return f"OCSF events of class {number}" + (f" ({name})" if name else "")
    if product and "vpc" not in product.lower():
        return f"OCSF Network Activity of {product}"
    return ""


def of_objects(events: Sequence[dict[str, Any]]) -> pa.Table:
    """Columns of events that came as JSON objects."""
    unmapped = [_unmapped(event) for event in events]
    names = dict.fromkeys(name for extra in unmapped for name in extra)
    extras = {name: pa.array([_text(e.get(name)) for e in unmapped], pa.string()) for name in names}

    def leaf(path: str) -> pa.Array:
        return pa.array([_text(_value(event, path)) for event in events], pa.string())

    return _columns(leaf, extras, len(events))


def of_batch(batch: pa.RecordBatch) -> pa.Table:
    """Columns of rows of a Parquet file."""
    return _columns(partial(leaf_of, batch), _unmapped_columns(batch), len(batch))


def leaf_of(batch: pa.RecordBatch, path: str) -> pa.Array | None:
    """The values at a path of the batch's structs, as text; None if it has none."""
    column = _struct_leaf(batch, path)
    return None if column is None else _as_text(column)


def _columns(leaf: Leaf, unmapped: dict[str, pa.Array], length: int) -> pa.Table:
    columns = {name: _first(map(leaf, paths)) for name, paths in _PLAIN.items()}
    for name, choices in _WORDS.items():
        columns[name] = _first(_worded(leaf(path), words) for path, words in choices)
    for side in ("src", "dst"):
        real = _known(leaf(f"{side}_endpoint.ip"))
        inner = _known(leaf(f"{side}_endpoint.intermediate_ips"))
        columns[f"{side}addr"], columns[f"pkt_{side}addr"] = _first((inner, real)), real
    is_ingress = _is_ingress(columns["flow_direction"], length)
    for name, key in _OF_INTERFACE.items():
        source, target = (_known(leaf(f"{side}_endpoint.{key}")) for side in ("src", "dst"))
        columns[name] = _own(source, target, is_ingress)
    for name, values in unmapped.items():
        known = find_field(name)
        if known is not None and columns.get(known.name) is None:
            columns[known.name] = pc.if_else(pc.equal(values, _NO_REASON), None, _known(values))
    found = {name: column for name, column in columns.items() if column is not None}
    return pa.table({**found, **({} if found else {"start_time": pa.nulls(length, pa.string())})})


def _first(choices: Any) -> pa.Array | None:
    """The first value of each row among the columns that are there; None if none is."""
    there = [_known(column) for column in choices if column is not None]
    return pc.coalesce(*there) if there else None


def _known(column: pa.Array | None) -> pa.Array | None:
    """The texts, null where they say that there is none."""
    if column is None:
        return None
    return pc.if_else(pc.is_in(column, pa.array(["-", "None", ""])), None, column)


def _worded(column: pa.Array | None, words: dict[str, str]) -> pa.Array | None:
    if column is None:
        return None
    place = pc.index_in(pc.utf8_lower(column), pa.array(list(words)))
    return pa.array(list(words.values())).take(place)


def _is_ingress(direction: pa.Array | None, length: int) -> pa.Array:
    if direction is None:
        return pa.array(np.zeros(length, dtype=bool))
    return pc.fill_null(pc.equal(direction, "ingress"), False)


def _own(source: pa.Array | None, target: pa.Array | None, is_ingress: pa.Array) -> pa.Array | None:
    """What the interface's own end says; the other end where that says nothing."""
    if source is None or target is None:
        return source if target is None else target
    return pc.coalesce(pc.if_else(is_ingress, target, source), source, target)


def _value(event: dict[str, Any], path: str) -> Any:
    value: Any = event
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _text(value: Any) -> str | None:
    if isinstance(value, list):
        value = value[0] if value else None
    if value is None or isinstance(value, str):
        return value
    return str(value)


def _unmapped(event: dict[str, Any]) -> dict[str, Any]:
    found = event.get(_UNMAPPED)
    if isinstance(found, list):  # pairs, as some writers put a map into JSON
        found = dict(pair for pair in found if isinstance(pair, list) and len(pair) == 2)
    known = found.items() if isinstance(found, dict) else ()
    return {name: value for name, value in known if find_field(name) is not None}


def _struct_leaf(batch: pa.RecordBatch, path: str) -> pa.Array | None:
    name, *rest = path.split(".")
    if name not in batch.schema.names:
        return None
    column = batch.column(name)
    for key in rest:
        if not pa.types.is_struct(column.type) or column.type.get_field_index(key) < 0:
            return None
        column = pc.struct_field(column, key)
    return column


def _as_text(column: pa.Array) -> pa.Array | None:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        column = pc.binary_join(pc.list_slice(column.cast(pa.list_(pa.string())), 0, 1), "")
    if pa.types.is_nested(column.type):
        return None
    return column.cast(pa.string())


def _unmapped_columns(batch: pa.RecordBatch) -> dict[str, pa.Array]:
    if _UNMAPPED not in batch.schema.names:
        return {}
    column = batch.column(_UNMAPPED)
    if pa.types.is_struct(column.type):
        fields = [field.name for field in column.type]
        leaves = {name: _as_text(pc.struct_field(column, name)) for name in fields}
    elif pa.types.is_map(column.type):
        names = [n for n in pc.unique(column.keys).to_pylist() if find_field(n) is not None]
        leaves = {name: _as_text(pc.map_lookup(column, name, "first")) for name in names}
    else:
        return {}
    return {name: leaf for name, leaf in leaves.items() if leaf is not None}
