"""What EC2 and STS answer when they refuse, in words.

No sentence repeats what AWS wrote: that text may hold keys and encoded policies. The code says
enough.
"""

from __future__ import annotations

from dataclasses import dataclass

from botocore import exceptions as aws


@dataclass(frozen=True, slots=True)
class Ec2Failure:
    """One kind of failure.

    Attributes:
        what: Clause behind the name of what was asked; may use `{action}`, `{code}`, `{region}`.
        everywhere: Whether every other question to that region would fail likewise.
    """

    what: str
    everywhere: bool = False


_REFUSED = Ec2Failure("not permitted, add {action}")
_SLOW = Ec2Failure("EC2 keeps asking for fewer requests ({code}); the next sync tries again")
_UNKNOWN = Ec2Failure("this region's EC2 does not know {action} ({code})")
_EXPIRED = Ec2Failure("the credentials have expired ({code}): sign in again", everywhere=True)
_INVALID = Ec2Failure(
    "the credentials are not accepted in {region} ({code}): the region may not be enabled",
    everywhere=True,
)
_ABSENT = Ec2Failure("there are no AWS credentials", everywhere=True)
_ROLE = Ec2Failure("the role cannot be assumed ({code})", everywhere=True)
_UNREACHABLE = Ec2Failure(
    "EC2 is out of reach ({code}): check the network, or set ec2 = false for the source",
    everywhere=True,
)
_OTHER = Ec2Failure("failed ({code} on {action})")

_CODES: dict[str, Ec2Failure] = {
    **dict.fromkeys(("UnauthorizedOperation", "AccessDenied", "AccessDeniedException"), _REFUSED),
    **dict.fromkeys(
        ("RequestLimitExceeded", "Throttling", "ThrottlingException", "ServiceUnavailable"), _SLOW
    ),
    **dict.fromkeys(("InvalidAction", "UnsupportedOperation", "UnknownOperation"), _UNKNOWN),
    **dict.fromkeys(("ExpiredToken", "ExpiredTokenException", "RequestExpired"), _EXPIRED),
    **dict.fromkeys(
        (
            "AuthFailure", "InvalidClientTokenId", "SignatureDoesNotMatch", "OptInRequired",
            "UnrecognizedClientException", "Blocked", "PendingVerification",
        ),
        _INVALID,
    ),
}  # fmt: skip
_KINDS: tuple[tuple[tuple[type[Exception], ...], Ec2Failure], ...] = (
    ((aws.NoCredentialsError, aws.PartialCredentialsError), _ABSENT),
    (
        (
            aws.TokenRetrievalError, aws.SSOError, aws.CredentialRetrievalError,
            aws.UnauthorizedSSOTokenError,
        ),
        _EXPIRED,
    ),
    ((aws.HTTPClientError, aws.ConnectionError), _UNREACHABLE),
)  # fmt: skip


def failure_of(error: aws.BotoCoreError | aws.ClientError) -> Ec2Failure:
    """Which kind of failure it is."""
    if isinstance(error, aws.ClientError):
        kind = _CODES.get(code_of(error), _OTHER)
        return _ROLE if error.operation_name == "AssumeRole" and kind is _REFUSED else kind
    return next((kind for types, kind in _KINDS if isinstance(error, types)), _OTHER)


def explanation(error: aws.BotoCoreError | aws.ClientError, *, action: str, region: str) -> str:
    """The failure as a clause.

    Args:
        error: What botocore raised.
        action: Permission of what was asked, such as `ec2:DescribeVpcs`.
        region: Where.
    """
    return failure_of(error).what.format(action=action, code=code_of(error), region=region)


def code_of(error: aws.BotoCoreError | aws.ClientError) -> str:
    """The error code of an answer; the kind of error for what failed before one."""
    if isinstance(error, aws.ClientError):
        return str(error.response.get("Error", {}).get("Code", "unknown"))
    return type(error).__name__
