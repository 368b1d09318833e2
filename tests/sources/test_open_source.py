"""URLs name sources."""

from __future__ import annotations

import subprocess
import sys

import pytest

from vpcflow_core.errors import SettingsError
from vpcflow_core.sources.base import Source
from vpcflow_core.sources.open import SCHEMES, SourceOptions, open_source


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
    source = open_source(url, options=SourceOptions(region="us-east-1"), cache=tmp_path)
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
    assert all(scheme in str(caught.value) for scheme in SCHEMES)


def test_boto3_is_imported_only_when_an_s3_source_is_opened():
    code = (
        "import sys; from vpcflow_core.sources.open import open_source; open_source('logs');"
        "sys.exit('boto3' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
