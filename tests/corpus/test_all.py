"""What holds for all files of the corpus at once."""

from __future__ import annotations

import json
import subprocess
import sys

from hypothesis import given, settings

from tests.corpus.folder import CORPUS, corpus
from tests.formats.damage import damaged, read_or_refuse
from tests.formats.reading import columns, read, text

SUFFIXES = (".log", ".json", ".gz", ".parquet")
LOGS = [path.read_bytes() for path in sorted(CORPUS.rglob("*")) if path.suffix in SUFFIXES]


def test_the_whole_corpus_is_inspected_in_a_process_of_its_own() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "vpcflow_core.cli", "inspect", CORPUS, "--output", "json"],
        capture_output=True, check=False,
    )  # fmt: skip
    reports = json.loads(done.stdout)
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False)
    assert sum(report["records"] for report in reports) > 200
    assert all(
        report["fields_from"] in ("header", "given", "inferred", "file") for report in reports
    )


def test_some_fields_in_alphabetical_order_are_inferred() -> None:
    header, *lines = corpus("obsrvbl-oss_flowlogs-reader/v3_with_header.log").decode().splitlines()
    _, report = read(text(*lines, header=None))
    assert (report.fields_from, report.malformed) == ("inferred", 0)
    assert report.fields == columns(header.split())


@given(damaged(LOGS))
@settings(max_examples=200, deadline=None)
def test_damaged_files_are_read_or_refused_but_never_crash(data: bytes) -> None:
    read_or_refuse(data)
