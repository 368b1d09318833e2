"""The sample: what it promises is there to be found, and the same seed gives the same bytes."""

from __future__ import annotations

import gzip
import io
import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import maxminddb
import numpy as np
import pandas as pd
import pytest

from vpcflow_core.fields import DEFAULT_VPC_FORMAT, find_field
from vpcflow_core.sources.open import open_source
from vpcflow_core.sources.s3.layout import describe
from vpcflow_core.sources.sample.lines import FULL_FORMAT
from vpcflow_core.sources.sample.places import PLACES
from vpcflow_core.sources.sample.source import (
    Happening,
    SampleFacts,
    SampleOptions,
    SampleSource,
    generate,
    sample_interfaces,
)
from vpcflow_core.times import Window

UNTIL = datetime(2026, 11, 19, 10, 3, 20, tzinfo=UTC)  # a Thursday
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
COUNTRIES = Path(__file__).parents[3] / "data" / "country.mmdb"


@pytest.fixture(scope="module")
def facts(tmp_path_factory) -> SampleFacts:
    return generate(tmp_path_factory.mktemp("sample"), records=150_000, until=UNTIL)


@pytest.fixture(scope="module")
def sample_records(facts) -> pd.DataFrame:
    """All records of both flow logs; fields that a format lacks are missing."""
    logs = [_log(sorted(facts.folder.glob(f"AWSLogs/{n}*/**/*.gz"))) for n in (1, 2)]
    table = pd.concat(logs, ignore_index=True).rename(columns=lambda name: name.replace("-", "_"))
    for name in ("srcport", "dstport", "protocol", "packets", "bytes"):
        table[name] = pd.to_numeric(table[name])
    for name in ("start", "end"):
        table[name] = pd.to_datetime(pd.to_numeric(table[name]), unit="s")
    return table


def _log(paths: list[Path]) -> pd.DataFrame:
    """All files of one flow log, read by pandas alone, so that no code of ours is trusted."""
    texts = [gzip.decompress(path.read_bytes()).decode() for path in paths]
    header, bodies = texts[0].partition("\n")[0], [text.partition("\n")[2] for text in texts]
    table = pd.read_csv(
        io.StringIO(header + "\n" + "".join(bodies)), sep=" ", na_values="-", dtype=str
    )
    return table.assign(
        filename=np.repeat([p.name for p in paths], [b.count("\n") for b in bodies])
    )


@pytest.fixture(scope="module")
def sample_flows(sample_records) -> pd.DataFrame:
    return sample_records[sample_records.log_status == "OK"]


def happening(facts: SampleFacts, name: str) -> Happening:
    return next(each for each in facts.happenings if each.name == name)


def during(frame: pd.DataFrame, window: Window) -> pd.DataFrame:
    start, end = (moment.replace(tzinfo=None) for moment in (window.start, window.end))
    return frame[(frame.start >= start) & (frame.start < end)]


def test_the_facts_count_what_is_there(facts, sample_records):
    files = list(facts.folder.rglob("*.gz"))
    assert len(files) == facts.files
    assert len(sample_records) == facts.records
    assert abs(facts.records - 150_000) < 5000
    assert facts.window == Window(
        UNTIL.replace(minute=0, second=0) - 9 * DAY, UNTIL.replace(minute=0, second=0)
    )
    assert (sample_records.start.min() - facts.window.start.replace(tzinfo=None)) < 2 * MINUTE
    assert (facts.window.end.replace(tzinfo=None) - sample_records.end.max()) < 2 * MINUTE


def test_files_lie_and_are_named_as_aws_does(facts):
    named = [
        describe(path.relative_to(facts.folder).as_posix()) for path in facts.folder.rglob("*.gz")
    ]
    assert {each.layout for each in named} == {"default"}
    assert {(each.account, each.region) for each in named} == {
        ("123456789012", "eu-central-1"),
        ("210987654321", "us-east-1"),
    }
    assert len({each.flow_log_id for each in named}) == 2
    assert all(each.time.minute % 5 == 0 and each.day == each.time.date() for each in named)


@pytest.mark.slow
def test_every_file_can_be_chosen_by_its_name(facts, sample_records):
    """The rule for spans holds: a record's file is named from 10 min before to 1 h after it."""
    named = sample_records.filename.map(lambda name: describe(name).time.replace(tzinfo=None))
    assert (named > sample_records.start - 10 * MINUTE).all()
    assert (named <= sample_records.start + 60 * MINUTE).all()


def test_no_file_tells_of_two_days(sample_records):
    assert (
        sample_records.groupby("filename").end.agg(lambda ends: ends.dt.date.nunique()) == 1
    ).all()


def test_each_flow_log_has_its_own_format(facts):
    texts = (gzip.decompress(path.read_bytes()) for path in facts.folder.rglob("*.gz"))
    headers = {text.partition(b"\n")[0].decode() for text in texts}
    assert headers == {" ".join(FULL_FORMAT), " ".join(DEFAULT_VPC_FORMAT)}
    versions = {find_field(name).version for name in FULL_FORMAT}
    assert versions == {2, 3, 4, 5, 8}


def test_every_line_is_whole(facts):
    for path in sorted(facts.folder.rglob("*.gz"))[::40]:
        text = gzip.decompress(path.read_bytes()).decode()
        assert text.endswith("\n")
        width = len(text.partition("\n")[0].split(" "))
        assert {len(line.split(" ")) for line in text.splitlines()} == {width}


def test_values_are_those_that_real_logs_have(sample_flows):
    assert set(sample_flows.action) == {"ACCEPT", "REJECT"}
    assert set(sample_flows.protocol) == {1, 6, 17, 58}
    assert sample_flows.srcport.between(0, 65535).all()
    assert sample_flows.dstport.between(0, 65535).all()
    assert (sample_flows.packets >= 1).all()
    assert (sample_flows.bytes >= 20 * sample_flows.packets).all()
    assert (sample_flows.end >= sample_flows.start).all()
    assert (sample_flows.end - sample_flows.start).max() < timedelta(seconds=60)
    assert set(sample_flows.tcp_flags.dropna()) == {"0", "2", "3", "19"}
    assert set(sample_flows.flow_direction.dropna()) == {"ingress", "egress"}
    assert set(sample_flows.traffic_path.dropna()) == {"1", "7", "8"}
    assert set(sample_flows.reject_reason.dropna()) == {"BPA"}
    assert set(sample_flows.pkt_dst_aws_service.dropna()) == {"S3", "AMAZON", "EC2"}
    icmp = sample_flows[sample_flows.protocol.isin([1, 58])]
    assert (icmp.srcport == 0).all()
    assert (icmp.dstport == 0).all()


def test_addresses_are_written_as_aws_writes_them(sample_flows):
    for address in {*sample_flows.srcaddr.unique(), *sample_flows.dstaddr.unique()}:
        assert str(ipaddress.ip_address(address)) == address
    assert (sample_flows.srcaddr.str.contains(":") == sample_flows.dstaddr.str.contains(":")).all()
    typed = sample_flows.dropna(subset="type")
    assert ((typed.type == "IPv6") == typed.srcaddr.str.contains(":")).all()
    assert 0.02 < (typed.type == "IPv6").mean() < 0.2


def test_records_belong_to_the_network(sample_flows):
    net = sample_interfaces(7).set_index("interface_id")
    assert 40 <= len(net) <= 60
    assert set(sample_flows.interface_id) <= set(net.index)
    assert net.account_id.nunique() == net.region.nunique() == 2
    assert net.vpc_id.nunique() == 4
    assert net.groupby("vpc_id").subnet_id.nunique().min() >= 3
    assert set(net.groupby("region").az_id.nunique()) == {3}
    assert net.address.is_unique
    assert net.ipv6.is_unique
    full = sample_flows.dropna(subset="vpc_id")
    known = net.loc[full.interface_id]
    for column in ("vpc_id", "subnet_id", "az_id", "region", "account_id"):
        assert (full[column].to_numpy() == known[column].to_numpy()).all(), column
    assert full.instance_id.isna().sum() == known.instance_id.isna().sum() > 0
    own = (full.srcaddr.to_numpy() == known.address) | (full.dstaddr.to_numpy() == known.address)
    own |= (full.srcaddr.to_numpy() == known.ipv6) | (full.dstaddr.to_numpy() == known.ipv6)
    assert own.all()


def test_addresses_lie_in_their_subnets():
    for row in sample_interfaces(7).itertuples():
        assert ipaddress.ip_address(row.address) in ipaddress.ip_network(row.subnet_cidr)
        assert len(row.security_group_ids) == len(row.security_group_names)


def test_clients_come_from_all_over_the_world(sample_flows):
    with maxminddb.open_database(COUNTRIES) as places:
        public = sample_flows[~sample_flows.srcaddr.str.startswith(("10.", "2a05:d014"))]
        found = {
            a: (places.get(a) or {}).get("country", {}).get("iso_code")
            for a in public.srcaddr.unique()
        }
    counts = public.srcaddr.map(found).value_counts()
    assert public.srcaddr.map(found).notna().mean() > 0.97
    assert len(counts) >= 45
    assert {"US", "DE", "JP", "BR", "IN", "ZA", "AU"} <= set(counts.index[:40])
    assert set(counts.index[:8]) & {"US", "DE", "GB", "FR"}
    assert public.srcaddr.value_counts().iloc[:40].sum() > 0.15 * len(public)  # skewed


def test_every_block_lies_in_its_country():
    """The table of places against the country database that ships with us."""
    wrong = []
    with maxminddb.open_database(COUNTRIES) as places:
        for place in PLACES:
            for block in map(ipaddress.ip_network, place.blocks):
                tries = [str(block[block.num_addresses * n // 97]) for n in range(97)]
                hits = [(places.get(a) or {}).get("country", {}).get("iso_code") for a in tries]
                if hits.count(place.country) < 0.9 * len(tries):
                    wrong.append((place.country, str(block)))
    assert wrong == []


def test_days_are_busy_nights_quiet_and_weekends_calm(sample_flows):
    web = sample_flows[(sample_flows.dstport == 443) & sample_flows.dstaddr.str.startswith("10.")]
    hour = web.start.dt.hour
    assert hour.between(12, 17).sum() > 3 * hour.between(0, 5).sum()
    per_day = web[web.start.dt.date < UNTIL.date()].groupby(web.start.dt.date).size().iloc[1:]
    weekend = np.array([day.weekday() >= 5 for day in per_day.index])
    assert weekend.sum() == 2
    assert per_day[weekend].mean() < 0.75 * per_day[~weekend].mean()


def test_yesterday_and_last_week_are_there_to_compare_with(sample_records, facts):
    days = set(sample_records.start.dt.date)
    assert {UNTIL.date() - n * DAY for n in (0, 1, 7)} <= days
    hours = (
        during(sample_records, Window.last(8 * DAY, facts.window.end)).start.dt.floor("h").nunique()
    )
    assert hours == 8 * 24


def test_conversations_inside_are_logged_at_both_ends(sample_flows):
    inside = sample_flows[
        sample_flows.srcaddr.str.startswith("10.") & sample_flows.dstaddr.str.startswith("10.")
    ]
    inside = inside[(inside.dstport == 8080) & (inside.action == "ACCEPT")]
    sides = inside.groupby(["srcaddr", "dstaddr", "srcport", "packets", "bytes"]).agg(
        sides=("interface_id", "nunique"), starts=("start", "nunique")
    )
    assert (sides.sides == 2).mean() > 0.95
    assert (sides.starts == 2).mean() > 0.95  # never at exactly the same second


def test_a_nat_gateway_shows_its_own_address_and_keeps_the_real_one(sample_flows):
    nats = sample_interfaces(7).query("instance_name == 'prod-nat-1'")
    hops = sample_flows[
        (sample_flows.interface_id == nats.interface_id.item()) & (sample_flows.action == "ACCEPT")
    ]
    entering = hops[(hops.dstaddr == nats.address.item()) & (hops.pkt_dstaddr != hops.dstaddr)]
    leaving = hops[(hops.srcaddr == nats.address.item()) & (hops.pkt_srcaddr == hops.srcaddr)]
    assert len(entering) > 50
    assert not entering.pkt_dstaddr.str.startswith("10.").any()
    assert len(leaving) > 50


def test_one_batch_host_reads_s3_through_the_nat_gateway_of_another_zone(sample_flows):
    """And no host of a subnet that the gateway endpoint is routed to does."""
    net = sample_interfaces(7).set_index("address")
    nat = net[net.instance_name == "prod-nat-1"]
    inside = sample_flows[
        (sample_flows.interface_id == nat.interface_id.item())
        & (sample_flows.pkt_src_aws_service == "S3")
        & (sample_flows.dstaddr != nat.index.item())
    ]
    assert set(inside.dstaddr.map(net.subnet_name)) == {"prod-private-c"}
    assert nat.az_id.item() != net.az_id[inside.dstaddr.iloc[0]]
    most = inside.groupby(inside.dstaddr.map(net.instance_name)).bytes.sum()
    assert most.idxmax() == "prod-batch-3"
    assert most["prod-batch-3"] > 0.9 * most.sum() > 5 * 1024**3
    routed = sample_flows[sample_flows.traffic_path == "7"]
    assert "prod-private-c" not in set(routed.srcaddr.map(net.subnet_name))


def test_connections_that_last_come_again_with_their_ports(sample_flows):
    pools = (
        sample_flows[sample_flows.dstport == 5432].groupby(["srcaddr", "dstaddr", "srcport"]).size()
    )
    assert pools.max() >= 20


@pytest.mark.parametrize("port", [22, 53, 80, 123, 443, 5432, 6379, 8080, 9100])
def test_each_service_is_used(sample_flows, port):
    assert ((sample_flows.dstport == port) & (sample_flows.action == "ACCEPT")).sum() > 20


def test_the_scan_is_there(facts, sample_flows):
    told = happening(facts, "scan")
    scan = during(sample_flows, told.window)
    scan = scan[scan.srcaddr.str.startswith(told.peer.removesuffix("0/24"))]
    assert len(scan) > 500
    assert set(scan.action) == {"REJECT"}
    assert scan.dstport.nunique() > 400
    assert scan.srcaddr.nunique() > 200
    assert set(scan.interface_id) <= set(told.interface_ids)


def test_the_brute_force_is_there(facts, sample_flows):
    told = happening(facts, "brute-force")
    tries = during(sample_flows, told.window)
    tries = tries[(tries.srcaddr == told.peer) & (tries.dstport == 22)]
    assert tries.interface_id.unique().tolist() == list(told.interface_ids)
    refused, let_in = (tries[tries.action == action] for action in ("REJECT", "ACCEPT"))
    assert len(refused) > 100
    assert len(let_in) >= 5
    assert let_in.start.min() > refused.start.max()


def test_the_spike_is_there(facts, sample_flows):
    told = happening(facts, "spike")
    mine = sample_flows[sample_flows.interface_id.isin(told.interface_ids)]
    then = len(during(mine, told.window)) / (told.window.length / MINUTE)
    usual = len(mine) / (facts.window.length / MINUTE)
    assert 6 < then / usual < 16
    assert told.window.length == 20 * MINUTE
    assert timedelta(hours=19) < facts.window.end - told.window.end < timedelta(hours=20)


def test_the_exfiltration_is_there(facts, sample_flows):
    told = happening(facts, "exfiltration")
    sent = sample_flows[
        (sample_flows.interface_id == told.interface_ids[0]) & (sample_flows.dstaddr == told.peer)
    ]
    assert len(sent) == 60
    assert sent.bytes.sum() > 4 * 1024**3
    assert set(sent.start.dt.hour) == {2}
    assert set(sent.srcaddr.str.startswith("10.")) == {True}
    then = during(sample_flows, told.window)
    largest = then.groupby("dstaddr").bytes.sum().idxmax()
    assert largest in (told.peer, sent.srcaddr.iloc[0])


def test_interfaces_without_traffic_say_so(facts, sample_records):
    told = happening(facts, "nodata")
    quiet = sample_records[sample_records.log_status == "NODATA"]
    assert set(quiet.interface_id) == set(told.interface_ids)
    assert len(quiet) == len(told.interface_ids) * 9 * 144
    columns = [
        "srcaddr",
        "dstaddr",
        "srcport",
        "protocol",
        "packets",
        "bytes",
        "action",
        "type",
        "pkt_srcaddr",
    ]
    assert quiet[columns].isna().all().all()
    assert quiet[["version", "account_id", "start", "end"]].notna().all().all()
    assert (
        not sample_records[sample_records.interface_id.isin(told.interface_ids)]
        .log_status.eq("OK")
        .any()
    )


def test_lost_records_leave_a_gap(facts, sample_records):
    told = happening(facts, "skipdata")
    mine = sample_records[sample_records.interface_id == told.interface_ids[0]]
    assert set(during(mine, told.window).log_status) == {"SKIPDATA"}
    assert len(mine[mine.log_status == "SKIPDATA"]) == 30
    before = Window.last(timedelta(hours=2), told.window.start)
    assert set(during(mine, before).log_status) == {"OK"}


def test_why_traffic_was_refused_is_told_of_some(sample_flows):
    reasons = sample_flows[sample_flows.reject_reason.notna()]
    assert len(reasons) > 20
    assert set(reasons.action) == {"REJECT"}


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.gz")}


def test_the_same_seed_and_end_give_the_same_bytes(tmp_path):
    made = [generate(tmp_path / n, records=5000, days=2, until=UNTIL).folder for n in "ab"]
    assert contents(made[0]) == contents(made[1])


def test_another_seed_gives_another_network_and_other_bytes(tmp_path):
    first = generate(tmp_path / "a", seed=1, records=5000, days=2, until=UNTIL)
    second = generate(tmp_path / "b", seed=2, records=5000, days=2, until=UNTIL)
    assert not set(contents(first.folder)) & set(contents(second.folder))
    assert not set(sample_interfaces(1).interface_id) & set(sample_interfaces(2).interface_id)


def test_a_small_sample_has_about_the_asked_number_of_records(tmp_path):
    small = generate(tmp_path, records=5000, days=2, until=UNTIL)
    assert abs(small.records - 5000) < 500
    assert {each.name for each in small.happenings} == {"scan", "brute-force", "spike", "exfiltration", "skipdata", "nodata"}  # fmt: skip


@pytest.mark.parametrize("hour", [0, 1, 2, 3, 23])
def test_incidents_lie_within_the_sample_at_any_hour(tmp_path, hour):
    made = generate(tmp_path, records=3000, days=2, until=UNTIL.replace(hour=hour))
    for each in made.happenings:
        assert made.window.start <= each.window.start < each.window.end <= made.window.end


@pytest.mark.parametrize("days", [1, 3])
def test_a_day_or_a_few_will_do(tmp_path, days):
    made = generate(tmp_path, records=3000, days=days, until=UNTIL)
    assert made.window.length == days * DAY


def small(cache: Path, **more) -> SampleSource:
    return SampleSource(cache, SampleOptions(**{"records": 3000, "days": 2} | more))


def test_the_source_reads_like_a_folder(tmp_path):
    source = small(tmp_path, until=UNTIL.replace(minute=0, second=0))
    objects = list(source.find(None))
    assert [o.time for o in objects] == sorted(o.time for o in objects)
    assert source.read(objects[0])[:2] == b"\x1f\x8b"
    hour = Window(UNTIL - DAY, UNTIL - DAY + timedelta(hours=1))
    assert 4 <= len(list(source.find(hour))) <= 10
    assert objects == list(open_source(f"file://{source.folder}").find(None))


def test_the_url_names_one_content_for_ever(tmp_path):
    source = open_source("sample://?records=3000&days=2&seed=5", store=tmp_path)
    assert source.url.startswith("sample://?records=3000&days=2&seed=5&until=20")
    again = open_source(source.url, store=tmp_path / "elsewhere")
    assert again.url == source.url
    names = [[o.uri.partition("AWSLogs")[2] for o in each.find(None)] for each in (source, again)]
    assert names[0] == names[1]


def test_a_fresh_sample_is_used_again_and_older_ones_are_removed(tmp_path):
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    old = small(tmp_path, until=now - timedelta(hours=5))
    list(old.find(None))
    fresh = small(tmp_path)
    list(fresh.find(None))
    assert not old.folder.exists()
    assert small(tmp_path).url == fresh.url
    assert [path.name for path in tmp_path.iterdir()] == [fresh.folder.name]


def test_an_interrupted_writing_leaves_no_half_sample(tmp_path, monkeypatch):
    def fail(*args, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr("vpcflow_core.sources.sample.source.generate", fail)
    with pytest.raises(KeyboardInterrupt):
        list(small(tmp_path).find(None))
    assert list(tmp_path.iterdir()) == []
