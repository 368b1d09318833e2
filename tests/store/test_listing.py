"""What a sync lists of a bucket: what is new of each account and region, and the holes."""

from __future__ import annotations

import sqlite3
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.store.buckets import MemoryBucket, put_day, source_of
from tests.store.doubles import START, Memory, key, line, log, numbers, turn_back
from vpcflow_core.errors import AccessError, SourceError
from vpcflow_core.sources.s3 import finding
from vpcflow_core.store import known
from vpcflow_core.store.ledger import LEDGER_NAME, to_ms
from vpcflow_core.store.listing import HOLES
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import SyncResult, forget, sync
from vpcflow_core.times import Window

DAY = timedelta(days=1)
NOW = datetime.now(UTC)
OURS, OTHER = "111122223333", "444455556666"
REGION = f"AWSLogs/{OTHER}/vpcflowlogs/eu-central-1/"


@pytest.fixture
def month_of_logs() -> MemoryBucket:
    """Thirty days of one account."""
    made = MemoryBucket()
    for days in range(30):
        put_day(made, NOW - days * DAY, number=days)
    return made


def read(store: Store, bucket: MemoryBucket, **options: object) -> SyncResult:
    bucket.asked.clear()
    bucket.read.clear()
    return sync(store, source_of(bucket), **options)  # type: ignore[arg-type]


def dated(bucket: MemoryBucket) -> list[str]:
    """The listings of days."""
    return [prefix for prefix in bucket.asked if prefix.count("/") > 6]


def test_old_objects_of_an_account_that_appears_later_are_loaded(
    store: Store, month_of_logs: MemoryBucket
) -> None:
    read(store, month_of_logs)
    for days in (5, 6, 40):
        put_day(month_of_logs, NOW - days * DAY, OTHER, number=100 + days)
    assert read(store, month_of_logs).objects == 3
    assert numbers(store) == dict.fromkeys([*range(30), 105, 106, 140], 1)
    assert read(store, month_of_logs).objects == 0


def test_old_objects_of_a_region_that_appears_later_are_loaded(
    store: Store, month_of_logs: MemoryBucket
) -> None:
    read(store, month_of_logs)
    put_day(month_of_logs, NOW - 30 * DAY, region="us-east-1", number=100)
    assert read(store, month_of_logs).objects == 1


def test_a_late_account_is_read_from_the_first_default_on(
    store: Store, month_of_logs: MemoryBucket
) -> None:
    span = Window(NOW - 8 * DAY, NOW + DAY)
    read(store, month_of_logs, span=span)
    for days in (5, 6, 40):
        put_day(month_of_logs, NOW - days * DAY, OTHER, number=100 + days)
    assert read(store, month_of_logs, span=span).objects == 2


@pytest.mark.parametrize("closed", [f"AWSLogs/{OTHER}/", REGION])
def test_an_account_whose_permission_comes_later_is_read_from_its_beginning(
    store: Store, month_of_logs: MemoryBucket, closed: str
) -> None:
    for days in range(6):
        put_day(month_of_logs, NOW - days * DAY, OTHER, number=100 + days)
    month_of_logs.closed = {closed}
    assert read(store, month_of_logs).objects == 30
    for _ in range(2):  # permanently refused: asked for once, and nothing else is listed whole
        result = read(store, month_of_logs)
        assert (
            sum(month_of_logs.asked[prefix] for prefix in month_of_logs.asked if OTHER in prefix)
            <= 2
        )
        assert len(dated(month_of_logs)) <= 4
        assert "was left out: Reading" in result.warnings[0]
    month_of_logs.closed = set()
    assert read(store, month_of_logs).objects == 6
    assert read(store, month_of_logs).objects == 0


def test_a_day_that_was_refused_is_listed_again_and_nothing_else(
    store: Store, month_of_logs: MemoryBucket
) -> None:
    hole = (NOW - 20 * DAY).strftime(f"AWSLogs/{OURS}/vpcflowlogs/eu-central-1/%Y/%m/%d/")
    month_of_logs.closed = {hole}
    assert read(store, month_of_logs).objects == 29
    assert read(store, month_of_logs).objects == 0
    assert month_of_logs.asked[hole] == 1
    assert len(dated(month_of_logs)) <= 5
    month_of_logs.closed = set()
    assert read(store, month_of_logs).objects == 1
    read(store, month_of_logs)
    assert month_of_logs.asked[hole] == 0  # filled


def test_a_day_that_failed_is_listed_again_and_the_rest_is_loaded(
    store: Store, month_of_logs: MemoryBucket
) -> None:
    hole = (NOW - 20 * DAY).strftime(f"AWSLogs/{OURS}/vpcflowlogs/eu-central-1/%Y/%m/%d/")
    month_of_logs.failing = {hole}
    result = read(store, month_of_logs)
    assert result.objects == 29
    assert "does not answer" in result.warnings[0]
    month_of_logs.failing = set()
    assert read(store, month_of_logs).objects == 1


def test_a_bucket_of_which_many_folders_fail_is_an_error(
    store: Store, month_of_logs: MemoryBucket
) -> None:
    month_of_logs.failing = {(NOW - days * DAY).strftime(f"AWSLogs/{OURS}/vpcflowlogs/eu-central-1/%Y/%m/%d/") for days in range(9, 20)}  # fmt: skip
    with pytest.raises(SourceError, match="does not answer"):
        read(store, month_of_logs)
    month_of_logs.failing = set()
    read(store, month_of_logs)
    assert len(numbers(store)) == 30


def test_an_account_that_is_refused_later_costs_one_request_and_is_an_error_alone(
    store: Store, month_of_logs: MemoryBucket
) -> None:
    read(store, month_of_logs)
    month_of_logs.closed = {f"AWSLogs/{OURS}/vpcflowlogs/eu-central-1/"}
    with pytest.raises(AccessError):
        read(store, month_of_logs)
    month_of_logs.closed = set()
    put_day(month_of_logs, NOW - timedelta(hours=1), number=200)
    assert read(store, month_of_logs).objects == 1


def test_archived_objects_are_counted_and_only_their_days_listed_again(
    store: Store, month_of_logs: MemoryBucket
) -> None:
    cold = {put_day(month_of_logs, NOW - days * DAY - timedelta(hours=hour), number=1000) for days in range(90, 95) for hour in range(24)}  # fmt: skip
    month_of_logs.archived = set(cold)
    result = read(store, month_of_logs)
    assert (result.objects, result.failed, result.archived) == (30, 0, 120)
    note = "Left out, as in an archive (Glacier): 120 objects of s3://logs."
    assert [note in warning for warning in result.warnings] == [True]
    again = read(store, month_of_logs)
    assert (again.objects, again.archived, month_of_logs.read.total()) == (0, 120, 0)
    assert len(dated(month_of_logs)) <= 4 + 6  # the newest days, and those with archived objects
    near = read(store, month_of_logs, span=Window(NOW - 10 * DAY, NOW + DAY), list_all=True)
    assert (near.archived, near.warnings, month_of_logs.read.total()) == (0, (), 0)
    restored = month_of_logs.archived.pop()
    assert read(store, month_of_logs).objects == 1
    assert month_of_logs.read == {restored: 1}
    month_of_logs.archived = set()
    assert read(store, month_of_logs).objects == 119
    read(store, month_of_logs)
    assert len(dated(month_of_logs)) <= 4


def test_a_bucket_of_archived_objects_alone_is_not_listed_whole_again(
    store: Store, month_of_logs: MemoryBucket
) -> None:
    month_of_logs.archived = set(month_of_logs.bodies)
    assert read(store, month_of_logs).archived == 30
    assert read(store, month_of_logs).archived == 30
    month_of_logs.archived = set()
    read(store, month_of_logs)
    assert len(numbers(store)) == 30


def test_an_object_that_only_reading_shows_to_be_archived_is_asked_for_once_a_day(
    store: Store, month_of_logs: MemoryBucket
) -> None:
    old = list(month_of_logs.bodies)[25]
    month_of_logs.frozen = {old}
    result = read(store, month_of_logs)
    assert (result.objects, result.failed, result.archived, result.failures) == (29, 0, 1, ())
    assert "archive (Glacier): 1 object of s3://logs" in result.warnings[0]
    assert (read(store, month_of_logs).objects, month_of_logs.read.total()) == (0, 0)
    with store.ledger.transaction() as change:
        change.execute("UPDATE objects SET loaded_at = loaded_at - 90000000")
    read(store, month_of_logs)
    assert month_of_logs.read == {old: 1}
    month_of_logs.frozen = set()
    with store.ledger.transaction() as change:
        change.execute("UPDATE objects SET loaded_at = loaded_at - 90000000")
    assert read(store, month_of_logs).objects == 1


def test_a_source_that_is_a_part_of_a_region_has_holes_too(
    store: Store, month_of_logs: MemoryBucket
) -> None:
    year = (NOW - 20 * DAY).strftime("AWSLogs/111122223333/vpcflowlogs/eu-central-1/%Y")
    month_of_logs.bodies = {
        key: body for key, body in month_of_logs.bodies.items() if key.startswith(year)
    }
    cold = put_day(month_of_logs, NOW - 20 * DAY, number=20)
    month_of_logs.archived = {cold}
    source = source_of(month_of_logs, year)
    count = sync(store, source).objects
    assert count == len(month_of_logs.bodies) - 1
    month_of_logs.asked.clear()
    assert sync(store, source).archived == 1
    assert len(dated(month_of_logs)) <= 6
    assert month_of_logs.asked[cold.rpartition("/")[0] + "/"] == 1
    month_of_logs.archived = set()
    assert sync(store, source).objects == 1


def test_where_listings_do_not_say_what_is_restored_a_sync_asks_for_some(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "RESTORES_ASKED", 3)
    bucket = MemoryBucket()
    day = (NOW - 20 * DAY).replace(hour=12)
    times = [day + timedelta(minutes=5 * number) for number in range(10)]
    bucket.archived = {put_day(bucket, time, number=n) for n, time in enumerate(times)}
    bucket.thawed = set(bucket.archived)
    bucket.listings_say_restored = False
    put_day(bucket, NOW)
    first = read(store, bucket)
    assert (first.objects, first.archived, bucket.heads.total()) == (4, 7, 3)
    assert "do not say which archived objects are restored" in " ".join(first.warnings)
    loaded = 4
    for _ in range(60):  # three of ten by chance, each time
        loaded += read(store, bucket).objects
        if loaded == 11:
            break
    assert (loaded, len(bucket.heads)) == (11, 10)
    heads = bucket.heads.total()
    bucket.listings_say_restored = True
    assert read(store, bucket).objects == 0
    assert bucket.heads.total() == heads


def test_objects_that_cannot_be_read_are_tried_some_at_a_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known, "FAILED_AGAIN", 3)
    bucket = MemoryBucket()
    times = [NOW - timedelta(minutes=5 * number) for number in range(10)]
    bucket.refused = {put_day(bucket, time, number=n) for n, time in enumerate(times)}
    put_day(bucket, NOW - timedelta(hours=2), number=99)
    assert read(store, bucket).failed == 10
    tried: Counter[str] = Counter()
    for _ in range(4):
        result = read(store, bucket)
        assert (result.failed, result.skipped, bucket.read.total()) == (3, 1, 3)
        assert "7 more objects of s3://logs could not be read before" in result.warnings[0]
        tried += bucket.read
    assert (len(tried), max(tried.values())) == (10, 2)  # each in its turn
    bucket.refused = set()
    assert [read(store, bucket).objects for _ in range(5)] == [3, 3, 3, 1, 0]


def test_holes_are_listed_again_a_hundred_at_a_time(store: Store) -> None:
    bucket = MemoryBucket()
    bucket.archived = {put_day(bucket, NOW - days * DAY) for days in range(5, 255)}
    put_day(bucket, NOW)
    read(store, bucket)
    seen: set[str] = set()
    for _ in range(3):
        assert read(store, bucket).archived == 250
        assert len(dated(bucket)) <= HOLES + 5
        seen |= set(dated(bucket))
    assert len(seen) >= 250  # each in its turn


def test_a_plain_sync_of_a_big_bucket_lists_eight_folders_a_region(store: Store) -> None:
    bucket = MemoryBucket()
    body = log([line(0, NOW)])  # one day, so that the store writes one file
    regions = [(f"{n:012}", region) for n in range(2) for region in ("eu-west-1", "us-east-1")]
    for account, region in regions:
        for days in range(200):
            put_day(bucket, NOW - days * DAY, account, region, body=body)
    read(store, bucket)
    first = bucket.asked.total()
    read(store, bucket)
    # Two look for AWSLogs/, one lists the accounts, one the regions of each account, then of each
    # region its years, months and days, and the days from two before the newest object on.
    assert bucket.asked.total() <= 3 + 2 + len(regions) * 8
    assert first > 10 * bucket.asked.total()


def test_a_span_on_purpose_lists_that_span_again(store: Store, month_of_logs: MemoryBucket) -> None:
    read(store, month_of_logs)
    put_day(month_of_logs, NOW - 20 * DAY - timedelta(hours=3), number=500)
    assert read(store, month_of_logs).objects == 0  # came too late for a plain sync
    span = Window(NOW - 30 * DAY, NOW + DAY)
    assert read(store, month_of_logs, span=span, list_all=True).objects == 1


def test_spans_with_a_gap_between_leave_the_gap_to_be_listed(
    store: Store, month_of_logs: MemoryBucket
) -> None:
    read(store, month_of_logs, span=Window(NOW - 25 * DAY, NOW - 20 * DAY))
    read(store, month_of_logs, span=Window(NOW - 5 * DAY, NOW + DAY))
    assert 0 < len(numbers(store)) < 20
    read(store, month_of_logs)
    assert numbers(store) == dict.fromkeys(range(30), 1)


def test_what_came_late_before_a_pause_is_not_lost(
    store: Store, month_of_logs: MemoryBucket
) -> None:
    read(store, month_of_logs, span=Window(NOW - 10 * DAY, NOW + DAY))
    late = put_day(month_of_logs, NOW - timedelta(hours=30), number=300)
    put_day(month_of_logs, NOW + timedelta(minutes=20), number=301)
    assert read(store, month_of_logs, span=Window(NOW - timedelta(hours=1), NOW + DAY)).objects == 1
    assert read(store, month_of_logs).objects > 15
    assert month_of_logs.read[late] == 1


def test_an_object_named_after_the_future_hides_nothing(
    store: Store, month_of_logs: MemoryBucket
) -> None:
    put_day(month_of_logs, NOW + 300 * DAY, number=900)
    read(store, month_of_logs)
    put_day(month_of_logs, NOW - timedelta(hours=2), number=901)
    assert read(store, month_of_logs).objects == 1


def test_a_place_that_lags_is_listed_from_its_own_newest_object_on(store: Store) -> None:
    bucket = MemoryBucket()
    put_day(bucket, NOW + 300 * DAY, number=1)
    put_day(bucket, NOW - 10 * DAY, number=2)
    read(store, bucket)
    put_day(bucket, NOW - 9 * DAY, number=3)  # copied with ten days of delay
    assert read(store, bucket).objects == 1


def test_a_sync_that_failed_has_listed_nothing(store: Store, month_of_logs: MemoryBucket) -> None:
    assert not read(store, month_of_logs, cancelled=lambda: True).complete
    read(store, month_of_logs)
    assert len(numbers(store)) == 30


def old_ledger(store: Store, start: datetime, end: datetime) -> None:
    """Turn a ledger into one of the version before `listed`."""
    turn_back(store.path, 6)
    connection = sqlite3.connect(store.path / LEDGER_NAME)
    covered = (to_ms(start), to_ms(end))
    connection.execute("UPDATE sources SET covered_from = ?, covered_to = ?", covered)
    connection.commit()
    connection.close()


def test_what_an_old_ledger_has_listed_is_not_listed_again_but_for_late_accounts(
    store: Store, month_of_logs: MemoryBucket
) -> None:
    for days in (0, 1):
        put_day(month_of_logs, NOW - days * DAY, OTHER, number=200 + days)
    read(store, month_of_logs)
    old_ledger(store, datetime(1970, 1, 1, tzinfo=UTC), NOW)
    put_day(month_of_logs, NOW - 9 * DAY, OTHER, number=209)  # refused then, and never listed
    put_day(month_of_logs, NOW - 9 * DAY, "777788889999", number=309)
    with Store.open(store.path) as upgraded:
        assert read(upgraded, month_of_logs).objects == 2
        # Late in the evening the next day is looked at too.
        assert len([p for p in dated(month_of_logs) if OURS in p]) <= 5
        assert sorted(numbers(upgraded)) == [*range(30), 200, 201, 209, 309]


def test_an_old_ledger_of_a_source_without_places_keeps_what_it_covered(tmp_path: Path) -> None:
    source = Memory("s3://bucket/")
    for number in (0, 3000):
        at = START - 20 * DAY + timedelta(minutes=5 * number)
        source.put(key(number), log([line(number, at)]), at)
    with Store.open(tmp_path / "s") as store:
        sync(store, source)
        old_ledger(store, datetime(1970, 1, 1, tzinfo=UTC), at)
        with Store.open(store.path) as upgraded:
            assert sync(upgraded, source).objects == 0
            assert source.spans[-1] is not None
            assert source.spans[-1].start == at - 2 * DAY


def test_a_forgotten_source_is_listed_anew(store: Store, month_of_logs: MemoryBucket) -> None:
    read(store, month_of_logs)
    forget(store, "s3://logs")
    assert store.ledger.value("SELECT count(*) FROM listed") == 0
    assert read(store, month_of_logs).objects == 30
