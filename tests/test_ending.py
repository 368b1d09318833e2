"""Processes that end while a thread of theirs is in a library's C++."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BEGIN = """
import sys, time
from pathlib import Path
from threading import Event, Thread
from vpcflow_core.settings import Settings
from vpcflow_core.store.store import Store
from vpcflow_core.engines.duckdb import behind
from vpcflow_core.engines.duckdb.engine import DuckDBEngine
from vpcflow_core.workspace.background import Syncer
from vpcflow_core.workspace.workspace import Workspace

store = Store.open(Path(sys.argv[1]))
engine = DuckDBEngine(store)
asking = Event()

def ask():
    while True:
        with engine._cursors.one() as cursor:
            asking.set()
            cursor.execute("SELECT sum(a.range * b.range) FROM range(30_000) a, range(30_000) b")
"""
ENDINGS = {
    "a page asks": "Thread(target=ask, daemon=True).start()",
    "something is made for later questions": (
        "behind.QUIET = 0.0; engine._files.behind.later('a', lambda _: iter(ask, None))"
    ),
    "what follows a sync asks": "Syncer(Workspace(store.path, {}), Settings(), ask).start()",
}


@pytest.mark.parametrize("begin", ENDINGS.values(), ids=ENDINGS)
def test_a_process_ends_in_order_while_a_question_is_asked(begin: str, tmp_path: Path) -> None:
    code = f"{BEGIN}\n{begin}\nasking.wait(60)\ntime.sleep(0.1)\nsys.exit(7)\n"
    command = [sys.executable, "-c", code, str(tmp_path / "store")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 7, ended.stderr
    assert "FATAL" not in ended.stderr
