"""Every kind of source, a row each: what its URLs look like and what is true of its logs.

Whatever depends on the kind of a source reads this table. A source's own module is imported when
one is opened, so that a folder of files can be read without boto3.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from vpcflow_core.errors import SettingsError
from vpcflow_core.sources.spellings import plain_url

if TYPE_CHECKING:
    from vpcflow_core.sources.base import Source
    from vpcflow_core.sources.open import SourceOptions

AddingLevel = Literal["uploads", "aws", "all"]


@dataclass(frozen=True, slots=True)
class Scheme:
    """One kind of source.

    Attributes:
        name: What stands before `://` in its URLs.
        module: Module below vpcflow_core.sources with the function
            `open_url(url, options, store) -> Source`.
        example: How people name such a source; "" if only the app makes its URLs.
        adding: Level of the setting `add_sources` from which on visitors of the app may add it.
        in_aws: Whether it is read through AWS's API, with credentials, permissions and EC2.
        listing_costs: Whether listing costs requests and time, so that a sync lists only where new
            objects can appear. Folders are listed whole: an old file may be new to the store.
        fixed: Whether its content never changes, so that looking again would find nothing.
        is_folder: Whether its URL is a path on the server, which visitors may not learn.
        is_upload: Whether its files lie in the store's folder and are deleted with the source.
        stands_alone: Whether its records never share a store with those of other sources.
        is_engine: Whether the records lie in an engine that answers there: nothing is synced.
        credentials: Where they come from, as its URL holds none.
    """

    name: str
    module: str
    example: str
    adding: AddingLevel
    in_aws: bool = False
    listing_costs: bool = False
    fixed: bool = False
    is_folder: bool = False
    is_upload: bool = False
    stands_alone: bool = False
    is_engine: bool = False
    credentials: str = "name an AWS profile or role: s3://bucket/prefix, --profile NAME"

    def open(self, url: str, options: SourceOptions, store: Path | None) -> Source:
        """The source of that URL; see `open_source`."""
        module = import_module(f"vpcflow_core.sources.{self.module}")
        return cast("Source", module.open_url(url, options, store))


_ROWS: tuple[Scheme, ...] = (
    Scheme("s3", "s3.source", "s3://bucket/prefix", "aws", in_aws=True, listing_costs=True),
    Scheme(
        "cloudwatch",
        "cloudwatch.source",
        "cloudwatch://region/log-group",
        "aws",
        in_aws=True,
        listing_costs=True,
    ),
    Scheme("file", "local", "a folder or file", "all", is_folder=True),
    Scheme("sample", "sample.source", "sample://", "all", fixed=True, stands_alone=True),
    Scheme("uploads", "uploads", "", "uploads", fixed=True, is_upload=True),
    Scheme(
        "trino",
        "elsewhere",
        "trino://user@host:port/catalog/schema",
        "all",
        fixed=True,
        stands_alone=True,
        is_engine=True,
        credentials="set the environment variable TRINO_PASSWORD or TRINO_TOKEN",
    ),
    Scheme(
        "athena",
        "elsewhere",
        "athena://catalog.database?workgroup=name",
        "all",
        fixed=True,
        stands_alone=True,
        is_engine=True,
        credentials="name an AWS profile: athena://...?workgroup=name&profile=NAME",
    ),
)
SCHEMES: dict[str, Scheme] = {row.name: row for row in _ROWS}
FOLDERS = SCHEMES["file"]


def find_scheme(url: str) -> Scheme | None:
    """The kind of source that a URL names; a plain path is a file's, an unknown scheme is None.

    >>> find_scheme("S3://logs").name, find_scheme("logs/today").name, find_scheme("ftp://logs")
    ('s3', 'file', None)
    """
    try:
        name, separator, _ = plain_url(url).partition("://")
    except SettingsError:  # an ARN or page that names no source; opening it says why
        return None
    return SCHEMES.get(name.lower()) if separator else FOLDERS


def scheme_of(url: str) -> Scheme:
    """As `find_scheme`; an unknown scheme gets the row of folders, which promises least."""
    return find_scheme(url) or FOLDERS


def examples(of: Iterable[Scheme] | None = None, *, mark: str = "") -> str:
    """How people name sources, in a list: `s3://bucket/prefix, ..., a folder or file, sample://`.

    Args:
        of: Kinds of sources; all of them if None.
        mark: Stands around each URL, such as a backtick of Markdown.
    """
    shown = [row for row in (SCHEMES.values() if of is None else of) if row.example]
    return ", ".join(f"{mark}{r.example}{mark}" if "://" in r.example else r.example for r in shown)
