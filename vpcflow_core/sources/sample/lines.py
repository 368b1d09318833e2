"""Writes the sample's records as AWS does: gzip text with a header, one flow log a format.

A file's lines are one slice
of one Arrow buffer: building text costs a join of columns, not a loop over lines.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from isal import igzip

from vpcflow_core.fields import DEFAULT_VPC_FORMAT
from vpcflow_core.sources.s3.layout import key_for
from vpcflow_core.sources.sample.kinds import REASONS
from vpcflow_core.sources.sample.network import LOGS, Network
from vpcflow_core.sources.sample.traffic import Records

# Real flow logs write a file or more every five minutes; an hour a file costs a twelfth of the
# time. Each is named by the last five minutes it tells of, as a late delivery would be.
SLOT = 3600
NAMED_SLOT = 300
STATUSES = ("OK", "NODATA", "SKIPDATA")

# The fields of each flow log, written in groups that are cheap to join: `interface` is one text
# for each interface, `verdict` and `path` one for each combination of values.
_INTERFACE = (
    "version", "account-id", "interface-id", "vpc-id", "subnet-id", "instance-id", "az-id",
    "region",
)  # fmt: skip
_FLOW = (
    "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets", "bytes", "start", "end",
)  # fmt: skip
_VERDICT = ("action", "log-status", "tcp-flags", "type")
_PATH = (
    "pkt-src-aws-service", "pkt-dst-aws-service", "flow-direction", "traffic-path", "reject-reason",
)  # fmt: skip
FULL_FORMAT = (*_INTERFACE, *_FLOW, *_VERDICT, "pkt-srcaddr", "pkt-dstaddr", *_PATH)
FORMATS: tuple[tuple[str, ...], ...] = (FULL_FORMAT, DEFAULT_VPC_FORMAT)

_FLAGS = (0, 2, 3, 19)
_SERVICES = ("-", "AMAZON", "EC2", "S3")
_PATHS = (0, 1, 4, 7, 8)


def write(folder: Path, seed: int, net: Network, records: Records) -> tuple[int, int]:
    """Write records into AWS's default layout below a folder.

    Args:
        folder: Where `AWSLogs/` goes.
        seed: Enters the names.
        net: The network the records' codes are of.
        records: Columns; whole slots of time, in any order.

    Returns:
        Numbers of files and of records.
    """
    order = np.lexsort((records["iface"], records["end"]))
    records = {name: column[order] for name, column in records.items()}
    log_of = net.interfaces["log"].to_numpy()[records["iface"]]
    files = 0
    for log in range(len(LOGS)):
        mine = {name: column[log_of == log] for name, column in records.items()}
        for key, body in _files(seed, log, net, mine):
            path = folder / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
            files += 1
    return files, len(order)


def _files(seed: int, log: int, net: Network, records: Records) -> Iterator[tuple[str, bytes]]:
    if not len(records["end"]):
        return
    header = (" ".join(FORMATS[log]) + "\n").encode()
    lines = _lines(log, net, records)
    text, offsets = lines.buffers()[2], np.frombuffer(lines.buffers()[1], dtype=np.int32)
    slots = records["end"] // SLOT
    first = np.flatnonzero(np.r_[True, slots[1:] != slots[:-1]])
    for low, high in zip(first, [*first[1:], len(slots)], strict=True):
        body = header + memoryview(text)[offsets[low] : offsets[high]]
        named = int(records["end"][high - 1]) // NAMED_SLOT * NAMED_SLOT
        yield _key(seed, log, named), igzip.compress(body, compresslevel=1, mtime=0)


def flow_log_id(seed: int, log: int) -> str:
    """The id of a flow log, as the names of its files have it."""
    return f"fl-0{_digits(seed, log, 'log')}"


def _digits(seed: int, log: int, text: str) -> str:
    return hashlib.blake2b(f"{seed} {log} {text}".encode(), digest_size=8).hexdigest()


def _key(seed: int, log: int, named: int) -> str:
    return key_for(
        account=LOGS[log].account,
        region=LOGS[log].region,
        flow_log_id=flow_log_id(seed, log),
        time=datetime.fromtimestamp(named, UTC),
        unique=_digits(seed, log, str(named))[:8],
    )


def _lines(log: int, net: Network, records: Records) -> pa.StringArray:
    """One text for each record, with its line's end; null columns of quiet records become `-`."""
    quiet = records["status"] > 0
    columns = [_interfaces(log, net).take(pa.array(records["iface"]))]
    addresses = pa.array(net.addresses)
    for name in ("src", "dst"):
        columns.append(addresses.take(pa.array(records[name], mask=quiet)))
    for name in ("srcport", "dstport", "protocol", "packets", "bytes"):
        columns.append(pc.cast(pa.array(records[name], mask=quiet), pa.string()))
    for name in ("start", "end"):
        columns.append(pc.cast(pa.array(records[name]), pa.string()))
    columns += _tail_full(net, records) if log == 0 else _tail_default(records)
    return pc.binary_join_element_wise(*columns, " ", null_handling="replace", null_replacement="-")


def _interfaces(log: int, net: Network) -> pa.StringArray:
    """The leading fields of each interface's records; the default format has fewer of them."""
    frame = net.interfaces.fillna({"instance_id": "-"})
    version = ("8", "2")[log]  # the highest version among the format's fields
    count = 3 if log else len(_INTERFACE)
    columns = [name.replace("-", "_") for name in _INTERFACE[1:count]]
    rows = frame[columns].itertuples(index=False)
    return pa.array([" ".join([version, *row]) for row in rows])


def _tail_default(records: Records) -> list[pa.Array]:
    combinations = product(("REJECT", "ACCEPT"), STATUSES)
    texts = pa.array([f"{_action(a, s)} {s}\n" for a, s in combinations])
    return [texts.take(pa.array(records["accepted"] * 3 + records["status"]))]


def _action(action: str, status: str) -> str:
    return action if status == "OK" else "-"


def _tail_full(net: Network, records: Records) -> list[pa.Array]:
    addresses = pa.array(net.addresses)
    quiet = records["status"] > 0
    packet_ends = [
        addresses.take(pa.array(records[name], mask=quiet)) for name in ("pkt_src", "pkt_dst")
    ]
    return [_verdicts(net, records), *packet_ends, _paths(net, records)]


def _verdicts(net: Network, records: Records) -> pa.Array:
    combinations = product(("REJECT", "ACCEPT"), STATUSES, _FLAGS, ("IPv4", "IPv6"))
    texts = [
        f"{action} OK {flags} {type_}" if status == "OK" else f"- {status} - -"
        for action, status, flags, type_ in combinations
    ]
    code = records["accepted"] * len(STATUSES) + records["status"]
    code = code * len(_FLAGS) + np.searchsorted(_FLAGS, records["flags"])
    return pa.array(texts).take(pa.array(code * 2 + net.is_v6[records["src"]]))


def _paths(net: Network, records: Records) -> pa.Array:
    directions = ("ingress", "egress")
    combinations = product(STATUSES, _SERVICES, _SERVICES, directions, _PATHS, REASONS)
    texts = [
        f"{source} {target} {direction} {path or '-'} {reason}\n"
        if status == "OK"
        else "- - - - -\n"
        for status, source, target, direction, path, reason in combinations
    ]
    services = np.searchsorted(_SERVICES, net.services)
    code = records["status"]
    for size, column in (
        (len(_SERVICES), services[records["pkt_src"]]),
        (len(_SERVICES), services[records["pkt_dst"]]),
        (len(directions), records["egress"]),
        (len(_PATHS), np.searchsorted(_PATHS, records["path"])),
        (len(REASONS), records["reason"]),
    ):
        code = code * size + column
    return pa.array(texts).take(pa.array(code))
