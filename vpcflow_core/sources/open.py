"""`open_source` turns a URL into a source; which kinds there are is in schemes.py.

A source is opened without asking anything of it: the first `find` does. boto3 is imported by the
sources in AWS alone, and only when one is opened.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vpcflow_core.errors import SettingsError, closest, is_unicode
from vpcflow_core.redaction import holds_secret
from vpcflow_core.sources.base import LogObject, Source
from vpcflow_core.sources.schemes import SCHEMES, examples, find_scheme
from vpcflow_core.sources.spellings import plain_url

__all__ = ["AWS_HOSTS", "LogObject", "Source", "SourceOptions", "open_source"]


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """How to reach a source; what a source has no use for is ignored.

    Attributes:
        profile: Profile of the AWS configuration.
        role_arn: Role to assume, with `external_id` if its trust asks for one.
        external_id: See `role_arn`.
        endpoint_url: Address of the service instead of AWS's own.
        region: Region of the bucket; found out if empty. A log group's is in its URL.
        requester_pays: Whether the reader pays for requests (buckets that demand it).
        no_sign: Whether to ask without credentials (public buckets).
        log_format: Fields of lines without header, as `LogFormat.parse` reads them.
    """

    profile: str = ""
    role_arn: str = ""
    external_id: str = ""
    endpoint_url: str = ""
    region: str = ""
    requester_pays: bool = False
    no_sign: bool = False
    log_format: str = ""


DEFAULTS = SourceOptions()
# Endpoints of AWS's own; any other is a service that is like AWS's.
AWS_HOSTS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".on.aws")


def open_source(
    url: str, *, options: SourceOptions = DEFAULTS, store: Path | None = None
) -> Source:
    """The source that `url` names.

    Args:
        url: As the examples in `SCHEMES`, `file:///dir`, a plain path, or what `plain_url` reads.
        options: How to reach it.
        store: Folder of the store that it fills: uploads lie there, and the sample is written
            there. Without one there are no uploads, and the sample is written to a temporary one.

    Raises:
        SettingsError: The URL names no source, or holds a secret.
    """
    if not url.strip():
        raise SettingsError("The source's URL is empty.", _known())
    if not is_unicode(url):
        raise SettingsError(f"The source's name {url!r} is not UTF-8.", "Name the folder above it.")
    require_no_secret(url)
    require_no_secret(options.endpoint_url)
    url = plain_url(url)
    scheme = find_scheme(url)
    if scheme is None:
        raise unknown_source(url)
    return scheme.open(url, options, store)


def require_no_secret(url: str) -> None:
    """Check a URL that somebody gave, before any of it is shown, written down or asked for.

    Raises:
        SettingsError: It holds a password, key, token or signature; none of it is quoted.
    """
    if holds_secret(url):
        scheme = SCHEMES.get(url.partition("://")[0], SCHEMES["s3"])
        raise SettingsError(
            "A source's URL must not hold a password, key, token or signature.",
            f"Leave it out, and {scheme.credentials}.",
        )


def unknown_source(url: str) -> SettingsError:
    """The error for a URL that names no source, with those that exist."""
    name = url.partition("://")[0]
    named = [scheme.name for scheme in SCHEMES.values() if scheme.example]
    hint = closest(name, named)
    return SettingsError(f"'{url}' names no source: '{name}' is unknown.", _known(hint))


def _known(hint: str = "") -> str:
    return f"{hint} Sources are: {examples()}.".strip()
