"""Secrets in text: found, refused in URLs, and never shown or logged.

People paste what they have: presigned URLs, `s3://KEY:secret@bucket`, what `aws sts` printed. Every
error, log line and text on a page goes through `redacted`; sources, settings and links refuse what
`holds_secret`.
"""

from __future__ import annotations

import logging
import re
from urllib.parse import unquote

MARK = "***"

# Names of parameters that carry a secret, in small letters without `-` and `_`; in a URL alone, as
# `key=` in a sentence is most often no secret.
_IN_URLS = frozenset({
    "xamzsignature", "xamzsecuritytoken", "xamzcredential", "awsaccesskeyid", "accesskeyid",
    "accesskey", "signature", "sig", "token", "securitytoken", "sessiontoken", "accesstoken",
    "refreshtoken", "idtoken", "authtoken", "admintoken", "signintoken", "password", "passwd",
    "pwd", "pass", "passphrase", "secret", "secretkey", "secretaccesskey", "awssecretaccesskey",
    "awssessiontoken", "clientsecret", "apikey", "xapikey", "key", "privatekey", "auth",
    "authorization", "credential", "credentials", "code", "jwt", "bearer", "sas", "hmac",
})  # fmt: skip
# Names that are unmistakable wherever they stand, such as in a line of ~/.aws/credentials.
_ANYWHERE = (
    "x-amz-(?:signature|security-token|credential)|(?:aws_?)?secret_?access_?key|aws_?access_?key_?id"
    "|(?:aws_?)?session_?token|password|passwd|client_?secret"
)
_ENCODED = "%3[fFdD]|%2[36]"
_PARAMETER = re.compile(
    rf"(?:[?&;#]|{_ENCODED})(?P<name>(?:(?!{_ENCODED})[A-Za-z0-9_.%-]){{1,60}})(?:=|%3[dD])"
)
_ITS_VALUE = re.compile(r"(?:(?!%26|%23)[^\s&;#'\"<>])+")
_VALUE = r"[^\s&;#'\"<>,)}\]]+"
_NAMED = re.compile(
    rf"(?i)\b(?P<name>{_ANYWHERE})(?P<equals>['\"]?\s*[=:]\s*['\"]?)(?!\*\*\*){_VALUE}"
)
_PLAIN: tuple[re.Pattern[str], ...] = tuple(
    map(
        re.compile,
        (
            # The user's part of a URL; a name alone may be a key as well.
            r"(?<=://)(?!arn:)[^/?#\s@:'\"]*:[^\s@'\"]*(?:@[^/?#\s@'\"]*)*(?=@[^\s@])",
            # Trino wants to know who asks: a name that is no key is part of its URLs.
            r"(?<=://)(?<!trino://)[^/?#\s@'\"]*(?:@[^/?#\s@'\"]*)*(?=@[^\s@])",
            # An access key, with the secret behind it.
            r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,}\b(?:[\s:,/;|]+[A-Za-z0-9/+=]{40}(?![A-Za-z0-9/+=]))?",
            r"(?i)(?<=\bbearer )\s*[^\s'\"]+|(?<=\bbasic )[A-Za-z0-9+/]{8,}={0,2}(?![\w ])",
            # A session token of STS, and a signed token of three parts.
            r"\b(?:FwoG|IQoJ|FQoG|AQoD)[A-Za-z0-9/+=%_-]{40,}",
            r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",
        ),
    )
)


def redacted(text: str) -> str:
    """The text with `***` in the place of every secret.

    >>> redacted("s3://AKIAIOSFODNN7EXAMPLE:x@logs/a and https://h/o?sig=abc&x=1")
    's3://***@logs/a and https://h/o?sig=***&x=1'
    >>> redacted("eni-0a11 sent 5 bytes to s3://logs/key=5/a@b")
    'eni-0a11 sent 5 bytes to s3://logs/key=5/a@b'
    """
    for pattern in _PLAIN:
        text = pattern.sub(_mark, text)
    text = _without_parameters(text)
    return _NAMED.sub(rf"\g<name>\g<equals>{MARK}", text)


def holds_secret(text: str) -> bool:
    """Whether a text that somebody gave holds a password, key, token or signature.

    >>> holds_secret("s3://me:you@logs"), holds_secret("cloudwatch://eu-west-1/flows?streams=a")
    (True, False)
    """
    # `ann%3Apassword@host` is one as well.
    return any(redacted(form) != form for form in (text, unquote(text)))


def _mark(match: re.Match[str]) -> str:
    return MARK if match[0] not in ("", MARK) else match[0]


def _without_parameters(text: str) -> str:
    """The text without the values of parameters that are secrets, in URLs within URLs too."""
    parts, end = [], 0
    for match in _PARAMETER.finditer(text):
        name = re.sub(r"[^a-z0-9]", "", unquote(unquote(match["name"])).lower())
        value = _ITS_VALUE.match(text, match.end()) if name in _IN_URLS else None
        if value and match.start() >= end:
            parts += [text[end : value.start()], MARK]
            end = value.end()
    return "".join([*parts, text[end:]])


class _Redacting(logging.Filter):
    """Takes secrets out of messages and traces."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redacted(record.getMessage()), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = redacted(_FORMATTER.formatException(record.exc_info))
        return True


_FORMATTER = logging.Formatter()
_FILTER = _Redacting()


def redacting_logger(name: str) -> logging.Logger:
    """The logger of a name; nothing that goes through it holds a secret."""
    log = logging.getLogger(name)
    log.addFilter(_FILTER)
    return log
