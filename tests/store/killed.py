"""One sync from S3 in a process that the test kills: `killed.py URL ENDPOINT STORE`."""

from __future__ import annotations

import sys
from typing import Any

from vpcflow_core.sources.open import SourceOptions, open_source
from vpcflow_core.store import sync as module
from vpcflow_core.store.batch import Limits
from vpcflow_core.store.repair import Repaired, repair
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import Progress, sync


def main() -> None:
    url, endpoint, store = sys.argv[1:]
    source = open_source(url, options=SourceOptions(endpoint_url=endpoint, region="us-east-1"))
    module.repair = telling  # type: ignore[attr-defined]
    with Store.open(store) as opened:
        print("open", flush=True)
        # Small batches, so that there are many commits to be killed in.
        sync(opened, source, limits=Limits(seconds=0.1), progress=Tell())


def telling(*args: Any) -> Repaired:
    """Says that damaged files are being repaired, and does so."""
    print("repairing", flush=True)
    return repair(*args)


class Tell:
    """Says once that objects are being loaded."""

    def __init__(self) -> None:
        self.told = False

    def __call__(self, now: Progress) -> None:
        if now.objects and not self.told:
            self.told = True
            print("loading", flush=True)


if __name__ == "__main__":
    main()
