"""Names by DNS: for whom they hold, how long, and that they are read once from wherever they lie."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
import pytest
import sqlglot

from tests.engines.duckdb.networks import NOON, V2, column, flow, stored
from tests.engines.duckdb.test_ends import shot
from vpcflow_core.api import FlowLogs
from vpcflow_core.engines.duckdb.engine import DuckDBEngine
from vpcflow_core.engines.interfaces.domains import DOMAINS, domain_table, names_alone
from vpcflow_core.engines.interfaces.ends import EMPTY_OUTSIDE, EndFacts, book_table, ends_of
from vpcflow_core.engines.trino.relations import inlined, with_tables
from vpcflow_core.inventory.book import AddressBook
from vpcflow_core.inventory.domain_answers import Answer, read_answers
from vpcflow_core.inventory.naming import Naming
from vpcflow_core.source_settings import DnsLogSetting
from vpcflow_core.store.backup import back_up, restore
from vpcflow_core.store.domains import DomainNames
from vpcflow_core.store.store import Store
from vpcflow_core.workspace.domains import sync_domains

V3 = f"{V2} vpc-id"
MINUTE = timedelta(minutes=1)
FAR, SHARED = "203.0.113.9", "203.0.113.80"
CLIENT, OTHER = "10.0.0.4", "10.0.0.7"


def query(
    name: str,
    address: str,
    at: datetime = NOON,
    client: str = CLIENT,
    vpc: str = "vpc-1",
    **more: Any,
) -> str:
    """A line as Resolver writes it, with a CNAME before the address."""
    answers = [
        {"Rdata": "edge.cdn.example.", "Type": "CNAME", "Class": "IN"},
        {"Rdata": address, "Type": "AAAA" if ":" in address else "A", "Class": "IN"},
    ]
    said = {
        "version": "1.100000", "account_id": "111111111111", "region": "eu-central-1",
        "vpc_id": vpc, "query_timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}", "query_name": f"{name}.",
        "query_type": "A", "query_class": "IN", "rcode": "NOERROR", "answers": answers,
        "srcaddr": client, "srcport": "40000", "transport": "UDP",
        "srcids": {"instance": "i-1"},
    }  # fmt: skip
    return json.dumps(said | more)


Case = tuple[float, str, str, str]  # minutes after noon, source, destination, VPC


def asked(tmp_path: Path, cases: list[Case], lines: list[str], **naming: Any) -> FlowLogs:
    """Records of these cases, each of as many bytes as its place, and query logs of some lines."""
    records = [
        flow("eni-9", source, target, size, NOON + at * MINUTE, vpc_id=vpc)
        for size, (at, source, target, vpc) in enumerate(cases, 1)
    ]
    flows = stored(tmp_path / "flows", (V3, records))
    assert flows.store is not None
    folder = tmp_path / "dns"
    folder.mkdir()
    (folder / "one.log").write_text("\n".join(lines))
    sync_domains(flows.store, {"here": DnsLogSetting(url=str(folder))})
    return replace(flows, engine=DuckDBEngine(flows.store, naming=Naming(**naming)))


def test_a_name_holds_for_its_client_an_hour_and_for_its_vpc_a_day(tmp_path: Path) -> None:
    client, whole = "Domain", "Domain asked in the VPC"
    day = 24 * 60
    cases: list[tuple[Case, str | None]] = [
        ((-1, CLIENT, FAR, "vpc-1"), None),  # it was not asked yet
        ((0, CLIENT, FAR, "vpc-1"), client),
        ((59, CLIENT, FAR, "vpc-1"), client),
        ((61, CLIENT, FAR, "vpc-1"), whole),
        ((2, OTHER, FAR, "vpc-1"), whole),
        ((day - 1, OTHER, FAR, "vpc-1"), whole),
        ((day + 1, OTHER, FAR, "vpc-1"), None),
        ((3, CLIENT, FAR, "vpc-2"), None),  # the same client elsewhere asked nothing
        ((3, CLIENT, FAR, "-"), None),
        ((3, CLIENT, "203.0.113.10", "vpc-1"), None),
    ]
    flows = asked(tmp_path, [case for case, _ in cases], [query("api.example.com", FAR)])
    assert column(flows, "dst_kind") == [kind for _, kind in cases]
    assert column(flows, "dst_name") == [kind and "api.example.com" for _, kind in cases]
    assert column(flows, "src_name") == [None] * len(cases)
    assert {"dst_name", "dst_kind"} <= set(flows.engine.columns())


def test_answers_of_the_far_end_have_its_name_too(tmp_path: Path) -> None:
    flows = asked(tmp_path, [(1, FAR, CLIENT, "vpc-1")], [query("api.example.com", FAR)])
    assert column(flows, "src_name") == ["api.example.com"]
    assert column(flows.where(name="api.*"), "bytes") == [1]


def test_names_that_share_an_address_are_shown_together(tmp_path: Path) -> None:
    lines = [
        query("b.example.com", SHARED),
        query("a.example.com", SHARED, NOON + 30 * MINUTE),
        query("a.example.com", SHARED, NOON + 200 * MINUTE),
    ]
    cases: list[Case] = [(at, CLIENT, SHARED, "vpc-1") for at in (1, 31, 61, 201)]
    assert column(asked(tmp_path, cases, lines), "dst_name") == [
        "b.example.com",
        "a.example.com, b.example.com",
        "a.example.com",
        "a.example.com",
    ]


def test_what_ec2_or_the_own_list_says_comes_before_dns(tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text(f"block,name\n{FAR}/32,partner\n")
    lines = [query("web.internal", "10.3.0.6"), query("api.example.com", FAR)]
    cases: list[Case] = [(1, CLIENT, "10.3.0.6", "vpc-1"), (1, CLIENT, FAR, "vpc-1")]
    flows = asked(tmp_path, cases, lines, address_book=own)
    assert flows.store is not None
    assert column(flows, "dst_name") == ["web.internal", "partner"]
    assert column(flows, "dst_kind") == ["Domain", None]
    flows.store.remember(shot())
    assert column(flows, "dst_name") == ["cache", "partner"]
    assert column(flows, "dst_kind") == ["Interface", None]


def test_names_alone_are_those_of_the_vpc_and_what_clients_differ_in() -> None:
    at = NOON.replace(tzinfo=None)
    said = [(OTHER, "b", at), (CLIENT, "b", at), (CLIENT, "a", at + 5 * MINUTE)]
    answers = pa.table({
        "account": ["1"] * 3, "vpc": ["vpc-1"] * 3, "client": [client for client, _, _ in said],
        "address": [FAR] * 3, "name": [name for _, name, _ in said],
        "first": [moment for *_, moment in said], "last": [moment for *_, moment in said],
    })  # fmt: skip
    kept = names_alone(domain_table(answers, pa.array([FAR]))).to_pylist()
    # The other client knows b alone after somebody asked for a; so does the first from 60 to 65.
    assert {(row["client"], row["name"], row["since"]) for row in kept} == {
        ("", "b", at),
        ("", "a, b", at + 5 * MINUTE),
        ("", "a", at + 24 * 60 * MINUTE),
        (OTHER, "b", at),
        (CLIENT, "a", at + 60 * MINUTE),
    }


def test_trino_is_asked_with_the_names_beside_the_records() -> None:
    answers = pa.table({
        "account": ["1"], "vpc": ["vpc-1"], "client": [CLIENT], "address": [FAR], "name": ["a"],
        "first": [NOON.replace(tzinfo=None)], "last": [NOON.replace(tzinfo=None)],
    })  # fmt: skip
    book, outside = book_table(AddressBook()), EMPTY_OUTSIDE
    domains = domain_table(answers, pa.array([FAR]))
    facts = EndFacts(book, outside, frozenset(), domains=domains)
    names = frozenset({"srcaddr", "dstaddr", "start_time", "vpc_id"})
    columns, joins = ends_of(facts, {"dst_name", "dst_kind"}, names, has_interface=False)
    tables = {name: inlined(table) for name, table in facts.tables({"dst_name"}).items()}
    listed = ", ".join(f"{text} AS {name}" for name, text in columns.items())
    sql = with_tables(f"SELECT {listed} FROM flows r {' '.join(joins)}", tables)
    parsed = sqlglot.parse_one(sql, dialect="trino")
    assert {table.name for table in parsed.find_all(sqlglot.exp.Table)} >= {"flows", DOMAINS}
    assert '["203.0.113.9","2026' in sql.replace("\\", "")


def test_lines_that_are_no_query_log_are_counted_and_failed_queries_name_nothing() -> None:
    lines = [
        query("A.Example.com", FAR),
        "no log",
        "{}",
        query("x.example", "none of the kind"),
        query("gone.example", FAR, rcode="NXDOMAIN"),
        query("six.example", "2001:DB8::1"),
        query("<b>.example", FAR),
        query("late.example", FAR, answers=None),
        query("wrong.example", FAR, srcaddr="client"),
        query("sink.example", "0.0.0.0"),
    ]
    bad: list[int] = []
    found = list(read_answers(gzip.compress("\n".join(lines).encode()), bad.append))
    assert bad == [2, 3, 4, 9]
    assert [(one.name, one.address) for one in found] == [
        ("a.example.com", FAR),
        ("six.example", "2001:db8::1"),
    ]
    assert found[0] == Answer("111111111111", "vpc-1", CLIENT, FAR, "a.example.com", NOON)


def test_a_file_that_is_cut_short_gives_what_it_has() -> None:
    packed = gzip.compress("\n".join(query(f"n{n}.example", FAR) for n in range(2000)).encode())
    bad: list[int] = []
    found = list(read_answers(packed[: len(packed) // 2], bad.append))
    assert len(bad) == 1
    assert 0 < len(found) < 2000


def test_files_are_read_once_and_answers_an_hour_apart_are_one_row(tmp_path: Path) -> None:
    folder = tmp_path / "dns"
    folder.mkdir()
    places = {"here": DnsLogSetting(url=str(folder))}
    times = [NOON + at * MINUTE for at in (0, 40, 95, 200)]
    with Store.open(tmp_path / "store") as store:
        before = store.snapshot_count()
        for number, at in enumerate(times):
            path = folder / f"{number}.log.gz"
            path.write_bytes(gzip.compress(query("a.example", FAR, at).encode()))
            (read,) = sync_domains(store, places)
            assert (read.objects, read.answers, read.malformed) == (1, 1, 0)
        assert sync_domains(store, places)[0].objects == 0
        assert store.snapshot_count() == before + len(times)
        kept = store.domains.read().to_pylist()
        spans = [(row["first"], row["last"]) for row in kept]
        plain = [moment.replace(tzinfo=None) for moment in times]
        assert sorted(spans) == [(plain[0], plain[2]), (plain[3], plain[3])]
        sync_domains(store, {"gone": DnsLogSetting(url=str(tmp_path / "nowhere"))})
        store.remember_domains([], [("x", "")], keep_from=NOON + 150 * MINUTE)
        assert [row["first"] for row in store.domains.read().to_pylist()] == [plain[3]]
    back_up(tmp_path / "store", tmp_path / "copy")
    restore(tmp_path / "copy", tmp_path / "again")
    assert DomainNames(tmp_path / "again").read().num_rows == 1


def test_a_place_that_cannot_be_read_says_so_and_the_others_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "dns"
    folder.mkdir()
    (folder / "one.log").write_text(query("a.example", FAR) + "\nnonsense")
    places = {
        "gone": DnsLogSetting(url=str(tmp_path / "nowhere")),
        "here": DnsLogSetting(url=str(folder)),
    }
    with Store.open(tmp_path / "store") as store:
        gone, here = sync_domains(store, places)
    assert gone.error is not None
    assert "There is no" in gone.sentence
    assert here.malformed == 1
    assert here.sentence.endswith("one.log, line 2).")


def test_names_are_hidden_from_those_who_may_not_see_the_account(tmp_path: Path) -> None:
    names = DomainNames(tmp_path)
    names.add(
        [
            Answer("1", "vpc-1", CLIENT, FAR, "a", NOON),
            Answer("2", "vpc-1", CLIENT, FAR, "b", NOON),
        ],
        [],
    )
    assert names.read(accounts={"2"})["name"].to_pylist() == ["b"]
    assert names.read(accounts=set()).num_rows == 0


@pytest.mark.slow
def test_query_logs_are_read_from_a_bucket_and_a_log_group(aws: str, tmp_path: Path) -> None:
    now = datetime.now(NOON.tzinfo).replace(microsecond=0)
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="dns")
    key = "AWSLogs/111111111111/vpcdnsquerylogs/vpc-1/2026/11/20/x.log.gz"
    s3.put_object(Bucket="dns", Key=key, Body=gzip.compress(query("s3.example", FAR).encode()))
    logs = boto3.client("logs")
    logs.create_log_group(logGroupName="/dns")
    logs.create_log_stream(logGroupName="/dns", logStreamName="vpc-1")
    at = int(now.timestamp() * 1000) - 60_000
    events = [{"timestamp": at + n, "message": query(f"cw{n}.example", FAR, now)} for n in range(3)]
    logs.put_log_events(logGroupName="/dns", logStreamName="vpc-1", logEvents=events)
    places = {
        "s3": DnsLogSetting(url="s3://dns/AWSLogs"),
        "cw": DnsLogSetting(url="cloudwatch://us-east-1/dns"),
    }
    with Store.open(tmp_path) as store:
        read = sync_domains(store, places)
        assert [(one.answers, one.malformed, one.error) for one in read] == [
            (1, 0, None),
            (3, 0, None),
        ]
        names = sorted(store.domains.read()["name"].to_pylist())
        assert names == ["cw0.example", "cw1.example", "cw2.example", "s3.example"]
        assert sync_domains(store, places)[0].objects == 0
