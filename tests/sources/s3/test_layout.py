"""Keys as AWS writes them, and back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpcflow_core.sources.s3.layout import (
    SLACK_AFTER,
    SLACK_BEFORE,
    describe,
    folder_may_hold,
    folder_window,
    is_log_like,
    key_floor,
    key_for,
    time_may_hold,
)
from vpcflow_core.times import Window

NAME = "123456789012_vpcflowlogs_eu-central-1_fl-0a1b2c3d_20261123T0635Z_12ab34cd.log.gz"
TIME = datetime(2026, 11, 23, 6, 35, tzinfo=UTC)

FOLDERS = {
    "default": "AWSLogs/123456789012/vpcflowlogs/eu-central-1/2026/11/23/",
    "hourly": "AWSLogs/123456789012/vpcflowlogs/eu-central-1/2026/11/23/06/",
    "hive": "AWSLogs/aws-account-id=123456789012/aws-service=vpcflowlogs/"
    "aws-region=eu-central-1/year=2026/month=11/day=23/",
    "hive-hourly": "AWSLogs/aws-account-id=123456789012/aws-service=vpcflowlogs/"
    "aws-region=eu-central-1/year=2026/month=11/day=23/hour=06/",
}

instants = st.datetimes(datetime(1980, 1, 1), datetime(2190, 1, 1)).map(
    lambda moment: moment.replace(second=0, microsecond=0, tzinfo=UTC)
)
words = st.text("abcdefghijklmnop0123456789", min_size=1, max_size=12)
keys = st.fixed_dictionaries(
    {
        "account": st.integers(0, 10**12 - 1).map("{:012}".format) | st.just("unknown"),
        "region": st.sampled_from(["us-east-1", "eu-central-1", "us-gov-west-1", "cn-north-1"]),
        "flow_log_id": st.integers(0, 16**17 - 1).map("fl-{:x}".format),
        "time": instants,
        "unique": st.integers(0, 16**8 - 1).map("{:08x}".format),
        "layout": st.sampled_from([*FOLDERS, "bare"]),
        "suffix": st.sampled_from([".gz", ".parquet", ""]),
        "prefix": st.lists(words, max_size=3).map(lambda parts: "".join(p + "/" for p in parts)),
    }
)
spans = st.builds(
    lambda start, minutes: Window(start, start + timedelta(minutes=minutes)),
    instants,
    st.integers(1, 100_000),
)


@given(keys, st.booleans())
def test_describing_a_built_key_gives_back_what_it_was_built_from(asked, transit):
    facts = describe(key_for(**asked, transit=transit))
    assert {name: getattr(facts, name) for name in asked} == asked
    assert facts.day == asked["time"].date()
    assert facts.hour == (asked["time"].hour if asked["layout"].endswith("hourly") else None)
    assert facts.service.startswith("service=") == (transit and asked["layout"].startswith("hive"))


@pytest.mark.parametrize("layout", FOLDERS)
@pytest.mark.parametrize("before", ["", "prod/", "a/b c/", "/home/me/AWSLogs-copy/"])
def test_every_layout_is_described_below_any_prefix(layout, before):
    facts = describe(before + FOLDERS[layout] + NAME)
    assert (facts.layout, facts.prefix, facts.time) == (layout, before, TIME)
    assert (facts.account, facts.region) == ("123456789012", "eu-central-1")
    assert (facts.flow_log_id, facts.unique, facts.hint) == ("fl-0a1b2c3d", "12ab34cd", "text")
    assert facts.day == date(2026, 11, 23)


def test_hive_folders_of_a_transit_gateway_are_described():
    facts = describe(FOLDERS["hive"].replace("aws-service", "service") + NAME)
    assert (facts.layout, facts.service) == ("hive", "service=vpcflowlogs")


def test_parquet_and_unpacked_files_are_described():
    assert describe(NAME.replace(".gz", ".parquet")).hint == "parquet"
    assert describe(NAME.removesuffix(".gz")).hint == "text"


def test_a_file_that_left_its_folders_still_tells_its_time():
    facts = describe("downloads/" + NAME)
    assert (facts.layout, facts.time, facts.prefix) == ("bare", TIME, "downloads/")


@pytest.mark.parametrize(
    "key",
    [
        "",
        "AWSLogs/",
        FOLDERS["default"],
        FOLDERS["default"] + "notes.txt",
        "AWSLogs/123456789012/CloudTrail/eu-central-1/2026/11/23/123456789012_CloudTrail_x.json.gz",
        NAME.replace("20261123", "20261323"),
        NAME.replace("0635Z", "2561Z"),
        NAME.replace(".log.gz", ".log.gz.tmp"),
        NAME.replace("vpcflowlogs", "elasticloadbalancing"),
    ],
)
def test_names_that_aws_did_not_give_are_not_described(key):
    assert describe(key) is None


@given(st.text())
def test_describing_never_fails(key):
    describe(key)


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (["2026"], "2026-01-01T00:00Z/2027-01-01T00:00Z"),
        (["year=2026", "month=12"], "2026-12-01T00:00Z/2027-01-01T00:00Z"),
        (["2028", "02", "29"], "2028-02-29T00:00Z/2028-03-01T00:00Z"),
        (["2026", "11", "23", "hour=23"], "2026-11-23T23:00Z/2026-11-24T00:00Z"),
    ],
)
def test_date_folders_cover_their_time(parts, text):
    assert str(folder_window(parts)) == text


@pytest.mark.parametrize(
    "parts", [[], ["x"], ["2026", "13"], ["2026", "02", "30"], ["0000"], ["2026", ""], ["٢٠٢٦"]]
)
def test_folders_that_are_no_date_cover_nothing(parts):
    assert folder_window(parts) is None
    assert not folder_may_hold(parts, None)


@given(spans, st.floats(0, 1), st.integers(0, 600), st.sampled_from(["default", "hourly", "hive"]))
def test_no_record_of_the_span_is_ever_left_out(span, part, seconds, layout):
    """A record that starts in the span ends at most ten minutes later, in the file of that slot."""
    start = span.start + part * (span.length - timedelta(seconds=1))
    end = start + timedelta(seconds=seconds)
    slot = end - timedelta(minutes=end.minute % 5, seconds=end.second, microseconds=end.microsecond)
    key = key_for(account="1" * 12, region="us-east-1", flow_log_id="fl-0", time=slot, unique="0", layout=layout)  # fmt: skip
    folders = key.split("/")[4:-1]
    assert time_may_hold(slot, span)
    assert all(folder_may_hold(folders[: n + 1], span) for n in range(len(folders)))


def test_files_far_from_the_span_are_left_out():
    span = Window(TIME, TIME + timedelta(hours=1))
    assert not time_may_hold(span.start - SLACK_BEFORE - timedelta(minutes=5), span)
    assert not time_may_hold(span.end + SLACK_AFTER + timedelta(minutes=5), span)
    assert not folder_may_hold(["2026", "11", "22"], span)
    assert not folder_may_hold(["2026", "11", "23", "09"], Window(TIME - timedelta(hours=1), TIME))
    assert folder_may_hold(["2026", "11", "23"], span)


@given(keys.map(lambda asked: asked | {"layout": "default"}), spans)
def test_a_jump_in_a_listing_skips_only_files_outside_the_span(asked, span):
    key = key_for(**asked)
    floor = key_floor(key, describe(key), span)
    if time_may_hold(asked["time"], span):
        return
    assert floor > key
    wanted = key_for(**asked | {"time": span.start, "unique": "0"})
    if wanted.rpartition("/")[0] == key.rpartition("/")[0] and wanted > key:
        assert floor <= wanted


def test_logs_are_known_by_their_names():
    assert all(map(is_log_like, ["a.log", "a.log.1", "a.GZ", "a.json", "flow-2026-11-23", "x.csv"]))
    assert not any(map(is_log_like, ["", "_SUCCESS", ".a.log.crc", "a.crc", "x.py", "README.md"]))
