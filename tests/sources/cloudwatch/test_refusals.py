"""What CloudWatch Logs may refuse, and what becomes of it: one sentence, no secret, a next step."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from tests.aws import CREDENTIALS
from tests.sources.cloudwatch.log_groups import (
    DEFAULT,
    GROUP,
    REGION,
    URL,
    LogGroup,
    flow_log,
    line,
)
from tests.sources.cloudwatch.logs_proxy import Proxy, Refusal
from vpcflow_core.errors import (
    AccessError,
    CredentialsError,
    EmptyError,
    MissingError,
    SettingsError,
    SourceError,
    VpcflowError,
)
from vpcflow_core.sources.cloudwatch import client
from vpcflow_core.sources.cloudwatch.limiter import Limiter
from vpcflow_core.sources.open import SourceOptions, open_source

HOUR_AGO = datetime.now(UTC) - timedelta(hours=1)


@pytest.fixture(autouse=True)
def refusals_without_waiting(monkeypatch):
    monkeypatch.setattr(client, "limiter_for", lambda *_: Limiter(10**6, sleep=lambda _: None))
    monkeypatch.setattr("time.sleep", lambda _: None)


def opened(proxy: Proxy, url: str = URL, **options):
    return open_source(url, options=SourceOptions(endpoint_url=proxy.url, **options))


def refusal(proxy: Proxy, url: str = URL, **options) -> VpcflowError:
    with pytest.raises(VpcflowError) as caught:
        list(opened(proxy, url, **options).find(None))
    text = str(caught.value)
    assert not any(secret in text for secret in (*list(CREDENTIALS.values())[:2], "MESSAGE"))
    assert caught.value.what.endswith(".")
    assert "\n" not in caught.value.what
    assert caught.value.next_step
    return caught.value


@pytest.mark.parametrize(
    ("code", "status", "kind", "words"),
    [
        ("AccessDeniedException", 400, AccessError, "was refused"),
        ("ExpiredTokenException", 400, CredentialsError, "have expired"),
        ("UnrecognizedClientException", 400, CredentialsError, "does not accept"),
        ("InvalidSignatureException", 400, CredentialsError, "does not accept"),
        ("ThrottlingException", 400, SourceError, "fewer requests"),
        ("ServiceUnavailableException", 503, SourceError, "fewer requests"),
        ("InternalFailure", 500, SourceError, "failed"),
        ("InvalidParameterException", 400, SettingsError, "cannot name"),
        ("Teapot", 418, SourceError, "failed"),
    ],
)
def test_each_refusal_is_one_clear_sentence(proxy, code, status, kind, words):
    proxy.refuse = lambda call: Refusal(code, status)
    told = refusal(proxy)
    assert type(told) is kind
    assert words in told.what


@pytest.mark.slow
@pytest.mark.parametrize("action", ["DescribeLogGroups", "DescribeLogStreams", "FilterLogEvents"])
def test_no_permission_names_action_place_and_document(proxy, action):
    LogGroup().put([(HOUR_AGO, line(1, HOUR_AGO))])
    proxy.refuse = lambda call: Refusal("AccessDeniedException") if call.action == action else None
    told = refusal(proxy)
    assert type(told) is AccessError
    assert f"logs:{action}" in told.what
    assert URL in told.what
    assert "docs/iam.md" in told.next_step


def test_no_credentials_at_all_is_told(proxy, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    assert type(refusal(proxy)) is CredentialsError


def test_a_group_that_is_not_there_is_told_with_those_that_are(proxy):
    LogGroup("/vpc/flow-log")
    LogGroup("/aws/lambda/x")
    told = refusal(proxy)
    assert type(told) is MissingError
    assert told.what == f"There is no log group '{GROUP[1:]}' in {REGION}."
    assert "Did you mean '/vpc/flow-log'?" in told.next_step
    assert "/aws/lambda/x" in told.next_step


def test_a_group_that_a_flow_log_is_to_make_is_awaited(proxy):
    flow_log(DEFAULT, group=GROUP)
    told = refusal(proxy)
    assert type(told) is MissingError
    assert "first records" in told.next_step


def test_a_group_without_flow_log_and_events_is_told(proxy):
    LogGroup()
    told = refusal(proxy)
    assert type(told) is EmptyError
    assert "holds no log streams" in told.what
    assert f"No flow log of account 123456789012 writes to {GROUP}" in told.next_step


def test_a_group_that_waits_for_its_first_records_is_told(proxy):
    LogGroup()
    flow_log()
    told = refusal(proxy)
    assert "ten minutes" in told.next_step


@pytest.mark.slow
def test_a_flow_log_that_cannot_deliver_is_told(proxy):
    made = flow_log(group=GROUP)  # before the group is there: moto calls it FAILED
    LogGroup()
    told = refusal(proxy)
    assert f"{made} cannot deliver: Access error." in told.next_step


@pytest.mark.parametrize("region", ["eu-centrall-1", "xx-nowhere-7"])
def test_a_region_that_is_not_there_is_told(proxy, region):
    proxy.refuse = lambda call: Refusal("InternalFailure", 500)  # as moto answers
    told = refusal(proxy, f"cloudwatch://{region}/x")
    assert type(told) is MissingError
    assert f"no AWS region '{region}'" in told.what
    assert len(proxy.calls) == 2


def test_the_closest_region_is_named(proxy):
    proxy.refuse = lambda call: Refusal("InternalFailure", 500)
    told = refusal(proxy, "cloudwatch://eu-centrall-1/x")
    assert "Did you mean 'eu-central-1'?" in told.next_step


def test_interfaces_without_log_streams_are_told(proxy):
    LogGroup().put([(HOUR_AGO, line(1, HOUR_AGO))], stream="eni-0a-all")
    told = refusal(proxy, f"{URL}?interfaces=eni-0b")
    assert type(told) is MissingError
    assert "eni-0b" in told.what


def test_an_unseen_group_of_another_account_is_told(proxy):
    LogGroup()
    told = refusal(proxy, f"cloudwatch://arn:aws:logs:{REGION}:210987654321:log-group:gone")
    assert type(told) is MissingError
    assert "cross-account" in told.next_step


def test_an_endpoint_that_nobody_serves_is_told(credentials):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    source = open_source(URL, options=SourceOptions(endpoint_url=f"http://127.0.0.1:{port}"))
    with pytest.raises(SourceError, match="out of reach") as caught:
        list(source.find(None))
    assert "endpoint" in caught.value.next_step


def test_an_endpoint_that_is_no_url_is_told(credentials):
    source = open_source(URL, options=SourceOptions(endpoint_url="nonsense"))
    with pytest.raises(SettingsError, match="endpoint"):
        list(source.find(None))


@pytest.mark.slow
def test_a_role_is_assumed(proxy):
    LogGroup().put([(HOUR_AGO, line(1, HOUR_AGO))])
    role = "arn:aws:iam::123456789012:role/reader"
    boto3.client("iam").create_role(RoleName="reader", AssumeRolePolicyDocument="{}")
    assert list(opened(proxy, role_arn=role).find(None))
    asked = next(call for call in proxy.calls if call.action == "DescribeLogGroups")
    assert CREDENTIALS["AWS_ACCESS_KEY_ID"] not in asked.authorization
