"""S3 as a source, over HTTP from moto's server."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto.backends import get_backend

from vpcflow_core.errors import EmptyError, MissingError
from vpcflow_core.sources.open import SourceOptions, open_source
from vpcflow_core.sources.s3.layout import key_for
from vpcflow_core.sources.s3.source import S3Source
from vpcflow_core.times import Window

T = datetime(2026, 11, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LAYOUTS = ("default", "hourly", "hive", "hive-hourly")
ACCOUNT, OTHER = "123456789012", "210987654321"


def key(time=T, layout="default", account=ACCOUNT, region="eu-central-1", log="fl-0a", **more):
    return key_for(account=account, region=region, flow_log_id=log, time=time, unique="ab", layout=layout, **more)  # fmt: skip


@pytest.fixture
def bucket(aws):
    """Fills a bucket with keys, straight into moto's memory: a thousand a moment."""
    boto3.client("s3").create_bucket(Bucket="logs")
    backend = get_backend("s3")[ACCOUNT]["aws"]

    def fill(keys: Iterable[str], body: bytes = b"x") -> None:
        for name in keys:
            backend.put_object("logs", name, body)

    return fill


def asked(source: S3Source) -> list[str]:
    """The prefixes the source asks for from now on."""
    prefixes: list[str] = []
    page = source._bucket.page

    def spy(prefix, **more):
        prefixes.append(prefix)
        return page(prefix, **more)

    source._bucket.page = spy
    return prefixes


def opened(url="s3://logs", **options) -> S3Source:
    return open_source(url, options=SourceOptions(**options))


def found(url="s3://logs", span=None) -> list[str]:
    return [each.uri.removeprefix("s3://logs/") for each in opened(url).find(span)]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("suffix", [".gz", ".parquet"])
def test_every_layout_is_found_and_described(bucket, layout, suffix):
    keys = [key(T + hour * HOUR, layout, suffix=suffix) for hour in range(0, 60, 7)]
    bucket(keys)
    objects = list(opened().find(None))
    assert [each.uri for each in objects] == [f"s3://logs/{name}" for name in keys]
    assert objects[1].time == T + 7 * HOUR
    assert {(o.account, o.region, o.flow_log_id, o.size) for o in objects} == {
        (ACCOUNT, "eu-central-1", "fl-0a", 1)
    }
    assert {o.hint for o in objects} == {"parquet" if suffix == ".parquet" else "text"}
    assert all(o.etag and '"' not in o.etag for o in objects)


def test_accounts_regions_and_layouts_lie_side_by_side(bucket):
    keys = [
        key(T + n * HOUR, layout, account, region, prefix="central/")
        for layout in LAYOUTS
        for account in (ACCOUNT, OTHER)
        for region in ("eu-central-1", "us-east-1")
        for n in (0, 30)
    ]
    keys += [key(layout="hive", log="fl-07", transit=True, prefix="central/")]
    bucket(keys)
    assert sorted(found("s3://logs/central")) == sorted(keys)


@pytest.mark.slow
@pytest.mark.parametrize(
    "prefix",
    [
        "",
        "/",
        "central",
        "central/prod",
        "central/prod/",
        "central/prod/AWSLogs",
        "central/prod/AWSLogs/123456789012",
        "central/prod/AWSLogs/123456789012/vpcflowlogs/",
        "central/prod/AWSLogs/123456789012/vpcflowlogs/eu-central-1",
        "central/prod/AWSLogs/123456789012/vpcflowlogs/eu-central-1/2026",
        "central/prod/AWSLogs/123456789012/vpcflowlogs/eu-central-1/2026/11/",
        "central/prod/AWSLogs/123456789012/vpcflowlogs/eu-central-1/2026/11/01",
    ],
)
@pytest.mark.parametrize("layout", ["default", "hourly"])
def test_the_prefix_may_stop_anywhere_on_the_way(bucket, prefix, layout):
    keys = [key(T + n * HOUR, layout, prefix="central/prod/") for n in range(3)]
    bucket([*keys, "central/other/notes.log"])
    assert found(f"s3://logs/{prefix}") == keys
    assert found(f"s3://logs/{prefix}", Window(T, T + HOUR)) == keys


def test_the_prefix_may_be_an_hour_or_an_object(bucket):
    keys = [key(T + n * HOUR, "hive-hourly") for n in range(3)]
    bucket(keys)
    assert found(f"s3://logs/{keys[1].rpartition('/')[0]}") == [keys[1]]
    assert found(f"s3://logs/{keys[2]}") == [keys[2]]


def test_a_single_object_outside_the_layout(bucket):
    bucket(["exports/a.md", "exports/a.md.log", "exports/b.log"])
    assert found("s3://logs/exports/a.md") == ["exports/a.md"]


def test_several_awslogs_folders_below_the_prefix_are_all_found(bucket):
    keys = [key(prefix=prefix) for prefix in ("", "a/", "b/c/")]
    bucket([*keys, "b/else.log"])
    assert sorted(found()) == sorted(keys)


def test_folders_of_dates_are_not_searched_for_awslogs(bucket):
    bucket([f"out/{year}/{month:02}/x.log" for year in (2025, 2026) for month in range(1, 12)])
    source = opened("s3://logs/out")
    prefixes = asked(source)
    assert len(list(source.find(None))) == 22
    assert set(prefixes) == {"out", "out/AWSLogs/", "out/"}


@pytest.mark.slow
def test_a_search_that_grows_too_wide_stops_and_says_so(bucket):
    bucket([key(), *(f"team{n}/a/b/c/x.log" for n in range(230))])
    source = opened()
    assert [o.uri for o in source.find(None)] == [f"s3://logs/{key()}"]
    assert "too many folders" in source.warnings[0]


def test_logs_of_other_services_are_not_entered(bucket):
    trail = "AWSLogs/123456789012/CloudTrail/eu-central-1/2026/11/01/x.json.gz"
    bucket([key(), trail, trail.replace("CloudTrail", "elasticloadbalancing")])
    source = opened()
    prefixes = asked(source)
    assert [o.uri for o in source.find(None)] == [f"s3://logs/{key()}"]
    assert not any("CloudTrail" in p or "elastic" in p for p in prefixes)


@pytest.mark.slow
def test_more_than_a_page_of_objects_is_found(bucket):
    keys = [key(log=f"fl-{n:x}") for n in range(1203)]
    keys += [f"flat/{n:05}.log" for n in range(2100)]
    bucket(keys)
    assert len(found("s3://logs/AWSLogs")) == 1203
    assert found("s3://logs/flat") == keys[1203:]


def test_more_than_a_page_of_folders_is_found(bucket):
    bucket([f"AWSLogs/{n:012}/x.log" for n in range(2100)])
    folders = opened()._bucket.folders("AWSLogs/")
    assert len(set(folders)) == len(folders) == 2100


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("days", [0, 3])
def test_only_folders_that_the_span_needs_are_asked(bucket, layout, days):
    keys = [key(T + n * HOUR, layout) for n in range(0, 24 * 90, 6)]
    bucket(keys)
    source = opened()
    prefixes = asked(source)
    noon = T + 30 * DAY + 12 * HOUR
    assert len(list(source.find(Window(noon, noon + HOUR + days * DAY)))) == 1 + 4 * days
    dates = [p for p in prefixes if "2026" in p]
    walked = 2 if days else 0  # longer spans look which months and days there are
    # Hours are asked on days that the span cuts: 12 and 18 of the first, 0, 6, 12 of the last.
    hours = (5 if days else 1) if "hourly" in layout else 0
    assert len(dates) == walked + 1 + days + hours, dates


def test_hours_and_days_in_one_folder_are_both_found(bucket):
    keys = [key(T + n * HOUR, layout, log=log) for n in range(24) for layout, log in (("default", "fl-0a"), ("hourly", "fl-0b"))]  # fmt: skip
    bucket(keys)
    span = Window(T + 10 * HOUR, T + 11 * HOUR)
    objects = list(opened().find(span))
    assert [o.time for o in objects] == [T + n * HOUR for n in (10, 10, 11, 11, 12, 12)]
    assert len(found(span=Window(T, T + DAY))) == 48


@pytest.mark.slow
def test_a_long_folder_is_not_listed_to_its_end_for_a_short_span(bucket):
    """Keys sort by flow log and then by time, so the listing may jump."""
    minutes = range(0, 1440, 5)
    keys = [key(T + timedelta(minutes=m), log=f"fl-{n:x}") for n in range(6) for m in minutes]
    many = [name.replace("_ab.", f"_{i:x}.") for name in keys for i in range(4)]
    bucket(many)
    source = opened()
    prefixes = asked(source)
    span = Window(T + 12 * HOUR, T + 12 * HOUR + timedelta(minutes=5))
    objects = list(source.find(span))
    times = {o.time for o in objects}
    assert min(times) == span.start - timedelta(minutes=10)
    assert max(times) == span.end + HOUR
    assert len(objects) == 6 * 4 * 16
    plain = -(-len(many) // 1000)
    assert sum(p.endswith("/01/") for p in prefixes) < plain + 3
    assert sorted(o.uri for o in objects) == sorted(
        f"s3://logs/{name}" for name in many if T + 710 * timedelta(minutes=1) <= _time(name) <= span.end + HOUR
    )  # fmt: skip


def _time(name: str) -> datetime:
    return datetime.strptime(name.split("_")[4], "%Y%m%dT%H%MZ").replace(tzinfo=UTC)


def test_objects_come_oldest_first_within_a_region(bucket):
    bucket([key(T + n * HOUR, log=log) for n in range(50) for log in ("fl-0b", "fl-0a")])
    times = [o.time for o in opened().find(None)]
    assert times == sorted(times)


def test_a_span_without_objects_is_a_warning_and_no_error(bucket):
    bucket([key()])
    source = opened()
    assert list(source.find(Window(T + 5 * DAY, T + 6 * DAY))) == []
    assert "none in 2026-11-06T00:00Z/2026-11-07T00:00Z" in source.warnings[0]


def test_other_files_come_with_the_time_of_their_last_change(bucket):
    bucket(["out/b.log", "out/_SUCCESS", "out/a.json", "out/c.png", "out/"])
    objects = list(opened("s3://logs/out").find(Window(T, T + HOUR)))
    assert [o.uri for o in objects] == ["s3://logs/out/a.json", "s3://logs/out/b.log"]
    assert all(abs(o.time - datetime.now(UTC)) < HOUR for o in objects)
    assert {o.hint for o in objects} == {""}


def test_reading_gives_the_bytes_as_stored(bucket):
    body = bytes(range(256)) * 999
    names = [key(), "out/a b+c%20ü.log"]
    bucket(names, body)
    source = opened()
    assert [source.read(o) for o in source.find(None)] == [body]
    (odd,) = opened("s3://logs/out").find(None)
    assert source.read(odd) == body


def test_many_threads_may_read_at_once(bucket):
    names = [key(log=f"fl-{n:x}") for n in range(60)]
    for name in names:
        bucket([name], name.encode())
    source = opened()
    objects = list(source.find(None))
    with ThreadPoolExecutor(16) as pool:
        bodies = list(pool.map(source.read, objects))
    assert [b.decode() for b in bodies] == [o.uri.removeprefix("s3://logs/") for o in objects]


def test_a_wrong_bucket_is_told_with_the_closest_one(bucket):
    with pytest.raises(MissingError, match="no bucket 'lgos'") as caught:
        list(opened("s3://lgos").find(None))
    assert "Did you mean 'logs'?" in str(caught.value)


def test_an_empty_bucket_is_told(bucket):
    with pytest.raises(EmptyError, match="s3://logs holds no log files"):
        list(opened().find(None))


def test_an_empty_prefix_is_told_with_its_neighbours(bucket):
    bucket([key(prefix="prod/"), key(prefix="test/")])
    with pytest.raises(EmptyError) as caught:
        list(opened("s3://logs/pord").find(None))
    assert "s3://logs/ holds: prod/, test/" in str(caught.value)


def test_a_bucket_with_logs_of_other_services_alone_is_told(bucket):
    bucket([f"AWSLogs/{ACCOUNT}/CloudTrail/eu-central-1/2026/11/01/x.json.gz"])
    with pytest.raises(EmptyError, match="holds no VPC flow logs") as caught:
        list(opened().find(Window(T, T + DAY)))
    assert "CloudTrail" in str(caught.value)


def test_a_prefix_inside_another_service_is_told(bucket):
    bucket([key(), f"AWSLogs/{ACCOUNT}/CloudTrail/eu-central-1/2026/11/01/x.json.gz"])
    with pytest.raises(EmptyError, match="holds logs of CloudTrail, not VPC flow logs"):
        list(opened(f"s3://logs/AWSLogs/{ACCOUNT}/CloudTrail/eu-central-1").find(None))


def test_a_deleted_object_is_told(bucket):
    bucket([key()])
    source = opened()
    (gone,) = source.find(None)
    boto3.client("s3").delete_object(Bucket="logs", Key=key())
    with pytest.raises(MissingError, match="not there any more"):
        source.read(gone)


def test_the_url_names_bucket_and_prefix():
    assert opened("s3://logs/a/b/").url == "s3://logs/a/b"
    assert opened("s3://logs").url == "s3://logs"


def test_the_bucket_s_region_is_found(aws):
    boto3.client("s3").create_bucket(
        Bucket="far", CreateBucketConfiguration={"LocationConstraint": "ap-south-1"}
    )
    client = opened("s3://far")._bucket._connected()
    assert client.meta.region_name == "ap-south-1"


def test_archived_objects_are_counted_once_and_read_when_they_are_restored(bucket):
    s3 = boto3.client("s3")
    for minute in range(0, 60, 5):
        cold = {"StorageClass": "GLACIER" if minute < 40 else "GLACIER_IR"}
        name = key(T + timedelta(minutes=minute))
        s3.put_object(Bucket="logs", Key=name, Body=b"x", **cold)
    source = opened(endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    assert len(list(source.find(None))) == 4
    assert source.warnings == [
        "Left out, as in an archive (Glacier): 8 objects of s3://logs. What is restored in S3 is "
        "read by a later sync."
    ]
    assert [(hole.reason, hole.objects) for hole in source.listed.holes] == [("archived", 8)]
    s3.restore_object(Bucket="logs", Key=key(T), RestoreRequest={"Days": 2})
    list(source.find(None))  # moto restores at the second look
    assert len(list(source.find(None))) == 5
    late = T + timedelta(minutes=50)
    assert len(list(source.find(Window(late, late + timedelta(minutes=1))))) > 0


def test_files_without_aws_s_names_that_are_older_than_the_span_are_left_out(bucket):
    boto3.client("s3").put_object(Bucket="logs", Key="firehose/part-1", Body=b"x")
    now = datetime.now(UTC)
    tomorrow = Window(now + timedelta(days=1), now + timedelta(days=2))
    yesterday = Window(now - timedelta(days=1), now)
    assert found("s3://logs/firehose", yesterday) == ["firehose/part-1"]
    assert found("s3://logs/firehose", tomorrow) == []
