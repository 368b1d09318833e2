"""One writer at a time, and no lock outlives its process."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from vpcflow_core.errors import LockedError, StoreError
from vpcflow_core.store.lock import writer_lock

HOLD = """
import sys, time
from pathlib import Path
from vpcflow_core.store.lock import writer_lock
with writer_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_another_process_is_named_and_its_death_frees_the_lock(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LockedError, match=f"process {holder.pid} on"):
            writer_lock(tmp_path).__enter__()
        holder.send_signal(signal.SIGKILL)
    with writer_lock(tmp_path):
        pass


def test_a_writer_may_wait_for_another(tmp_path: Path) -> None:
    entered = threading.Event()

    def hold() -> None:
        with writer_lock(tmp_path):
            entered.set()
            time.sleep(0.3)

    thread = threading.Thread(target=hold)
    thread.start()
    entered.wait()
    with writer_lock(tmp_path, wait=30):
        pass
    thread.join()


def test_a_folder_that_is_gone_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        writer_lock(tmp_path / "gone").__enter__()
