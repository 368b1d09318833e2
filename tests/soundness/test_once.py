"""A flow between two logged interfaces must not count twice when it is asked to count once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.engines.duckdb.networks import NOON, V2, column, flow, snapshot, stored
from tests.logs import UNTIL, read_with_pandas
from vpcflow_core.analysis.buckets import notes_of
from vpcflow_core.api import FlowLogs
from vpcflow_core.query.as_logged import NOTE as AS_LOGGED
from vpcflow_core.query.filters import Filters
from vpcflow_core.sources.sample.source import sample_interfaces
from vpcflow_core.store.store import Store
from vpcflow_core.times import Window

V5 = f"{V2} flow-direction"
NETWORK = sample_interfaces().set_index("interface_id")


@pytest.fixture(scope="module", params=["told", "untold"])
def either(
    request: pytest.FixtureRequest, sample_store: Path, bare_store: Path
) -> Iterator[FlowLogs]:
    """The sample, with its snapshot and without."""
    path = sample_store if request.param == "told" else bare_store
    with FlowLogs(Store.open(path)) as opened:
        yield opened


@pytest.fixture(scope="module")
def kept(sample: Path) -> pd.DataFrame:
    """What counts once, worked out from the network's own table."""
    frame = read_with_pandas(sample)
    frame = frame[frame["log-status"] == "OK"].copy()
    owners = NETWORK.melt(value_vars=["address", "ipv6"], ignore_index=False)["value"]
    owners = pd.Series(owners.index, index=owners.to_numpy()).to_dict()
    sender = frame["srcaddr"].map(owners)
    logged, mine = set(frame["interface-id"]), sender == frame["interface-id"]
    accepted = frame["action"] == "ACCEPT"
    copy = sender.isin(logged) & ~mine & accepted & _has_other(frame, frame[mine & accepted])
    assert copy.sum() > 0.2 * len(frame)
    return frame[~copy]


def _has_other(frame: pd.DataFrame, sent: pd.DataFrame) -> pd.Series:
    """Whether the sender's copy of a record is there: the same ports, within a minute."""
    ports = ["srcaddr", "srcport", "dstport", "protocol"]
    pairs = frame.reset_index().merge(sent[[*ports, "start"]], on=ports, suffixes=("", "_sent"))
    near = (pairs["start"] - pairs["start_sent"]).abs() <= timedelta(minutes=1)
    return frame.index.isin(pairs.loc[near, "index"])


def test_totals_count_each_flow_once(either: FlowLogs, kept: pd.DataFrame) -> None:
    total = either.once().sql("SELECT count(*) AS n, sum(bytes) AS b, sum(packets) AS p FROM flows")
    expected = [len(kept), int(kept["bytes"].sum()), int(kept["packets"].sum())]
    assert total.to_numpy().tolist() == [expected]


def test_every_total_counts_once(either: FlowLogs, kept: pd.DataFrame) -> None:
    top = either.once().top("srcaddr", n=None).set_index("srcaddr")
    expected = kept.groupby("srcaddr")["bytes"].agg(["size", "sum"])
    assert top["flows"].to_dict() == expected["size"].to_dict()
    assert top["bytes"].to_dict() == expected["sum"].to_dict()


@pytest.mark.parametrize("field", ["interface_id", "direction", "vpc_id"])
def test_questions_about_interfaces_ask_the_log_as_it_is(either: FlowLogs, field: str) -> None:
    once = either.once().top(field)
    assert AS_LOGGED in notes_of(once)
    pd.testing.assert_frame_equal(once, either.top(field))


def test_a_filter_by_interface_asks_the_log_as_it_is(either: FlowLogs) -> None:
    busiest = either.top("interface_id")["interface_id"][0]
    of_one = either.where(interface_id=busiest)
    pd.testing.assert_frame_equal(of_one.once().top("srcaddr"), of_one.top("srcaddr"))
    assert of_one.left_out() == 0


@pytest.mark.slow
def test_what_is_left_out_is_counted(either: FlowLogs, sample: Path, kept: pd.DataFrame) -> None:
    whole = read_with_pandas(sample)
    whole = whole[whole["log-status"] == "OK"]
    assert either.left_out() == len(whole) - len(kept)
    day = Window(UNTIL - timedelta(days=1), UNTIL)
    counts = [
        ((f["start"] >= day.start) & (f["start"] < day.end) & (f["dstport"] == 5432)).sum()
        for f in (whole, kept)
    ]
    assert either.left_out(day, Filters.parse({"dstport": "5432"})) == counts[0] - counts[1] > 0
    assert either.once().left_out() == 0


def test_the_records_themselves_stay_whole(either: FlowLogs) -> None:
    count = "SELECT count(*) AS n FROM records"
    assert either.once().sql(count)["n"][0] == either.sql(count)["n"][0]


@pytest.mark.slow
def test_each_source_counts_once_by_itself(either: FlowLogs) -> None:
    (source,) = either.store.sources()
    assert either.once().only(source.url).left_out() == 0
    assert either.only(source.url).left_out() == either.left_out()


# eni-a is 10.0.0.4, 10.0.0.5 and 2001:db8:0:a::4, eni-b is 10.0.20.4; eni-d logs nothing.
PAIR = [
    ("eni-a", "10.0.0.4", "10.0.20.4", "ACCEPT", "egress", True),
    ("eni-b", "10.0.0.4", "10.0.20.4", "ACCEPT", "ingress", False),  # the receiver's copy
    ("eni-b", "10.0.20.4", "10.0.0.4", "ACCEPT", "egress", True),
    ("eni-a", "10.0.20.4", "10.0.0.4", "ACCEPT", "ingress", False),
    ("eni-a", "10.0.20.4", "10.0.0.5", "ACCEPT", "ingress", False),  # to the secondary address
    ("eni-b", "10.0.0.5", "10.0.20.4", "ACCEPT", "ingress", False),  # from it
    ("eni-b", "10.0.0.4", "10.0.20.4", "REJECT", "ingress", True),  # in no other record
    ("eni-a", "1.2.3.4", "10.0.0.4", "ACCEPT", "ingress", True),
    ("eni-a", "10.0.0.4", "1.2.3.4", "ACCEPT", "egress", True),
    ("eni-b", "10.1.2.3", "10.0.20.4", "ACCEPT", "ingress", True),  # its sender logs nothing
    ("eni-a", "10.0.0.5", "10.0.0.4", "ACCEPT", "ingress", True),  # to itself
    ("eni-a", "2001:db8:0:a::4", "2001:db8:0:c::4", "ACCEPT", "egress", True),
    ("eni-c", "2001:db8:0:a::4", "2001:db8:0:c::4", "ACCEPT", "ingress", False),
    ("eni-c", "2001:db8:0:c::4", "2001:db8:0:a::4", "ACCEPT", "egress", True),
]


@pytest.mark.parametrize("header", [V2, V5])
def test_the_copy_of_a_logged_sender_is_left_out_and_nothing_else(
    tmp_path: Path, header: str
) -> None:
    records = [
        flow(eni, src, dst, n, action=action, flow_direction=way)
        for n, (eni, src, dst, action, way, _) in enumerate(PAIR, 1)
    ]
    flows = stored(tmp_path / "s", (header, records), shots=[snapshot()])
    expected = [n for n, (*_, stays) in enumerate(PAIR, 1) if stays]
    assert column(flows.once(), "bytes") == expected
    assert flows.left_out() == len(PAIR) - len(expected)
    assert column(flows.once(), "bytes", "records") == [*range(1, len(PAIR) + 1)]


@pytest.mark.parametrize(
    ("sent", "stays"),
    [
        ({}, False),
        ({"at": NOON - timedelta(seconds=40)}, False),  # another aggregation window
        ({"at": NOON - timedelta(hours=2)}, True),
        ({"srcport": "40001"}, True),
        ({"dstport": "8443"}, True),
        ({"protocol": "17"}, True),
        ({"action": "REJECT"}, True),
    ],
)
def test_a_copy_is_left_out_where_the_senders_copy_of_it_is_there(
    tmp_path: Path, sent: dict[str, Any], stays: bool
) -> None:
    records = [
        flow("eni-a", "10.0.0.4", "10.0.20.4", 1, **sent),
        flow("eni-b", "10.0.0.4", "10.0.20.4", 2),
    ]
    flows = stored(tmp_path / "s", (V2, records), shots=[snapshot()])
    assert column(flows.once(), "bytes") == ([1, 2] if stays else [1])


def test_a_nat_gateways_copy_is_paired_by_its_ports(tmp_path: Path) -> None:
    records = [
        flow("eni-a", "10.0.0.4", "8.8.8.8", 1),
        flow("eni-b", "10.0.0.4", "10.0.20.4", 2),  # eni-b sends it on
        flow("eni-b", "10.0.20.4", "8.8.8.8", 3, srcport="1024"),
        flow("eni-a", "10.0.0.4", "8.8.4.4", 4, srcport="123", dstport="123", protocol="17"),
        flow("eni-b", "10.0.0.4", "10.0.20.4", 5, srcport="123", dstport="123", protocol="17"),
    ]
    flows = stored(tmp_path / "s", (V2, records), shots=[snapshot()])
    assert column(flows.once(), "bytes") == [1, 3, 4, 5]


def test_a_sender_that_logged_before_the_days_asked_about_made_no_copy(tmp_path: Path) -> None:
    early, late = NOON - timedelta(days=3), NOON
    records = [
        flow("eni-a", "10.0.0.4", "10.0.20.4", 1, early),
        flow("eni-b", "10.0.0.4", "10.0.20.4", 2, early),
        flow("eni-b", "10.0.0.4", "10.0.20.4", 3, late),
    ]
    flows = stored(tmp_path / "s", (V2, records), shots=[snapshot()])
    hour = timedelta(hours=1)
    assert flows.between(early - hour, early + hour).left_out() == 1
    assert flows.between(late - hour, late + hour).left_out() == 0


@pytest.mark.slow
def test_formats_that_cannot_tell_lose_nothing(tmp_path: Path) -> None:
    records = [
        flow("eni-a", "10.0.0.4", "10.0.20.4", 1),
        flow("eni-b", "10.0.0.4", "10.0.20.4", 2),
    ]
    lacking = ("action", "srcaddr", "interface-id")
    for number, field in enumerate(lacking):
        header = " ".join(name for name in V2.split() if name != field)
        flows = stored(tmp_path / str(number), (header, records), shots=[snapshot()])
        assert flows.left_out() == 0
        assert column(flows.once(), "bytes") == [1, 2]


def test_two_interfaces_that_only_talk_to_each_other_are_left_as_they_are(tmp_path: Path) -> None:
    """Nothing tells which address is whose: better counted twice than not at all."""
    records = [
        flow(eni, *ends, n)
        for n, (eni, ends) in enumerate(
            [("eni-x", ("10.0.0.1", "10.0.0.2")), ("eni-y", ("10.0.0.1", "10.0.0.2"))], 1
        )
    ]
    flows = stored(tmp_path / "s", (V2, records))
    assert column(flows, "direction") == [None, None]
    assert column(flows.once(), "bytes") == [1, 2]
