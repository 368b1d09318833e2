"""Uploaded files: kept under harmless names, read again whole, and gone when removed."""

from __future__ import annotations

from pathlib import Path

import pytest

from vpcflow_core.errors import MissingError, SettingsError
from vpcflow_core.sources.uploads import (
    FOLDER,
    UploadSource,
    drop,
    keep,
    safe_file,
    safe_name,
    size_of_all,
)

NASTY = [
    "../../etc/passwd", "/etc/shadow", "..", ".", "", ".bashrc", "a\0b.log", "C:\\x\\y.log",
    "flow log (1).gz", "\u202egol.exe", "x" * 300 + ".log", "-rf", "~root", "a/../../b.parquet",
    "nul\n.log", "_SUCCESS",
]  # fmt: skip


@pytest.mark.parametrize("name", NASTY)
def test_no_file_name_leads_out_of_the_folder_or_is_overlooked(tmp_path: Path, name: str) -> None:
    source = UploadSource(tmp_path, keep(tmp_path, name, {name: b"content"}))
    (found,) = source.find(None)
    assert source.read(found) == b"content"
    assert [p.parent.parent for p in tmp_path.rglob("*") if p.is_file()] == [tmp_path / FOLDER]
    assert str(tmp_path) not in found.uri + source.url


def test_files_and_uploads_of_the_same_name_stand_side_by_side(tmp_path: Path) -> None:
    first = keep(tmp_path, "case", {"a.log": b"1", "x/a.log": b"2"})
    second = keep(tmp_path, "case", {"a.log": b"3"})
    assert (first, second) == ("uploads://case", "uploads://case-2")
    found = list(UploadSource(tmp_path, first).find(None))
    assert {f.uri for f in found} == {"uploads://case/a.log", "uploads://case/a-2.log"}
    assert size_of_all(tmp_path) == 3


def test_a_dropped_upload_is_gone_and_others_stay(tmp_path: Path) -> None:
    first, second = (keep(tmp_path, "case", {"a.log": b"1"}) for _ in range(2))
    drop(tmp_path, first)
    with pytest.raises(MissingError, match="gone"):
        list(UploadSource(tmp_path, first).find(None))
    assert len(list(UploadSource(tmp_path, second).find(None))) == 1


@pytest.mark.parametrize("url", ["uploads://", "uploads://..", "uploads://a/b", "uploads://.x"])
def test_a_url_that_is_no_upload_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsError, match="names no upload"):
        UploadSource(tmp_path, url)


def test_names_are_made_of_what_is_left() -> None:
    assert safe_name("Fall 42") == "fall-42"
    assert safe_file("logs/flow.log.1") == "flow.log.1.log"
