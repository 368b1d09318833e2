"""Log files on this machine: one file, or a folder and all below it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from vpcflow_core.errors import AccessError, EmptyError, MissingError, SourceError
from vpcflow_core.sources.base import LogObject, file_path, file_uri
from vpcflow_core.sources.open import SourceOptions
from vpcflow_core.sources.s3.layout import describe, is_log_like, time_may_hold
from vpcflow_core.times import Window

# A file that the folder of a store has.
LEDGER = "ledger.sqlite"


def open_url(url: str, options: SourceOptions, store: Path | None) -> LocalSource:
    """The source of a path or URL, as its row in `SCHEMES` names it."""
    return LocalSource(url)


class LocalSource:
    """Files as log objects; those that AWS named carry what their names tell.

    Args:
        path: A file (whatever its name), a folder, or a `file://` URL of one.
    """

    def __init__(self, path: str | Path) -> None:
        # No resolve(): the folder's name as the user wrote it names the objects, links and all.
        self.path = Path(os.path.abspath(_plain(path)))  # noqa: PTH100

    @property
    def url(self) -> str:
        """`file:///path`."""
        return file_uri(self.path)

    def find(self, span: Window | None) -> Iterator[LogObject]:
        """The files that may hold records of the span, oldest first.

        Files that AWS named are chosen by the time in their name; all others always pass, with
        the time of their last change.

        Raises:
            MissingError: No such file or folder.
            EmptyError: A folder without a file that looks like a log.
            AccessError: It may not be read.
        """
        objects = [found for path in self._files() if (found := self._object(path))]
        if not objects:
            raise EmptyError(f"The folder {self.path} holds no log files.", _hint(self.path))
        wanted = (found for found in objects if not found.flow_log_id or _in_span(found, span))
        return iter(sorted(wanted, key=lambda found: (found.time, found.uri)))

    def read(self, found: LogObject) -> bytes:
        """The file's bytes, as they lie on disk.

        Raises:
            MissingError: It is gone.
            AccessError: It may not be read.
        """
        path = Path(_plain(found.uri))
        try:
            return path.read_bytes()
        except OSError as error:
            raise _error_of(error, path) from error

    def _files(self) -> list[Path]:
        try:
            if self.path.is_file():
                return [self.path]
            if not self.path.is_dir():
                raise MissingError(f"There is no {self.path}.", _nearest(self.path))
            os.scandir(self.path).close()  # os.walk is silent where it may not look
        except OSError as error:
            raise _error_of(error, self.path) from error
        return list(_below(self.path))

    def _object(self, path: Path) -> LogObject | None:
        try:
            state = path.stat()
        except FileNotFoundError:  # gone since the folder was listed, as rotated logs are
            return None
        facts = describe(path.as_posix())
        return LogObject(
            uri=file_uri(path),
            size=state.st_size,
            etag=f"{state.st_size}-{state.st_mtime_ns}",
            account=facts.account if facts else "",
            region=facts.region if facts else "",
            flow_log_id=facts.flow_log_id if facts else "",
            time=facts.time if facts else datetime.fromtimestamp(state.st_mtime, UTC),
            hint=facts.hint if facts else "",
            identity=file_uri(path.resolve()),
        )


def _in_span(found: LogObject, span: Window | None) -> bool:
    return found.time is None or time_may_hold(found.time, span)


def _below(folder: Path) -> Iterator[Path]:
    inside = folder.resolve()
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if LEDGER in names:  # what lies in a store are not logs, but records that were loaded
            folders.clear()
            continue
        for name in names:
            path = Path(parent, name)
            if is_log_like(name) and path.is_file() and _stays(path, inside):
                yield path


def _hint(folder: Path) -> str:
    store = next((path.parent for path in folder.glob(f"**/{LEDGER}")), None)
    if store:
        return f"There is a store of vpcflow at {store}: give that folder, or --store {store}."
    return "Give a folder with flow logs (.log, .gz, .json, .parquet, .csv, .txt), or a file."


def _stays(path: Path, inside: Path) -> bool:
    """A link may point at another file of the folder, never out of it."""
    return not path.is_symlink() or path.resolve().is_relative_to(inside)


def _plain(path: str | Path) -> Path:
    text = str(path)
    if text.startswith("file:"):
        text = file_path(text)
    return Path(text).expanduser()


def _nearest(path: Path) -> str:
    if any(part.endswith(":") for part in path.parts):
        return "An address has two slashes behind its colon: s3://bucket/prefix."
    parent = next((p for p in path.parents if p.is_dir()), Path("/"))
    try:
        names = sorted(p.name for p in parent.iterdir() if not p.name.startswith("."))
    except OSError:
        names = []
    known = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    return f"The closest folder is {parent}; it holds {known or 'nothing'}."


def _error_of(error: OSError, path: Path) -> SourceError:
    if isinstance(error, PermissionError):
        return AccessError(
            f"{path} may not be read by this user.", "Give this user the right to read it."
        )
    if isinstance(error, FileNotFoundError):
        return MissingError(f"There is no {path} any more.", _nearest(path))
    return SourceError(f"{path} cannot be read: {error.strerror}.")
