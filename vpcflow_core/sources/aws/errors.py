"""What AWS answers when it refuses, in words.

Each service has a `Vocabulary`: its own sentences, and the ones here for what all services share.
No message repeats what AWS wrote: that text may hold access keys. The code says enough.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from botocore import exceptions as aws
from botocore.parsers import ResponseParserError

from vpcflow_core.errors import AccessError, CredentialsError, SourceError, VpcflowError


@dataclass(frozen=True, slots=True)
class ErrorText:
    """One kind of failure: class of error, sentence, next step.

    Sentences may use `{place}` (what was read), `{action}` (IAM's name of what was being done),
    `{code}`, `{service}`, `{role}` and what else a service's own words are.
    """

    error: type[VpcflowError]
    what: str
    next_step: str

    def with_words(self, **words: str) -> VpcflowError:
        """The error with these words in its sentence."""
        return self.error(self.what.format(**words), self.next_step)


_EXPIRED = ErrorText(
    CredentialsError,
    "The AWS credentials have expired ({code}), so {place} cannot be read.",
    "Sign in again (aws sso login, or fresh keys), then retry.",
)
_INVALID = ErrorText(
    CredentialsError,
    "AWS does not accept the credentials in use ({code}), so {place} cannot be read.",
    "Check the access key and its secret, or name another profile.",
)
_SLOW = ErrorText(
    SourceError,
    "{service} keeps asking for fewer requests ({code}) while {place} is read.",
    "Try again in a few minutes; nothing is lost.",
)
_UNREACHABLE = ErrorText(
    SourceError,
    "The service behind {place} is out of reach ({code}).",
    "Check the network, the endpoint URL and the region.",
)
STS_UNREACHABLE = ErrorText(
    SourceError,
    "STS, which says whose the credentials are, is out of reach ({code}).",
    "Logs are read without it, unless a role is assumed. In a network without Internet access: "
    "a VPC endpoint for STS.",
)
ROLE_UNREACHABLE = ErrorText(
    SourceError,
    "STS is out of reach ({code}), so the role to read {place} with cannot be assumed.",
    "Check the network; without Internet access, a VPC endpoint for STS is needed.",
)
_CLOCK = ErrorText(
    SourceError,
    "AWS refuses requests for {place} because this machine's clock is wrong ({code}).",
    "Set the clock, then retry.",
)
_OTHER = ErrorText(
    SourceError, "Reading {place} failed ({code} on {action}).", "Try again; if it stays, check it."
)
_ROLE = ErrorText(
    AccessError,
    "The role {role} cannot be assumed ({code} on sts:AssumeRole), so {place} cannot be read.",
    "Its trust policy must allow the credentials in use (and the external id, if it asks for "
    "one), and they need sts:AssumeRole on it: see docs/iam.md",
)
ABSENT = ErrorText(
    CredentialsError,
    "There are no AWS credentials, so {place} cannot be read.",
    "Name a profile, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run aws sso login.",
)

# By error code of the answer. A HEAD request has no body, so its code is the bare HTTP status.
_REFUSALS = (
    "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AllAccessDisabled",
    "AccountProblem", "403",
)  # fmt: skip
SLOW_CODES = (
    "SlowDown", "Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded",
    "TooManyRequestsException", "ServiceUnavailable", "ServiceUnavailableException", "503",
)  # fmt: skip
_CODES: dict[str, ErrorText] = {
    **dict.fromkeys(
        ("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"),
        _EXPIRED,
    ),
    **dict.fromkeys(
        (
            "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "InvalidClientTokenId",
            "AuthFailure", "InvalidSecurity", "UnrecognizedClientException", "NotSignedUp",
            "InvalidSignatureException", "MissingAuthenticationTokenException",
        ),
        _INVALID,
    ),
    **dict.fromkeys(SLOW_CODES, _SLOW),
    "RequestTimeTooSkewed": _CLOCK,
}  # fmt: skip

# No answer, or one that is not the service's own.
_NO_ANSWER = (aws.HTTPClientError, aws.ConnectionError, ResponseParserError)

# What botocore raises; the last where something else than the service answers.
FAILURES = (aws.BotoCoreError, aws.ClientError, ResponseParserError)

# By exception, for what fails before there is an answer; the first that fits.
_KINDS: tuple[tuple[tuple[type[Exception], ...], ErrorText], ...] = (
    ((aws.NoCredentialsError, aws.PartialCredentialsError), ABSENT),
    (
        (
            aws.TokenRetrievalError, aws.SSOError, aws.CredentialRetrievalError,
            aws.UnauthorizedSSOTokenError,
        ),
        _EXPIRED,
    ),
    (_NO_ANSWER, _UNREACHABLE),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words for refusals of one service.

    Attributes:
        service: Its name.
        refused: What to say when the permission is missing.
        odd_name: When a request cannot even be made of the names given.
        codes: Its own error codes.
        other: What to say of codes that nothing is known of.
    """

    service: str
    refused: ErrorText
    odd_name: ErrorText
    codes: Mapping[str, ErrorText]
    other: ErrorText = _OTHER

    def error_of(
        self, error: Exception, *, place: str, action: str, role: str = "", **more: str
    ) -> VpcflowError:
        """The error in our words.

        Args:
            error: What botocore raised.
            place: URL of what was being read.
            action: IAM name of what was being done, such as `s3:ListBucket`.
            role: Role to assume, if one was.
            **more: The service's own words.
        """
        code, kind = self._classified(error)
        return kind.with_words(
            place=place, action=action, role=role, code=code, service=self.service, **more
        )

    def _classified(self, error: Exception) -> tuple[str, ErrorText]:
        if not isinstance(error, aws.ClientError):
            return type(error).__name__, self._kind(error)
        code = code_of(error)
        kind = self.refused if code in _REFUSALS else (self.codes.get(code) or _CODES.get(code))
        if error.operation_name == "AssumeRole" and kind in (None, self.refused):
            return code, _ROLE
        return code, kind or self.other

    def _kind(self, error: Exception) -> ErrorText:
        if isinstance(error, aws.ParamValidationError):
            return self.odd_name
        kind = next((kind for types, kind in _KINDS if isinstance(error, types)), _OTHER)
        return ROLE_UNREACHABLE if kind is _UNREACHABLE and _asked_sts(error) else kind


def unreachable_sts(error: Exception) -> VpcflowError | None:
    """The error of a call of STS that had no answer; None if STS answered."""
    if not isinstance(error, _NO_ANSWER):
        return None
    return STS_UNREACHABLE.with_words(code=type(error).__name__)


def _asked_sts(error: Exception) -> bool:
    """Whether the endpoint that did not answer is STS's: botocore asks it for a role's keys."""
    endpoint = str(getattr(error, "kwargs", {}).get("endpoint_url", ""))
    own = os.environ.get("AWS_ENDPOINT_URL_STS", "")
    return "//sts." in endpoint or bool(own and endpoint.startswith(own.rstrip("/")))


def code_of(error: Exception) -> str:
    """The error code of an answer, "" for what failed before one."""
    if not isinstance(error, aws.ClientError):
        return ""
    return str(error.response.get("Error", {}).get("Code", "unknown"))
