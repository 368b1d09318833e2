"""URLs name sources."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from vpcflow_core.errors import SettingsError
from vpcflow_core.sources.base import Source
from vpcflow_core.sources.open import SourceOptions, open_source
from vpcflow_core.sources.schemes import SCHEMES, Scheme, examples, find_scheme, scheme_of


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("s3://bucket/prefix", "S3Source"),
        ("S3://bucket", "S3Source"),
        ("file:///logs", "LocalSource"),
        ("logs/today", "LocalSource"),
        ("sample://", "SampleSource"),
        ("sample://?days=2", "SampleSource"),
    ],
)
def test_a_url_names_its_source(url, kind, tmp_path):
    source = open_source(url, options=SourceOptions(region="us-east-1"), store=tmp_path)
    assert type(source).__name__ == kind
    assert isinstance(source, Source)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "empty"),
        ("cloudwatch2://x", "'cloudwatch2' is unknown"),
        ("s33://bucket", "Did you mean 's3'"),
        ("s3://", "names no bucket"),
        ("s3:///prefix", "names no bucket"),
        ("sample://?records=many", "no whole number"),
        ("sample://?record=5000", "Did you mean 'records'"),
        ("sample://?days=0", "from 1 to 400"),
    ],
)
def test_a_url_that_names_no_source_is_refused_in_words(url, words):
    with pytest.raises(SettingsError, match=words):
        open_source(url)


def test_unknown_schemes_are_told_the_known_ones():
    with pytest.raises(SettingsError) as caught:
        open_source("ftp://logs")
    assert examples() in str(caught.value)
    assert all(row.example in examples() for row in SCHEMES.values())


@pytest.mark.parametrize("row", SCHEMES.values(), ids=SCHEMES)
def test_every_kind_of_source_opens_what_its_example_names(row: Scheme, tmp_path: Path) -> None:
    url = {"file": str(tmp_path), "uploads": "uploads://a"}.get(row.name, row.example)
    source = open_source(
        url.replace("region", "eu-central-1"),
        options=SourceOptions(region="eu-central-1"),
        store=tmp_path,
    )
    assert isinstance(source, Source)
    assert scheme_of(source.url) is row


@pytest.mark.parametrize("row", SCHEMES.values(), ids=SCHEMES)
def test_only_what_has_a_url_to_write_is_named_to_people(row: Scheme) -> None:
    assert row.example.startswith(f"{row.name}://") or row.is_folder or not row.example
    assert row.adding == "aws" if row.in_aws else row.adding != "aws"


def test_an_unknown_scheme_is_guarded_like_a_folder() -> None:
    assert find_scheme("ftp://logs") is None
    row = scheme_of("ftp://logs")
    assert (row.is_folder, row.adding, row.in_aws, row.fixed) == (True, "all", False, False)


def test_uploads_are_known_in_their_store_alone() -> None:
    with pytest.raises(SettingsError, match="'uploads' is unknown"):
        open_source("uploads://case")


def test_boto3_is_imported_only_when_an_s3_source_is_opened():
    code = (
        "import sys; from vpcflow_core.sources.open import open_source; open_source('logs');"
        "sys.exit('boto3' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
