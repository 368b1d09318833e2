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


GROUP_ARN = "arn:aws:logs:eu-west-1:210987654321:log-group:/net/flows"
CONSOLE = "https://eu-west-1.console.aws.amazon.com"


@pytest.mark.parametrize(
    ("shown", "url"),
    [
        ("arn:aws:s3:::flow-archive", "s3://flow-archive"),
        ("arn:aws:s3:::flow-archive/team/a/", "s3://flow-archive/team/a"),
        ("arn:aws-cn:s3:::flow-archive/*", "s3://flow-archive"),
        ("s3a://flow-archive/team", "s3://flow-archive/team"),
        ("S3N://flow-archive", "s3://flow-archive"),
        (GROUP_ARN, f"cloudwatch://{GROUP_ARN}"),
        (f"{GROUP_ARN}:*", f"cloudwatch://{GROUP_ARN}"),
        (f" {GROUP_ARN}:log-stream:eni-1-all", f"cloudwatch://{GROUP_ARN}?streams=eni-1-all"),
        ("cloudwatch://eu-west-1/net/flows:*", "cloudwatch://eu-west-1/net/flows"),
        (
            f"{CONSOLE}/s3/buckets/flow-archive?region=eu-west-1&prefix=team/a%20b/&tab=objects",
            "s3://flow-archive/team/a b",
        ),
        ("https://s3.console.aws.amazon.com/s3/buckets/flow-archive", "s3://flow-archive"),
        (
            f"{CONSOLE}/s3/object/flow-archive?prefix=team/x.log.gz",
            "s3://flow-archive/team/x.log.gz",
        ),
        ("https://flow.archive.s3.eu-west-1.amazonaws.com/team/", "s3://flow.archive/team"),
        ("https://s3.eu-west-1.amazonaws.com/flow-archive/team", "s3://flow-archive/team"),
        (
            f"{CONSOLE}/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Fnet$252Fflows",
            "cloudwatch://eu-west-1/net/flows",
        ),
        (
            f"{CONSOLE}/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/flows"
            "/log-events/eni-1-all$3Fstart$3D-3600000",
            "cloudwatch://eu-west-1/flows?streams=eni-1-all",
        ),
    ],
)
def test_what_aws_and_its_console_show_names_the_same_source(shown: str, url: str) -> None:
    assert open_source(shown, options=SourceOptions(region="eu-west-1")).url == url
    assert scheme_of(shown) is scheme_of(url)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("arn:aws:firehose:eu-west-1:210987654321:deliverystream/x", "no bucket and no log group"),
        (f"{CONSOLE}/ec2/home?region=eu-west-1#Instances:", "no bucket and no log group"),
        ("https://example.net/flow.log", "'https' is unknown"),
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
        "import sys, vpcflow_core.cli.ask;"
        "from vpcflow_core.sources.open import open_source; open_source('logs');"
        "sys.exit('boto3' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
