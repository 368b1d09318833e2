"""Questions by ends that are asked again are answered by address, and equal every record's ends."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from tests.engines.duckdb.networks import NOON, V2, flow, stored
from tests.engines.duckdb.test_ends import V5, shot
from tests.inventory.test_domains import query
from tests.reference.conftest import write_database
from vpcflow_core.api import FlowLogs
from vpcflow_core.engines.duckdb import settled, summed_files
from vpcflow_core.engines.duckdb.engine import DuckDBEngine
from vpcflow_core.engines.duckdb.relations import Relations
from vpcflow_core.inventory.naming import Naming
from vpcflow_core.query.ends import ABOUT, ENDS
from vpcflow_core.query.question import Query
from vpcflow_core.source_settings import DnsLogSetting
from vpcflow_core.times import Window
from vpcflow_core.workspace.domains import sync_domains

pytestmark = pytest.mark.slow
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
MEASURES = ["flows", "rejected", "bytes", "packets"]
FAR = ["203.0.113.9", "203.0.113.80", "3.5.1.1", "9.9.9.9", "192.0.2.7"]
HOME = {"eni-1": ("vpc-1", "10.0.0.4"), "eni-2": ("vpc-2", "10.0.0.4"), "eni-3": ("vpc-2", "10.0.0.5"),
        "eni-4": ("vpc-3", "10.3.0.6"), "eni-9": ("vpc-9", "10.9.0.9")}  # fmt: skip
WHOLE = Window(NOON - 3 * HOUR, NOON + 6 * HOUR)
NUMBERS = itertools.count(1000)  # of rows, each once: no answer is given again


def records(count: int = 600) -> Iterator[dict[str, str]]:
    """Records of interfaces that talk to each other and to the Internet, seen from either end."""
    made = random.Random(7)
    for size in range(1, count + 1):
        interface = made.choice(list(HOME))
        vpc, own = HOME[interface]
        far = made.choice(FAR + [address for _, address in HOME.values()])
        leaves = made.random() < 0.5
        said = {
            "flow-direction": made.choice(["egress" if leaves else "ingress", "-"]),
            "vpc-id": made.choice([vpc, vpc, "-"]),
            "subnet-id": made.choice(["subnet-1", "-"]),
            "instance-id": made.choice([f"i-{interface[-1]}", "-"]),
            "az-id": made.choice(["euc1-az1", "euc1-az2"]),
            "pkt-srcaddr": made.choice([own if leaves else far, "10.77.0.1"]),
            "pkt-dst-aws-service": "S3" if far.startswith("3.5.") and made.random() < 0.5 else "-",
        }
        ends = (own, far) if leaves else (far, own)
        at = NOON + made.randint(-170, 350) * MINUTE
        yield flow(interface, *ends, size, at, made.choice(["ACCEPT", "REJECT"])) | said


@pytest.fixture(scope="module")
def changing_ends(tmp_path_factory: pytest.TempPathFactory) -> FlowLogs:
    """Records whose ends change with time, VPC, other end and what a record says itself."""
    folder = tmp_path_factory.mktemp("settled")
    (folder / "own.csv").write_text(
        "block,name,owner,kind,from,until\n"
        "192.0.2.0/24,Berlin,it,office,,\n"
        "10.3.0.6,pod-a,shop,pod,2026-11-02T11:00,2026-11-02T13:00\n"
    )
    said = {"prefixes": [{"ip_prefix": "3.5.0.0/16", "service": "S3"}], "ipv6_prefixes": []}
    (folder / "ranges.json").write_text(json.dumps(said))
    network = {"autonomous_system_number": 64500, "autonomous_system_organization": "EXAMPLE"}
    base = write_database(folder / "as.mmdb", "Test-ASN", {"9.9.9.0/24": network})
    half = list(records())
    shots = [
        shot(NOON - 2 * HOUR),
        shot(NOON + HOUR, eni_4={"name": "cache-b", "tags": ["owner=shop"]}),
        shot(NOON + 3 * HOUR, without="eni-3"),
    ]
    flows = stored(
        folder / "s", (f"{V5} pkt-dst-aws-service", half[:400]), (V2, half[400:]), shots=shots
    )
    dns = folder / "dns"
    dns.mkdir()
    (dns / "one.log").write_text("\n".join([
        query("api.example.com", FAR[0]), query("cdn.example.com", FAR[1], NOON + HOUR),
        query("b.example.com", FAR[1], NOON + 2 * HOUR, HOME["eni-3"][1], "vpc-2"),
    ]))  # fmt: skip
    assert flows.store
    sync_domains(flows.store, {"here": DnsLogSetting(url=str(dns))})
    naming = Naming(
        address_book=folder / "own.csv", aws_ranges=folder / "ranges.json", as_database=base
    )
    return replace(flows, engine=DuckDBEngine(flows.store, naming=naming))


@pytest.fixture(scope="module")
def named_one_by_one(changing_ends: FlowLogs) -> pd.DataFrame:
    """Every record with its ends, each named by itself."""
    known = [name for name in ENDS if name in changing_ends.engine.columns()]
    found = changing_ends.sql(
        f"SELECT start_time, srcaddr, dstaddr, action, bytes, packets, {', '.join(known)} FROM flows"
    )
    return found.assign(flows=1, rejected=found["action"].eq("REJECT").astype(int))


def views(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The SQL of the relations that are made from now on."""
    seen: list[str] = []
    make = Relations._make_view

    def noting(self: Relations, name: str, select: str) -> None:
        seen.append(select)
        make(self, name, select)

    monkeypatch.setattr(Relations, "_make_view", noting)
    return seen


def is_by_address(view: str) -> bool:
    return any(name in view for name in settled.SETTLED.values())


def answers(
    changing_ends: FlowLogs, window: Window, by: Sequence[str], **where: str
) -> list[pd.DataFrame]:
    """The answers of one question, asked until they are answered by address."""
    within = changing_ends.between(window.start, window.end).where(**where)
    queries = [
        Query(MEASURES, by=tuple(by), order="bytes", top=next(NUMBERS))
        for _ in range(settled.LOOK_AFTER + 2)
    ]
    return [within.ask(query).frame for query in queries]


def expected(
    named_one_by_one: pd.DataFrame, window: Window, by: Sequence[str], **where: str
) -> pd.DataFrame:
    """The same by pandas, of every record."""
    times = named_one_by_one["start_time"]
    rows = named_one_by_one[(times >= window.start) & (times < window.end)]
    for name, value in where.items():
        rows = rows[rows[name].eq(value)]
    rows = rows.dropna(subset=list(by))
    return rows.groupby(list(by))[MEASURES].sum().astype("int64").sort_index()


def alike(found: pd.DataFrame, right: pd.DataFrame) -> None:
    got = found.set_index(list(right.index.names))[MEASURES].astype("int64").sort_index()
    pd.testing.assert_frame_equal(got, right, check_dtype=False, check_index_type=False)


NAMES = [about.name for about in ABOUT if about.name not in ("zone", "watchlist")]


@pytest.mark.parametrize("ends", [("src_",), ("dst_",), ("src_", "dst_")])
@pytest.mark.parametrize("name", NAMES)
def test_every_dimension_equals_the_ends_of_every_record(
    changing_ends: FlowLogs,
    named_one_by_one: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    ends: tuple[str, ...],
) -> None:
    by = [f"{end}{name}" for end in ends]
    for window in (WHOLE, Window(NOON - 50 * MINUTE, NOON + 133 * MINUTE)):
        seen = views(monkeypatch)
        right = expected(named_one_by_one, window, by)
        assert len(right) or name == "as"  # no record is from one public address to another
        for found in answers(changing_ends, window, by):
            alike(found, right)
        assert is_by_address(seen[-1])


@pytest.mark.parametrize(
    ("by", "where"),
    [
        (["dstaddr"], {"src_name": "pod-a"}),
        (["src_kind", "dstaddr"], {"action": "REJECT"}),
        (["dst_name"], {"src_vpc": "vpc-3"}),
        (["src_kind"], {"dst_kind": "Domain"}),
        (["dst_owner", "action"], {}),
    ],
)
def test_filters_and_other_columns_equal_the_ends_of_every_record(
    changing_ends: FlowLogs,
    named_one_by_one: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
    by: list[str],
    where: dict[str, str],
) -> None:
    seen = views(monkeypatch)
    right = expected(named_one_by_one, WHOLE, by, **where)
    assert len(right)
    for found in answers(changing_ends, WHOLE, by, **where):
        alike(found, right)
    assert is_by_address(seen[-1])


@pytest.mark.parametrize(
    ("by", "where"),
    [
        (["src_name"], {}), (["dst_kind"], {"action": "REJECT"}), (["src_vpc", "dst_owner"], {}),
        (["dstaddr", "src_kind"], {}), (["src_az", "dst_az"], {"src_owner": "shop"}),
    ],
)  # fmt: skip
def test_what_is_kept_of_files_equals_the_ends_of_every_record(
    changing_ends: FlowLogs,
    named_one_by_one: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
    by: list[str],
    where: dict[str, str],
) -> None:
    for name, least in (("ENOUGH_RECORDS", 1), ("ENOUGH_IN_A_FILE", 1), ("LARGEST_SHARE", 9)):
        monkeypatch.setattr(summed_files, name, least)
    made: list[str] = []
    of_sums = settled.SettledEnds.of_sums
    monkeypatch.setattr(
        settled.SettledEnds, "of_sums", lambda *args: made.append(of_sums(*args)) or made[-1]
    )
    # One window has whole files, the other one begins and ends in them.
    for window in (WHOLE, Window(NOON - 50 * MINUTE, NOON + 133 * MINUTE)):
        for found in answers(changing_ends, window, by, **where):
            alike(found, expected(named_one_by_one, window, by, **where))
    assert made


def test_the_ends_of_this_network_do_change(
    changing_ends: FlowLogs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the tests above would show nothing."""
    seen = views(monkeypatch)
    answers(changing_ends, WHOLE, ["src_name"])
    assert settled.CHANGING in seen[-1]


def test_of_many_changing_records_none_is_kept(
    changing_ends: FlowLogs, named_one_by_one: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settled, "MOST_CHANGING", 3)
    seen = views(monkeypatch)
    by, window = ["src_name", "dst_owner"], WHOLE
    for found in answers(changing_ends, window, by):
        alike(found, expected(named_one_by_one, window, by))
    assert not is_by_address(seen[-1])


def test_a_new_snapshot_names_the_same_records_anew(tmp_path: Path) -> None:
    at = {"vpc_id": "vpc-1"}
    first = [flow("eni-1", "10.0.0.4", "9.9.9.9", 1, **at)]
    flows = stored(tmp_path / "s", (f"{V2} vpc-id", first), shots=[shot(NOON - HOUR)])
    window = Window(NOON - HOUR, NOON + HOUR)
    for found in answers(flows, window, ["src_name"]):
        assert found[["src_name", "bytes"]].values.tolist() == [["web-1", 1]]
    assert flows.store
    flows.store.remember(shot(NOON - MINUTE, eni_1={"name": "new"}))
    for found in answers(flows, window, ["src_name"]):
        assert found[["src_name", "bytes"]].values.tolist() == [["new", 1]]


def test_questions_over_time_are_answered_by_address_where_no_end_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [
        flow("eni-1", "10.0.0.4", "9.9.9.9", n + 1, NOON + n * MINUTE, vpc_id="vpc-1")
        for n in range(9)
    ]
    flows = stored(tmp_path / "s", (f"{V2} vpc-id", made), shots=[shot()])
    seen = views(monkeypatch)
    for minutes in (1, 2, 3, 9):
        every = minutes * MINUTE
        asked = flows.between(NOON, NOON + 9 * MINUTE)
        found = asked.ask(Query(("bytes",), by=("src_name",), every=every)).frame
        assert (found["src_name"].unique().tolist(), found["bytes"].sum()) == (["web-1"], 45)
    assert is_by_address(seen[-1])
