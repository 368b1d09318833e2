"""Other names of a bucket or log group, as AWS shows them: ARNs and URLs of its console.

A person copies what DescribeFlowLogs, a policy or the browser shows. Each form becomes the URL
that `SCHEMES` knows, so that one place has one name in the store.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qs, quote, unquote, urlsplit

from vpcflow_core.errors import SettingsError

_PARTITION = r"arn:aws[a-z-]*"
_BUCKET_ARN = re.compile(rf"{_PARTITION}:s3:::([^/*:]+)(?:/(.*?))?/?\*?")
_GROUP_ARN = re.compile(
    rf"({_PARTITION}:logs:[a-z0-9-]+:\d{{12}}:log-group:[^:*]+)(?::log-stream:([^:*]+))?(?::?\*)?"
)
_CONSOLE = re.compile(
    r"(?:[a-z0-9-]+\.)*console\.(?:aws\.amazon\.com|amazonaws\.cn|amazonaws-us-gov\.com)"
)
# Buckets by their web address: of the bucket's own host, or below the service's.
_S3_HOST = re.compile(
    r"(?:(?P<bucket>[a-z0-9][a-z0-9.-]+)\.)?s3(?:[.-](?:dualstack\.)?[a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?"
)
_BUCKET_PAGE = re.compile(r"/s3/(?:buckets|object)/([^/]+)/?(.*)")
_GROUP_PAGE = re.compile(r"log-groups?/log-group/([^/?]+)(?:/log-events/([^/?]+))?")
_OLD_GROUP_PAGE = re.compile(r"(?:logEventViewer|logStream):group=([^;?]+)(?:;stream=([^;?]+))?")
_ARN_HELP = (
    "Known are ARNs of buckets, arn:aws:s3:::bucket/prefix, and of log groups, "
    "arn:aws:logs:region:account:log-group:name."
)
_PAGE_HELP = "Open the bucket's folder or the log group there and copy its address, or its ARN."


def plain_url(url: str) -> str:
    """The URL of the source that a person named in any of these ways; other names unchanged.

    >>> plain_url("arn:aws:s3:::logs/prod/*"), plain_url("s3a://logs/prod")
    ('s3://logs/prod', 's3://logs/prod')
    >>> plain_url("arn:aws:logs:eu-central-1:111122223333:log-group:/vpc/plain:*")
    'cloudwatch://arn:aws:logs:eu-central-1:111122223333:log-group:/vpc/plain'

    Raises:
        SettingsError: An ARN, or a page of AWS's console, that names no bucket and no log group.
    """
    text = url.strip()
    scheme, separator, rest = text.partition(":")
    read = _FORMS.get(scheme.lower()) if separator else None
    return url if read is None else read(text, rest)


def _hadoop(text: str, rest: str) -> str:
    return f"s3:{rest}"


def _arn(text: str, _rest: str) -> str:
    bucket, group = _BUCKET_ARN.fullmatch(text), _GROUP_ARN.fullmatch(text)
    if bucket:
        return _bucket(bucket[1], bucket[2] or "")
    if group:
        return f"cloudwatch://{group[1]}{_streams(group[2])}"
    raise SettingsError(f"'{text}' names no bucket and no log group.", _ARN_HELP)


def _page(text: str, _rest: str) -> str:
    """A page of the console, or a bucket by its web address; other pages are left as they are."""
    page = urlsplit(text)
    host = (page.hostname or "").lower()
    if _CONSOLE.fullmatch(host):
        return _of_console(text, page.path, page.query, page.fragment)
    served = _S3_HOST.fullmatch(host)
    if served is None:
        return text
    bucket, _, key = f"{served['bucket'] or ''}{page.path}".lstrip("/").partition("/")
    return _bucket(bucket, unquote(key))


def _of_console(text: str, path: str, query: str, fragment: str) -> str:
    bucket = _BUCKET_PAGE.fullmatch(path)
    given = {name: values[0] for name, values in parse_qs(query).items()}
    if bucket:
        return _bucket(bucket[1], given.get("prefix", unquote(bucket[2])))
    group = _GROUP_PAGE.search(fragment) or _OLD_GROUP_PAGE.search(fragment)
    region = given.get("region", "")
    if group and region:
        # What stands behind a name, `?start=-3600000`, is the time that the page shows.
        name, stream = (_twice_decoded(part or "").partition("?")[0] for part in group.groups())
        return f"cloudwatch://{region}/{name.removeprefix('/')}{_streams(stream)}"
    raise SettingsError("That page of AWS's console names no bucket and no log group.", _PAGE_HELP)


def _bucket(name: str, prefix: str) -> str:
    return f"s3://{name}/{prefix}".removesuffix("*").rstrip("/")


def _streams(stream: str | None) -> str:
    return f"?streams={quote(stream)}" if stream else ""


def _twice_decoded(text: str) -> str:
    """A name as the console writes it: percent-encoded twice, with `$` for the outer `%`."""
    return unquote(unquote(text.replace("$", "%")))


_FORMS: dict[str, Callable[[str, str], str]] = {
    "s3a": _hadoop,
    "s3n": _hadoop,
    "arn": _arn,
    "https": _page,
    "http": _page,
}
