"""Notes which questions are answered from what is kept by file, and has it made at once."""

from __future__ import annotations

from typing import Any

import pytest

from vpcflow_core.engines.duckdb.behind import Behind, Work


def kept_files_read(monkeypatch: pytest.MonkeyPatch, kind: type[Any]) -> list[int]:
    """How many kept files of a kind each question reads that is asked from now on."""
    seen: list[int] = []
    of = kind.of

    def noting(self: Any, *given: Any) -> Any:
        found = of(self, *given)
        seen.append(len(found.used) if found else 0)
        return found

    monkeypatch.setattr(kind, "of", noting)
    return seen


def done_at_once(self: Behind, _: object, work: Work) -> None:
    """Stands for `Behind.later`: no question has to be asked twice."""
    for _ in work(self._ask):
        pass
