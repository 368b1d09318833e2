"""The parts of the CloudWatch source that need no service: URLs, hours, limiter, packing."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.reading import HEADER, read
from vpcflow_core.errors import SettingsError
from vpcflow_core.formats.base import EVENT_TIME
from vpcflow_core.sources.cloudwatch.client import QUOTAS, limiter_for
from vpcflow_core.sources.cloudwatch.events import Part, read_slice
from vpcflow_core.sources.cloudwatch.lags import delay_of, lags_of
from vpcflow_core.sources.cloudwatch.limiter import Limiter
from vpcflow_core.sources.cloudwatch.slices import OVERLAP, Extent
from vpcflow_core.sources.cloudwatch.url import Place
from vpcflow_core.times import Window

ARN = "arn:aws:logs:eu-central-1:123456789012:log-group:/vpc/flow"
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("cloudwatch://eu-central-1/vpc/flow", Place("eu-central-1", "vpc/flow")),
        ("cloudwatch://eu-central-1//vpc/flow", Place("eu-central-1", "/vpc/flow")),
        ("cloudwatch://us-gov-west-1/a#b", Place("us-gov-west-1", "a#b")),
        (f"cloudwatch://{ARN}:*", Place("eu-central-1", "/vpc/flow", "123456789012", ARN)),
        (f"cloudwatch://eu-central-1/{ARN}", Place("eu-central-1", "/vpc/flow", "123456789012", ARN)),
        (
            "cloudwatch://eu-central-1/x?interfaces=eni-b,eni-a&streams=a%2Cb",
            Place("eu-central-1", "x", streams=("a,b",), interfaces=("eni-a", "eni-b")),
        ),
    ],
)  # fmt: skip
def test_urls_are_read_and_written(url, place):
    assert Place.parse(url) == place
    assert Place.parse(str(place)) == place


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("cloudwatch://", "names no AWS region"),
        ("cloudwatch:///vpc", "names no AWS region"),
        ("cloudwatch://vpc-flow-logs", "names no AWS region: 'vpc-flow-logs'"),
        ("cloudwatch://eu-central-1", "names no log group"),
        ("cloudwatch://eu-central-1/", "names no log group"),
        ("cloudwatch://eu-central-1/x?interface=eni-1", "Did you mean 'interfaces'?"),
    ],
)
def test_urls_that_name_no_group_are_refused_in_words(url, words):
    with pytest.raises(SettingsError) as caught:
        Place.parse(url)
    assert words in str(caught.value)


def extent(first=NOON - 48 * HOUR, newest=NOON, now=NOON) -> Extent:
    return Extent(first, newest, now)


def test_hours_lie_on_the_clock_whatever_the_span():
    span = Window(NOON - timedelta(minutes=90), NOON - timedelta(minutes=1))
    starts = [part.start for part in extent().slices(span)]
    assert starts == [NOON - 2 * HOUR, NOON - HOUR]


def test_events_of_the_present_millisecond_have_an_hour():
    assert [part.start for part in extent(newest=NOON).slices(None)][-1] == NOON


def test_events_of_the_future_have_an_hour():
    later = NOON + HOUR + timedelta(minutes=5)
    assert [part.start for part in extent(newest=later).slices(None)][-1] == NOON + HOUR


def test_an_hour_is_read_anew_until_it_lies_back_and_then_at_two_looks():
    part = Window(NOON - HOUR, NOON)

    def states(hours: float) -> set[str]:
        newest = NOON + timedelta(hours=hours)
        return {
            extent(newest=newest, now=newest + timedelta(seconds=s)).state(part) for s in (0, 1)
        }

    assert len(states(0)) == len(states(1.9)) == 2
    looks = [states(hours) for hours in (2, 5.9, 6, 23, 24, 1000)]
    assert all(len(each) == 1 for each in looks)
    assert looks[0] == looks[1] != looks[2] == looks[3] != looks[4] == looks[5]


def test_age_counts_from_the_newest_event_not_from_the_present():
    part = Window(NOON - HOUR, NOON)
    assert extent(newest=NOON, now=NOON + 99 * HOUR).state(part).startswith("open")
    assert not extent(newest=NOON + OVERLAP, now=NOON + 99 * HOUR).state(part).startswith("open")


class Clock:
    """Time that passes only when somebody sleeps; keeps when each caller passed."""

    def __init__(self) -> None:
        self.now = 100.0
        self.passed: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def pass_through(self, limiter: Limiter, times: int) -> None:
        for _ in range(times):
            limiter.wait()
            self.passed.append(self.now)


@given(st.sampled_from([5, 10, 25]), st.lists(st.floats(0, 5), max_size=8))
def test_no_second_holds_more_calls_than_the_quota(quota, pauses):
    clock = Clock()
    limiter = Limiter(quota, clock=clock, sleep=clock.sleep)
    for pause in [*pauses, 0]:
        clock.now += pause
        clock.pass_through(limiter, 2 * quota)
    counts = [sum(at <= other < at + 0.999999 for other in clock.passed) for at in clock.passed]
    assert max(counts) <= quota


def test_the_limiter_uses_four_fifths_of_the_quota():
    clock = Clock()
    clock.pass_through(Limiter(10, clock=clock, sleep=clock.sleep), 801)
    assert clock.now - 100 == pytest.approx(100, abs=1)


def test_nobody_passes_a_closed_limiter():
    clock = Clock()
    limiter = Limiter(10, clock=clock, sleep=clock.sleep)
    limiter.close(7)
    clock.pass_through(limiter, 1)
    assert clock.now == pytest.approx(107)


def test_all_sources_of_a_region_share_one_limiter():
    assert limiter_for("", "eu-central-1") is limiter_for("", "eu-central-1")
    assert limiter_for("", "eu-central-1") is not limiter_for("", "us-east-1")
    assert QUOTAS["eu-central-1"] == 5


FIRST = 1793491200000  # milliseconds of event 0
LINE = "2 123456789012 eni-0a 10.0.0.1 10.0.0.2 1 2 6 1 {} 1793491200 1793491260 ACCEPT OK"


def event(number: int, message: str = "") -> dict[str, object]:
    """An event a millisecond; its number shows in its bytes."""
    text = message or LINE.format(number + 40)
    return {"eventId": str(number), "timestamp": FIRST + number, "message": text}


def whole(length: int) -> Part:
    return Part(FIRST, FIRST + length)


class Service:
    """Events of the first milliseconds, in pages; counts the pages it was asked for."""

    def __init__(self, end: int, page: int) -> None:
        self.events = [event(number) for number in range(end)]
        self.page = page
        self.pages = 0
        self.at_once = 0
        self.most_at_once = 0
        self.lock = threading.Lock()

    def __call__(self, part: Part):
        with self.lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        inner = self.events[part.start - FIRST : part.end - FIRST]
        for at in range(0, max(len(inner), 1), self.page):
            self.pages += 1
            threading.Event().wait(0.002)
            yield inner[at : at + self.page], at + self.page < len(inner)
        with self.lock:
            self.at_once -= 1


def numbers_of(data: bytes) -> list[int]:
    return [row["bytes"] - 40 for row in read(data)[0]]


@pytest.mark.slow
def test_parts_are_fetched_side_by_side_and_cutting_costs_few_pages():
    service = Service(200_000, 4000)
    assert numbers_of(read_slice(service, whole(200_000))) == list(range(200_000))
    assert service.most_at_once > 4
    assert service.pages <= 50 * 1.5


def test_parts_of_which_one_holds_json_are_all_read():
    service = Service(20_000, 2500)
    service.events[15_000] |= {"message": '{"srcaddr": "10.0.0.1", "bytes": 15040}'}
    assert sorted(numbers_of(read_slice(service, whole(20_000)))) == list(range(20_000))


def test_an_error_in_one_part_is_the_slices_error():
    def pages(part: Part):
        if part.start > FIRST:
            raise ValueError("broken")
        yield [event(n) for n in range(3000)], True

    with pytest.raises(ValueError, match="broken"):
        read_slice(pages, whole(3_600_000))


@pytest.mark.slow
def test_a_part_of_one_second_is_never_cut():
    events = [event(n) | {"timestamp": FIRST} for n in range(60_000)]
    pages = iter([events[at : at + 10_000] for at in range(0, 60_000, 10_000)])
    data = read_slice(lambda part: ((page, True) for page in pages), whole(1000))
    assert len(numbers_of(data)) == 60_000


MESSAGES = st.sampled_from([
    "", '{"srcaddr": "10.0.0.1", "bytes": 41}', f'{{"message": "{LINE.format(41)}"}}', "\n",
    LINE.format(42).replace(" ", "\t"), LINE.format(43) + "\n", "2026-11-01T00:00:00Z " + LINE.format(44),
])  # fmt: skip


@pytest.mark.slow
@given(st.lists(MESSAGES, max_size=6))
def test_messages_of_any_kind_beside_each_other_hide_none(messages):
    events = [event(n, text) for n, text in enumerate(messages)]
    data = read_slice(lambda part: iter([(events, False)]), whole(1000))
    rows, report = read(data, candidates=[HEADER], envelope=True)
    assert report.malformed == 0
    assert len(rows) == len(messages) - messages.count("\n")
    assert all(EVENT_TIME in row for row in rows)


@pytest.mark.parametrize(
    ("minutes", "beyond"),
    [
        ([[2 + n / 10 for n in range(51)], [3.0] * 49], 4),  # two to seven minutes
        ([[5.0] * 99, [200.0]], 0),
        ([[5.0] * 19], None),
        ([[5.0] * 40, [900.0] * 41], None),  # put there later
        ([], None),
    ],
)
def test_what_the_slowest_events_need_beyond_the_quickest(minutes, beyond):
    pages = [
        lags_of({"timestamp": FIRST, "ingestionTime": FIRST + int(60_000 * lag)} for lag in page)
        for page in minutes
    ]
    found = delay_of(pages)
    assert (None if found is None else found // timedelta(minutes=1)) == beyond
    assert not lags_of([{"timestamp": FIRST}]).size


def test_an_hour_without_events_is_no_bytes():
    assert read_slice(lambda part: iter([([], True), ([], False)]), whole(10)) == b""
