"""What S3 and STS answer when they refuse, in words; may import errors and botocore.

No message repeats what AWS wrote: that text may hold access keys. The code says enough.
"""

from __future__ import annotations

from dataclasses import dataclass

from botocore import exceptions as aws

from vpcflow_core.errors import (
    AccessError,
    CredentialsError,
    MissingError,
    SettingsError,
    SourceError,
    VpcflowError,
)


@dataclass(frozen=True, slots=True)
class Told:
    """One kind of failure: class of error, sentence, next step.

    Sentences may use `{place}` (what was read), `{bucket}`, `{action}` and `{code}`.
    """

    error: type[VpcflowError]
    what: str
    next_step: str


_REFUSED = Told(
    AccessError,
    "Reading {place} was refused ({code} on {action}).",
    "The credentials in use need s3:ListBucket on the bucket, s3:GetObject on its logs, and "
    "kms:Decrypt if it is encrypted with a key of its own: see docs/iam.md",
)
_EXPIRED = Told(
    CredentialsError,
    "The AWS credentials have expired ({code}), so {place} cannot be read.",
    "Sign in again (aws sso login, or fresh keys), then retry.",
)
_INVALID = Told(
    CredentialsError,
    "AWS does not accept the credentials in use ({code}), so {place} cannot be read.",
    "Check the access key and its secret, or name another profile.",
)
_NO_BUCKET = Told(MissingError, "There is no bucket '{bucket}'.", "Check its name.")
_NO_KEY = Told(
    MissingError,
    "{place} is not there any more.",
    "It was deleted after it was listed: sync again.",
)
_SLOW = Told(
    SourceError,
    "S3 keeps asking for fewer requests ({code}) while {place} is read.",
    "Try again in a few minutes; nothing is lost.",
)
_ABSENT = Told(
    CredentialsError,
    "There are no AWS credentials, so {place} cannot be read.",
    "Name a profile, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run aws sso login.",
)
_UNREACHABLE = Told(
    SourceError,
    "The service behind {place} is out of reach ({code}).",
    "Check the network, the endpoint URL and the region.",
)
_ARCHIVED = Told(
    SourceError,
    "{place} lies in an archive ({code}).",
    "Restore it in S3 first, or read a span that is not archived.",
)
_CLOCK = Told(
    SourceError,
    "AWS refuses requests for {place} because this machine's clock is wrong ({code}).",
    "Set the clock, then retry.",
)
_REGION = Told(
    SourceError,
    "The bucket '{bucket}' lies in another region than the one given ({code}).",
    "Leave the region out; it is found by itself.",
)
_NAME = Told(
    SettingsError,
    "'{bucket}' cannot be the name of a bucket, or a setting of the request is wrong ({code}).",
    "Bucket names have 3 to 63 small letters, digits, dots and hyphens.",
)
_OTHER = Told(
    SourceError, "Reading {place} failed ({code} on {action}).", "Try again; if it stays, check it."
)
_ROLE = Told(
    AccessError,
    "The role {role} cannot be assumed ({code} on sts:AssumeRole), so {place} cannot be read.",
    "Its trust policy must allow the credentials in use (and the external id, if it asks for "
    "one), and they need sts:AssumeRole on it: see docs/iam.md",
)

# By error code of the answer. A HEAD request has no body, so its code is the bare HTTP status.
_CODES: dict[str, Told] = {
    **dict.fromkeys(("AccessDenied", "AllAccessDisabled", "AccountProblem", "403"), _REFUSED),
    **dict.fromkeys(
        ("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"),
        _EXPIRED,
    ),
    **dict.fromkeys(
        (
            "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "InvalidClientTokenId",
            "AuthFailure", "InvalidSecurity", "UnrecognizedClientException", "NotSignedUp",
        ),
        _INVALID,
    ),
    **dict.fromkeys(("SlowDown", "Throttling", "ServiceUnavailable", "503"), _SLOW),
    **dict.fromkeys(("PermanentRedirect", "AuthorizationHeaderMalformed", "301"), _REGION),
    "NoSuchBucket": _NO_BUCKET,
    "NoSuchKey": _NO_KEY,
    "404": _NO_KEY,
    "InvalidBucketName": _NAME,
    "InvalidObjectState": _ARCHIVED,
    "RequestTimeTooSkewed": _CLOCK,
}  # fmt: skip

# By exception, for what fails before there is an answer; the first that fits.
_KINDS: tuple[tuple[tuple[type[Exception], ...], Told], ...] = (
    ((aws.NoCredentialsError, aws.PartialCredentialsError), _ABSENT),
    (
        (
            aws.TokenRetrievalError, aws.SSOError, aws.CredentialRetrievalError,
            aws.UnauthorizedSSOTokenError,
        ),
        _EXPIRED,
    ),
    ((aws.ParamValidationError,), _NAME),
    ((aws.HTTPClientError, aws.ConnectionError), _UNREACHABLE),
)  # fmt: skip


def told(error: Exception, *, place: str, bucket: str, action: str, role: str = "") -> VpcflowError:
    """The error in our words.

    Args:
        error: What botocore raised.
        place: URL of what was being read.
        bucket: Its bucket.
        action: IAM name of what was being done, such as `s3:ListBucket`.
        role: Role to assume, if one was.
    """
    code, kind = _judge(error)
    words = {"place": place, "bucket": bucket, "action": action, "code": code, "role": role}
    return kind.error(kind.what.format(**words), kind.next_step)


def _judge(error: Exception) -> tuple[str, Told]:
    if isinstance(error, aws.ClientError):
        code = str(error.response.get("Error", {}).get("Code", "unknown"))
        if error.operation_name == "AssumeRole" and _CODES.get(code, _REFUSED) is _REFUSED:
            return code, _ROLE
        return code, _CODES.get(code, _OTHER)
    code = type(error).__name__
    return code, next((kind for types, kind in _KINDS if isinstance(error, types)), _OTHER)


def code_of(error: Exception) -> str:
    """The error code of an answer, "" for what failed before one."""
    return _judge(error)[0] if isinstance(error, aws.ClientError) else ""
