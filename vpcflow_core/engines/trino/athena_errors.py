"""What AWS answers when Athena, Glue or S3 refuse, and why a query ended, in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore import exceptions as aws

from vpcflow_core.engines.trino.athena_location import AthenaLocation
from vpcflow_core.engines.trino.failures import failure_of
from vpcflow_core.errors import (
    AccessError,
    MissingError,
    QueryError,
    SettingsError,
    SourceError,
    VpcflowError,
)
from vpcflow_core.sources.aws.errors import FAILURES, ErrorText, Vocabulary, code_of
from vpcflow_core.stopping import UnwantedError

_PERMISSIONS = "docs/engines.md has the permissions that Athena, Glue and S3 want."
_NO_GROUP = ErrorText(
    MissingError,
    "Athena has no workgroup {workgroup} in {region}: {message}",
    "Name one in the URL, workgroup=NAME, and its region; docs/engines.md has how to make one.",
)
_NO_OUTPUT = ErrorText(
    SettingsError,
    "Athena has no place for results: {message}",
    "Set the workgroup's OutputLocation, or add &output=s3://bucket/prefix/ to the URL.",
)
_NO_DATABASE = ErrorText(
    MissingError,
    "Glue lacks what {place} names: {message}",
    "Make the tables: vpcflow tables athena://... --logs s3://bucket/prefix",
)
_NO_OBJECT = ErrorText(
    MissingError,
    "S3 lacks what a table of {place} is made of: {message}",
    "Make the tables anew: vpcflow tables athena://... --logs s3://bucket/prefix",
)
_REFUSED = ErrorText(AccessError, "{service} refused {action} ({code}): {message}", _PERMISSIONS)
_QUERY = ErrorText(QueryError, "Athena refuses the query: {message}", "")
_OTHER = ErrorText(SourceError, "{service} failed at {action} ({code}): {message}", "Ask again.")
_OF_GLUE = {"EntityNotFoundException": _NO_DATABASE}
_OF_S3 = dict.fromkeys(("NoSuchBucket", "NoSuchKey", "404", "PermanentRedirect"), _NO_OBJECT)
# Of requests, whose service each is; others are Athena's.
_SERVICES = {"GetTables": "Glue", "ListObjectsV2": "S3", "GetObject": "S3"}


@contextmanager
def failures(location: AthenaLocation) -> Iterator[None]:
    """AWS's errors as ours."""
    try:
        yield
    except FAILURES as error:
        raise _of(location, error) from error


def _of(at: AthenaLocation, error: Exception) -> VpcflowError:
    action, message = "", ""
    if isinstance(error, aws.ClientError):
        action = str(error.operation_name)
        message = str(error.response.get("Error", {}).get("Message", "")).rstrip(".") or "no reason"
    service = _SERVICES.get(action, "Athena")
    own = {"Glue": _OF_GLUE, "S3": _OF_S3}.get(service, {})
    if service == "Athena" and code_of(error) == "InvalidRequestException":
        own = {"InvalidRequestException": _invalid(action, message)}
    words = Vocabulary(service, _REFUSED, _OTHER, own, _OTHER)
    more = {"workgroup": at.workgroup, "region": at.region or "that region"}
    return words.error_of(error, place=at.url, action=action, message=message, **more)


def _invalid(action: str, message: str) -> ErrorText:
    """What of a request is wrong: AWS has one code for all."""
    if re.search(r"(?i)work ?group", message) or action == "GetWorkGroup":
        return _NO_GROUP
    return _NO_OUTPUT if re.search(r"(?i)output|bucket", message) else _QUERY


def ended(at: AthenaLocation, status: dict[str, Any]) -> VpcflowError:
    """The error of a query that did not succeed.

    Args:
        at: Where it was asked.
        status: AWS's `QueryExecutionStatus`.
    """
    why = str(status.get("StateChangeReason", "")).partition("\n")[0].strip()
    if status["State"] == "CANCELLED" and "Bytes scanned limit" not in why:
        return UnwantedError("Athena")
    code = re.match(r"[A-Z][A-Z_]+(?=:)", why)
    # 2: an error of the user, by Athena's own count.
    is_users = status.get("AthenaError", {}).get("ErrorCategory") == 2 or "SYNTAX_ERROR" in why
    # A table that is not there is an error of syntax as well.
    name = code[0] if code and code[0] != "SYNTAX_ERROR" else ""
    return failure_of("Athena", at.url, name, why or "it gives no reason", is_users)
