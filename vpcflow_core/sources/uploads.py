"""Files that people uploaded: kept in the store's own folder, a folder for each upload.

Their URLs, `uploads://NAME`, and the names of their objects do not say where on the server they
lie.
"""

from __future__ import annotations

import itertools
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from vpcflow_core.errors import MissingError, SettingsError
from vpcflow_core.sources.base import LogObject
from vpcflow_core.sources.local import LocalSource
from vpcflow_core.sources.open import SourceOptions, unknown_source
from vpcflow_core.times import Window

UPLOADS = "uploads://"
FOLDER = "uploads"
MOST_LETTERS = 100
_SAFE = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_UNSAFE = re.compile(r"[^A-Za-z0-9._=-]+")


def open_url(url: str, options: SourceOptions, store: Path | None) -> UploadSource:
    """The upload of a URL.

    Raises:
        SettingsError: The URL names no upload, or there is no store to hold it.
    """
    if store is None:
        raise unknown_source(url)
    return UploadSource(store, url)


class UploadSource:
    """The files of one upload.

    Args:
        store: Folder of the store that keeps them.
        url: `uploads://NAME`.

    Raises:
        SettingsError: The URL names no upload.
    """

    def __init__(self, store: Path, url: str) -> None:
        self.name = url.removeprefix(UPLOADS)
        if not _SAFE.fullmatch(self.name):  # it becomes a path
            raise SettingsError(f"'{url}' names no upload.", "Upload files on the Sources page.")
        self.folder = store / FOLDER / self.name

    @property
    def url(self) -> str:
        """`uploads://NAME`."""
        return f"{UPLOADS}{self.name}"

    def find(self, span: Window | None) -> Iterator[LogObject]:
        """All its files, whatever the span: who uploads a file wants all of it.

        Raises:
            MissingError: They are gone.
        """
        if not any(self.folder.glob("*")):
            raise MissingError(f"The files of {self.url} are gone.", "Remove it, or upload again.")
        for found in LocalSource(self.folder).find(None):
            yield replace(found, uri=f"{self.url}/{found.uri.rpartition('/')[2]}")

    def read(self, found: LogObject) -> bytes:
        """The file's bytes.

        Raises:
            MissingError: It is gone.
        """
        try:
            return (self.folder / found.uri.rpartition("/")[2]).read_bytes()
        except OSError:
            raise MissingError(f"{found.uri} is gone.", "Upload it again.") from None


def keep(store: Path, name: str, files: Mapping[str, bytes]) -> str:
    """Keep the files of an upload; all of them or none.

    Args:
        store: Folder of the store.
        name: What the upload shall be called; it gets a number if the name is taken.
        files: Contents by file name; the names come from outside and are made safe.

    Returns:
        The URL of the upload.
    """
    below = store / FOLDER
    below.mkdir(exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=".writing-", dir=below))
    try:
        for file, content in files.items():
            _first_free(beside, safe_file(file)).write_bytes(content)
        return f"{UPLOADS}{_renamed(beside, safe_name(name)).name}"
    except OSError:
        shutil.rmtree(beside, ignore_errors=True)
        raise


def drop(store: Path, url: str) -> None:
    """Delete the files of an upload; it is no error if they are gone."""
    shutil.rmtree(UploadSource(store, url).folder, ignore_errors=True)


def size_of_all(store: Path) -> int:
    """Bytes that all uploads take."""
    return sum(path.stat().st_size for path in (store / FOLDER).glob("*/*"))


def safe_name(text: str) -> str:
    """A name for an upload, made of what is left of the text.

    >>> safe_name("Case 42: VPC logs"), safe_name("../..")
    ('case-42-vpc-logs', 'upload')
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:50].strip("-") or "upload"


def safe_file(text: str) -> str:
    r"""A file name that leads nowhere else, and that is taken for a log's.

    >>> safe_file("../../etc/passwd"), safe_file("C:\\logs\\flow log.gz"), safe_file(".x.log")
    ('passwd.log', 'flow_log.gz', 'x.log')
    """
    last = re.split(r"[/\\]", text)[-1]
    name = _UNSAFE.sub("_", last).strip("._")[-MOST_LETTERS:].lstrip("._-") or "file"
    return name if name.lower().endswith(_SUFFIXES) else f"{name}.log"


_SUFFIXES = (".log", ".gz", ".json", ".jsonl", ".ndjson", ".parquet", ".csv", ".tsv", ".txt")


def _numbered(folder: Path, name: str) -> Iterator[Path]:
    """The path of that name, then those with a number: `a.log`, `a-2.log`, ..."""
    stem, dot, suffix = name.partition(".")
    yield folder / name
    yield from (folder / f"{stem}-{number}{dot}{suffix}" for number in itertools.count(2))


def _first_free(folder: Path, name: str) -> Path:
    return next(path for path in _numbered(folder, name) if not path.exists())


def _renamed(written: Path, name: str) -> Path:
    """Give the folder its name, or the first one with a number that is not taken meanwhile."""
    for path in _numbered(written.parent, name):
        try:
            return written.rename(path)
        except OSError:
            if not path.exists():
                raise
    raise AssertionError  # numbers never end
