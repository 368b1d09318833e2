"""Runs of `watch` that are killed: a process that forks one run after another, and kills each.

`python -m tests.alerts.killed STORE STATE FROM UNTIL URL DELAY...` kills a run after each delay
(seconds), and lets the last one end. It imports once: a run begins within milliseconds.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from datetime import datetime
from pathlib import Path

from tests.alerts.watching import at, settings_of
from vpcflow_core.alerts.outbox import State, save
from vpcflow_core.alerts.watch import watch
from vpcflow_core.api import FlowLogs


def main(store: str, state: str, start: str, until: str, url: str, *delays: str) -> int:
    folder = Path(state)
    save(folder, State(datetime.fromisoformat(start)))
    for delay in (*map(float, delays), None):
        child = os.fork()
        if not child:
            with FlowLogs.open(store) as logs:
                outcome = watch(at(logs, datetime.fromisoformat(until)), settings_of(url), folder)
            os._exit(outcome.waiting)
        if delay is not None:
            time.sleep(delay)
            os.kill(child, signal.SIGKILL)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(ended, flush=True)
    return ended


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
