"""One sync from S3 in a process that the test kills."""

from __future__ import annotations

from multiprocessing.connection import Connection
from typing import Any

from vpcflow_core.sources.open import SourceOptions, open_source
from vpcflow_core.store import sync as module
from vpcflow_core.store.batch import Limits
from vpcflow_core.store.repair import Repaired, repair
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import Progress, sync


def sync_and_say(said: Connection, url: str, endpoint: str, store: str) -> None:
    """Sync, and say what is being done: `open`, `loading`, `repairing`."""

    def telling(*args: Any) -> Repaired:
        said.send("repairing")
        return repair(*args)

    def progress(now: Progress) -> None:
        if now.objects and not told:
            told.append(now)
            said.send("loading")

    told: list[Progress] = []
    source = open_source(url, options=SourceOptions(endpoint_url=endpoint, region="us-east-1"))
    module.repair = telling  # type: ignore[attr-defined]
    with Store.open(store) as opened:
        said.send("open")
        # Small batches, so that there are many commits to be killed in.
        sync(opened, source, limits=Limits(seconds=0.1), progress=progress)
