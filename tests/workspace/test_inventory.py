"""Which accounts and regions a sync asks EC2 for, and what it makes of the answers; over HTTP."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.core import DEFAULT_ACCOUNT_ID

from tests.commands import exit_code
from tests.inventory.ec2_server import Ec2, serving
from tests.store.doubles import START, key, line, log
from vpcflow_core.inventory.tables import TABLES
from vpcflow_core.source_settings import SourceSetting
from vpcflow_core.store.store import Store
from vpcflow_core.workspace.background import INVENTORY_AGE
from vpcflow_core.workspace.inventory import NOT_ASKED, refresh_inventory
from vpcflow_core.workspace.sync import SyncOptions, SyncOutcome, sync

REGION, OTHER_ACCOUNT = "eu-central-1", "210987654321"
URL = "s3://logs"


@pytest.fixture(autouse=True)
def inventory_without_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting between attempts, no log of every request, and no settings but the test's."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setenv("VPCFLOW_CONFIG", str(tmp_path / "vpcflow.toml"))
    (tmp_path / "vpcflow.toml").write_text("")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)


@pytest.fixture
def ec2_with_bucket(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ec2]:
    """A bucket with one object, and an EC2 that remembers what it was asked."""
    boto3.client("s3").create_bucket(Bucket="logs")
    put(key(0))
    with serving(aws) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_EC2", proxy.url)
        yield proxy


def put(name: str) -> None:
    boto3.client("s3").put_object(Bucket="logs", Key=name, Body=log([line(0, START)]))


def in_region(region: str, number: int) -> str:
    return key(number).replace(REGION, region)


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """The exit code of `vpcflow sync` with these arguments."""
    return exit_code(monkeypatch, "sync", *arguments)


def read(store: Store, source: SourceSetting, age: timedelta = timedelta(0)) -> SyncOutcome:
    """The outcome of one source; EC2 is not asked again where it was asked this recently."""
    [outcome] = sync(store, [("logs", source)], SyncOptions(inventory_age=age))
    assert outcome.error is None
    return outcome


def regions(store: Path) -> list[tuple[str, str]]:
    with Store.open(store, create=False) as opened:
        return [(state.account_id, state.region) for state in opened.snapshots()]


@pytest.mark.slow
def test_sync_asks_ec2_in_the_regions_of_the_logs_and_says_what_it_saw(
    ec2_with_bucket: Ec2,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    put(in_region("us-west-2", 1))
    assert run(monkeypatch, URL, "--store", tmp_path / "s") == 0
    lines = [text for text in capsys.readouterr().out.splitlines() if "EC2" in text]
    assert [text.partition(": ")[0] for text in lines] == [
        f"  EC2 {DEFAULT_ACCOUNT_ID} eu-central-1",
        f"  EC2 {DEFAULT_ACCOUNT_ID} us-west-2",
    ]
    assert "0 interfaces, 1 security group, " in lines[0]
    assert regions(tmp_path / "s") == [
        (DEFAULT_ACCOUNT_ID, "eu-central-1"),
        (DEFAULT_ACCOUNT_ID, "us-west-2"),
    ]
    with Store.open(tmp_path / "s") as store:
        assert len(store.known("vpcs")) == 2


@pytest.mark.slow
def test_a_missing_permission_is_named_and_the_sync_succeeds(
    ec2_with_bucket: Ec2,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ec2_with_bucket.refuse("DescribeSubnets", "UnauthorizedOperation")
    assert run(monkeypatch, URL, "--store", tmp_path / "s") == 0
    out = capsys.readouterr().out
    assert "1 object, 1 record in" in out
    assert "; subnets: not permitted, add ec2:DescribeSubnets\n" in out


def test_json_has_the_counts_and_what_was_not_permitted(
    ec2_with_bucket: Ec2,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ec2_with_bucket.refuse("DescribeSubnets", "UnauthorizedOperation")
    assert run(monkeypatch, URL, "--store", tmp_path / "s", "--output", "json") == 0
    [result] = json.loads(capsys.readouterr().out)
    [snapshot] = result["ec2"]["snapshots"]
    assert (snapshot["account_id"], snapshot["region"]) == (DEFAULT_ACCOUNT_ID, REGION)
    assert set(snapshot) & set(TABLES) == set(TABLES) - {"subnets"}
    assert (snapshot["security_groups"], snapshot["vpcs"]) == (1, 1)
    assert snapshot["notes"] == ["subnets: not permitted, add ec2:DescribeSubnets"]
    assert result["ec2"]["notes"] == []


@pytest.mark.slow
def test_csv_is_as_it_was(
    ec2_with_bucket: Ec2,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(monkeypatch, URL, "--store", tmp_path / "s", "--output", "csv") == 0
    assert len(capsys.readouterr().out.strip().splitlines()) == 2


def test_nobody_is_asked_who_is_not_to_be(
    ec2_with_bucket: Ec2, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(monkeypatch, URL, "--store", tmp_path / "a", "--no-ec2") == 0
    settings = tmp_path / "vpcflow.toml"
    settings.write_text(f'[sources.prod]\nurl = "{URL}"\nec2 = false\n')
    assert run(monkeypatch, "prod", "--store", tmp_path / "b") == 0
    assert ec2_with_bucket.requests == []


@pytest.mark.slow
def test_regions_of_the_settings_are_asked_instead(
    ec2_with_bucket: Ec2, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "vpcflow.toml"
    settings.write_text(f'[sources.prod]\nurl = "{URL}"\nec2_regions = ["eu-west-1"]\n')
    assert run(monkeypatch, "prod", "--store", tmp_path / "s") == 0
    assert regions(tmp_path / "s") == [(DEFAULT_ACCOUNT_ID, "eu-west-1")]


def test_logs_of_other_accounts_are_not_looked_for_in_ones_own(
    ec2_with_bucket: Ec2,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    boto3.client("s3").delete_object(Bucket="logs", Key=key(0))
    put(key(0, OTHER_ACCOUNT))
    assert run(monkeypatch, URL, "--store", tmp_path / "s") == 0
    assert f"of account {DEFAULT_ACCOUNT_ID}, the logs of others" in capsys.readouterr().out
    assert ec2_with_bucket.requests == []


@pytest.mark.slow
def test_only_regions_of_ones_own_account_are_asked(
    ec2_with_bucket: Ec2, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(key(1, OTHER_ACCOUNT).replace(REGION, "us-west-2"))
    assert run(monkeypatch, URL, "--store", tmp_path / "s") == 0
    assert regions(tmp_path / "s") == [(DEFAULT_ACCOUNT_ID, REGION)]


@pytest.mark.slow
def test_two_sources_of_one_account_are_one_snapshot(
    ec2_with_bucket: Ec2, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(monkeypatch, URL, f"{URL}/AWSLogs", "--store", tmp_path / "s") == 0
    assert ec2_with_bucket.asked["DescribeNetworkInterfaces"] == 1
    assert run(monkeypatch, URL, "--store", tmp_path / "s") == 0
    assert ec2_with_bucket.asked["DescribeNetworkInterfaces"] == 2


@pytest.mark.slow
def test_a_sync_behind_the_pages_asks_every_ten_minutes_at_most(
    ec2_with_bucket: Ec2, tmp_path: Path
) -> None:
    with Store.open(tmp_path / "s") as store:
        for _ in range(2):
            read(store, SourceSetting(url=URL), INVENTORY_AGE)
        assert ec2_with_bucket.asked["DescribeNetworkInterfaces"] == 1
        read(store, SourceSetting(url=URL))
        assert ec2_with_bucket.asked["DescribeNetworkInterfaces"] == 2


@pytest.mark.slow
def test_an_ec2_out_of_reach_is_one_sentence_and_the_sync_succeeds(
    ec2_with_bucket: Ec2,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for service in ("EC2", "STS"):
        monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", "http://127.0.0.1:9")
    assert run(monkeypatch, URL, "--store", tmp_path / "s") == 0
    out = capsys.readouterr().out
    assert "EC2 eu-central-1: EC2 is out of reach (EndpointConnectionError)" in out
    assert regions(tmp_path / "s") == []


def test_an_endpoint_that_is_no_url_is_one_sentence(
    ec2_with_bucket: Ec2,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_EC2", "nonsense")
    assert run(monkeypatch, URL, "--store", tmp_path / "s") == 0
    assert "or the endpoint set for ec2 is no URL" in capsys.readouterr().out


def test_folders_and_samples_are_nobodys_account(ec2_with_bucket: Ec2, tmp_path: Path) -> None:
    path = tmp_path / "logs" / key(0)
    path.parent.mkdir(parents=True)
    path.write_bytes(log([line(0, START)]))
    with Store.open(tmp_path / "s") as store:
        read(store, SourceSetting(url=str(tmp_path / "logs")))
    assert ec2_with_bucket.requests == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "asked"),
    [
        ({}, True),
        ({"no_sign": True}, False),
        ({"endpoint_url": "https://minio.example.org:9000"}, False),
        ({"endpoint_url": "https://bucket.vpce-1.s3.eu-west-1.vpce.amazonaws.com"}, True),
    ],
)
def test_credentials_of_what_is_not_aws_stay_away_from_it(
    ec2_with_bucket: Ec2, tmp_path: Path, options: dict[str, Any], asked: bool
) -> None:
    with Store.open(tmp_path / "s") as store:
        read(store, SourceSetting(url=URL, ec2=False))
        assert (
            bool(refresh_inventory(store, URL, SourceSetting(url=URL, **options)).snapshots)
            is asked
        )
        assert bool(ec2_with_bucket.requests) is asked


def test_an_endpoint_set_for_s3_alone_is_not_aws(
    ec2_with_bucket: Ec2, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store.open(tmp_path / "s") as store:
        read(store, SourceSetting(url=URL, ec2=False))
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://localhost:9000")
        assert refresh_inventory(store, URL, SourceSetting(url=URL)) == NOT_ASKED
        named = SourceSetting(url=URL, ec2_regions=[REGION])
        assert refresh_inventory(store, URL, named).snapshots


def test_a_profile_that_is_gone_is_told(ec2_with_bucket: Ec2, tmp_path: Path) -> None:
    with Store.open(tmp_path / "s") as store:
        read(store, SourceSetting(url=URL, ec2=False))
        told = refresh_inventory(store, URL, SourceSetting(url=URL, profile="nobody"))
    assert told.notes == ("EC2: There is no AWS profile 'nobody'.",)


def test_sync_says_how_many_internal_records_it_left_out(
    ec2_with_bucket: Ec2,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    blocks = ["--exclude-internal", "10.0.", "--exclude-internal", "10.1.0.0/16"]
    assert run(monkeypatch, URL, "--store", tmp_path / "s", "--no-ec2", *blocks) == 0
    assert "  1 internal record left out\n" in capsys.readouterr().out
    settings = tmp_path / "vpcflow.toml"
    settings.write_text(f'[sources.prod]\nurl = "{URL}"\nexclude_internal = ["10."]\n')
    json_too = ["--output", "json", "--no-ec2"]
    assert run(monkeypatch, "prod", "--store", tmp_path / "t", *json_too) == 0
    [result] = json.loads(capsys.readouterr().out)
    assert (result["records"], result["internal"]) == (0, 1)
    assert result["ec2"] == {"snapshots": [], "notes": []}


def test_a_wrong_block_is_told_before_anything_is_read(
    ec2_with_bucket: Ec2,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(monkeypatch, URL, "--store", tmp_path / "s", "--exclude-internal", "10.0") == 2
    assert "'10.0' is no block of addresses." in capsys.readouterr().err
    assert not (tmp_path / "s").exists()


def _settings(**more: Any) -> SourceSetting:
    return SourceSetting(url=URL, ec2_regions=[REGION], ec2_role="reader", **more)


def _vpc_of(account: str, block: str) -> None:
    role = f"arn:aws:iam::{account}:role/reader"
    keys = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    ec2 = boto3.client(
        "ec2", REGION, aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"], aws_session_token=keys["SessionToken"],
    )  # fmt: skip
    ec2.create_vpc(CidrBlock=block)


@pytest.mark.slow
def test_accounts_are_asked_by_the_role_of_each(ec2_with_bucket: Ec2, tmp_path: Path) -> None:
    _vpc_of(OTHER_ACCOUNT, "10.77.0.0/16")
    with Store.open(tmp_path / "s") as store:
        accounts = [DEFAULT_ACCOUNT_ID, OTHER_ACCOUNT]
        outcome = read(store, _settings(ec2_accounts=accounts))
        assert [s.account_id for s in outcome.inventory.snapshots] == accounts
        vpcs = store.known("vpcs")
        blocks = vpcs[vpcs["account_id"] == OTHER_ACCOUNT]["cidrs"].sum()
        assert "10.77.0.0/16" in blocks
        assert "10.77.0.0/16" not in vpcs[vpcs["account_id"] == DEFAULT_ACCOUNT_ID]["cidrs"].sum()


@pytest.mark.slow
def test_all_accounts_of_an_organization_are_asked(ec2_with_bucket: Ec2, tmp_path: Path) -> None:
    with Store.open(tmp_path / "s") as store:
        outcome = read(store, _settings(ec2_accounts=["organization"]))
        assert outcome.inventory.snapshots == ()
        [note] = outcome.inventory.notes
        assert note.startswith("EC2: accounts of the organization: ")
        organizations = boto3.client("organizations")
        organizations.create_organization(FeatureSet="ALL")
        made = organizations.create_account(Email="a@example.com", AccountName="a")
        account = made["CreateAccountStatus"]["AccountId"]
        outcome = read(store, _settings(ec2_accounts=["organization"]))
        assert {s.account_id for s in outcome.inventory.snapshots} == {DEFAULT_ACCOUNT_ID, account}


@pytest.mark.slow
def test_an_account_that_refuses_costs_only_itself(
    ec2_with_bucket: Ec2, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.credentials import AssumeRoleCredentialFetcher
    from botocore.exceptions import ClientError

    def refuse(self: Any) -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "AssumeRole")

    monkeypatch.setattr(AssumeRoleCredentialFetcher, "_get_credentials", refuse)
    with Store.open(tmp_path / "s") as store:
        outcome = read(store, _settings(ec2_accounts=[OTHER_ACCOUNT, DEFAULT_ACCOUNT_ID]))
        refused, own = outcome.inventory.snapshots
        assert refused.account_id == OTHER_ACCOUNT
        assert refused.notes == ("the role cannot be assumed (AccessDenied)",)
        assert set(own.tables) == set(TABLES)
        states = {state.account_id: state.notes for state in store.snapshots()}
        assert states[OTHER_ACCOUNT] == refused.notes
