"""Log files of CloudTrail, in a bucket or a folder: places, each with its files in order of time.

Keys are `AWSLogs/[o-ID/]ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/` and
`ACCOUNT_CloudTrail_REGION_TIME_X.json.gz`, TIME being that of the delivery:
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from vpcflow_core.errors import AccessError, EmptyError, MissingError, SettingsError, SourceError
from vpcflow_core.sources.base import file_path, file_uri
from vpcflow_core.sources.open import SourceOptions, require_no_secret
from vpcflow_core.sources.schemes import scheme_of
from vpcflow_core.sources.spellings import plain_url

if TYPE_CHECKING:
    from vpcflow_core.sources.s3.bucket import Bucket

# How far AWSLogs/ is looked for below a prefix, and how many folders are listed at most.
DEPTH = 3
MOST_FOLDERS = 20_000
MOST_FILES = 200_000
SUFFIXES = (".json", ".json.gz")
_TIME = re.compile(r"_CloudTrail_[a-z0-9-]+_(\d{8}T\d{4}Z)_")
_ABOVE = re.compile(r"AWSLogs|o-[a-z0-9]{10,32}")
_ACCOUNT = re.compile(r"\d{12}")
_DATED = re.compile(r"\d{1,4}|.*=.*|CloudTrail-.*")


@dataclass(frozen=True, slots=True)
class TrailFile:
    """One file.

    Attributes:
        name: Its key or path.
        time: When it came to lie there, UTC; files of a place come in this order.
        archived: Whether it has to be restored before it can be read.
    """

    name: str
    time: datetime
    archived: bool = False


class Trail(Protocol):
    """Where CloudTrail's files lie."""

    def places(self) -> list[str]:
        """Folders of an account and region, or one for all.

        Raises:
            SourceError: They cannot be listed, or there are none.
        """

    def files(self, place: str, since: datetime) -> Iterator[TrailFile]:
        """Those of a place from a time on, the oldest first."""

    def read(self, found: TrailFile) -> bytes:
        """The bytes of a file, as stored."""


def open_trail(url: str, options: SourceOptions) -> Trail:
    """The trail that a URL names: `s3://bucket/prefix`, a folder or a file.

    Raises:
        SettingsError: It names neither, or holds a secret.
    """
    require_no_secret(url)
    scheme = scheme_of(url)
    if scheme.name == "s3":
        from vpcflow_core.sources.s3.bucket import Bucket  # boto3 takes a while to import

        bucket, _, prefix = plain_url(url).removeprefix("s3://").partition("/")
        return BucketTrail(Bucket(bucket, options), prefix)
    if scheme.is_folder and "://" not in url.removeprefix("file://"):
        return FolderTrail(Path(file_path(url) if url.startswith("file:") else url).expanduser())
    raise SettingsError(
        f"'{url}' names no place of CloudTrail's log files.",
        "Name the bucket that the trail writes to (s3://bucket/prefix), or a folder.",
    )


class BucketTrail:
    """A bucket that a trail writes to."""

    def __init__(self, bucket: Bucket, prefix: str) -> None:
        self._bucket = bucket
        self._prefix = prefix if not prefix or prefix.endswith("/") else prefix + "/"

    def places(self) -> list[str]:
        """See `Trail.places`."""
        parts = self._prefix.rstrip("/").split("/")
        if "CloudTrail" in parts[:-1]:
            return [self._prefix]
        folders, found = [(self._prefix, 0)], list[str]()
        for listed, (folder, depth) in enumerate(_growing(folders)):
            if listed >= MOST_FOLDERS:
                raise SourceError(
                    f"s3://{self._bucket.name}/{self._prefix} has more than {MOST_FOLDERS:,} "
                    "folders.",
                    "Name a folder below, such as one organization or account.",
                )
            inner = self._bucket.folders(folder)
            if folder.endswith("CloudTrail/"):
                found += inner
            else:
                folders += _worth(inner, depth)
        if not found:
            raise EmptyError(
                f"s3://{self._bucket.name}/{self._prefix} holds no log files of CloudTrail.",
                "They lie in AWSLogs/ACCOUNT/CloudTrail/ below the trail's prefix.",
            )
        return found

    def files(self, place: str, since: datetime) -> Iterator[TrailFile]:
        """See `Trail.files`."""
        more = {"StartAfter": _floor(place, since)}
        while True:
            page = self._bucket.page(place, **more)
            for entry in page.entries:
                time = _time_of(entry.key) or entry.modified.astimezone(UTC)
                if time >= since and entry.key.endswith(SUFFIXES):
                    yield TrailFile(entry.key, time, entry.archived)
            if not page.token:
                return
            more = {"ContinuationToken": page.token}

    def read(self, found: TrailFile) -> bytes:
        """See `Trail.read`."""
        return self._bucket.get(found.name)


class FolderTrail:
    """A folder of such files, or one of them."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def places(self) -> list[str]:
        """See `Trail.places`."""
        if not self._path.exists():
            raise MissingError(f"There is no {self._path}.")
        return [file_uri(self._path.resolve())]

    def files(self, place: str, since: datetime) -> Iterator[TrailFile]:
        """See `Trail.files`; the time is that of the file's last change of any kind (ctime)."""
        found = (_file(path) for path in _below(self._path))
        yield from sorted((f for f in found if f.time >= since), key=lambda f: (f.time, f.name))

    def read(self, found: TrailFile) -> bytes:
        """See `Trail.read`."""
        try:
            return Path(found.name).read_bytes()
        except FileNotFoundError:
            raise MissingError(f"There is no {found.name} any more.") from None
        except OSError as error:
            raise AccessError(f"{found.name} cannot be read: {error.strerror}.") from None


def _below(path: Path) -> Iterator[Path]:
    """Files of a folder that may be CloudTrail's; links lead nowhere else."""
    if path.is_file():
        yield path
        return
    inside, count = path.resolve(), 0
    for parent, folders, names in os.walk(path):
        folders[:] = sorted(n for n in folders if not n.startswith((".", "CloudTrail-")))
        for name in sorted(names):
            one = Path(parent, name)
            if name.startswith(".") or not name.endswith(SUFFIXES) or not one.is_file():
                continue
            if one.is_symlink() and not one.resolve().is_relative_to(inside):
                continue
            count += 1
            if count > MOST_FILES:
                raise SourceError(
                    f"{path} has more than {MOST_FILES:,} files.", "Name a folder below."
                )
            yield one


def _file(path: Path) -> TrailFile:
    return TrailFile(str(path), datetime.fromtimestamp(path.stat().st_ctime, UTC))


def _growing(folders: list[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """The entries of a list that grows meanwhile."""
    done = 0
    while done < len(folders):
        yield folders[done]
        done += 1


def _worth(inner: tuple[str, ...], depth: int) -> Iterator[tuple[str, int]]:
    """Of folders right below one, those that lead to CloudTrail's."""
    for folder in inner:
        *above, name = folder.rstrip("/").split("/")
        if name == "CloudTrail" or _ABOVE.fullmatch(name):
            yield folder, depth
        elif "AWSLogs" in above:
            if _ACCOUNT.fullmatch(name):  # beside CloudTrail/ lie other services' folders
                yield f"{folder}CloudTrail/", depth
        elif depth < DEPTH and not _DATED.fullmatch(name):
            yield folder, depth + 1


def _floor(place: str, since: datetime) -> str:
    """The key before which all files of a place are older."""
    parts = place.rstrip("/").split("/")
    if len(parts) < 3 or parts[-2] != "CloudTrail":
        return ""
    name = f"{parts[-3]}_CloudTrail_{parts[-1]}_{since:%Y%m%dT%H%M}"
    return f"{place}{since:%Y/%m/%d}/{name}"


def _time_of(key: str) -> datetime | None:
    match = _TIME.search(key)
    if match is None:
        return None
    return datetime.strptime(match[1], "%Y%m%dT%H%MZ").replace(tzinfo=UTC)
