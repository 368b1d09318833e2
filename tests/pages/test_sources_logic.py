"""What the Sources page decides: who may add what, which files are taken, what is shown of whom."""

from __future__ import annotations

import gzip
import io
import json
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dashboards.ui.report_tables import lines_table, objects_table, reasons_table
from dashboards.ui.rights import LEVELS, Rights
from dashboards.ui.sources.adding import admit
from dashboards.ui.sources.removing import may_remove
from dashboards.ui.sources.source_rows import EXACT, HUMANE, Row, exact_table, humane_table, rows_of
from vpcflow_core.errors import FormatError, SettingsError
from vpcflow_core.formats.base import LogFormat, Rejected
from vpcflow_core.intake.judge import MB, judge
from vpcflow_core.source_settings import SourceSetting
from vpcflow_core.sources.open import open_source
from vpcflow_core.store.state import ObjectReport
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import sync
from vpcflow_core.workspace.source_list import add
from vpcflow_core.workspace.workspace import Workspace

LINE = "2 123456789010 eni-1 10.0.0.1 10.0.1.9 20641 22 6 20 4249 1763640000 1763640060 ACCEPT OK"
HEADER = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
ALL, AWS, UPLOADS, NONE = (Rights(level) for level in reversed(LEVELS))


def test_each_level_allows_what_the_ones_before_it_do() -> None:
    assert [(r.uploads, r.aws, r.folders) for r in (NONE, UPLOADS, AWS, ALL)] == [
        (False, False, False), (True, False, False), (True, True, False), (True, True, True),
    ]  # fmt: skip


@pytest.mark.parametrize("url", ["/etc", "file:///etc", "FILE:///etc", "etc", "~", "./x", " /etc"])
def test_no_spelling_of_a_folder_is_admitted_from_elsewhere(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsError, match="Folders of the server"):
        admit(SourceSetting(url=url), AWS, tmp_path, [])


@pytest.mark.parametrize(
    ("url", "allowed", "told"),
    [
        ("s3://bucket/prefix", UPLOADS, "may not be added"),
        ("cloudwatch://eu-central-1/vpc", NONE, "may not be added"),
        ("uploads://case", ALL, "is unknown"),
        ("sample://", ALL, "store of its own"),
        ("s3://", ALL, "names no bucket"),
        ("s3://KEY:secret@bucket", ALL, "password"),
        ("http://169.254.169.254/", ALL, "is unknown"),
    ],
)
def test_what_may_not_be_added_is_refused_in_words(
    tmp_path: Path, url: str, allowed: Rights, told: str
) -> None:
    with pytest.raises(SettingsError, match=told) as caught:
        admit(SourceSetting(url=url), allowed, tmp_path, [])
    assert "secret" not in str(caught.value)


def test_the_stores_own_folder_and_known_sources_are_refused(tmp_path: Path) -> None:
    store, logs = tmp_path / "a" / "store", tmp_path / "logs"
    for folder in (store, store / "files", tmp_path / "a"):
        with pytest.raises(SettingsError, match="holds the store itself"):
            admit(SourceSetting(url=str(folder)), ALL, store, [])
    with pytest.raises(SettingsError, match="a source already: prod"):
        admit(SourceSetting(url=f"{logs}/"), ALL, store, [Row("prod", f"file://{logs}")])
    admit(SourceSetting(url=str(logs)), ALL, store, [])
    with pytest.raises(FormatError, match="names no field"):
        admit(SourceSetting(url="s3://bucket", log_format="nonsense"), ALL, store, [])


def test_a_visitor_removes_what_they_may_add(tmp_path: Path) -> None:
    setting = SourceSetting(url="x")
    folder = Row("a", "file:///logs", setting, is_added=True)
    bucket = Row("b", "s3://logs", setting, is_added=True)
    upload = Row("c", "uploads://c", setting, is_added=True)
    of_settings, left_over = Row("d", "s3://logs", setting), Row("", "s3://old")
    found = {
        level.level: [
            may_remove(r, level) for r in (folder, bucket, upload, of_settings, left_over)
        ]
        for level in (NONE, UPLOADS, AWS, ALL)
    }
    assert found == {
        "none": [False] * 5,
        "uploads": [False, False, True, False, False],
        "aws": [False, True, True, False, True],
        "all": [True, True, True, False, True],
    }


def test_files_with_records_are_taken_and_their_report_is_whole() -> None:
    verdict = judge("a.log", "\n".join([HEADER, LINE, LINE, "no record"]).encode(), 1)
    assert verdict.refused == ""
    assert verdict.report is not None
    assert (verdict.report.records, verdict.report.malformed) == (2, 1)
    assert [kept.line for kept in verdict.report.reasons] == [4]
    given = judge("b.log", b"10.0.0.1 10.0.0.2 5\n", 1, LogFormat.parse("srcaddr dstaddr bytes"))
    assert given.report is not None
    assert given.report.records == 1


def parquet_of(rows: int) -> bytes:
    buffer = io.BytesIO()
    table = pa.table({"bytes": pa.array([7], pa.int64()).take(pa.array([0] * rows))})
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no record"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "is a PNG image, not flow logs"),
        (b"x" * (MB + 1), "larger than 1 MB"),
        (gzip.compress(b"a\n" * 15 * MB, mtime=0), "unpacks to more than 20 MB"),
        (
            gzip.compress(gzip.compress(bytes(30 * MB), mtime=0), mtime=0),
            "unpacks to more than 20 MB",
        ),
        (parquet_of(2 * MB), "unpacks to more than 20 MB"),
        (gzip.compress(parquet_of(2 * MB), mtime=0), "unpacks to more than 20 MB"),
        (b"PAR1" + bytes(100) + b"PAR1", "damaged"),
        (gzip.compress(LINE.encode(), mtime=0)[:-12], "cut short"),
        (b"[" * 100_000, "no record|could not be read"),
        (f"{HEADER}\nnothing here\n".encode(), "1 line of something else"),
        (json.dumps([{"a": 1}]).encode(), "no record"),
        (b"1 2 3\n4 5 6\n", "There is no header"),
    ],
)
def test_files_that_hold_nothing_or_far_too_much_are_refused(content: bytes, told: str) -> None:
    verdict = judge("x", content, 1)
    assert re.search(told, verdict.refused), verdict


def test_a_parser_that_breaks_refuses_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RecursionError

    monkeypatch.setattr("vpcflow_core.intake.judge.parse", broken)
    assert judge("x", LINE.encode(), 1).refused.startswith("It could not be read")


@pytest.fixture
def three_sources(tmp_path: Path) -> Workspace:
    """One source of the settings, one added that never was read, one only the store knows."""
    for name in ("prod", "old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.log").write_text(f"{HEADER}\n{LINE}\nno record\n")
    with Store.open(tmp_path / "store") as store:
        for name in ("prod", "old"):
            sync(store, open_source(str(tmp_path / name)))
    add(tmp_path / "store", SourceSetting(url="s3://bucket/logs"), "new")
    return Workspace(tmp_path / "store", {"prod": SourceSetting(url=str(tmp_path / "prod"))})


def test_every_source_has_a_row_whoever_knows_it(three_sources: Workspace, tmp_path: Path) -> None:
    with Store.open(three_sources.store) as store:
        rows = rows_of(three_sources, store)
        state = {s.url: s for s in store.sources()}
    assert [(r.name, r.is_added, r.is_removable) for r in rows] == [
        ("prod", False, False), ("new", True, True), ("", False, True),
    ]  # fmt: skip
    exact = exact_table(rows, with_paths=True).set_index("source")
    prod = state[rows[0].url]
    assert [exact.loc["prod", name] for name in EXACT] == [getattr(prod, n) for n in EXACT]
    table = humane_table(rows, datetime.now(UTC), with_paths=True)
    assert list(table.columns)[2:-1] == list(HUMANE)
    assert list(table["Last sync"])[1] == "never"
    for with_paths in (False, True):
        text = humane_table(rows, datetime.now(UTC), with_paths=with_paths).to_csv()
        text += exact_table(rows, with_paths=with_paths).to_csv()
        assert (str(tmp_path) in text) == with_paths


def test_the_parse_report_names_objects_below_their_source_and_no_folder(
    three_sources: Workspace,
) -> None:
    with Store.open(three_sources.store) as store:
        reports = store.reports()
    names = {reports[0].source: "one", reports[1].source: "two"}
    frame = objects_table(reports, names, with_paths=False)
    assert frame.to_dict("list") == {
        "source": ["one", "two"], "object": ["a.log"] * 2, "state": ["loaded", "copy"],
        "records": [1, 0], "malformed": [1, 0],
        "why": [
            "1 x fewer fields where the format has 14",
            "Same content as another object, counted once.",
        ],
    }  # fmt: skip
    assert list(lines_table(reports, names)["line"]) == [3]
    assert reasons_table(reports)["lines"].tolist() == [1]


def test_problems_of_the_servers_files_are_told_without_their_path() -> None:
    where = {"source": "file:///srv/logs", "uri": "file:///srv/logs/a.log"}
    failed = ObjectReport(
        **where,
        state="failed",
        records=0,
        malformed=0,
        problem="There is no /srv/logs/a.log any more.",
    )
    unread = ObjectReport(
        **where, state="unread", records=0, malformed=0, counts=Counter(),
        reasons=(Rejected(1, "why", "text"),), problem="file:///srv/logs/a.log is a PDF.",
    )  # fmt: skip
    sample = ObjectReport("sample://?a=1", "file:///srv/cache/x.log", "loaded", 1, 1)
    hidden = objects_table([failed, unread, sample], {}, with_paths=False)
    assert "/srv" not in hidden.to_csv()
    assert list(hidden["why"]) == ["It could not be read.", "a.log is a PDF.", ""]
    assert "/srv/logs/a.log" in objects_table([failed], {}, with_paths=True).to_csv()


def test_passwords_in_urls_of_the_settings_are_never_shown() -> None:
    row = Row("a", "s3://KEY:secret@bucket/prefix")
    assert row.shown_url(with_paths=True) == "s3://***@bucket/prefix"
