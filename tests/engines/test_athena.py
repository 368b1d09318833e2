"""The client of Athena, over HTTP: states, pages, throttling, reuse, limits and failures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import date, datetime, timedelta
from threading import Timer
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from tests.trino.look_alike import Answer, LookAlike, serving
from vpcflow_core.asker import asking_for
from vpcflow_core.engines.open import open_catalogue
from vpcflow_core.engines.trino.athena import AthenaClient
from vpcflow_core.engines.trino.athena_location import AthenaLocation
from vpcflow_core.engines.trino.budget import AT_ONCE
from vpcflow_core.engines.trino.client import TooMuchError
from vpcflow_core.errors import (
    AccessError,
    CredentialsError,
    FailureError,
    MissingError,
    QueryError,
    SettingsError,
    SourceError,
    StoreError,
    VpcflowError,
)
from vpcflow_core.stopping import Stopper, UnwantedError, sleep, under

URL = "athena://AwsDataCatalog.flowlogs?workgroup=vpcflow&output=s3://results/a&region=eu-west-1"
COLUMNS = [("n", "bigint"), ("who", "varchar"), ("at", "timestamp(3)"), ("sum", "decimal(38,0)"),
           ("groups", "array(varchar)"), ("ok", "boolean")]  # fmt: skip
NOON = datetime(2026, 11, 2, 12)
ROW = [7, "10.0.0.1", NOON, 2**70, ["sg-1", "sg-2"], True]


def answered(sql: str) -> Answer:
    if "many" in sql:
        return [("n", "bigint")], [[n] for n in range(250)]
    return COLUMNS, [ROW, [None] * 6]


@pytest.fixture
def like() -> LookAlike:
    return LookAlike(answered)


@pytest.fixture
def athena_client(
    like: LookAlike, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., AthenaClient]]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    made: list[AthenaClient] = []
    with serving(like) as endpoint:

        def make(
            more: str = "", sleep: Callable[[float], None] = lambda seconds: None
        ) -> AthenaClient:
            location = AthenaLocation.parse(f"{URL}&endpoint={endpoint}{more}")
            made.append(AthenaClient(location, sleep=sleep, today=lambda: date(2026, 11, 2)))
            return made[-1]

        yield make
        for one in made:
            one.close()


def test_values_have_their_types(athena_client: Callable[..., AthenaClient]) -> None:
    reply = athena_client().run("SELECT 1")
    first, second = reply.table.to_pylist()
    assert list(first.values()) == [7, "10.0.0.1", NOON, 2**70, ["sg-1", "sg-2"], True]
    assert set(second.values()) == {None}


def test_a_query_is_started_where_the_url_says(
    athena_client: Callable[..., AthenaClient], like: LookAlike
) -> None:
    athena_client().run("SELECT 1")
    name, asked = like.calls[1]
    assert name == "StartQueryExecution"
    assert asked["QueryExecutionContext"] == {"Catalog": "awsdatacatalog", "Database": "flowlogs"}
    assert asked["WorkGroup"] == "vpcflow"
    assert asked["ResultConfiguration"] == {"OutputLocation": "s3://results/a"}


def test_long_answers_come_in_pages_and_are_cut_where_asked(
    athena_client: Callable[..., AthenaClient], like: LookAlike
) -> None:
    assert athena_client().run("SELECT many").table["n"].to_pylist() == list(range(250))
    cut = athena_client().run("SELECT many", most=50)
    assert (cut.table.num_rows, cut.truncated) == (50, True)
    assert like.names().count("GetQueryResults") == 4


def test_a_throttled_start_is_tried_again(
    athena_client: Callable[..., AthenaClient], like: LookAlike
) -> None:
    like.throttled = 3
    athena_client().run("SELECT 1")
    assert like.names().count("StartQueryExecution") == 4
    assert len(like.queries) == 1


def test_a_query_that_takes_too_long_is_stopped_there(
    athena_client: Callable[..., AthenaClient], like: LookAlike
) -> None:
    like.polls = 10**9
    with pytest.raises(FailureError, match="took longer than"):
        (client := athena_client()).run("SELECT 1", timedelta(seconds=0.2))
    assert like.names().count("StopQueryExecution") == 1
    assert client.spent == 25_000_000  # which AWS bills


@pytest.mark.parametrize(
    "fault", [EndpointConnectionError(endpoint_url="https://athena"), KeyboardInterrupt()]
)
def test_a_query_that_is_lost_is_stopped_and_counts_as_much_as_it_may_scan(
    athena_client: Callable[..., AthenaClient], like: LookAlike, fault: BaseException
) -> None:
    client = athena_client("&day=1.5GB")

    def lost(**asked: str) -> None:
        raise fault

    client._athena.get_query_execution = lost
    with pytest.raises((FailureError, KeyboardInterrupt)):
        client.run("SELECT 1")
    assert like.names()[-1] == "StopQueryExecution"
    assert client.spent == like.cutoff
    with pytest.raises(FailureError, match="beyond the limit"):
        client.run("SELECT 2")


def test_a_query_is_stopped_there_by_who_asked(
    athena_client: Callable[..., AthenaClient], like: LookAlike
) -> None:
    like.polls = 10**9
    stopper = Stopper()
    Timer(0.3, stopper.stop).start()
    with under(stopper), pytest.raises(FailureError, match="was stopped at Athena"):
        athena_client().run("SELECT 1", timedelta(seconds=60))
    assert "StopQueryExecution" in like.names()


@pytest.mark.parametrize(
    ("ahead", "limit", "throttled"),
    [
        pytest.param(1, "&day=40MB", 0, id="day"),
        pytest.param(1, "&page=40MB", 0, id="page"),
        pytest.param(AT_ONCE, "", 0, id="turn"),
        pytest.param(0, "", 10**9, id="throttled", marks=pytest.mark.slow),
    ],
)
def test_a_query_that_waits_is_given_up_by_who_asked_and_others_run_on(
    athena_client: Callable[..., AthenaClient],
    like: LookAlike,
    ahead: int,
    limit: str,
    throttled: int,
) -> None:
    like.cutoff, like.polls, like.throttled = 30_000_000, 10**9, throttled
    client = athena_client(limit, sleep=sleep)
    others, mine = Stopper(), Stopper()

    def ask(stopper: Stopper, sql: str) -> None:
        with under(stopper), asking_for("overview 24h"):
            client.run(sql)

    with ThreadPoolExecutor(ahead + 1) as pool, ExitStack() as after:
        after.callback(others.stop)
        before = [pool.submit(ask, others, f"SELECT {n}") for n in range(ahead)]
        while len(like.queries) < ahead:
            sleep(0.02)
        waiting = pool.submit(ask, mine, "SELECT 'waits'")
        while throttled and "StartQueryExecution" not in like.names():
            sleep(0.02)
        mine.stop()
        assert isinstance(waiting.exception(20), UnwantedError)
        asked = {query["sql"] for query in like.queries.values()}
        assert asked == {f"SELECT {n}" for n in range(ahead)}
        assert not any(one.done() for one in before)
    assert [query["state"] for query in like.queries.values()] == ["CANCELLED"] * ahead
    # AWS bills what a cancelled query scanned.
    assert client.spent == ahead * 25_000_000


def test_what_was_scanned_and_paid_is_said_and_a_reused_result_costs_nothing(
    athena_client: Callable[..., AthenaClient],
) -> None:
    athena = athena_client()
    assert athena.run("SELECT 1").notes == ("Athena scanned 25.0 MB: 0.0001 USD.",)
    assert "nothing was scanned" in athena.run("SELECT 1").notes[0]
    assert athena.spent == 25_000_000


def test_the_limit_of_a_day_refuses_before_it_is_exceeded(
    athena_client: Callable[..., AthenaClient], like: LookAlike
) -> None:
    like.cutoff = 30_000_000
    athena = athena_client("&day=60MB")
    athena.run("SELECT 1")
    athena.run("SELECT 2")
    started = like.names().count("StartQueryExecution")
    with pytest.raises(FailureError, match=r"limit of 60.0 MB a day"):
        athena.run("SELECT 3")
    assert like.names().count("StartQueryExecution") == started


def test_the_limit_of_a_page_is_that_of_its_panels_together(
    athena_client: Callable[..., AthenaClient], like: LookAlike
) -> None:
    like.cutoff = 30_000_000
    athena = athena_client("&page=60MB")
    with asking_for("overview 24h"):
        athena.run("SELECT 1")
        athena.run("SELECT 2")
        started = like.names().count("StartQueryExecution")
        with pytest.raises(
            FailureError, match=r"For this page 50\.0 MB .* limit of 60\.0 MB a page"
        ):
            athena.run("SELECT 3")
        assert like.names().count("StartQueryExecution") == started
    with asking_for("overview 24h srcaddr=10.0.0.1"):
        athena.run("SELECT 3")
    athena.run("SELECT 4")  # of no page
    assert athena.spent == 100_000_000


def test_queries_at_once_never_exceed_a_limit_together(
    athena_client: Callable[..., AthenaClient], like: LookAlike
) -> None:
    """Each may scan 30 MB and scans 25: the third waits for one of two, and finds no room."""
    like.cutoff = 30_000_000
    athena = athena_client("&day=70MB")
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(athena.run, f"SELECT {n}") for n in range(4)]
    errors = [future.exception() for future in asked]
    assert (
        sorted(type(error).__name__ for error in errors) == ["FailureError"] * 2 + ["NoneType"] * 2
    )
    assert athena.spent == 50_000_000


def test_a_workgroup_without_a_limit_is_refused_unless_allowed(
    athena_client: Callable[..., AthenaClient], like: LookAlike
) -> None:
    like.cutoff = None
    with pytest.raises(SettingsError, match="no limit of bytes"):
        athena_client().run("SELECT 1")
    assert athena_client("&unlimited=yes").run("SELECT 1").table.num_rows == 2


@pytest.mark.parametrize(
    ("fault", "error", "sentence"),
    [
        ({"fail": "SYNTAX_ERROR: line 1:8"}, QueryError, "refuses the query: SYNTAX_ERROR"),
        ({"error": "AccessDeniedException"}, AccessError, "refused StartQueryExecution"),
        ({"error": "ExpiredTokenException"}, CredentialsError, "credentials have expired"),
        ({"error": "UnrecognizedClientException"}, CredentialsError, "does not accept"),
        ({"error": "InvalidRequestException"}, QueryError, "refuses the query: no"),
        (
            {"error": "InvalidRequestException", "message": "WorkGroup vpcflow is not found."},
            MissingError,
            "no workgroup vpcflow in eu-west-1",
        ),
        (
            {"error": "InvalidRequestException", "message": "No output location provided."},
            SettingsError,
            "no place for results",
        ),
        ({"error": "InternalServerException"}, SourceError, "failed at StartQueryExecution"),
        ({"fail": "HIVE_BAD_DATA: Not valid Parquet file: s3://a/b"}, StoreError, "not what their"),
        ({"fail": "SYNTAX_ERROR: line 1:2: Table 'a.b.c' does not exist"}, MissingError, "lacks"),
        ({"fail": "SCHEMA_NOT_FOUND: line 1:2: Schema 'b' does not exist"}, MissingError, "lacks"),
        ({"fail": "Insufficient permissions to execute the query."}, AccessError, "refused"),
        ({"fail": "User x is not authorized to perform: s3:GetObject"}, AccessError, "refused"),
        ({"fail": "Query exhausted resources at this scale factor"}, TooMuchError, "memory"),
        ({"fail": "ICEBERG_COMMIT_ERROR: Failed to commit"}, StoreError, "Another writer"),
        ({"fail": "Query timeout"}, FailureError, "longer than Athena allows"),
        ({"fail": "GENERIC_INTERNAL_ERROR: oops", "blames": 1}, StoreError, "failed at Athena"),
    ],
)
def test_each_failure_is_a_sentence(
    athena_client: Callable[..., AthenaClient],
    like: LookAlike,
    fault: dict[str, Any],
    error: type[VpcflowError],
    sentence: str,
) -> None:
    for name, value in fault.items():
        setattr(like, name, value)
    with pytest.raises(error, match=sentence):
        athena_client().run("SELECT 1")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("athena://flowlogs", "a catalog and a database"),
        ("athena://c.d/table", "a catalog and a database"),
        ("athena://c.d?day=lots", "no size such as"),
        ("athena://c.d?group=x", "'group' is no parameter"),
        ("athena://c.d?price=x", "no price"),
        ("athena://c.d?price=nan", "no price"),
        ("athena://c.d?price=-5", "no price"),
        ("athena://c.d?page=0GB", "no size such as"),
        ("athena://c.d?unlimited=true", "unlimited is yes or no, not 'true'"),
        ("athena://c.d?output=results/a", "no folder in S3"),
        ("athena://c.d?refresh=often", "refresh is no length of time such as 8d: 'often'"),
        ("athena://c.d?region=", "region has no value"),
        ("athena://c.d?day=1TB&day=2TB", "twice"),
    ],
)
def test_a_wrong_address_is_refused_in_a_sentence(url: str, why: str) -> None:
    with pytest.raises(SettingsError, match=why):
        AthenaLocation.parse(url)


def test_athena_looks_at_eight_days_unless_asked_otherwise() -> None:
    location = AthenaLocation.parse(URL)
    assert (location.since, location.catalog) == (timedelta(days=8), "awsdatacatalog")
    assert AthenaLocation.parse(f"{URL}&since=30d&day=1.5TB").day == 1_500_000_000_000
    with closing(open_catalogue(URL)) as catalogue:
        assert catalogue.url == URL
