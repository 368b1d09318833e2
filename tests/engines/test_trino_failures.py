"""Each way in which a Trino does not answer is a sentence of its own, with what to do."""

from __future__ import annotations

import pytest

from vpcflow_core.engines.trino.client import TooMuchError
from vpcflow_core.engines.trino.connection import TrinoConnection
from vpcflow_core.engines.trino.failures import CAUSES, UNREACHED, failure_of, unreached
from vpcflow_core.engines.trino.location import Location
from vpcflow_core.errors import (
    AccessError,
    CredentialsError,
    FailureError,
    MissingError,
    QueryError,
    StoreError,
    VpcflowError,
)

URL = "trino://ann@data.example:8443/hive/logs"


@pytest.mark.parametrize(
    ("name", "why", "is_users", "error", "sentence"),
    [
        ("PERMISSION_DENIED", "Cannot select", True, AccessError, "refused the query"),
        ("CATALOG_NOT_FOUND", "Catalog 'hiv' not found", True, MissingError, "names a catalog"),
        ("TABLE_NOT_FOUND", "Table 'a.b.c' does not exist", True, MissingError, "lacks what was"),
        ("CLUSTER_OUT_OF_MEMORY", "killed", False, TooMuchError, "needs more memory"),
        ("QUERY_HAS_TOO_MANY_STAGES", "401", False, TooMuchError, "larger than Trino takes"),
        ("EXCEEDED_SCAN_LIMIT", "1TB", False, TooMuchError, "scan more than Trino allows"),
        ("EXCEEDED_CPU_LIMIT", "1h", False, FailureError, "longer than Trino allows"),
        ("QUERY_QUEUE_FULL", "Too many queued", False, FailureError, "takes no more queries"),
        ("ADMINISTRATIVELY_KILLED", "too dear", False, FailureError, "stopped at Trino: too dear"),
        ("REMOTE_HOST_GONE", "node 3", False, FailureError, "lacks servers, or lost one: node 3"),
        ("HIVE_BAD_DATA", "not Parquet", False, StoreError, "not what their table says"),
        ("HIVE_FILESYSTEM_ERROR", "Access Denied (S3, 403)", False, AccessError, "refused"),
        ("SYNTAX_ERROR", "Access denied", True, QueryError, "refuses the query"),
        ("GENERIC_INTERNAL_ERROR", "index", False, StoreError, "failed at Trino: index"),
    ],
)
def test_a_query_that_fails_says_why(
    name: str, why: str, is_users: bool, error: type[VpcflowError], sentence: str
) -> None:
    made = failure_of("Trino", URL, name, why, is_users)
    assert type(made) is error
    assert sentence in made.what
    assert "{" not in str(made)


@pytest.mark.parametrize(
    ("why", "error", "sentence"),
    [
        ("error 401: Unauthorized", CredentialsError, "wants a password"),
        ("error 503: service unavailable", FailureError, "is busy"),
        ("error 500: oops", FailureError, "fails"),
        ("error 404: b'no'", FailureError, "is no Trino"),
        ("'nextUri'", FailureError, "is no Trino"),
        ("SSLError(1, '[SSL: WRONG_VERSION_NUMBER] wrong')", FailureError, "does not speak TLS"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed (_ssl.c)",
         FailureError, "is not trusted: certificate verify failed: self-signed."),
        ("('Connection aborted.', RemoteDisconnected('Remote end'))", FailureError, "breaks the"),
        ("HTTPConnectionPool(host='x'): Read timed out. (read timeout=60)", FailureError, "in time"),
        ("pool: [Errno 111] Connection refused')", FailureError, "reached: Connection refused."),
    ],
)  # fmt: skip
def test_a_server_without_an_answer_says_why(
    why: str, error: type[VpcflowError], sentence: str
) -> None:
    made = unreached(URL, why)
    assert type(made) is error
    assert sentence in made.what


def test_each_cause_says_what_to_do() -> None:
    for cause in (*CAUSES, *UNREACHED):
        assert cause.next_step, cause
        assert "{why}" in cause.what or "{place}" in cause.what or "{engine}" in cause.what


def test_a_password_is_not_sent_without_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRINO_PASSWORD", "hunter2")
    at = Location.parse("trino://ann@127.0.0.1:1/hive/logs?tls=false")
    with pytest.raises(VpcflowError, match="TLS") as caught:
        TrinoConnection(at).run("SELECT 1")
    assert "hunter2" not in str(caught.value)
