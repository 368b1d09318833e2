"""Bytes and seconds of the questions of a page at a real Trino: text where it lies, and the table.

`python -m tests.trino.measure 1000000` prints a row for each question; docs/engines.md scales them.
`python -m tests.trino.measure 300000 pages` prints what each dashboard asks and reads for a day, with
what EC2 knows of the network: panels, queries, bytes and seconds, question by question and with what
is asked at once together.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from typer.testing import CliRunner

from tests.logs import fill, write_sample
from tests.trino.server import add_hive, add_iceberg, running
from vpcflow_core.api import FlowLogs
from vpcflow_core.cli.main import app
from vpcflow_core.engines.open import open_catalogue
from vpcflow_core.errors import MissingDataError
from vpcflow_core.lake.opening import open_lake
from vpcflow_core.panels.catalogue import PANELS
from vpcflow_core.times import Window

PAGES = ("overview", "accepts", "rejects", "traffic", "security-groups", "outliers")
DAY = timedelta(days=1)
PAGE = [slug for slug in PANELS if slug.startswith("overview/")]


def tables(folder: Path, port: int, records: int) -> dict[str, str]:
    """The same records as text in place, as the shared table, and with minutes beside it."""
    logs = write_sample(folder / "logs", records=records)
    write_sample(folder / "few", records=100)
    database = folder / "catalog.sqlite"
    open_lake(str(folder / "first"), f"sqlite:///{database}", "first")
    add_hive(port, folder / "hive")
    add_iceberg(port, database)
    os.environ["VPCFLOW_LAKE_CATALOG"] = f"sqlite:///{database}"
    made = {"text": "hive/logs", "table": "iceberg/plain", "table and minutes": "iceberg/summed"}
    urls = {name: f"trino://tests@127.0.0.1:{port}/{at}" for name, at in made.items()}
    run("tables", urls["text"], "--logs", str(logs), "--since", "all", "--apply")
    for schema in ("plain", "summed"):
        os.environ["VPCFLOW_LAKE_DATABASE"] = schema
        run("sync", str(logs), "--into", str(folder / schema))
    run("summarize", urls["table and minutes"])
    print(f"{records:,} records; text: {size(logs):,} bytes; table: {size(folder / 'plain'):,}")
    return urls


def run(*words: str) -> None:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 0, (done.output, done.exception)


def size(folder: Path) -> int:
    """Bytes of the files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*.*") if path.is_file())


def read(url: str) -> Iterator[tuple[str, int, float]]:
    """The panels of a page: bytes that their questions read, and seconds."""
    with FlowLogs.open(url) as logs:
        client: Any = logs.engine.catalogue.client  # type: ignore[attr-defined]
        asked, scanned = client.run, [0]

        def noted(*args: Any) -> Any:
            reply = asked(*args)
            scanned[0] += reply.scanned or 0
            return reply

        client.run = noted
        assert logs.extent
        whole = logs.extent.snapped(timedelta(hours=1))
        for slug in PAGE:
            scanned[0], began = 0, time.monotonic()
            PANELS[slug].answer(PANELS[slug].request(whole), logs)
            yield slug, scanned[0], time.monotonic() - began


def at_once(
    url: str, page: str, length: timedelta | None, store: Path | None = None
) -> tuple[int, int, int, float]:
    """A dashboard whose panels are asked at once: panels, queries, bytes read, and seconds.

    Args:
        url: The engine.
        page: The dashboard.
        length: Of the range that it shows, the newest; None: all.
        store: Whose snapshots tell of the network; None: nothing is known of it.
    """
    slugs = [slug for slug in PANELS if slug.startswith(f"{page}/")]
    opened = FlowLogs(catalogue=open_catalogue(url, inventory=store))
    with opened as logs, ThreadPoolExecutor(len(slugs)) as pool:
        client: Any = logs.engine.catalogue.client  # type: ignore[attr-defined]
        asked, scanned = client.run, []
        assert logs.extent
        whole = logs.extent.snapped(timedelta(hours=1))
        window = Window(whole.end - length, whole.end) if length else whole
        assert logs.coverage

        def noted(*args: Any) -> Any:
            reply = asked(*args)
            scanned.append(reply.scanned or 0)
            return reply

        def answer(slug: str) -> None:
            with suppress(MissingDataError):  # the sample lacks some fields
                PANELS[slug].answer(PANELS[slug].request(window), logs)

        client.run, began = noted, time.monotonic()
        list(pool.map(answer, slugs))
        return len(slugs), len(scanned), sum(scanned), time.monotonic() - began


def main(records: int, only_pages: bool) -> None:
    """Print what each panel of the Overview reads of each form, or pages asked at once."""
    with TemporaryDirectory() as folder, running() as port:
        urls = tables(Path(folder), port, records)
        if only_pages:
            store = fill(Path(folder) / "store", Path(folder) / "few", snapshot=True)
            for shared, page in product(("false", "true"), PAGES):
                url = f"{urls['table']}?shared={shared}"
                print(f"shared={shared:5} {page:16}", *at_once(url, page, DAY, store), flush=True)
            return
        for name, url in urls.items():
            rows = list(read(url))
            for slug, scanned, seconds in rows:
                print(f"{name:18} {slug:32} {scanned:14,} {seconds:8.2f}")
            total, taken = sum(row[1] for row in rows), sum(row[2] for row in rows)
            print(f"{name:18} {'page':32} {total:14,} {taken:8.2f}")
            print(name, "shared", *at_once(f"{url}?shared=true", "overview", None), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000, "pages" in sys.argv)
