"""Why an engine of Trino's kind did not answer: by its names of errors, and by its reasons."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vpcflow_core.engines.trino.client import TooMuchError
from vpcflow_core.engines.trino.location import PASSWORD_VARIABLE, TOKEN_VARIABLE
from vpcflow_core.errors import (
    AccessError,
    CredentialsError,
    FailureError,
    MissingError,
    QueryError,
    StoreError,
    VpcflowError,
)

SHORTER = "Ask for a shorter range or add filters."
AGAIN = "Ask again in a minute."
_GRANT = "docs/engines.md lists what whoever asks must be allowed."
_OBJECTS = "Text and Parquet must not share folders. Make the tables anew: "


@dataclass(frozen=True, slots=True)
class Cause:
    """One kind of failure.

    Attributes:
        names: Trino's names of it, with which reasons at Athena begin as well.
        words: What a reason says that has no name, as a regular expression; "" for none.
        error: The class.
        what: The sentence; `{engine}`, `{place}` and `{why}` stand for the URL and the reason.
        next_step: What to do; `{tables}` stands for the command that makes the tables.
    """

    names: tuple[str, ...]
    words: str
    error: type[VpcflowError]
    what: str
    next_step: str


CAUSES = (
    Cause(
        ("PERMISSION_DENIED",),
        r"(?i)access ?denied|not authorized to|insufficient (?:lake formation )?permission",
        AccessError, "{engine} refused the query: {why}", _GRANT,
    ),
    Cause(
        ("CATALOG_NOT_FOUND",), r"Catalog '[^']*' (?:does not exist|not found)",
        MissingError, "{place} names a catalog that is not there: {why}",
        "SHOW CATALOGS lists them; Glue's is called AwsDataCatalog at Athena.",
    ),
    Cause(
        ("SCHEMA_NOT_FOUND", "TABLE_NOT_FOUND"),
        r"(?:Table|View|Schema|Database) '?[^']*'? (?:does not exist|not found)",
        MissingError, "{place} lacks what was asked for: {why}", "Make the tables: {tables}",
    ),
    Cause(
        ("EXCEEDED_LOCAL_MEMORY_LIMIT", "EXCEEDED_GLOBAL_MEMORY_LIMIT", "CLUSTER_OUT_OF_MEMORY"),
        "exhausted resources",
        TooMuchError, "The query needs more memory than {engine} gives it.", SHORTER,
    ),
    Cause(
        ("QUERY_TEXT_TOO_LARGE", "QUERY_HAS_TOO_MANY_STAGES"), "",
        TooMuchError, "The query is larger than {engine} takes: {why}", SHORTER,
    ),
    Cause(
        ("EXCEEDED_SCAN_LIMIT",), "Bytes scanned limit",
        TooMuchError, "The query would scan more than {engine} allows.", SHORTER,
    ),
    Cause(
        ("EXCEEDED_TIME_LIMIT", "EXCEEDED_CPU_LIMIT"), "(?i)query timeout",
        FailureError, "The query took longer than {engine} allows, and was stopped.", SHORTER,
    ),
    Cause(
        ("ADMINISTRATIVELY_KILLED", "ADMINISTRATIVELY_PREEMPTED"), "",
        FailureError, "The query was stopped at {engine}: {why}", SHORTER,
    ),
    Cause(
        ("QUERY_QUEUE_FULL", "QUERY_REJECTED"), "(?i)rate exceeded|too many (?:requests|queries)",
        FailureError, "{engine} takes no more queries at present: {why}", AGAIN,
    ),
    Cause(
        ("NO_NODES_AVAILABLE", "SERVER_STARTING_UP", "SERVER_SHUTTING_DOWN", "REMOTE_HOST_GONE",
         "TOO_MANY_REQUESTS_FAILED", "PAGE_TRANSPORT_ERROR", "PAGE_TRANSPORT_TIMEOUT",
         "REMOTE_TASK_ERROR", "REMOTE_TASK_MISMATCH", "ABANDONED_QUERY", "ABANDONED_TASK"), "",
        FailureError, "{engine} lacks servers, or lost one: {why}", AGAIN,
    ),
    Cause(
        ("HIVE_BAD_DATA", "HIVE_CANNOT_OPEN_SPLIT", "HIVE_CURSOR_ERROR", "HIVE_INVALID_METADATA",
         "HIVE_PARTITION_SCHEMA_MISMATCH", "HIVE_UNSUPPORTED_FORMAT", "HIVE_SERDE_NOT_FOUND"), "",
        StoreError, "Objects of {place} are not what their table says: {why}",
        _OBJECTS + "{tables}",
    ),
    Cause(
        ("ICEBERG_COMMIT_ERROR", "TRANSACTION_CONFLICT", "TABLE_ALREADY_EXISTS", "ALREADY_EXISTS"),
        "",
        StoreError, "Another writer was quicker at {place}: {why}", AGAIN,
    ),
)  # fmt: skip


def failure_of(engine: str, place: str, name: str, why: str, is_users: bool) -> VpcflowError:
    """The error of a query that did not succeed.

    Args:
        engine: What it is called.
        place: URL of the tables; without parameters.
        name: Its name of the error; "" if it has none.
        why: The reason it gives, one line.
        is_users: Whether it blames the statement.
    """
    words = {"engine": engine, "place": place, "why": why.rstrip(".")}
    found = next((cause for cause in CAUSES if name in cause.names), None)
    if found is None and not (is_users and name):
        found = _by_words(why, CAUSES)
    if found is not None:
        tables = f"vpcflow tables '{place}' --logs s3://bucket/prefix"
        return found.error(found.what.format(**words), found.next_step.format(tables=tables))
    if is_users:
        return QueryError(f"{engine} refuses the query: {why}")
    return StoreError(f"The query failed at {engine}: {why}", "Ask again, or for a shorter range.")


def _by_words(why: str, causes: Sequence[Cause]) -> Cause | None:
    return next((c for c in causes if c.words and re.search(c.words, why)), None)


# Of requests that have no answer of Trino's own, by what its package says.
UNREACHED = (
    Cause(
        (), r"error 40[13]\b",
        CredentialsError, "{place} wants a password or token, or refuses the one it got.",
        f"Set the environment variable {PASSWORD_VARIABLE} or {TOKEN_VARIABLE}.",
    ),
    Cause(
        (), r"error (?:429|502|503|504)\b",
        FailureError, "{place} is busy, or is just being started: {why}.", AGAIN,
    ),
    Cause(
        (), r"error 5\d\d\b",
        FailureError, "{place} fails: {why}.", "The log of its coordinator says why.",
    ),
    Cause(
        (), r"error \d|expected a JSON value|^'\w+'$",
        FailureError, "What answers at {place} is no Trino: {why}.", "Check host and port.",
    ),
    Cause(
        (), "required for authentication|authentication with HTTP",
        CredentialsError, "A password or token is sent over TLS alone, and {place} has none.",
        f"Leave tls=false out of the URL, or {PASSWORD_VARIABLE} and {TOKEN_VARIABLE} unset.",
    ),
    Cause(
        (), "WRONG_VERSION_NUMBER",
        FailureError, "{place} does not speak TLS there.",
        "Add ?tls=false to the URL, or give the port that does.",
    ),
    Cause(
        (), "CERTIFICATE_VERIFY_FAILED",
        FailureError, "The certificate of {place} is not trusted: {why}.",
        "Name the file of its authority in the environment: REQUESTS_CA_BUNDLE=ca.pem",
    ),
    Cause(
        (), "Connection aborted|BadStatusLine|UNEXPECTED_EOF",
        FailureError, "{place} breaks the connection off.",
        "Does it want TLS? Then add ?tls=true to the URL.",
    ),
    Cause(
        (), "timed out",
        FailureError, "{place} does not answer in time.", "Check host, port and firewalls.",
    ),
    Cause(
        (), "", FailureError, "{place} cannot be reached: {why}.", "Is Trino running there?"
    ),
)  # fmt: skip
# What of a chain of the package's errors people know.
_KNOWN = re.compile(r"\[Errno -?\d+\] ([^'\")]+)|(certificate verify failed: [^'\"(]+)")


def unreached(place: str, why: str) -> VpcflowError:
    """The error where no answer of Trino came.

    Args:
        place: URL of the tables; without parameters.
        why: What the package says, one line.
    """
    known = _KNOWN.search(why)
    short = (known[1] or known[2]).strip() if known else why
    cause = next(cause for cause in UNREACHED if re.search(cause.words, why))
    return cause.error(cause.what.format(place=place, why=short.rstrip(".")), cause.next_step)
