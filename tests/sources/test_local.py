"""Files and folders as a source."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from vpcflow_core.errors import AccessError, EmptyError, MissingError
from vpcflow_core.sources.base import Source
from vpcflow_core.sources.local import LocalSource
from vpcflow_core.sources.open import open_source
from vpcflow_core.sources.s3.layout import key_for
from vpcflow_core.times import Window

T = datetime(2026, 11, 23, 6, 35, tzinfo=UTC)
LAYOUTS = ("default", "hourly", "hive", "hive-hourly", "bare")


def put(folder, name, body=b"x"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return path


def key(layout, time=T, unique="ab"):
    return key_for(account="123456789012", region="eu-central-1", flow_log_id="fl-0c", time=time, unique=unique, layout=layout)  # fmt: skip


def names(source, span=None):
    return [found.uri.rpartition("/")[2] for found in source.find(span)]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_copy_of_a_bucket_is_recognised(tmp_path, layout):
    put(tmp_path, key(layout), b"123")
    (found,) = LocalSource(tmp_path).find(None)
    assert (found.account, found.region, found.flow_log_id) == (
        "123456789012",
        "eu-central-1",
        "fl-0c",
    )
    assert (found.time, found.size, found.hint) == (T, 3, "text")


def test_other_files_carry_the_time_of_their_last_change(tmp_path):
    os.utime(put(tmp_path, "x.json"), (1_700_000_000, 1_700_000_000))
    (found,) = LocalSource(tmp_path).find(None)
    assert found.time == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert (found.account, found.flow_log_id, found.hint) == ("", "", "")


def test_all_that_looks_like_a_log_is_found_and_nothing_else(tmp_path):
    logs = ["a.log", "b.log.gz", "c/d.json", "c/e.parquet", "f.csv", "g.txt", "plain", "h.log.1"]
    for name in [*logs, "_SUCCESS", ".hidden.log", "a.log.crc", ".git/x.log", "i.png", "j.md"]:
        put(tmp_path, name)
    assert sorted(names(LocalSource(tmp_path))) == sorted(n.rpartition("/")[2] for n in logs)


def test_a_file_named_directly_is_taken_whatever_its_name(tmp_path):
    assert names(LocalSource(put(tmp_path, "_odd.md"))) == ["_odd.md"]


def test_objects_come_oldest_first(tmp_path):
    for hour in (3, 1, 2):
        put(tmp_path, key("hourly", T + timedelta(hours=hour)))
    times = [found.time for found in LocalSource(tmp_path).find(None)]
    assert times == sorted(times)


def test_the_span_chooses_among_files_that_aws_named_and_spares_all_others(tmp_path):
    for hour in range(10):
        put(tmp_path, key("default", T + timedelta(hours=hour)))
    os.utime(put(tmp_path, "other.log"), (1, 1))
    found = list(LocalSource(tmp_path).find(Window(T + timedelta(hours=4), T + timedelta(hours=5))))
    assert [f.time for f in found[1:]] == [T + timedelta(hours=hour) for hour in (4, 5, 6)]
    assert found[0].uri.endswith("other.log")


def test_a_span_without_files_gives_nothing_and_no_error(tmp_path):
    put(tmp_path, key("default"))
    assert names(LocalSource(tmp_path), Window(T - timedelta(days=9), T - timedelta(days=8))) == []


def test_reading_gives_the_bytes_as_stored(tmp_path):
    put(tmp_path, "a b%20ü#.log", b"\x1f\x8b raw")
    source = LocalSource(tmp_path)
    (found,) = source.find(None)
    assert source.read(found) == b"\x1f\x8b raw"


def test_names_need_not_be_utf_8(tmp_path):
    put(tmp_path, os.fsdecode(b"caf\xe9.log"))
    source = LocalSource(tmp_path)
    (found,) = source.find(None)
    found.uri.encode("ascii")
    assert source.read(found) == b"x"


def test_a_file_that_goes_away_while_the_folder_is_read_is_passed_by(tmp_path, monkeypatch):
    put(tmp_path, "a.log")
    gone = tmp_path / "rotated.log"
    monkeypatch.setattr(LocalSource, "_files", lambda self: [gone, tmp_path / "a.log"])
    assert names(LocalSource(tmp_path)) == ["a.log"]


def test_a_changed_file_has_another_etag(tmp_path):
    path = put(tmp_path, "a.log")
    (before,) = LocalSource(tmp_path).find(None)
    os.utime(path, ns=(1, 1))
    (after,) = LocalSource(tmp_path).find(None)
    assert before.uri == after.uri
    assert before.etag != after.etag


@pytest.mark.parametrize("form", ["{}", "file://{}", "{}/", "{}/../logs"])
def test_a_folder_may_be_written_in_several_ways(tmp_path, form):
    put(tmp_path, "logs/a.log")
    source = open_source(form.format(tmp_path / "logs"))
    assert isinstance(source, Source)
    assert source.url == f"file://{tmp_path}/logs"
    assert names(source) == ["a.log"]


def test_links_are_not_followed_out_of_the_folder(tmp_path):
    outside = put(tmp_path, "secret/x.log")
    put(tmp_path, "logs/a.log")
    (tmp_path / "logs/out.log").symlink_to(outside)
    (tmp_path / "logs/folder").symlink_to(outside.parent)
    (tmp_path / "logs/in.log").symlink_to(tmp_path / "logs/a.log")
    (tmp_path / "logs/broken.log").symlink_to(tmp_path / "nowhere.log")
    assert sorted(names(LocalSource(tmp_path / "logs"))) == ["a.log", "in.log"]


def test_a_folder_that_is_a_link_itself_is_entered(tmp_path):
    put(tmp_path, "logs/a.log")
    (tmp_path / "link").symlink_to(tmp_path / "logs")
    assert names(LocalSource(tmp_path / "link")) == ["a.log"]


def test_an_address_with_one_slash_is_recognised() -> None:
    with pytest.raises(MissingError, match="two slashes"):
        list(LocalSource("s3:/bucket/prefix").find(None))


def test_a_missing_folder_names_the_closest_one(tmp_path):
    put(tmp_path, "logs/a.log")
    with pytest.raises(MissingError, match=f"closest folder is {tmp_path}; it holds logs"):
        LocalSource(tmp_path / "lgos/2026").find(None)


def test_an_empty_folder_is_told(tmp_path):
    with pytest.raises(EmptyError, match="holds no log files"):
        LocalSource(tmp_path).find(None)


def test_a_file_that_went_away_is_told(tmp_path):
    path = put(tmp_path, "a.log")
    source = LocalSource(tmp_path)
    (found,) = source.find(None)
    path.unlink()
    with pytest.raises(MissingError, match="any more"):
        source.read(found)


def test_a_file_that_may_not_be_read_is_told(tmp_path, monkeypatch):
    put(tmp_path, "a.log")
    source = LocalSource(tmp_path)
    (found,) = source.find(None)

    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.read_bytes", refuse)
    with pytest.raises(AccessError, match="may not be read"):
        source.read(found)


def test_a_store_below_the_folder_holds_no_logs(tmp_path: Path) -> None:
    files = tmp_path / "kept/files/flows/2026-11-01"
    files.mkdir(parents=True)
    (files / "a.parquet").write_bytes(b"PAR1")
    (tmp_path / "kept/ledger.sqlite").touch()
    with pytest.raises(EmptyError, match="holds no log files") as raised:
        LocalSource(tmp_path).find(None)
    assert f"a store of vpcflow at {tmp_path / 'kept'}" in str(raised.value)
    (tmp_path / "flows.log").write_text("2 1 eni-1")
    assert [found.uri for found in LocalSource(tmp_path).find(None)] == [
        (tmp_path / "flows.log").as_uri()
    ]
