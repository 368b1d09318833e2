"""The benchmark's logs are real ones, and every way to read them finds every record."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from benchmarks import forms, ingest, logs, pages
from benchmarks.page_peers import for_clickhouse
from vpcflow_core.formats.parse import parse


@pytest.fixture(scope="module")
def benchmark_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    temporary = tmp_path_factory.mktemp("logs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs.tempfile, "gettempdir", lambda: str(temporary))
        patch.setattr(logs, "PER_FILE", 1000)
        return logs.logs(3000)


def test_the_logs_are_well_formed_and_the_same_every_time(benchmark_folder: Path) -> None:
    files = sorted(benchmark_folder.rglob("*.log.gz"))
    assert len(files) == 3
    for file in files:
        parsed = parse(file.read_bytes(), name=str(file))
        list(parsed)
        assert (parsed.report.records, parsed.report.malformed) == (1000, 0)
        assert parsed.report.nodata + parsed.report.skipdata == 5
    first = gzip.decompress(files[0].read_bytes())
    assert first.startswith(logs.HEADER)
    edges = logs._edges(3)
    random = logs.np.random.default_rng([logs.SEED, 0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs, "PER_FILE", 1000)
        assert first == logs.HEADER + logs._lines(random, edges[0], edges[1])


@pytest.mark.parametrize("way", ingest.WAYS)
def test_each_way_reads_every_record(benchmark_folder: Path, tmp_path: Path, way: str) -> None:
    files = sorted(benchmark_folder.rglob("*.log.gz"))
    other = {"flowlogs-reader": 2000, ingest.DOWNLOAD: 3}  # the latter counts objects
    assert ingest.WAYS[way](files, tmp_path) == other.get(way, 3000)


def test_every_form_of_the_records_is_measured() -> None:
    assert set(ingest.FORMS) == set(forms.FORMS)


@pytest.mark.parametrize("form", ["version 5", "54 fields", "JSON", "subscription", "Parquet"])
def test_the_forms_hold_the_same_records(benchmark_folder: Path, form: str) -> None:
    text = sorted(benchmark_folder.rglob("*.log.gz"))[0]
    other = sorted(p for p in forms.folder_of(benchmark_folder, form, 1).rglob("*") if p.is_file())
    first, second = (records_of(file) for file in (text, other[0]))
    for row, same in zip(first, second, strict=True):
        assert {name: same.get(name) for name in row if name != "version"} == {
            name: value for name, value in row.items() if name != "version"
        }


def records_of(file: Path) -> list[dict[str, object]]:
    parsed = parse(file.read_bytes(), name=file.name)
    rows = [row for records in parsed for row in records.table.to_pylist()]
    assert parsed.report.malformed == 0
    return rows


def test_the_table_gives_ratios() -> None:
    runs = {"vpcflow sync": ingest.Run(100, 1.0, 10**6, 1.0), "x": ingest.Run(100, 2.5, 10**6, 2.0)}
    assert ingest.table(runs).splitlines()[2].endswith("2.50")


def test_each_panel_of_a_page_is_measured(benchmark_folder: Path, tmp_path: Path) -> None:
    ingest.vpcflow(sorted(benchmark_folder.rglob("*.log.gz")), tmp_path)
    found = pages.open_page(str(tmp_path / "store"), "overview", 8, ["protocol=6"])
    assert "overview/rejections" in found.panels
    assert all(taken.clock > 0 for taken in found.panels.values())
    assert found.all.clock > found.again.clock
    assert "overview/rejections" in pages.table([found], by_panel=True)


def test_sql_of_panels_is_translated_for_clickhouse() -> None:
    slices = "generate_series(a, b, INTERVAL 60 SECONDS)"
    assert for_clickhouse(f"SELECT unnest({slices}) AS s, flags & 2 > 0 FROM flows") == (
        "SELECT arrayJoin(slices(a, b, 60)) AS s, bitAnd(flags, 2) > 0 FROM flows"
    )
    assert for_clickhouse("SELECT CAST(hash(time_bucket(INTERVAL 1 HOURS, a)) >> 2 AS INT)") == (
        "SELECT CAST(bitShiftRight(cityHash64(toStartOfInterval(a, toIntervalSecond(3600))), 2) "
        "AS Nullable(Int32))"
    )
