"""A CloudWatch log group as a source, over HTTP from moto's server."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from tests.sources.cloudwatch.log_groups import (
    DAY,
    DEFAULT,
    GROUP,
    HOUR,
    MINUTE,
    REGION,
    URL,
    LogGroup,
    by_stream,
    flow_log,
    line,
    loaded,
    milliseconds,
    record_json,
)
from tests.sources.cloudwatch.logs_proxy import Call, Proxy, Refusal
from tests.store.doubles import records
from vpcflow_core.source_settings import SourceSetting
from vpcflow_core.sources.cloudwatch import client
from vpcflow_core.sources.cloudwatch.limiter import Limiter
from vpcflow_core.sources.cloudwatch.source import CloudWatchSource
from vpcflow_core.sources.open import SourceOptions, open_source
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import Progress, sync
from vpcflow_core.times import Window, floor_to
from vpcflow_core.workspace.sync import SyncOptions
from vpcflow_core.workspace.sync import sync as sync_sources

NOW = datetime.now(UTC)
# The present hour may end while a test runs: what tests look at lies in the hours before.
TOP = floor_to(NOW, HOUR)


@pytest.fixture(autouse=True)
def no_quota(monkeypatch):
    """No test waits for the quota."""
    monkeypatch.setattr(client, "limiter_for", lambda *_: Limiter(10**6, sleep=lambda _: None))
    monkeypatch.setattr("time.sleep", lambda _: None)


@pytest.fixture
def cloudwatch_store(tmp_path):
    with Store.open(tmp_path / "store") as store:
        yield store


def opened(proxy: Proxy, url: str = URL, **options) -> CloudWatchSource:
    return open_source(url, options=SourceOptions(endpoint_url=proxy.url, **options))


def hours_read(proxy: Proxy) -> set[datetime]:
    """Hours of which events were asked for."""
    starts = (call["startTime"] for call in proxy.reads())
    return {floor_to(datetime.fromtimestamp(start / 1000, UTC), HOUR) for start in starts}


@pytest.mark.slow
def test_every_event_of_every_stream_is_loaded_once(proxy, cloudwatch_store):
    events = [(f"eni-{n % 7}-all", TOP - n * MINUTE, line(n, TOP - n * MINUTE)) for n in range(600)]
    LogGroup().put_all(by_stream(events))
    result = sync(cloudwatch_store, opened(proxy))
    assert (result.records, result.malformed, result.failed) == (600, 0, 0)
    assert loaded(cloudwatch_store) == Counter(range(600))


def test_objects_are_clock_hours_and_no_event_is_read_to_find_them(proxy):
    LogGroup().put([(TOP - 150 * MINUTE, line(1, TOP)), (TOP - 1 * MINUTE, line(2, TOP))])
    found = list(opened(proxy).find(None))
    assert [each.time for each in found][:3] == [TOP - 3 * HOUR, TOP - 2 * HOUR, TOP - HOUR]
    assert found[0].uri.startswith(f"{URL}#")
    assert {(each.account, each.region) for each in found} == {("123456789012", REGION)}
    [tried] = proxy.asked("FilterLogEvents")  # whether events may be read at all
    assert tried["limit"] == 1


def test_events_at_the_edges_of_hours_are_read_once(proxy, cloudwatch_store):
    edges = [TOP - 3 * HOUR + shift for shift in (-MINUTE / 60000, 0 * MINUTE, MINUTE / 60000)]
    LogGroup().put([(at, line(n, at)) for n, at in enumerate(edges)])
    sync(cloudwatch_store, opened(proxy))
    assert loaded(cloudwatch_store) == Counter([0, 1, 2])


def test_only_hours_of_the_span_are_found(proxy):
    LogGroup().put([(TOP - n * HOUR, line(n, TOP)) for n in range(30)])
    span = Window(TOP - 5 * HOUR + MINUTE, TOP - 3 * HOUR)
    assert [o.time for o in opened(proxy).find(span)] == [TOP - 5 * HOUR, TOP - 4 * HOUR]


def test_hours_before_the_retention_are_not_listed(proxy):
    group = LogGroup()
    group.put([(TOP - n * HOUR, line(n, TOP)) for n in range(50)])
    group.created(NOW - 900 * DAY, retention_days=1)
    assert min(o.time for o in opened(proxy).find(None)) >= NOW - DAY


def test_a_group_that_ended_long_ago_has_no_hours_of_today(proxy):
    LogGroup().put([(TOP - 9 * DAY, line(1, TOP - 9 * DAY))])
    assert len(list(opened(proxy).find(None))) <= 4


def test_a_span_without_events_is_no_error(proxy):
    LogGroup().put([(TOP - 9 * DAY, line(1, TOP - 9 * DAY))])
    assert list(opened(proxy).find(Window(TOP - HOUR, TOP))) == []


def test_a_name_without_its_first_slash_means_the_same_group(proxy, cloudwatch_store):
    LogGroup().put([(TOP - HOUR, line(1, TOP))])
    assert GROUP.startswith("/")
    assert sync(cloudwatch_store, opened(proxy, f"cloudwatch://{REGION}/{GROUP}")).records == 1
    assert list(opened(proxy, URL).find(None))


# Several forms of events in one group


def test_raw_json_and_wrapped_events_are_all_read(proxy, cloudwatch_store):
    wrapped = '{"timestamp": "2026-11-01T00:00:00Z", "message": "%s"}'
    texts = [line, record_json, lambda n, at: wrapped % line(n, at)]
    at = TOP - 5 * HOUR
    group = LogGroup()
    for n in range(9):  # in hours of one form each, and in one hour of all
        group.put(
            [(at - n // 3 * HOUR, texts[n // 3](n, at)), (at + HOUR, texts[n % 3](n + 9, at))]
        )
    result = sync(cloudwatch_store, opened(proxy))
    assert (result.records, result.malformed) == (18, 0)
    assert loaded(cloudwatch_store) == Counter(range(18))


def test_an_event_of_several_lines_is_one_record(proxy, cloudwatch_store):
    LogGroup().put([(TOP - HOUR, line(7, TOP).replace(" 443 ", "\n443 ") + "\n")])
    sync(cloudwatch_store, opened(proxy))
    assert loaded(cloudwatch_store) == Counter([7])


@pytest.mark.parametrize("text", [lambda n, at, f: line(n, at, fields=f), "json"])
def test_records_without_start_lie_at_the_time_of_their_event(proxy, cloudwatch_store, text):
    fields = "version srcaddr dstaddr bytes action log-status"
    flow_log(fields)
    at = TOP - 3 * HOUR + 7 * MINUTE
    message = '{"srcaddr": "10.0.0.1", "dstaddr": "10.1.0.1", "bytes": 5}'
    LogGroup().put([(at, message if text == "json" else text(5, at, fields))])
    sync(cloudwatch_store, opened(proxy))
    [row] = records(cloudwatch_store)
    assert dict(row)["start_time"] == at.replace(tzinfo=None)


# Formats


def test_the_format_comes_from_the_flow_log(proxy, cloudwatch_store):
    """Nobody could infer it: source and destination look the same."""
    fields = "dstaddr srcaddr bytes start end log-status action"
    group = LogGroup()
    flow_log(fields)
    group.put([(TOP - HOUR, line(1, TOP - HOUR, fields=fields))])
    assert sync(cloudwatch_store, opened(proxy)).records == 1
    [row] = records(cloudwatch_store)
    assert dict(row)["dstaddr"] == "10.1.0.1"


def test_two_flow_logs_of_a_group_are_told_apart_line_by_line(proxy, cloudwatch_store):
    fields = "dstaddr bytes srcaddr start end action log-status"
    group = LogGroup()
    flow_log(fields)
    flow_log(DEFAULT)
    at = TOP - HOUR
    group.put([(at, line(n, at, fields=fields if n % 2 else DEFAULT)) for n in range(10)])
    result = sync(cloudwatch_store, opened(proxy))
    assert (result.records, result.malformed) == (10, 0)
    assert {dict(row)["dstaddr"] for row in records(cloudwatch_store)} == {"10.1.0.1"}
    assert loaded(cloudwatch_store) == Counter(range(10))


def test_without_a_flow_log_the_format_is_inferred_and_that_is_told(proxy, cloudwatch_store):
    LogGroup().put([(TOP - HOUR, line(1, TOP))])
    source = opened(proxy)
    assert sync(cloudwatch_store, source).records == 1
    assert source.warnings == [
        "No flow log of account 123456789012 writes to /vpc/flow-logs. "
        "The formats of its lines are inferred."
    ]


def test_without_permission_to_describe_flow_logs_the_format_is_inferred(proxy, cloudwatch_store):
    LogGroup().put([(TOP - HOUR, line(1, TOP))])
    flow_log()
    proxy.refuse = lambda call: (
        Refusal("UnauthorizedOperation", 403) if call.action == "DescribeFlowLogs" else None
    )
    source = opened(proxy)
    assert sync(cloudwatch_store, source).records == 1
    assert "ec2:DescribeFlowLogs" in source.warnings[0]


def test_a_format_given_by_a_person_wins(proxy, cloudwatch_store):
    LogGroup().put([(TOP - HOUR, "10.0.0.1 10.0.0.2 5")])
    flow_log()
    setting = SourceSetting(url=URL, endpoint_url=proxy.url, log_format="dstaddr srcaddr bytes")
    [outcome] = sync_sources(cloudwatch_store, [("group", setting)])
    assert outcome.result is not None
    assert outcome.result.records == 1
    assert "DescribeFlowLogs" not in {call.action for call in proxy.calls}


# Streams and interfaces


def three_interfaces() -> None:
    names = ["eni-0a-all", "eni-0ab-all", "eni-0b-accept", "eni-0c"]
    at = TOP - HOUR
    LogGroup().put_all({name: [(at, line(n, at))] for n, name in enumerate(names)})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("interfaces=eni-0a", [0]),
        ("interfaces=eni-0a,eni-0b", [0, 2]),
        ("interfaces=eni-0c", [3]),
        ("streams=eni-0ab-all", [1]),
        ("streams=eni-0c&interfaces=eni-0b", [2, 3]),
        ("interfaces=eni-0a,eni-99", [0]),
    ],
)
def test_chosen_streams_and_interfaces_alone_are_read(proxy, cloudwatch_store, query, expected):
    three_interfaces()
    sync(cloudwatch_store, opened(proxy, f"{URL}?{query}"))
    assert loaded(cloudwatch_store) == Counter(expected)


@pytest.mark.slow
def test_more_streams_than_a_call_may_name_are_all_read(proxy, cloudwatch_store):
    names = [f"eni-0a-{n:03}" for n in range(230)]
    at = TOP - HOUR
    LogGroup().put_all({name: [(at, line(n, at))] for n, name in enumerate(names)})
    sync(cloudwatch_store, opened(proxy, f"{URL}?interfaces=eni-0a"))
    assert loaded(cloudwatch_store) == Counter(range(230))
    assert max(len(call["logStreamNames"]) for call in proxy.reads()) == 100


# Groups by ARN

OWN = f"arn:aws:logs:{REGION}:123456789012:log-group:{GROUP}"
OTHER = f"arn:aws:logs:{REGION}:210987654321:log-group:{GROUP}"


def test_the_own_accounts_group_may_be_named_by_its_arn(proxy, cloudwatch_store):
    LogGroup().put([(TOP - HOUR, line(1, TOP))])
    flow_log()
    source = opened(proxy, f"cloudwatch://{OWN}:*")
    assert sync(cloudwatch_store, source).records == 1
    assert source.warnings == []


@pytest.mark.slow
def test_another_accounts_group_is_read_by_its_arn(proxy, cloudwatch_store):
    LogGroup().put([(TOP - HOUR, line(1, TOP))])
    flow_log(DEFAULT)  # of our account: says nothing of the other one's group
    proxy.known = {OTHER: GROUP}
    source = opened(proxy, f"cloudwatch://{OTHER}")
    assert sync(cloudwatch_store, source).records == 1
    assert {call["logGroupIdentifier"] for call in proxy.asked("FilterLogEvents")} == {OTHER}
    assert "another account's" in source.warnings[0]


# What the service does to its callers


def busy(hours: int = 1, events: int = 30_000) -> Counter[int]:
    """Fills hours with events; gives how often each number is to be loaded."""
    step = hours * HOUR / events
    start = TOP - 2 * HOUR - hours * HOUR
    LogGroup().put([(start + n * step, line(n, start + n * step)) for n in range(events)])
    return Counter(range(events))


@pytest.mark.slow
def test_a_slice_that_holds_too_much_is_cut_into_disjoint_parts(proxy, cloudwatch_store):
    expected = busy()
    flow_log()
    proxy.page = 2500
    sync(cloudwatch_store, opened(proxy))
    assert loaded(cloudwatch_store) == expected
    asked = proxy.reads()
    parts = {(call["startTime"], call["endTime"]) for call in asked if call["endTime"] < milliseconds(TOP - 2 * HOUR)}  # fmt: skip
    whole = (milliseconds(TOP - 3 * HOUR), milliseconds(TOP - 2 * HOUR) - 1)
    inner = sorted(parts - {whole})
    assert len(inner) >= 8
    assert all(before[1] + 1 == after[0] for before, after in pairwise(inner))
    assert (inner[0][0], inner[-1][1]) == whole


@pytest.mark.slow
def test_pages_that_come_by_stream_and_not_by_time_lose_nothing(aws, cloudwatch_store):
    """moto's own order; the way slices are cut must not hang on it."""
    at = TOP - 3 * HOUR
    events = [(f"eni-{n % 3}-all", at + n * MINUTE / 600, line(n, at)) for n in range(30_000)]
    LogGroup().put_all(by_stream(events))
    flow_log()
    sync(cloudwatch_store, open_source(URL))
    assert loaded(cloudwatch_store) == Counter(range(30_000))


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["empty", "repeat", "double"])
def test_odd_pages_lose_nothing_and_double_nothing(proxy, cloudwatch_store, fault):
    expected = busy(events=1500)  # too few to be cut: the chain of pages has to be followed
    proxy.page = 300
    setattr(proxy, fault, True)
    result = sync(cloudwatch_store, opened(proxy))
    assert result.failed == 0
    assert loaded(cloudwatch_store) == expected


def every(nth: int, refusal: Refusal):
    """Refuses every nth call of each kind, the first one among them."""
    seen: Counter[str] = Counter()

    def refuse(call: Call) -> Refusal | None:
        seen[call.action] += 1
        return (
            refusal if seen[call.action] % nth == 1 and call.action != "DescribeFlowLogs" else None
        )

    return refuse


@pytest.mark.slow
@pytest.mark.parametrize(
    "refusal",
    [
        Refusal("ThrottlingException"),
        Refusal("ServiceUnavailableException", 503),
        Refusal("InternalFailure", 500),
    ],
)
def test_throttled_and_failing_calls_are_made_again(proxy, cloudwatch_store, refusal):
    expected = busy(hours=3, events=9000)
    proxy.refuse, proxy.page = every(3, refusal), 1000
    result = sync(cloudwatch_store, opened(proxy))
    assert result.failed == 0
    assert loaded(cloudwatch_store) == expected


def test_a_slice_that_cannot_be_read_fails_alone_and_is_read_by_the_next_sync(
    proxy, cloudwatch_store
):
    expected = busy(hours=3, events=300)
    closed = milliseconds(TOP - 4 * HOUR)
    proxy.refuse = lambda call: (
        Refusal("ThrottlingException") if call.wanted.get("startTime") == closed else None
    )
    result = sync(cloudwatch_store, opened(proxy))
    assert result.failed == 1
    assert "keeps asking for fewer requests" in result.failures[0].problem
    assert loaded(cloudwatch_store) == Counter(n for n in expected if not 100 <= n < 200)
    proxy.refuse = lambda call: None
    assert sync(cloudwatch_store, opened(proxy)).failed == 0
    assert loaded(cloudwatch_store) == expected


# Run after run


@pytest.mark.slow
def test_late_events_of_the_last_hours_are_found_by_the_next_sync(proxy, cloudwatch_store):
    group = LogGroup()
    group.put([(TOP - n * MINUTE, line(n, TOP - n * MINUTE)) for n in range(500)])
    sync(cloudwatch_store, opened(proxy))
    late = [500 + n for n in range(100)]
    group.put([(TOP - n * MINUTE, line(500 + n, TOP - n * MINUTE)) for n in range(100)])
    sync(cloudwatch_store, opened(proxy))
    assert loaded(cloudwatch_store) == Counter([*range(500), *late])


@pytest.mark.slow
def test_hours_that_are_settled_are_read_once(proxy, cloudwatch_store):
    LogGroup().put([(TOP - n * HOUR, line(n, TOP - n * HOUR)) for n in range(40)])
    sync(cloudwatch_store, opened(proxy))
    proxy.calls.clear()
    result = sync(cloudwatch_store, opened(proxy))
    assert min(hours_read(proxy)) == TOP - 2 * HOUR
    assert result.skipped > 30
    assert loaded(cloudwatch_store) == Counter(range(40))


@pytest.mark.slow
def test_events_that_come_hours_late_are_found_when_their_hour_is_looked_at_again(
    proxy, cloudwatch_store
):
    group = LogGroup()
    first = TOP - 12 * HOUR
    group.put([(first - n * MINUTE, line(n, first - n * MINUTE)) for n in range(200)])
    sync(cloudwatch_store, opened(proxy))
    late = first - 190 * MINUTE
    group.put([(late, line(777, late)), (first + 7 * HOUR, line(778, first + 7 * HOUR))])
    sync(cloudwatch_store, opened(proxy))
    assert loaded(cloudwatch_store) == Counter([*range(200), 777, 778])


@pytest.mark.slow
def test_the_last_day_first_and_then_the_rest(proxy, cloudwatch_store):
    """As the app fills an empty store."""
    LogGroup().put([(TOP - n * HOUR, line(n, TOP - n * HOUR)) for n in range(60)])
    setting = SourceSetting(url=URL, endpoint_url=proxy.url)
    options = SyncOptions(first_look=timedelta(days=1))
    seen: list[set[int]] = []

    def note(_: str, now: Progress) -> None:
        if now == Progress():
            seen.append(set(loaded(cloudwatch_store)))

    [outcome] = sync_sources(cloudwatch_store, [("group", setting)], options, progress=note)
    assert outcome.error is None
    nothing, first = seen
    assert (nothing, first) == (set(), set(range(len(first))))
    assert 23 <= len(first) <= 26
    assert loaded(cloudwatch_store) == Counter(range(60))
