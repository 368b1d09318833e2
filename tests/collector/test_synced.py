"""What the function writes, read by vpcflow into a store, beside sums made without either."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from collector.function.formats import DEFAULT_FIELDS
from tests.collector.conftest import Handle, Network
from tests.collector.payloads import BUCKET, OWNER, lines, message
from vpcflow_core import FlowLogs
from vpcflow_core.fields import VPC_FIELDS
from vpcflow_core.formats.base import LogFormat
from vpcflow_core.sources.open import open_source
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import sync
from vpcflow_core.times import Window

# A sync looks again at the last two days alone, so the records are some hours old.
START = int(time.time()) // 3600 * 3600 - 8 * 3600 + 900
INTERNET = [f"93.184.216.{n}" for n in range(1, 9)]
ALL_FIELDS = tuple(f.aws for f in VPC_FIELDS)


@dataclass
class Made:
    """Lines by interface, and what is true of them, told by how they were made."""

    events: list[dict[str, Any]] = field(default_factory=list)
    directions: Counter[str | None] = field(default_factory=Counter)
    bytes_of_group: Counter[str] = field(default_factory=Counter)
    flows: int = 0
    records: int = 0


def line(fields: tuple[str, ...], values: dict[str, Any]) -> str:
    """The values in the order of the fields, `-` for those that there are not."""
    return " ".join(str(values.get(name, "-")) for name in fields)


def make(network: Network, fields: tuple[str, ...], seed: int) -> Made:
    """Three interfaces, one of them unknown to EC2, and a hundred records of each."""
    dice = random.Random(seed)
    made = Made()
    one = network.interface("10.0.0.5", 0, 1, six="2001:db8::5", second="10.0.0.6")
    two = network.interface("10.0.1.5", 2, subnet=1)
    own = {one: ["10.0.0.5", "10.0.0.6", "2001:db8::5"], two: ["10.0.1.5"]}
    near = {one: ["10.0.0.77", "10.0.0.99"], two: ["10.0.1.77"]}
    groups = {one: network.groups[:2], two: network.groups[2:], "eni-0123": ["unknown"]}
    for interface in (one, two, "eni-0123"):
        texts, times = [], []
        for number in range(100):
            start = START + dice.randrange(3 * 3600)
            size = dice.randrange(40, 10**6)
            values: dict[str, Any] = {
                "version": 2, "account-id": OWNER, "interface-id": interface, "start": start,
                "end": start + 59, "log-status": "OK", "srcport": dice.randrange(1024, 65536),
                "dstport": 443, "protocol": 6, "packets": dice.randrange(1, 99), "bytes": size,
                "action": "ACCEPT",
            }  # fmt: skip
            made.records += 1
            kind = "silent" if number % 20 == 0 else dice.choice(["in", "out", "near"])
            if kind == "silent":
                for name in ("srcport", "dstport", "protocol", "packets", "bytes", "action"):
                    del values[name]
                values["log-status"] = "NODATA"
                made.directions[None] += 1
            else:
                mine = dice.choice(own.get(interface, ["10.0.0.200"]))
                other = dice.choice(
                    near[interface] if kind == "near" and interface in near else INTERNET
                )
                if kind == "near" and ":" in mine:
                    mine = own[interface][0]
                pair = (other, mine) if kind == "in" else (mine, other)
                values["srcaddr"], values["dstaddr"] = pair
                told = {"in": "inbound", "out": "outbound", "near": "internal"}[kind]
                made.directions[told if interface in own else None] += 1
                made.flows += 1
                for group in groups[interface]:
                    made.bytes_of_group[group] += size
            texts.append(line(fields, values))
            times.append(start)
        for first in range(0, len(texts), 60):
            part = slice(first, first + 60)
            made.events.append(message(*texts[part], times=times[part], stream=f"{interface}-all"))
    return made


def answers(folder: Path) -> tuple[Counter[str | None], Counter[str], int, int]:
    """Records by direction, bytes by group, flows and records, as the store's files have them.

    Questions put to the store would fill in directions that the collector left open.
    """
    directions: Counter[str | None] = Counter()
    sums: Counter[str] = Counter()
    flows = 0
    with Store.open(folder) as store:
        tables = [pq.ParquetFile(file.path).read() for file in store.files("records")]
    for row in (row for table in tables for row in table.to_pylist()):
        directions[row.get("direction")] += 1
        flows += row["log_status"] == "OK"
        for group in row.get("security_group_ids") or () if row["log_status"] == "OK" else ():
            sums[group] += row["bytes"]
    return directions, sums, flows, directions.total()


def load(store: Path, log_format: str = "") -> Any:
    given = LogFormat.parse(log_format) if log_format else None
    with Store.open(store) as opened:
        return sync(opened, open_source(f"s3://{BUCKET}"), given=given)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["VPC-RAW", "VPC-JSON"])
@pytest.mark.parametrize("fields", [DEFAULT_FIELDS, ALL_FIELDS], ids=["version 2", "all fields"])
def test_the_store_holds_every_record_once_with_groups_and_direction(
    handle: Handle, network: Network, tmp_path: Path, form: str, fields: tuple[str, ...]
) -> None:
    made = make(network, fields, seed=len(fields))
    settings = {
        "LOG_FORMAT": form, "INCLUDE_SECURITY_GROUP_INFO": "true",
        "FLOW_LOG_FIELDS": " ".join(f"${{{name}}}" for name in fields),
    }  # fmt: skip
    for number, event in enumerate(made.events):
        handle(event, new=not number, **settings)
    result = load(tmp_path, " ".join(fields) if form == "VPC-RAW" else "")
    assert (result.failed, result.malformed) == (0, 0)
    expected = (made.directions, made.bytes_of_group, made.flows, made.records)
    assert answers(tmp_path) == expected
    # Where the collector told a direction, it is the answer.
    asked = (
        FlowLogs.open(tmp_path).where(direction="internal").sql("select count(*) as n from flows")
    )
    assert int(asked["n"][0]) == made.directions["internal"]

    # Calls that come again leave the store as it is.
    for event in made.events[::2]:
        handle(event, new=False)
    assert load(tmp_path, " ".join(fields) if form == "VPC-RAW" else "").records == 0
    assert answers(tmp_path) == expected


@pytest.mark.slow
def test_an_object_written_again_with_more_knowledge_takes_the_place_of_the_first(
    handle: Handle, network: Network, tmp_path: Path
) -> None:
    made = make(network, DEFAULT_FIELDS, seed=1)
    for event in made.events:
        handle(event, new=False, INCLUDE_SECURITY_GROUP_INFO="false")
    load(tmp_path)
    assert answers(tmp_path)[0] == {None: made.records}
    for number, event in enumerate(made.events):
        handle(event, new=not number, INCLUDE_SECURITY_GROUP_INFO="true")
    load(tmp_path)
    assert answers(tmp_path) == (
        made.directions, made.bytes_of_group, made.flows, made.records,
    )  # fmt: skip


def test_every_column_has_its_own_type(handle: Handle, network: Network, tmp_path: Path) -> None:
    """Fields of all 54 kinds, compared one by one with the words of the line."""
    mine = network.interface("10.0.0.5", 0)
    words = {f.aws: "7" if f.is_number else f"{f.aws}-x" for f in VPC_FIELDS} | {
        "interface-id": mine, "account-id": OWNER, "srcaddr": "10.0.0.5", "dstaddr": INTERNET[0],
        "pkt-srcaddr": "10.0.0.5", "pkt-dstaddr": INTERNET[0], "start": str(START),
        "end": str(START + 59), "action": "REJECT", "log-status": "OK", "flow-direction": "egress",
        "region": "us-west-2",
    }  # fmt: skip
    handle(
        message(line(ALL_FIELDS, words)),
        FLOW_LOG_FIELDS=" ".join(ALL_FIELDS), INCLUDE_SECURITY_GROUP_INFO="true",
    )  # fmt: skip
    load(tmp_path)
    [row] = FlowLogs.open(tmp_path).sql("select * from records").to_dict("records")
    for f in VPC_FIELDS:
        if f.kind != "time":
            assert str(row[f.name]) == words[f.aws], f.aws
    assert row["start_time"].timestamp() == START
    assert row["direction"] == "outbound"
    assert list(row["security_group_ids"]) == [network.groups[0]]
    assert (row["log_stream"], row["region"]) == ("eni-1-all", "us-west-2")


@pytest.mark.slow
def test_sums_of_an_hour_are_complete_when_only_that_hour_is_loaded(
    handle: Handle, network: Network, tmp_path: Path
) -> None:
    """Objects lie in the folder of their records' hour, so a short span finds them all."""
    for number, event in enumerate(make(network, DEFAULT_FIELDS, seed=3).events):
        handle(event, new=not number, INCLUDE_SECURITY_GROUP_INFO="false")
    hour = datetime.fromtimestamp(START - START % 3600 + 3600, UTC)
    span = Window(hour, hour + timedelta(hours=1))
    expected = sum(
        record.get("bytes", 0)
        for record in lines()
        if span.start.timestamp() <= record["start"] < span.end.timestamp()
    )
    with Store.open(tmp_path) as opened:
        sync(opened, open_source(f"s3://{BUCKET}"), span=span)
    found = FlowLogs.open(tmp_path).sql(
        "select sum(bytes) as n from flows"
        f" where start_time >= timestamp '{span.start:%Y-%m-%d %H:%M}'"
        f" and start_time < timestamp '{span.end:%Y-%m-%d %H:%M}'"
    )
    assert int(found["n"][0]) == expected > 0
