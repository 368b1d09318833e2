"""Command lines, run in this process as people run them in theirs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest

from vpcflow_core.cli.main import main


class Ended(NamedTuple):
    """How a command has ended: exit code, standard output and standard error."""

    code: int
    out: str
    err: str


Run = Callable[..., Ended]


def exit_code(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    """The exit code of `vpcflow` with these words."""
    monkeypatch.setattr(sys, "argv", ["vpcflow", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.fixture
def vpcflow(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `vpcflow` with the words given."""

    def run(*words: object) -> Ended:
        capsys.readouterr()  # what others have printed before
        code = exit_code(monkeypatch, *words)
        return Ended(code, *capsys.readouterr())

    return run
