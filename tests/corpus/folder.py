"""Where the corpus is, and whether its tests run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

VARIABLE = "VPCFLOW_CORPUS"
NAMED = bool(os.environ.get(VARIABLE))
CORPUS = Path(os.environ.get(VARIABLE, "")).absolute()
TESTS = Path(__file__).parent


def corpus(path: str) -> bytes:
    return (CORPUS / path).read_bytes()


def asked(arguments: list[str]) -> list[Path]:
    """The files and folders of a command line of pytest."""
    return [Path(argument.split("::")[0]).absolute() for argument in arguments]


def require_folder(arguments: list[str]) -> None:
    """Stops a run that cannot find its samples, instead of a failure for each test."""
    if NAMED and not CORPUS.is_dir():
        raise pytest.UsageError(f"{VARIABLE} names {CORPUS}, which is no folder.")
    if not NAMED and any(path.parent == TESTS for path in asked(arguments)):
        raise pytest.UsageError(f"These tests need {VARIABLE}, the folder of their samples.")


def left_out(arguments: list[str]) -> str:
    """The line that says that these tests are left out; empty where a run is about others."""
    if NAMED or not any(TESTS.is_relative_to(path) for path in asked(arguments)):
        return ""
    return f"tests/corpus is left out: {VARIABLE} names no folder."
