"""Where SQL is attacked: a store, and canaries beside it that show whether something got out.

A file with a secret, a store of somebody else, and a socket that listens: none may be read, changed
or called. Folders are compared before and after.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tests.query.logs import Logs
from vpcflow_core.engines.duckdb.engine import DuckDBEngine

SECRET = "canary-5f1d-never-to-be-seen"


@dataclass(frozen=True, slots=True)
class Ground:
    """The place of the attack.

    Attributes:
        folder: Folder of everything.
        engine: Answers SQL by hand over the store.
        listener: A socket that must not be called.
    """

    folder: Path
    engine: DuckDBEngine
    listener: socket.socket

    @property
    def words(self) -> dict[str, str]:
        """What stands for `{secret}`, `{file}` and so on in an attack."""
        port = self.listener.getsockname()[1]
        own = self.folder / "store"
        return {
            "{secret}": str(self.folder / "secret.csv"),
            "{above}": str(own / ".." / "secret.csv"),
            "{link}": str(own / "link.csv"),
            "{folder}": str(self.folder),
            "{store}": str(own),
            "{other}": str(next((self.folder / "other").rglob("*.parquet"))),
            "{file}": str(next(own.rglob("*.parquet"))),
            "{web}": f"http://127.0.0.1:{port}",
            "{port}": str(port),
        }

    def filled(self, sql: str) -> str:
        """The attack with names of this place."""
        for word, value in self.words.items():
            sql = sql.replace(word, value.replace("'", "''"))
        return sql

    def was_called(self) -> bool:
        """Whether something connected to the listener."""
        try:
            self.listener.accept()[0].close()
        except BlockingIOError:
            return False
        return True

    def files(self) -> dict[str, tuple[int, int]]:
        """Size and time of every file of the place."""
        found = {}
        for path in self.folder.rglob("*"):
            status = path.lstat()
            found[str(path)] = (status.st_size, status.st_mtime_ns)
        return found


@contextmanager
def ground(folder: Path, *, seconds: float = 20, memory: str = "300MB") -> Iterator[Ground]:
    """Lay out the place in an empty folder.

    Args:
        folder: The folder.
        seconds: Time of a query.
        memory: Memory of a query, as DuckDB writes it.
    """
    (folder / "store").mkdir()
    (folder / "other").mkdir()
    (folder / "secret.csv").write_text(f"a,b\n{SECRET},1\n")
    logs = Logs(folder / "store", rows=20)
    Logs(folder / "other", rows=3)
    (folder / "store" / "link.csv").symlink_to(folder / "secret.csv")
    engine = DuckDBEngine(logs, threads=2, memory_limit=memory, timeout=timedelta(seconds=seconds))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        try:
            yield Ground(folder, engine, listener)
        finally:
            engine.close()
