"""Notes which questions are answered from what is kept by file."""

from __future__ import annotations

from typing import Any

import pytest


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
