"""Wrong answers that the query layer and the engine prevent; each test bears the name of one."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from vpcflow_core.analysis.buckets import notes_of
from vpcflow_core.api import FlowLogs
from vpcflow_core.json_rows import rows_of
from vpcflow_core.query.question import Query
from vpcflow_core.store.store import Store
from vpcflow_core.times import Window

START = datetime(2026, 11, 1, tzinfo=UTC)
AT = int(START.timestamp())
FIELDS = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
DAY = Window(START, START + timedelta(days=1))


def logs(folder: Path, *lines: str, fields: str = FIELDS) -> FlowLogs:
    path = folder / "logs"
    path.mkdir(exist_ok=True)
    (path / f"{len(list(path.iterdir()))}.log").write_text("\n".join([fields, *lines, ""]))
    return FlowLogs.open(path, store=folder / "store")


def flow(size: int = 1, at: int = AT, source: str = "10.0.0.1", status: str = "OK") -> str:
    return f"2 1 eni-1 {source} 10.0.0.2 1 443 6 1 {size} {at} {at + 60} ACCEPT {status}"


def total(flows: FlowLogs, query: Query, window: Window = DAY) -> int:
    return int(flows.ask(query, window).frame[query.measures[0]].sum())


def test_nodata_never_counts_as_traffic(tmp_path: Path) -> None:
    # NODATA that carries addresses and bytes is a record all the same, never traffic.
    with logs(tmp_path, flow(5), flow(100, status="NODATA"), flow(100, status="SKIPDATA")) as flows:
        for records in (False, True):
            assert total(flows, Query(("flows",), records=records)) == 1
            assert total(flows, Query(("bytes",), records=records)) == 5
            assert total(flows, Query(("accepted",), by=("srcaddr",), records=records)) == 1
        assert total(flows, Query(("records",), records=True)) == 3


def test_sums_are_exact_integers(tmp_path: Path) -> None:
    odd = 2**53 + 1
    with logs(tmp_path, *[flow(odd)] * 3) as flows:
        frame = flows.series("bytes", every="1h", by="srcaddr")
        assert frame["value"].tolist() == [3 * odd]
        assert frame["value"].dtype == "int64"
        assert flows.sql("SELECT sum(bytes) AS b FROM flows")["b"].tolist() == [3 * odd]


def test_a_sum_beyond_64_bits_is_exact(tmp_path: Path) -> None:
    huge = 2**63 - 1
    with logs(tmp_path, *[flow(huge)] * 2, flow(5, source="10.0.0.7")) as flows:
        assert flows.top("srcaddr", by="bytes")["bytes"].tolist() == [2 * huge, 5]
        [actions] = rows_of(flows.panel("overview/actions").frame)
        assert actions["bytes"] == 2 * huge + 5
        assert flows.panel("traffic/accepted").answer.headlines[1].value == 2 * huge + 5


def test_whole_numbers_stay_exact_over_time(tmp_path: Path) -> None:
    odd, huge = 2**53 + 1, 2**63 - 1
    minutes = [flow(2, AT + 60 * n, "10.0.0.7") for n in range(-1440, 10)]
    with logs(tmp_path, flow(odd), flow(odd, AT - 86_400), *minutes) as flows:
        now = flows.between(START, START + timedelta(minutes=2))
        compared = now.series("bytes", every="1m", compare="1d")
        assert compared["value"].tolist() == [odd + 2, 2]
        assert compared["value_1d"].tolist() == [odd + 2, 2]
    with logs(tmp_path, *[flow(huge)] * 2) as flows:
        by_minute = flows.series("bytes", every="1m", by="srcaddr")
        assert max(by_minute["value"].dropna()) == 2 * huge + odd
        assert max(row["value"] or 0 for row in rows_of(by_minute)) == 2 * huge + odd


@pytest.mark.parametrize(
    "slug",
    ["accepts/bytes-compared", "traffic/ports-by-action", "traffic/longest-flows",
     "security-groups/directions-over-time", "outliers/bytes", "traffic/bytes-trend"],
)  # fmt: skip
def test_panels_draw_sums_beyond_64_bits(tmp_path: Path, slug: str) -> None:
    huge = 2**63 - 1
    minutes = [flow(3, AT + 60 * n, "10.0.0.7") for n in range(120)]
    with logs(tmp_path, *[flow(huge, AT + 3600)] * 3, *minutes) as flows:
        assert flows.panel(slug).figure().to_json()


def test_a_record_that_ends_before_it_starts_lasted_no_time(tmp_path: Path) -> None:
    backwards = flow().replace(f" {AT + 60} ", f" {AT - 600} ")
    with logs(tmp_path, backwards, flow()) as flows:
        assert total(flows, Query(("duration",))) == 60


def test_the_end_of_a_window_is_not_in_it(tmp_path: Path) -> None:
    end = int(DAY.end.timestamp())
    with logs(tmp_path, flow(at=AT), flow(at=end), flow(at=AT - 1)) as flows:
        assert total(flows, Query(("flows",))) == 1
        assert total(flows, Query(("flows",), every=timedelta(hours=1))) == 1


def test_a_missing_value_is_never_a_row_of_a_top_list(tmp_path: Path) -> None:
    lines = [flow(), flow(source="-"), flow(source="-")]
    with logs(tmp_path, *lines) as flows:
        assert flows.top("srcaddr")["srcaddr"].tolist() == ["10.0.0.1"]
        assert total(flows, Query(("flows",))) == 3


def test_excluding_a_value_keeps_records_without_one(tmp_path: Path) -> None:
    with logs(tmp_path, flow(), flow(source="-"), flow(source="2001:db8::1")) as flows:
        assert total(flows.where(srcaddr="!10.0.0.1"), Query(("flows",))) == 2
        assert total(flows.where(srcaddr="!10.0.0.0/9"), Query(("flows",))) == 2


def test_a_block_is_not_a_prefix_of_letters(tmp_path: Path) -> None:
    lines = [flow(source=source) for source in ("1.0.0.1", "10.0.0.1", "100.0.0.1", "1.200.0.1")]
    with logs(tmp_path, *lines) as flows:
        assert flows.where(srcaddr="1.0.0.0/8").top("srcaddr")["srcaddr"].tolist() == [
            "1.0.0.1",
            "1.200.0.1",
        ]
        assert flows.where(srcaddr="1.0.0.0/9").top("srcaddr")["srcaddr"].tolist() == ["1.0.0.1"]
        assert flows.where(srcaddr="1.0.0.1").top("srcaddr")["flows"].tolist() == [1]


def test_an_ipv6_address_is_found_in_any_written_form(tmp_path: Path) -> None:
    with logs(tmp_path, flow(source="2001:db8:0:0:0:0:0:1"), flow(source="2001:db8::1")) as flows:
        assert total(flows.where(srcaddr="2001:DB8::1"), Query(("flows",))) == 2
        assert total(flows.where(srcaddr="!2001:db8::1"), Query(("flows",))) == 0


def test_port_zero_is_a_port_of_tcp_and_none_of_icmp(tmp_path: Path) -> None:
    tcp = flow().replace(" 443 6 ", " 0 6 ")
    icmp, gre = tcp.replace(" 0 6 ", " 0 1 "), tcp.replace(" 0 6 ", " 0 47 ")
    with logs(tmp_path, flow(), flow(), tcp, icmp, gre) as flows:
        found = flows.top("dstport")
        assert found["dstport"].tolist() == [443, 0]
        assert found["flows"].tolist() == [2, 1]
        assert notes_of(found) == ("2 flows have no dstport: left out of the rows.",)
        assert total(flows, Query(("ports",))) == 2
        assert total(flows.where(dstport="0"), Query(("flows",))) == 3


def test_flows_that_lack_one_of_several_fields_are_counted(tmp_path: Path) -> None:
    lines = [flow(), flow(source="-"), flow().replace("eni-1", "-")]
    with logs(tmp_path, *lines) as flows:
        found = flows.top("interface_id,srcaddr")
        assert found["flows"].tolist() == [1]
        assert notes_of(found) == (
            "2 flows have no interface_id or no srcaddr: left out of the rows.",
        )
        assert notes_of(flows.top("dstaddr")) == ()


def test_a_format_without_a_field_hides_no_other_formats_records(tmp_path: Path) -> None:
    short = FIELDS.removesuffix(" action log-status") + " log-status"
    logs(tmp_path, flow(), flow()).close()
    with logs(tmp_path, flow().replace(" ACCEPT", ""), fields=short) as flows:
        assert total(flows, Query(("flows",))) == 3
        assert total(flows, Query(("accepted",))) == 2
        assert total(flows.where(action="!REJECT"), Query(("flows",))) == 3


def test_groups_in_the_tail_do_not_leak_into_the_top(tmp_path: Path) -> None:
    lines = [
        flow(at=AT + 3600 * hour, source=f"10.0.0.{n}") for n in range(5) for hour in range(5 - n)
    ]
    with logs(tmp_path, *lines) as flows:
        frame = flows.series("flows", every="1h", by="srcaddr", n=2)
        assert frame.groupby("srcaddr")["value"].sum().to_dict() == {"10.0.0.0": 5, "10.0.0.1": 4}


@pytest.mark.slow
def test_a_reader_sees_whole_commits_alone_while_another_writes(tmp_path: Path) -> None:
    logs(tmp_path, *[flow()] * 10).close()
    seen: list[int] = []
    done = threading.Event()

    def read() -> None:
        with FlowLogs(Store.open(tmp_path / "store")) as flows:
            while not done.is_set():
                seen.append(total(flows, Query(("flows",))))

    with ThreadPoolExecutor() as pool:
        reader = pool.submit(read)
        for number in range(2, 16):
            logs(tmp_path, *[flow(source=f"10.0.0.{number}")] * 10).close()
        done.set()
        reader.result()
    assert seen == sorted(seen)
    assert set(seen) <= set(range(10, 160, 10))
    with FlowLogs(Store.open(tmp_path / "store")) as flows:
        assert total(flows, Query(("flows",))) == 150
