"""What S3 may refuse, and what becomes of it: one sentence, no secret, a next step."""

from __future__ import annotations

import socket
from datetime import UTC, datetime

import pytest

from tests.aws import CREDENTIALS
from tests.sources.s3.fake_s3 import Answer, Request, error, listed, listing, serving
from vpcflow_core.errors import (
    AccessError,
    CredentialsError,
    MissingError,
    SettingsError,
    SourceError,
    VpcflowError,
)
from vpcflow_core.sources.base import LogObject
from vpcflow_core.sources.open import SourceOptions
from vpcflow_core.sources.s3.layout import key_for
from vpcflow_core.sources.s3.source import S3Source

ROLE = "arn:aws:iam::123456789012:role/reader"
KEY = "out/a.log"
T = datetime(2026, 11, 1, tzinfo=UTC)
OBJECT = LogObject(uri=f"s3://logs/{KEY}", size=3)


@pytest.fixture(autouse=True)
def s3_without_waiting(credentials, monkeypatch):
    """Made-up credentials, and no waiting between attempts."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)


def source(url: str, **options) -> S3Source:
    return S3Source("logs", "out", SourceOptions(endpoint_url=url, **options))


def refusal(answer: Answer, **options) -> VpcflowError:
    with serving(lambda request: answer) as fake, pytest.raises(VpcflowError) as caught:
        list(source(fake.url, **options).find(None))
    text = str(caught.value)
    assert not any(secret in text for secret in (*list(CREDENTIALS.values())[:2], "MESSAGE"))
    assert caught.value.what.endswith(".")
    assert "\n" not in caught.value.what
    assert caught.value.next_step
    return caught.value


@pytest.mark.parametrize(
    ("status", "code", "kind", "words"),
    [
        (403, "AccessDenied", AccessError, "was refused"),
        (400, "ExpiredToken", CredentialsError, "have expired"),
        (403, "InvalidAccessKeyId", CredentialsError, "does not accept"),
        (403, "SignatureDoesNotMatch", CredentialsError, "does not accept"),
        (400, "InvalidToken", CredentialsError, "does not accept"),
        (403, "RequestTimeTooSkewed", SourceError, "clock is wrong"),
        (404, "NoSuchBucket", MissingError, "no bucket 'logs'"),
        (503, "SlowDown", SourceError, "fewer requests"),
        (500, "InternalError", SourceError, "failed"),
        (418, "Teapot", SourceError, "failed"),
    ],
)
def test_each_refusal_is_one_clear_sentence(status, code, kind, words):
    told = refusal(error(status, code, "MESSAGE with AKIATESTTESTTESTTEST in it"))
    assert type(told) is kind
    assert words in told.what


@pytest.mark.slow
def test_no_permission_names_action_place_and_document():
    told = refusal(error(403, "AccessDenied"))
    assert "s3:ListBucket" in told.what
    assert "s3://logs/out" in told.what
    assert "docs/iam.md" in told.next_step


def test_no_credentials_at_all_is_told(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    told = refusal(listing())
    assert type(told) is CredentialsError
    assert "aws sso login" in told.next_step


def test_an_unsigned_source_needs_no_credentials(monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with serving(lambda request: listing(KEY)) as fake:
        assert len(list(source(fake.url, no_sign=True).find(None))) == 1
    assert not any("authorization" in request.headers for request in fake.requests)


def test_an_unknown_profile_is_told_with_the_known_ones(tmp_path, monkeypatch):
    (tmp_path / "config").write_text("[profile analyst]\nregion = eu-central-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    with pytest.raises(SettingsError, match="no AWS profile 'analist'") as caught:
        list(source("http://127.0.0.1:1", profile="analist").find(None))
    assert "Did you mean 'analyst'?" in str(caught.value)


def test_a_profile_is_used(tmp_path, monkeypatch):
    (tmp_path / "keys").write_text(
        "[analyst]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = s\n"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "keys"))
    with serving(lambda request: listing(KEY)) as fake:
        list(source(fake.url, profile="analyst").find(None))
    assert "Credential=AKIAOTHER/" in fake.requests[-1].headers["authorization"]


def test_an_endpoint_that_nobody_serves_is_told():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(SourceError, match="out of reach") as caught:
        list(source(f"http://127.0.0.1:{port}").find(None))
    assert "endpoint" in caught.value.next_step


@pytest.mark.parametrize("endpoint", ["nonsense", "http://", "127.0.0.1:99"])
def test_an_endpoint_that_is_no_url_is_told(endpoint):
    with pytest.raises(SettingsError, match="endpoint"):
        list(source(endpoint).find(None))


def test_a_name_that_no_bucket_can_have_is_told():
    with pytest.raises(SettingsError, match="cannot be the name"):
        list(S3Source("not a bucket!", "", SourceOptions()).find(None))


GOOD, BAD = "111111111111", "222222222222"


def log(account: str) -> str:
    return key_for(account=account, region="eu-central-1", flow_log_id="fl-0a", time=T, unique="ab", prefix="out/")  # fmt: skip


@pytest.mark.slow
def test_a_prefix_that_may_not_be_listed_is_passed_by_if_awslogs_below_may():
    """Policies often allow PREFIX/AWSLogs/ alone."""

    def answer(request: Request) -> Answer:
        if not request.query.get("prefix", "").startswith("out/AWSLogs/"):
            return error(403, "AccessDenied")
        return listed(request, [log(GOOD)])

    with serving(answer) as fake:
        opened = source(fake.url)
        assert [o.uri for o in opened.find(None)] == [f"s3://logs/{log(GOOD)}"]
    assert opened.warnings == []


def refusing(part: str, names: list[str]):
    def answer(request: Request) -> Answer:
        if part in request.query.get("prefix", ""):
            return error(403, "AccessDenied")
        return listed(request, names)

    return answer


@pytest.mark.parametrize("part", [BAD + "/vpcflowlogs/", BAD + "/vpcflowlogs/eu-central-1/2026/11"])
def test_a_refused_account_is_a_warning_while_others_are_read(part):
    with serving(refusing(part, [log(GOOD), log(BAD)])) as fake:
        opened = source(fake.url)
        assert [o.uri for o in opened.find(None)] == [f"s3://logs/{log(GOOD)}"]
    assert len(opened.warnings) == 1
    assert opened.warnings[0].startswith(f"s3://logs/out/AWSLogs/{BAD}/vpcflowlogs/")
    assert "left out" in opened.warnings[0]


def test_a_refused_folder_beside_awslogs_is_a_warning():
    names = [log(GOOD), "out/secret/x.log"]
    with serving(refusing("out/secret/", names)) as fake:
        opened = source(fake.url)
        assert [o.uri for o in opened.find(None)] == [f"s3://logs/{log(GOOD)}"]
    assert opened.warnings[0].startswith("s3://logs/out/secret/ was left out")


def test_if_every_account_is_refused_so_is_the_source():
    with (
        serving(refusing("/vpcflowlogs/", [log(GOOD), log(BAD)])) as fake,
        pytest.raises(AccessError, match="was refused"),
    ):
        list(source(fake.url).find(None))


def failing(first: list[Answer], then: Answer):
    """Answers GetObject with each of `first` once, and `then` from there on."""
    waiting = list(first)

    def answer(request: Request) -> Answer:
        return waiting.pop(0) if request.method == "GET" and waiting else then

    return answer


@pytest.mark.slow
@pytest.mark.parametrize(
    "first",
    [
        [error(503, "SlowDown")] * 3,
        [error(500, "InternalError")],
        [Answer(200, b"x" * 5000, cut=1234)] * 2,
        [Answer(200, b"x" * 5000, cut=0)],
    ],
)
def test_what_fails_for_a_moment_is_tried_again(first):
    with serving(failing(first, Answer(200, b"whole"))) as fake:
        assert source(fake.url).read(OBJECT) == b"whole"
    assert sum(request.method == "GET" for request in fake.requests) == len(first) + 1


def test_a_body_that_always_breaks_is_told():
    with (
        serving(lambda request: Answer(200, b"x" * 5000, cut=99)) as fake,
        pytest.raises(SourceError, match="broke off 4 times"),
    ):
        source(fake.url).read(OBJECT)


def test_an_archived_object_is_told():
    with (
        serving(failing([], error(403, "InvalidObjectState"))) as fake,
        pytest.raises(SourceError, match="archive"),
    ):
        source(fake.url).read(OBJECT)


def test_refused_reading_names_the_object():
    with (
        serving(failing([], error(403, "AccessDenied"))) as fake,
        pytest.raises(AccessError, match=r"s3://logs/out/a.log was refused .* s3:GetObject"),
    ):
        source(fake.url).read(OBJECT)


@pytest.mark.slow
def test_requester_pays_is_said_in_every_request():
    with serving(lambda request: listing(KEY)) as fake:
        payer = source(fake.url, requester_pays=True)
        payer.read(next(iter(payer.find(None))))
    gets = [request for request in fake.requests if request.method == "GET"]
    assert len(gets) >= 3
    assert {request.headers.get("x-amz-request-payer") for request in gets} == {"requester"}


@pytest.fixture
def sts(aws_server, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", aws_server)


@pytest.mark.slow
def test_a_role_is_assumed(sts):
    with serving(lambda request: listing(KEY)) as fake:
        list(source(fake.url, role_arn=ROLE, external_id="house-7").find(None))
    last = fake.requests[-1].headers
    assert last["x-amz-security-token"]
    assert CREDENTIALS["AWS_ACCESS_KEY_ID"] not in last["authorization"]


def test_a_role_that_may_not_be_assumed_is_told(monkeypatch):
    body = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>MESSAGE</Message></Error></ErrorResponse>"
    with serving(lambda request: Answer(403, body.encode())) as fake:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", fake.url)
        told = refusal(listing(), role_arn=ROLE)
    assert type(told) is AccessError
    assert f"The role {ROLE} cannot be assumed" in told.what
    assert "docs/iam.md" in told.next_step


def test_a_role_without_credentials_is_told(monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    assert type(refusal(listing(), role_arn=ROLE)) is CredentialsError
