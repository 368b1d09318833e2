"""What S3 answers when it refuses, in words."""

from __future__ import annotations

from vpcflow_core.errors import AccessError, MissingError, SettingsError, SourceError
from vpcflow_core.sources.aws.errors import ErrorText, Vocabulary
from vpcflow_core.sources.base import ARCHIVED

_REFUSED = ErrorText(
    AccessError,
    "Reading {place} was refused ({code} on {action}).",
    "The credentials in use need s3:ListBucket on the bucket, s3:GetObject on its logs, and "
    "kms:Decrypt if it is encrypted with a key of its own: see docs/iam.md",
)
_NO_BUCKET = ErrorText(MissingError, "There is no bucket '{bucket}'.", "Check its name.")
_NO_KEY = ErrorText(
    MissingError,
    "{place} is not there any more.",
    "It was deleted after it was listed: sync again.",
)
_ARCHIVED = ErrorText(
    SourceError,
    f"{{place}} {ARCHIVED} ({{code}}).",
    "Restore it in S3 first, or read a span that is not archived.",
)
_REGION = ErrorText(
    SourceError,
    "The bucket '{bucket}' lies in another region than the one given ({code}).",
    "Leave the region out; it is found by itself.",
)
_NAME = ErrorText(
    SettingsError,
    "'{bucket}' cannot be the name of a bucket, or a setting of the request is wrong ({code}).",
    "Bucket names have 3 to 63 small letters, digits, dots and hyphens.",
)

# Its sentences use `{bucket}` too.
S3 = Vocabulary(
    service="S3",
    refused=_REFUSED,
    odd_name=_NAME,
    codes={
        **dict.fromkeys(("PermanentRedirect", "AuthorizationHeaderMalformed", "301"), _REGION),
        "NoSuchBucket": _NO_BUCKET,
        "NoSuchKey": _NO_KEY,
        "404": _NO_KEY,
        "InvalidBucketName": _NAME,
        "InvalidObjectState": _ARCHIVED,
    },
)
