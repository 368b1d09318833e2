"""Asks CloudWatch Logs of one region: quota, back-off, pages.

Retries are ours, not botocore's: each attempt has to pass the limiter, and when one caller is
throttled, all of them wait.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
from botocore import exceptions as aws

from vpcflow_core.errors import MissingError, VpcflowError, closest
from vpcflow_core.sources.aws.client import Client, client_of, session_of
from vpcflow_core.sources.aws.errors import FAILURES, SLOW_CODES, code_of
from vpcflow_core.sources.cloudwatch.errors import LOGS
from vpcflow_core.sources.cloudwatch.limiter import Limiter
from vpcflow_core.sources.open import AWS_HOSTS

if TYPE_CHECKING:
    from vpcflow_core.sources.open import SourceOptions

# Calls of FilterLogEvents a second, by account and region; a quota that cannot be raised. The
# other calls have higher quotas, and few are made.
QUOTAS = {
    "us-east-1": 25,
    **dict.fromkeys(
        ("eu-central-1", "ap-northeast-3", "ap-southeast-3", "ca-west-1", "il-central-1"), 5
    ),
}
QUOTA = 10
# Waits of half a second, one, two, ... up to the longest: a minute and a half in all.
ATTEMPTS = 9
LONGEST_WAIT = 20.0
# As long as nothing has been answered, the endpoint or the region is more likely to be wrong.
FIRST_ATTEMPTS = 2
_NETWORK = (aws.HTTPClientError, aws.ConnectionError)


class Logs:
    """CloudWatch Logs of a region, asked with a source's options; may be used by several threads.

    Args:
        region: Its name.
        place: URL of the source, for sentences.
        options: Profile, role, endpoint.
    """

    def __init__(self, region: str, place: str, options: SourceOptions) -> None:
        self.region = region
        self.place = place
        self.options = options
        self._limiter = limiter_for(options.endpoint_url, region)
        self._lock = threading.Lock()
        self._session: boto3.Session | None = None
        self._client: Client | None = None
        self._answered = False

    def ask(self, operation: str, **wanted: Any) -> dict[str, Any]:
        """The answer to one call, which is made again where that may help.

        Args:
            operation: boto3's name of it, such as `filter_log_events`.
            **wanted: Its arguments.

        Raises:
            VpcflowError: As `Vocabulary.error_of`.
        """
        call = getattr(self._connected(), operation)
        attempt = 1
        while True:
            self._limiter.wait()
            try:
                answer: dict[str, Any] = call(**wanted)
            except FAILURES as error:
                if attempt >= self._attempts(error):
                    raise self._error_of(error, _action(operation)) from error
                self._back_off(error, attempt)
                attempt += 1
            else:
                self._answered = True
                return answer

    def pages(self, operation: str, **wanted: Any) -> Iterator[tuple[dict[str, Any], bool]]:
        """All answers to a call that are chained by tokens, and whether more may follow each.

        An answer may hold nothing and yet not be the last one; a token that comes again is the end.
        """
        seen: set[str] = set()
        more: dict[str, str] = {}
        while True:
            answer = self.ask(operation, **wanted, **more)
            token = answer.get("nextToken") or ""
            last = not token or token in seen
            yield answer, not last
            if last:
                return
            seen.add(token)
            more = {"nextToken": token}

    def sibling(self, service: str) -> Client:
        """A client of another service with the same credentials, in the same region.

        An endpoint of AWS's own (a VPC endpoint) serves one service: others are asked elsewhere.
        """
        host = urlsplit(self.options.endpoint_url).hostname or ""
        endpoint = "" if host.endswith(AWS_HOSTS) else None
        return client_of(
            self._acting(), service, self.options, self.region, attempts=4, endpoint_url=endpoint
        )

    def account(self) -> str:
        """The account that asks; "" where STS does not tell."""
        try:
            return str(self.sibling("sts").get_caller_identity()["Account"])
        except (*FAILURES, VpcflowError):
            return ""

    def _acting(self) -> boto3.Session:
        with self._lock:
            if self._session is None:
                self._session = session_of(self.options)
            return self._session

    def _connected(self) -> Client:
        session = self._acting()
        with self._lock:
            if self._client is None:
                self._client = client_of(session, "logs", self.options, self.region, attempts=1)
            return self._client

    def _attempts(self, error: Exception) -> int:
        if not _may_pass(error):
            return 1
        unsure = isinstance(error, _NETWORK) or self.region not in regions()
        return FIRST_ATTEMPTS if unsure and not self._answered else ATTEMPTS

    def _back_off(self, error: Exception, attempt: int) -> None:
        seconds = min(2.0**attempt / 2, LONGEST_WAIT) * random.uniform(0.5, 1)  # noqa: S311
        if code_of(error) in SLOW_CODES:
            self._limiter.close(seconds)
        else:
            time.sleep(seconds)

    def _error_of(self, error: Exception, action: str) -> VpcflowError:
        found = LOGS.error_of(error, place=self.place, action=action, role=self.options.role_arn)
        if self._answered or self.region in regions() or not _may_pass(error):
            return found
        hint = closest(self.region, regions())
        return MissingError(
            f"There is no AWS region '{self.region}', or it is out of reach.",
            f"{hint} Write cloudwatch://region/log-group, with a region such as "
            "eu-central-1.".strip(),
        )


@cache
def limiter_for(endpoint_url: str, region: str) -> Limiter:
    """The limiter of a region, the same for all sources of this process.

    The quota is an account's, but syncs of one process follow each other: accounts share it, so
    that which account it is need not be asked first.
    """
    return Limiter(QUOTAS.get(region, QUOTA))


@cache
def regions() -> tuple[str, ...]:
    """The regions that botocore knows, of all partitions; there may be newer ones."""
    session = boto3.Session()
    partitions = session.get_available_partitions()
    return tuple(name for p in partitions for name in session.get_available_regions("logs", p))


def _action(operation: str) -> str:
    return "logs:" + operation.title().replace("_", "")


def _may_pass(error: Exception) -> bool:
    """Whether the same call may go well a moment later."""
    if not isinstance(error, aws.ClientError):
        return isinstance(error, _NETWORK)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return code_of(error) in SLOW_CODES or status >= 500
