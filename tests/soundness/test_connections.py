"""Connections are what they were on the wire: both ways, from the first packet to the last."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.engines.duckdb.networks import NOON, V2, flow, stored
from vpcflow_core.analysis.buckets import notes_of
from vpcflow_core.api import FlowLogs
from vpcflow_core.connections import COLUMNS
from vpcflow_core.engines import by_promises
from vpcflow_core.errors import ParameterError, QueryError
from vpcflow_core.query.connections import promised, promises, repeated, search
from vpcflow_core.query.connections.search import first_connections
from vpcflow_core.query.connections.select import ConnectionQuery, Order
from vpcflow_core.query.connections.words import IDLE, IDLE_TCP

FLAGS = f"{V2} tcp-flags vpc-id"
CLIENT, SERVER = "10.0.0.7", "10.0.9.9"


@pytest.fixture(autouse=True)
def searched(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few the records are, connections are searched for as among many."""
    monkeypatch.setattr(search, "FEW", 0)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def sent(
    source: str, port: int, target: str, to: int, begin: float = 0, lasts: int = 10, **more: Any
) -> dict[str, str]:
    """One record; the times are seconds after noon."""
    size = more.pop("bytes", 100)
    texts = {name: str(value) for name, value in more.items()}
    made = flow(texts.pop("interface", "eni-a"), source, target, size, at(begin), **texts)
    ended = str(int(at(begin).timestamp()) + lasts)
    return made | {"srcport": str(port), "dstport": str(to), "end": ended}


def both(begin: float = 0, port: int = 50000, to: int = 5432, **more: Any) -> list[dict[str, str]]:
    """A record each way, the client's first."""
    return [
        sent(CLIENT, port, SERVER, to, begin, bytes=10, **more),
        sent(SERVER, to, CLIENT, port, begin, bytes=3000, **more),
    ]


def found(
    folder: Path, records: Iterable[dict[str, str]], header: str = V2, **asked: Any
) -> list[dict[str, Any]]:
    with stored(folder, (header, list(records))) as flows:
        return plain(flows.connections(**asked))


def plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (
        frame.astype("object").where(frame.notna(), None).to_dict("records")
    )
    return rows


def ends(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[n] for n in ("client", "server", "service_port", "initiator_known_by"))


def test_a_connection_is_all_records_of_both_ways(tmp_path: Path) -> None:
    records = [r for minute in range(90) for r in both(60 * minute, vpc_id="vpc-7")]
    (row,) = found(tmp_path, records, FLAGS)
    assert list(row) == list(COLUMNS)
    assert ends(row) == (CLIENT, SERVER, 5432, "service")
    assert (row["protocol"], row["interface_id"], row["vpc_id"]) == (6, "eni-a", "vpc-7")
    assert (row["first"], row["last"]) == (at(0), at(89 * 60 + 10))
    assert row["duration"] == 89 * 60 + 10
    assert (row["bytes_out"], row["bytes_in"]) == (900, 270_000)
    assert (row["packets_out"], row["packets_in"], row["records"]) == (90, 90, 180)
    assert row["action"] == "ACCEPT"


@pytest.mark.parametrize(("upward", "downward"), [(2, 18), (3, 19), (2, 0), (0, 18), (7, 19)])
def test_the_syn_says_who_opened_it_whatever_the_ports(
    tmp_path: Path, upward: int, downward: int
) -> None:
    records = [
        sent(SERVER, 443, CLIENT, 61000, tcp_flags=upward),
        sent(CLIENT, 61000, SERVER, 443, tcp_flags=downward),
        sent(SERVER, 443, CLIENT, 61000, 60, tcp_flags=0),
    ]
    (row,) = found(tmp_path, records, FLAGS)
    assert ends(row) == (SERVER, CLIENT, 61000, "tcp-flags")
    assert (row["packets_out"], row["packets_in"]) == (2, 1)


def test_a_port_with_many_partner_ports_is_the_servers(tmp_path: Path) -> None:
    """Of a client with privileges too: NFS, lockd."""
    records = [sent(f"10.0.1.{n}", 700 + n, SERVER, 32803, n) for n in range(6)]
    rows = found(tmp_path, records)
    assert {ends(row)[1:] for row in rows} == {(SERVER, 32803, "partner-ports")}
    assert {row["client"] for row in rows} == {f"10.0.1.{n}" for n in range(6)}


@pytest.mark.parametrize(
    ("ports", "protocol", "server", "known"),
    [
        ((50000, 6379), 6, 6379, "service"),
        ((800, 2049), 6, 2049, "service"),
        ((40000, 9999), 6, 9999, "lower-port"),
        ((900, 40001), 6, 40001, "lower-port"),
        ((500, 500), 17, 500, "first-packet"),
        ((0, 0), 1, None, "first-packet"),
    ],
)
def test_without_flags_the_ports_say_it(
    tmp_path: Path, ports: tuple[int, int], protocol: int, server: int | None, known: str
) -> None:
    mine, theirs = ports
    records = [
        sent(SERVER, theirs, CLIENT, mine, 2, protocol=protocol),
        sent(CLIENT, mine, SERVER, theirs, 1, protocol=protocol),
    ]
    assert [ends(row) for row in found(tmp_path, records)] == [(CLIENT, SERVER, server, known)]


def test_what_nothing_decides_is_unknown(tmp_path: Path) -> None:
    records = [
        sent(CLIENT, 4500, SERVER, 4500, protocol=17),
        sent(SERVER, 4500, CLIENT, 4500, protocol=17),
    ]
    (row,) = found(tmp_path, records)
    assert row["initiator_known_by"] == "unknown"
    assert (row["service_port"], row["records"]) == (4500, 2)


def test_time_servers_that_answer_from_another_address_were_asked(tmp_path: Path) -> None:
    records = [
        sent(CLIENT, 123, "169.254.1.1", 123, protocol=17),
        sent("198.51.100.1", 123, CLIENT, 123, protocol=17),
        sent("10.0.5.5", 514, CLIENT, 514, protocol=17),
        sent(CLIENT, 514, "10.0.6.6", 514, protocol=17),
    ]
    rows = {(row["client"], row["server"]) for row in found(tmp_path, records)}
    assert rows == {(CLIENT, "169.254.1.1"), (CLIENT, "198.51.100.1"), ("10.0.5.5", CLIENT),
                    (CLIENT, "10.0.6.6")}  # fmt: skip


@pytest.mark.parametrize(("protocol", "idle"), [(6, IDLE_TCP), (17, IDLE)])
def test_a_silence_ends_a_connection_and_the_ports_are_used_again(
    tmp_path: Path, protocol: int, idle: int
) -> None:
    begins = [0, 10 + idle, 2 * (10 + idle) + 1]
    records = [r for begin in begins for r in both(begin, protocol=protocol)]
    rows = found(tmp_path, records, order="start")
    assert [(row["first"], row["records"]) for row in rows] == [(at(begins[2]), 2), (at(0), 4)]
    assert rows[1]["duration"] == 20 + idle


def test_ten_minute_records_are_no_silence(tmp_path: Path) -> None:
    records = [sent(CLIENT, 5000, SERVER, 53, 1200 * n, 550, protocol=17) for n in range(5)]
    assert [row["duration"] for row in found(tmp_path, records)] == [4 * 1200 + 550]


def test_where_flags_are_logged_only_a_syn_begins_a_connection(tmp_path: Path) -> None:
    """A pooled connection may rest for a day; a port used again has a SYN of its own."""
    long = [sent(CLIENT, 50000, SERVER, 5432, 80_000 * n, tcp_flags=2 * (n == 0)) for n in range(3)]
    short = [
        sent(*ends, begin, tcp_flags=flags)
        for begin in (0, 30, 60)
        for ends, flags in (((CLIENT, 50001, SERVER, 5432), 3), ((SERVER, 5432, CLIENT, 50001), 19))
    ]
    rows = found(tmp_path, [*long, *short], FLAGS)
    assert [row["duration"] for row in rows] == [160_010, 10, 10, 10]
    assert [row["records"] for row in rows] == [3, 2, 2, 2]


def test_records_without_an_interface_and_ends_before_starts_count(tmp_path: Path) -> None:
    """Regional NAT gateways have no interface-id."""
    records = [
        sent(CLIENT, 50000, SERVER, 443, lasts=3300, interface="-"),
        sent(CLIENT, 50001, SERVER, 443, 100, lasts=-600),
    ]
    rows = found(tmp_path, records)
    assert [(row["interface_id"], row["duration"]) for row in rows] == [(None, 3300), ("eni-a", 0)]


def test_a_filter_chooses_connections_and_leaves_them_whole(tmp_path: Path) -> None:
    records = [*both(), *both(port=50001, to=443), *both(0, 50002, 22, action="REJECT")]
    records[0]["action"] = "REJECT"
    with stored(tmp_path, (V2, records)) as flows:
        (row,) = plain(flows.where(dstport=443).connections())
        assert (row["bytes_out"], row["bytes_in"], row["action"]) == (10, 3000, "ACCEPT")
        rows = plain(flows.where(action="REJECT").connections())
        assert {(r["service_port"], r["action"]) for r in rows} == {(5432, "mixed"), (22, "REJECT")}
        assert flows.where(interface_id="eni-b").connections().empty
        assert len(flows.where(protocol="tcp", srcaddr=SERVER).connections()) == 3


def test_connections_come_in_the_order_asked_for(tmp_path: Path) -> None:
    records = [
        *both(0, 50000, lasts=300),
        *[r for n in range(9) for r in both(n, 50001)],
        sent(CLIENT, 50002, SERVER, 443, 40, 1, bytes=10**6),
    ]
    with stored(tmp_path, (V2, records)) as flows:
        first = {
            order: flows.connections(order=order, limit=1)["records"].tolist()  # type: ignore[arg-type]
            for order in ("duration", "bytes", "records", "start")
        }
        assert first == {"duration": [2], "bytes": [1], "records": [18], "start": [1]}
        with pytest.raises(ParameterError, match="Did you mean"):
            flows.connections(order="byte")  # type: ignore[arg-type]
        with pytest.raises(ParameterError, match="0"):
            flows.connections(limit=0)


def test_a_connection_that_was_going_on_is_shown_from_its_beginning(tmp_path: Path) -> None:
    flags = [sent(CLIENT, 50000, SERVER, 9999, 0, tcp_flags=2)]
    later = [r for n in range(1, 200) for r in both(60 * n, to=9999, tcp_flags=0)]
    with stored(tmp_path, (FLAGS, [*flags, *later, *both(11_000, 50009)])) as flows:
        range_ = flows.between(at(10_000), at(12_000))
        frame = range_.connections()
        rows = plain(frame)
        assert [row["first"] for row in rows] == [at(0), at(11_000)]
        assert rows[0]["duration"] == 199 * 60 + 10
        assert rows[0]["records"] == 1 + 2 * 199
        assert ends(rows[0]) == (CLIENT, SERVER, 9999, "tcp-flags")
        assert notes_of(frame) == (
            "1 connection that was going on when the range began: shown from the beginning.",
        )


def test_the_beginning_is_looked_up_for_a_day(tmp_path: Path) -> None:
    records = [r for n in range(80) for r in both(3600 * n)]
    with stored(tmp_path, (V2, records)) as flows:
        frame = flows.between(at(60 * 3600), at(80 * 3600)).connections()
        assert frame["first"].tolist() == [at(36 * 3600)]
        assert "at most from 24h before the range" in notes_of(frame)[0]


def test_few_that_are_asked_for_are_exact_among_many_that_only_seem_long(tmp_path: Path) -> None:
    """Ports used again and again promise more than a connection that rests."""
    again = [
        r
        for port in range(300)
        for n in range(5)
        for r in both(4000 * n, 2000 + port, 53, protocol=17)
    ]
    long = [sent(CLIENT, 60000, SERVER, 5432, 0, lasts=1300)]
    with stored(tmp_path, (V2, [*again, *long])) as flows:
        assert flows.connections(limit=1)["duration"].tolist() == [1300]
        assert len(flows.connections(limit=10_000)) == 1501


def oracle(records: list[dict[str, str]]) -> list[tuple[int, int]]:
    """Length and records of every connection of UDP, by a loop over its records."""
    flows: dict[Any, list[tuple[int, int]]] = {}
    for r in records:
        key = frozenset({(r["srcaddr"], r["srcport"]), (r["dstaddr"], r["dstport"])})
        flows.setdefault((r["interface-id"], key), []).append((int(r["start"]), int(r["end"])))
    made = []
    for spans in flows.values():
        idle = max(IDLE, 2 * max(end - start for start, end in spans))
        first, last, count = None, 0, 0
        for start, end in sorted(spans):
            if first is not None and start - last > idle:
                made.append((last - first, count))
                first = None
            if first is None:
                first, last, count = start, end, 0
            last, count = max(last, end), count + 1
        assert first is not None
        made.append((last - first, count))
    return made


def test_connections_are_those_that_a_loop_finds(tmp_path: Path) -> None:
    rng = random.Random(4)
    records = []
    for _ in range(600):
        pair = [(CLIENT, rng.randrange(5000, 5006)), (SERVER, rng.choice([53, 123, 5000]))]
        rng.shuffle(pair)
        (source, port), (target, to) = pair
        begin, lasts = rng.randrange(20_000), rng.randrange(60)
        more = {"protocol": 17, "interface": rng.choice(["eni-a", "eni-b"])}
        records.append(sent(source, port, target, to, begin, lasts, **more))
    rows = found(tmp_path, records, limit=1000)
    assert sorted((r["duration"], r["records"]) for r in rows) == sorted(oracle(records))


def many_alike(seed: int, step: int = 1000, longest: int = 500) -> list[dict[str, str]]:
    """Records of which many are alike: same lengths, times, bytes; ports used again; both ways."""
    rng = random.Random(seed)
    records = []
    for _ in range(900):
        pair = [(CLIENT, rng.randrange(5000, 5120)), (SERVER, rng.choice([53, 443, 5000]))]
        rng.shuffle(pair)
        (source, port), (target, to) = pair
        more = {
            "protocol": rng.choice([6, 17, 1]),
            "interface": rng.choice(["eni-a", "eni-b", "-"]),
            "tcp-flags": rng.choice(["-", 0, 2, 3, 18, 19]),
            "action": rng.choice(["ACCEPT", "ACCEPT", "REJECT"]),
            "bytes": rng.choice([100, 100, 2**62]),
        }
        begin, lasts = step * rng.randrange(30), rng.choice([-5, 0, 59, 59, 59, longest])
        records.append(sent(source, port, target, to, begin, lasts, **more))
    return records


@pytest.fixture
def by_promises_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """As engines search that do not hand over their records."""
    monkeypatch.setattr(by_promises, "reduced", lambda *_: None)


@pytest.fixture(params=["handed over", "by promises alone"])
def either_search(request: pytest.FixtureRequest) -> None:
    """Both ways to search."""
    if request.param == "by promises alone":
        request.getfixturevalue("by_promises_alone")


@pytest.mark.usefixtures("either_search")
def test_the_first_of_many_alike_are_those_of_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is left out of the search, in several parts, and under filters."""
    for name in ("GROUPED_AT_A_TIME", "GROUPED_FOR_BYTES", "HANDED_OVER_AT_A_TIME"):
        monkeypatch.setattr(by_promises, name, 400)
    monkeypatch.setattr(promises, "LONGEST_LIST", 40)
    for module in (search, promised):
        monkeypatch.setattr(module, "TRIED", 1)
    asked: list[tuple[Order, int, dict[str, str]]] = [
        ("duration", 7, {}),
        ("duration", 5, {"action": "REJECT"}),
        ("bytes", 1, {"action": "REJECT"}),
        ("records", 40, {}),
        ("start", 7, {"protocol": "udp"}),
    ]
    with stored(tmp_path, (FLAGS, many_alike(7))) as flows:
        for order, limit, filters in asked:
            some, query = flows.where(**filters), ConnectionQuery(order, limit)
            *before, first = first_connections(some.ask_connections, query, some.window)
            assert before
            pd.testing.assert_frame_equal(first.frame, some.ask_connections(query).frame)


@pytest.mark.parametrize(("table_bits", "room"), [(25, 2**24), (3, 7)])
@pytest.mark.parametrize(("header", "step", "longest"), [
    (FLAGS, 1000, 500), (V2, 16_000, 500), (V2, 4000, 9000)
], ids=["hours", "days", "long records"])  # fmt: skip
def test_connections_cut_in_memory_are_those_that_sql_cuts(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    header: str,
    step: int,
    longest: int,
    table_bits: int,
    room: int,
) -> None:
    """Also where many numbers are taken for repeated ones, and piece by piece."""
    monkeypatch.setattr(repeated, "TABLE_BITS", range(table_bits, table_bits + 1))
    monkeypatch.setattr(repeated, "PIECE", room)
    monkeypatch.setattr(repeated, "ROOM", room)
    monkeypatch.setattr(by_promises, "ENOUGH_DAYS", timedelta(days=1))
    filters: list[dict[str, str]] = [{}, {"action": "REJECT"}, {"protocol": "udp", "dstport": "53"}]
    alone = [sent(CLIENT, 20_000 + n, SERVER, 53, n, n % 700, protocol=17) for n in range(50)]
    orders: list[Order] = ["duration", "records", "start"]
    with stored(tmp_path, (header, [*many_alike(3, step, longest), *alone])) as flows:
        for order, some in product(orders, (flows.where(**f) for f in filters)):
            rows = some.ask_connections(promises.PromisesQuery(order)).frame
            query = promises.ValuesQuery(ConnectionQuery(order, None))
            cut = some.ask_connections(query).frame
            assert len(rows) > 50
            assert rows.pop("is_cut").all()
            both = [f.sort_values(list(f), ignore_index=True) for f in (rows, cut)]
            pd.testing.assert_frame_equal(*both, check_dtype=False)
            assert rows["value"].is_monotonic_decreasing


@pytest.mark.usefixtures("either_search")
def test_where_any_five_tuple_may_hold_the_first_all_are_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (search, promises):
        monkeypatch.setattr(module, "MOST_PROMISES", 3)
    records = [sent(CLIENT, 2000 + n, SERVER, 443, 0, n % 3) for n in range(40)]
    with stored(tmp_path, (V2, records)) as flows:
        frame = flows.connections(limit=5)
        assert frame["duration"].tolist() == [2] * 5
        pd.testing.assert_frame_equal(
            frame, flows.ask_connections(ConnectionQuery(limit=5)).frame[list(COLUMNS)]
        )


@pytest.mark.usefixtures("by_promises_alone")
def test_a_second_round_finds_the_first_before_all_are_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The five-tuple tried first only seems long; the last of all that were read is too short."""
    for module in (search, promises):
        monkeypatch.setattr(module, "MOST_PROMISES", 3)
    monkeypatch.setattr(search, "FEW", 0)
    monkeypatch.setattr(search, "TRIED", 1)
    only_seems_long = [sent(CLIENT, 1000, SERVER, 53, 400 * n, 1, protocol=17) for n in range(10)]
    long = [sent(CLIENT, 2000 + n, SERVER, 443, 0, 1000 - n) for n in range(2)]
    short = [sent(CLIENT, 3000 + n, SERVER, 443, 0, 5) for n in range(40)]
    with stored(tmp_path, (V2, [*only_seems_long, *long, *short])) as flows:
        query = ConnectionQuery(limit=1)
        *_, second, last = asked = first_connections(flows.ask_connections, query, flows.window)
        assert len(asked) == 2
        assert " IN (" in last.sql
        assert last.frame["duration"].tolist() == [1000]
        assert second.frame["value"].iloc[0] > 1000


def test_longest_flows_show_each_connection_once_as_it_lived(tmp_path: Path) -> None:
    hops = [
        sent(CLIENT, 20000 + n, SERVER, 443, 0, 3000 - n, interface=interface)
        for n in range(40)
        for interface in ("eni-a", "eni-b", "eni-c", "eni-d")
    ]
    alive = [sent(CLIENT, 50000, SERVER, 4444, 60 * n, 0) for n in range(1200)]
    doubled = [sent(CLIENT, 50001, SERVER, 443, 60 * n, 59) for n in range(60)] * 2
    with stored(tmp_path, (V2, [*hops, *alive, *doubled])) as flows:
        frame = flows.panel("traffic/longest-flows").frame
    assert len(frame) == 25
    assert frame["duration"].tolist()[:3] == [1199 * 60, 59 * 60 + 59, 3000]
    assert frame["busy"].tolist()[:3] == [0, 60 * 59, 3000]
    assert frame["srcport"].tolist()[:2] == [50000, 50001]
    assert not frame.duplicated(["srcaddr", "srcport", "dstaddr", "dstport"]).any()


def test_sample_flows_have_clients_that_the_flags_confirm(sample_store: Path) -> None:
    """Of records with flags, the ports alone must say nearly always what the SYN says."""
    with FlowLogs.open(sample_store) as flows:
        frame = flows.last("24h").connections(order="start", limit=3000)
    known = frame[frame["initiator_known_by"] == "tcp-flags"]
    assert len(known) > 200
    assert (known["service_port"] < 32768).mean() > 0.99


def test_sql_by_hand_may_ask_for_connections(tmp_path: Path) -> None:
    records = [*both(vpc_id="vpc-7"), *both(port=50001, to=443), *both(90_000, port=50002)]
    with stored(tmp_path, (FLAGS, records)) as flows:
        frame = flows.sql("SELECT * FROM connections ORDER BY first, service_port")
        assert frame["service_port"].tolist() == [443, 5432, 5432]
        assert set(COLUMNS) < set(frame.columns)
        listed = flows.connections(order="start")
        assert frame[list(COLUMNS)].sort_values("client").shape == listed.shape
        count = "SELECT count(*) AS n, sum(records) AS r FROM connections"
        assert flows.sql(count).to_numpy().tolist() == [[3, 6]]
        assert flows.where(srcport=443).sql(count).to_numpy().tolist() == [[1, 2]]
        assert flows.between(at(0), at(60)).sql(count).to_numpy().tolist() == [[2, 4]]
        assert "duration" in flows.sql("DESCRIBE connections")["column_name"].tolist()


def test_sql_over_too_many_records_says_how_to_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vpcflow_core.engines.duckdb.connections.MOST_RECORDS", 1)
    with stored(tmp_path, (V2, both())) as flows, pytest.raises(QueryError) as refused:
        flows.sql("SELECT * FROM connections")
    assert "2 records, more than 1" in str(refused.value)
    assert "vpcflow connections" in refused.value.next_step


def test_connections_are_listed_as_logged_though_flows_count_once(tmp_path: Path) -> None:
    records = [one | {"interface-id": eni} for eni in ("eni-a", "eni-b") for one in both()]
    with stored(tmp_path, (V2, records)) as flows:
        frame = flows.once().connections()
    assert len(frame) == 2
    assert any(note.startswith("As logged") for note in notes_of(frame))
