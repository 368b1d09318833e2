"""The benchmark's records in every other form that they come in; imports numpy and pyarrow.

Text of versions 5 (29 fields) and 11 (54), JSON lines of the collector, lines as Firehose and as a
CloudWatch Logs subscription wrap them, and AWS's Parquet. Values that the records of version 2 lack
follow from the interface, as in real logs: its VPC, subnet, instance and tags. A third of the
interfaces are tasks of ECS.
"""

from __future__ import annotations

import gzip
import io
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from benchmarks.logs import ACCOUNT, HEADER, REGION, TEXTS
from vpcflow_core.fields import VPC_FIELDS

_TEXT = pa.string()
# A subscription's message holds about as many events.
_EVENTS = 500
_AWS_SERVICES = ["-", "AMAZON", "S3", "EC2", "-", "-", "-", "-"]


def _wide(table: pa.Table) -> dict[str, pa.Array]:
    """Every field of AWS's as text, `-` where there is nothing."""
    found = {name: pc.fill_null(table[name].combine_chunks(), "-") for name in table.column_names}
    number = _numbers(found["interface-id"])
    ports = np.asarray(pc.fill_null(table["srcport"].combine_chunks(), "0").cast(pa.int64()))
    silent = pc.is_null(table["srcaddr"].combine_chunks())
    made = {
        "version": "11",
        "vpc-id": _named("vpc-0a{:015x}", number % 8),
        "subnet-id": _named("subnet-0b{:015x}", number % 40),
        "instance-id": _named("i-0c{:015x}", number),
        "tcp-flags": _picked(["2", "3", "18", "19", "1", "0"], ports),
        "type": "IPv4",
        "pkt-srcaddr": found["srcaddr"],
        "pkt-dstaddr": found["dstaddr"],
        "region": REGION,
        "az-id": _named("euc1-az{}", number % 3 + 1),
        "pkt-src-aws-service": _picked(_AWS_SERVICES, ports),
        "pkt-dst-aws-service": _picked(_AWS_SERVICES, ports // 8),
        "flow-direction": _picked(["ingress", "egress"], ports),
        "traffic-path": _picked(["-", "1", "8", "-"], ports),
        "resource-id": found["interface-id"],
        "encryption-status": _picked(["0", "1"], number),
        "interface-type": _picked(["interface", "nat_gateway", "lambda"], number),
        "instance-tag": _named("team%2D{}", number % 20),
        "interface-tag": _named("app%2D{}", number % 50),
        "next-hop-vpc-id": _named("vpc-0a{:015x}", number % 8),
        "next-hop-az-id": _named("euc1-az{}", number % 3 + 1),
        **_ecs(number),
    }
    always = {"version", "region"}
    for field in VPC_FIELDS:
        if field.aws in made:
            value = made[field.aws]
            column = pa.repeat(pa.scalar(value), len(table)) if isinstance(value, str) else value
            quiet = field.version > 2 and field.aws not in always
            found[field.aws] = pc.if_else(silent, "-", column) if quiet else column
        found.setdefault(field.aws, pa.repeat(pa.scalar("-"), len(table)))
    return found


def _numbers(interfaces: pa.Array) -> np.ndarray:
    """Which of the interfaces each is: it ends with its number, hexadecimal."""
    words = interfaces.dictionary_encode()
    known = np.array([int(word[-9:], 16) for word in words.dictionary.to_pylist()])
    return known[words.indices.to_numpy()]


def _ecs(number: np.ndarray) -> dict[str, pa.Array]:
    arn = f"arn:aws:ecs:{REGION}:{ACCOUNT}:"
    forms = {
        "ecs-cluster-arn": (arn + "cluster/shop{}", number % 4),
        "ecs-cluster-name": ("shop{}", number % 4),
        "ecs-container-id": ("{:032x}", number),
        "ecs-service-name": ("basket{}", number % 30),
        "ecs-task-definition-arn": (arn + "task-definition/basket:{}", number % 30),
        "ecs-task-arn": (arn + "task/shop/{:032x}", number),
        "ecs-task-id": ("{:032x}", number),
    }
    is_task = pa.array(number % 3 == 0)
    return {
        name: pc.if_else(is_task, _named(form, numbers), "-")
        for name, (form, numbers) in forms.items()
    }


def _named(form: str, numbers: np.ndarray) -> pa.Array:
    words = pa.array([form.format(n) for n in range(int(numbers.max()) + 1)])
    return words.take(pa.array(numbers))


def _picked(words: list[str], numbers: np.ndarray) -> pa.Array:
    return pa.array(words).take(pa.array(numbers % len(words)))


def _text(table: pa.Table, highest: int) -> bytes:
    """Text of all fields up to a version."""
    columns = _wide(table)
    names = [f.aws for f in VPC_FIELDS if f.version <= highest]
    columns["version"] = pa.repeat(pa.scalar(str(highest)), len(table))
    header = " ".join(names).encode() + b"\n"
    return header + _rows(pc.binary_join_element_wise(*(columns[n] for n in names), " "))


def _rows(lines: pa.Array) -> bytes:
    return b"".join(line + b"\n" for line in lines.cast(pa.binary()).to_pylist())


def _lines(table: pa.Table) -> pa.Array:
    """The records as lines of version 2."""
    columns = [pc.fill_null(column.combine_chunks(), "-") for column in table.columns]
    return pc.binary_join_element_wise(*columns, " ")


def version_5(table: pa.Table) -> bytes:
    """Text of 29 fields, packed."""
    return _packed(_text(table, 5))


def version_11(table: pa.Table) -> bytes:
    """Text of 54 fields, packed."""
    return _packed(_text(table, 11))


def collector(table: pa.Table) -> bytes:
    """JSON lines as the collector writes them, packed; what has no value is left out."""
    pairs = []
    for name in table.column_names:
        quote = '"' if name in TEXTS else ""
        start = f'"{name}":{quote}'
        pair = pc.binary_join_element_wise(start, table[name].combine_chunks(), f"{quote},", "")
        pairs.append(pc.fill_null(pair, ""))
    inside = pc.utf8_rtrim(pc.binary_join_element_wise(*pairs, ""), ",")
    return _packed(_rows(pc.binary_join_element_wise("{", inside, "}", "")))


def firehose(table: pa.Table) -> bytes:
    """JSON lines of which each holds a line of text, packed."""
    lines = pc.binary_join_element_wise('{"message":"', _lines(table), '"}', "")
    return _packed(_rows(lines))


def subscription(table: pa.Table) -> bytes:
    """Messages of a CloudWatch Logs subscription, one a line, packed."""
    place = f'"owner":"{ACCOUNT}","logGroup":"flows","logStream":"eni-1-all"'
    head = f'{{"messageType":"DATA_MESSAGE",{place},"subscriptionFilters":["all"],"logEvents":['
    times = pc.binary_join_element_wise(table["start"].combine_chunks(), "000", "")
    ids = pa.array([f"{n:056d}" for n in range(len(table))])
    events = pc.binary_join_element_wise(
        '{"id":"', ids, '","timestamp":', times, ',"message":"', _lines(table), '"}', ""
    ).to_pylist()
    messages = [events[n : n + _EVENTS] for n in range(0, len(events), _EVENTS)]
    return _packed("".join(f"{head}{','.join(some)}]}}\n" for some in messages).encode())


def parquet(table: pa.Table) -> bytes:
    """As AWS writes it: numbers as numbers, epochs, gzip inside."""
    small = ("version", "srcport", "dstport", "protocol")
    columns = {}
    for name in table.column_names:
        kind = _TEXT if name in TEXTS else pa.int32() if name in small else pa.int64()
        columns[name.replace("-", "_")] = table[name].cast(kind)
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, compression="gzip")
    return sink.getvalue()


def _packed(text: bytes) -> bytes:
    return gzip.compress(text, 4, mtime=0)


FORMS: dict[str, tuple[str, Callable[[pa.Table], bytes]]] = {
    "version 5": (".log.gz", version_5),
    "54 fields": (".log.gz", version_11),
    "JSON": (".json.gz", collector),
    "Firehose": (".json.gz", firehose),
    "subscription": (".json.gz", subscription),
    "Parquet": (".log.parquet", parquet),
}


def folder_of(text: Path, form: str, files: int) -> Path:
    """A folder with the first files of a folder of text in that form, made if it is not there."""
    folder = text.with_name(f"{text.name}-{form.replace(' ', '-')}-{files}")
    if not folder.is_dir():
        unfinished = folder.with_suffix(".part")
        shutil.rmtree(unfinished, ignore_errors=True)
        chosen = sorted(text.rglob("*.log.gz"))[:files]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda file: _write(file, text, unfinished, form), chosen))
        unfinished.rename(folder)
    return folder


def _write(file: Path, text: Path, folder: Path, form: str) -> None:
    ending, make = FORMS[form]
    target = folder / file.relative_to(text)
    target.parent.mkdir(parents=True, exist_ok=True)
    name = target.name.replace(".log.gz", ending)
    target.with_name(name).write_bytes(make(_table(gzip.decompress(file.read_bytes()))))


def _table(text: bytes) -> pa.Table:
    """The records as columns of text, null for `-`."""
    names = HEADER.decode().split()
    return pa.csv.read_csv(
        pa.BufferReader(text),
        parse_options=pa.csv.ParseOptions(delimiter=" ", quote_char=False),
        convert_options=pa.csv.ConvertOptions(
            column_types=dict.fromkeys(names, _TEXT), null_values=["-"], strings_can_be_null=True
        ),
    )
