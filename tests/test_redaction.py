"""Secrets in URLs are refused, and none is printed, shown or logged."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import pytest

from dashboards.ui.link_reading import parse_state, tidied
from dashboards.ui.markdown import code, inert
from dashboards.ui.sources.source_rows import Row
from vpcflow_core.cli.main import main
from vpcflow_core.errors import MissingError, SettingsError
from vpcflow_core.redaction import holds_secret, redacted, redacting_logger
from vpcflow_core.settings import load_settings
from vpcflow_core.source_settings import SourceSetting
from vpcflow_core.sources.open import SourceOptions, open_source
from vpcflow_core.workspace.source_list import ADDED, add

KEY = "AKIAQ7INVENTED0KEY42"
# A URL, and the secret in it.
URLS = [
    (f"s3://{KEY}:Zx/9+inventedSecretOfFortyLetters00000000@logs/a", "inventedSecret"),
    ("s3://me:pass/with/slashes@logs", "slashes"),
    ("s3://onlyauser@logs/a", "onlyauser"),
    (f"s3://logs/{KEY}", KEY),
    ("https://logs.s3.eu-west-1.amazonaws.com/a?X-Amz-Signature=0f1e2d3c&x=1", "0f1e2d3c"),
    ("https://logs.s3.amazonaws.com/a?x=1&X-Amz-Security-Token=Tok3nOfSts", "Tok3nOfSts"),
    ("https://logs.s3.amazonaws.com/a?%58-Amz-Signature=enc0ded", "enc0ded"),
    ("https://logs.s3.amazonaws.com/a?Signature=a,b%2Fc&Expires=1", "a,b%2Fc"),
    ("https://host/login?next=%2Fa%3Fsig%3Dn3sted%26x%3D1", "n3sted"),
    ("cloudwatch://eu-west-1/flows?streams=eni-1&token=t0ken", "t0ken"),
    ("cloudwatch://eu-west-1/flows#password=hunter2", "hunter2"),
    ("s3://logs/a?secret=s3cr3t", "s3cr3t"),
    ("s3://logs/a?key=k3y&prefix=b", "k3y"),
    ("s3://logs/eyJhbGciOiJub25lIn0.eyJzdWIiOiJpbnZlbnRlZCJ9.aW52ZW50ZWQ", "aW52ZW50ZWQ"),
]
PLAIN = [
    "s3://central-logs/prod/AWSLogs", "s3://logs/dt=2026-11-20/key=5", "logs/today", "/srv/a@b/c",
    "cloudwatch://eu-central-1/vpc/flow-logs?streams=eni-0a11", "s3://logs/token/2026?x=1",
    "cloudwatch://arn:aws:logs:eu-central-1:111122223333:log-group:/vpc/plain", "sample://",
    "file:///srv/my logs/a.log",
]  # fmt: skip


@pytest.mark.parametrize(("url", "secret"), URLS)
def test_a_url_with_a_secret_is_refused_without_quoting_it(
    url: str, secret: str, tmp_path: Path
) -> None:
    setting, endpoint = SourceSetting(url=url), SourceOptions(endpoint_url=url)
    for refuse in (
        lambda: open_source(url),
        lambda: open_source("s3://logs", options=endpoint),
        lambda: add(tmp_path / "store", setting),
    ):
        with pytest.raises(SettingsError, match="must not hold a password") as caught:
            refuse()
        assert secret not in str(caught.value)
    assert not (tmp_path / "store" / ADDED).exists()
    assert secret not in Row("logs", url).shown_url(with_paths=True)


def test_where_a_password_belongs_is_that_of_the_source() -> None:
    with pytest.raises(SettingsError, match="TRINO_PASSWORD"):
        open_source("trino://ann:secret@trino.example/hive/logs")


@pytest.mark.parametrize(("url", "secret"), URLS)
def test_settings_with_a_secret_are_refused_without_quoting_it(
    url: str, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in ("URL", "ENDPOINT_URL"):
        monkeypatch.setenv("VPCFLOW_SOURCES__PROD__URL", "s3://logs")
        monkeypatch.setenv(f"VPCFLOW_SOURCES__PROD__{part}", url)
        with pytest.raises(SettingsError, match=f"{part.lower()} of prod must not hold") as caught:
            load_settings()
        assert secret not in str(caught.value)


@pytest.mark.parametrize(("url", "secret"), URLS)
def test_no_error_page_or_log_shows_a_secret(
    url: str, secret: str, caplog: pytest.LogCaptureFixture
) -> None:
    error = MissingError(f"Reading '{url}' failed.", f"See {url}, or another.")
    log = redacting_logger("vpcflow")
    with caplog.at_level(logging.INFO, "vpcflow"):
        try:
            raise ValueError(url)
        except ValueError:
            log.exception("It failed at %s.", url)
    shown = [str(error), error.what, error.args[0], inert(url), code(url), caplog.text]
    assert [text for text in shown if secret in text] == []
    assert "Reading '" in error.what
    assert "It failed at" in caplog.text


@pytest.mark.parametrize(("url", "secret"), URLS)
def test_a_link_with_a_secret_loses_it(url: str, secret: str) -> None:
    for name in ("source", "srcaddr", "range", "unheard-of"):
        state, notes = parse_state({name: url, "tz": "Europe/Paris"})
        assert f"The value of '{name}' holds a password, key or token: left out." in notes
        assert secret not in " ".join([state.query_string(), *notes])
        assert tidied({name: url}) == {name: ""}


def test_a_link_with_a_parameter_of_a_secrets_name_loses_it() -> None:
    state, notes = parse_state({"X-Amz-Signature": "abc", "source": "prod"})
    assert (state.source, len(notes)) == ("prod", 1)
    assert tidied({"X-Amz-Signature": "abc", "admin_token": "x"}) == {"X-Amz-Signature": ""}


@pytest.mark.parametrize("command", ["sync", "check"])
@pytest.mark.parametrize("how", ["source", "--endpoint-url"])
def test_the_command_line_prints_no_secret(
    command: str, how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    url, secret = URLS[0]
    given = [url] if how == "source" else ["s3://logs", how, url]
    store = ["--store", str(tmp_path)] if command == "sync" else []
    monkeypatch.setattr(sys, "argv", ["vpcflow", command, *given, *store])
    with pytest.raises(SystemExit) as ended:
        main()
    printed = "".join(capsys.readouterr())
    assert ended.value.code == 2
    assert "must not hold a password" in printed
    assert secret not in printed
    assert KEY not in printed


@pytest.mark.parametrize("url", PLAIN)
def test_what_holds_no_secret_stays_as_it_is(url: str) -> None:
    assert not holds_secret(url)
    assert redacted(f"Reading '{url}' failed.") == f"Reading '{url}' failed."


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("aws_secret_access_key = Zx/9+abc", "aws_secret_access_key = ***"),
        ('{"Password": "hunter2", "a": 1}', '{"Password": "***", "a": 1}'),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ("SessionToken: IQoJb3JpZ2luX2Vj", "SessionToken: ***"),
        ("http://me:you@proxy:3128 is out of reach", "http://***@proxy:3128 is out of reach"),
        ("redacted twice s3://***@b?sig=***", "redacted twice s3://***@b?sig=***"),
    ],
)
def test_secrets_in_what_others_say_are_left_out(text: str, shown: str) -> None:
    assert redacted(text) == shown
