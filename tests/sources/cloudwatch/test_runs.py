"""A hundred thousand events in three hundred streams, run after run, each event exactly once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.sources.cloudwatch.log_groups import BASE, GROUP, REGION, LogGroup, by_stream, flow_log
from tests.sources.cloudwatch.logs_proxy import Call, Proxy, Refusal
from vpcflow_core.sources.open import SourceOptions, open_source
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import sync

EVENTS, STREAMS, RUNS = 100_000, 300, 5
HOURS = 20
LATEST = timedelta(minutes=100)
# Source and destination stand in an order that nobody could guess.
FIELDS = (
    "version interface-id dstaddr srcaddr srcport dstport protocol packets bytes start end action "
    "log-status"
)


def made_up(now: pd.Timestamp) -> pd.DataFrame:
    """What happened, and when it arrived: a seventh of it late, half of it in one clock hour."""
    chance = np.random.default_rng(17)
    offset = chance.uniform(0, HOURS * 3600, EVENTS)
    first = now - pd.Timedelta(hours=HOURS)
    busy = ((first + pd.Timedelta(hours=9)).floor("h") - first).total_seconds()
    offset[: EVENTS // 2] = busy + chance.uniform(0, 3600, EVENTS // 2)
    late = np.where(chance.random(EVENTS) < 1 / 7, chance.uniform(0, LATEST.seconds, EVENTS), 0)
    start = first + pd.to_timedelta(offset.astype(int), unit="s")
    frame = pd.DataFrame({"number": np.arange(EVENTS), "start": start.floor("s")})
    frame["arrived"] = frame["start"] + pd.to_timedelta(late, unit="s")
    frame["stream"] = chance.integers(0, STREAMS, EVENTS)
    frame["bytes"] = frame["number"] + BASE
    return frame


def put(group: LogGroup, rows: pd.DataFrame) -> None:
    """The rows as events of their interfaces' log streams."""
    times = rows["start"].dt.to_pydatetime()
    group.put_all(
        by_stream(
            (
                f"eni-{row.stream:08x}-all",
                at,
                f"2 eni-{row.stream:08x} 10.9.9.9 10.0.{row.stream % 9}.{row.stream % 250} "
                f"{40000 + row.number % 99} 443 6 2 {row.bytes} {int(at.timestamp())} "
                f"{int(at.timestamp()) + 60} ACCEPT OK",
            )
            for row, at in zip(rows.itertuples(), times, strict=True)
        )
    )


def stored(store: Store) -> pd.DataFrame:
    """The store's records, read from its files alone."""
    columns = ["start_time", "interface_id", "srcaddr", "bytes"]
    tables = []
    for file in store.files("flows"):
        with pq.ParquetFile(file.path) as parquet:
            tables.append(parquet.read(columns=columns))
    words = [(name, pa.string()) for name in columns[1:3]]
    plain = pa.schema([("start_time", pa.timestamp("ms")), *words, ("bytes", pa.int64())])
    frame = pa.concat_tables([table.cast(plain) for table in tables]).to_pandas()
    return frame.sort_values("bytes").reset_index(drop=True)


def expected(rows: pd.DataFrame) -> pd.DataFrame:
    """The same records, as they were made up."""
    rows = rows.sort_values("bytes")
    hosts = [f"10.0.{stream % 9}.{stream % 250}" for stream in rows["stream"]]
    return pd.DataFrame({
        "start_time": rows["start"].dt.tz_localize(None).astype("datetime64[ms]"),
        "interface_id": [f"eni-{stream:08x}" for stream in rows["stream"]],
        "srcaddr": hosts,
        "bytes": rows["bytes"],
    }).reset_index(drop=True)  # fmt: skip


def throttle(proxy: Proxy) -> list[Call]:
    """Refuses every twentieth call, if it is for events; gives those refused."""
    refused: list[Call] = []

    def refuse(call: Call) -> Refusal | None:
        if call.action == "FilterLogEvents" and len(proxy.calls) % 20 == 0:
            refused.append(call)
            return Refusal("ThrottlingException")
        return None

    proxy.refuse = refuse
    return refused


@pytest.mark.slow
def test_each_event_is_there_once_after_every_run(proxy, tmp_path):
    now = pd.Timestamp(datetime.now(UTC)).floor("s")
    events = made_up(now)
    group = LogGroup()
    flow_log(FIELDS)
    refused = throttle(proxy)
    proxy.empty = proxy.double = True
    borders = pd.date_range(now - pd.Timedelta(hours=HOURS), now, RUNS + 1)
    late = 0
    with Store.open(tmp_path / "store") as store:
        for before, after in zip(borders, [*borders[1:-1], now + LATEST], strict=False):
            arriving = events[(before <= events["arrived"]) & (events["arrived"] < after)]
            put(group, arriving)
            source = open_source(
                f"cloudwatch://{REGION}{GROUP}", options=SourceOptions(endpoint_url=proxy.url)
            )
            result = sync(store, source)
            assert (result.failed, result.malformed) == (0, 0)
            arrived = events[events["arrived"] < after]
            pd.testing.assert_frame_equal(stored(store), expected(arrived), check_dtype=False)
            late += (arriving["start"] < before).sum()
    assert len(arrived) == EVENTS
    assert late > 1000
    assert refused
    # The busy hour was cut into parts.
    spans = {call["endTime"] - call["startTime"] for call in proxy.reads()}
    assert len(spans) > 1
