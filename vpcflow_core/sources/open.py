"""Where logs lie: `open_source` turns a URL into a source; may import errors and times.

A source is opened without asking anything of it: the first `find` does. boto3 is imported by the
sources in AWS alone, and only when one is opened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vpcflow_core.errors import SettingsError, closest
from vpcflow_core.sources.base import LogObject, Source

__all__ = ["AWS_HOSTS", "SCHEMES", "LogObject", "Source", "SourceOptions", "open_source"]


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


def _open_file(url: str, options: SourceOptions, cache: Path | None) -> Source:
    from vpcflow_core.sources.local import LocalSource

    return LocalSource(url)


def _open_s3(url: str, options: SourceOptions, cache: Path | None) -> Source:
    from vpcflow_core.sources.s3.source import S3Source

    return S3Source.from_url(url, options)


def _open_cloudwatch(url: str, options: SourceOptions, cache: Path | None) -> Source:
    from vpcflow_core.sources.cloudwatch.source import CloudWatchSource

    return CloudWatchSource(url, options)


def _open_sample(url: str, options: SourceOptions, cache: Path | None) -> Source:
    from vpcflow_core.sources.sample.source import SampleSource

    return SampleSource.from_url(url, cache)


SCHEMES: dict[str, Callable[[str, SourceOptions, Path | None], Source]] = {
    "s3": _open_s3,
    "cloudwatch": _open_cloudwatch,
    "file": _open_file,
    "sample": _open_sample,
}


def open_source(
    url: str, *, options: SourceOptions = DEFAULTS, cache: Path | None = None
) -> Source:
    """The source that `url` names.

    Args:
        url: `s3://bucket/prefix`, `cloudwatch://region/log-group`, `file:///dir`, a plain path, or
            `sample://`.
        options: How to reach it.
        cache: Folder where the sample is written; the system's temporary one if None.

    Raises:
        SettingsError: The URL names no source.
    """
    scheme, separator, _ = url.partition("://")
    if not url.strip():
        raise SettingsError("The source's URL is empty.", _known())
    if not separator:
        return _open_file(url, options, cache)
    if scheme.lower() not in SCHEMES:
        hint = closest(scheme, SCHEMES)
        raise SettingsError(f"'{url}' names no source: '{scheme}' is unknown.", _known(hint))
    return SCHEMES[scheme.lower()](url, options, cache)


def _known(hint: str = "") -> str:
    listed = (
        "s3://bucket/prefix, cloudwatch://region/log-group, file:///folder, a plain path, sample://"
    )
    return f"{hint} Sources are: {listed}.".strip()
