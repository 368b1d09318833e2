"""What CloudWatch Logs answers when it refuses, in words."""

from __future__ import annotations

from vpcflow_core.errors import AccessError, CredentialsError, MissingError, SettingsError
from vpcflow_core.sources.aws.errors import ErrorText, Vocabulary

_REFUSED = ErrorText(
    AccessError,
    "Reading {place} was refused ({code} on {action}).",
    "The credentials in use need logs:DescribeLogGroups, logs:DescribeLogStreams and "
    "logs:FilterLogEvents on the group: see docs/iam.md",
)
_NO_GROUP = ErrorText(
    MissingError,
    "{place} is not there any more ({code} on {action}).",
    "The log group or one of the log streams was deleted: sync again.",
)
_NAME = ErrorText(
    SettingsError,
    "{place} cannot name a log group, or a setting of the request is wrong ({code} on {action}).",
    "Names of log groups are made of letters, digits and - . _ / #.",
)
_INVALID = ErrorText(
    CredentialsError,
    "AWS does not accept the credentials in use ({code}), so {place} cannot be read.",
    "Check the access key and its secret, or name another profile; a region that is not enabled "
    "for the account answers the same.",
)

LOGS = Vocabulary(
    service="CloudWatch Logs",
    refused=_REFUSED,
    odd_name=_NAME,
    codes={
        "ResourceNotFoundException": _NO_GROUP,
        "InvalidParameterException": _NAME,
        "ValidationException": _NAME,
        "UnrecognizedClientException": _INVALID,
    },
)
