"""What boxes of filters suggest: each its own kind of names, all of them texts that it reads."""

from __future__ import annotations

import pytest

from dashboards.ui import suggesting
from dashboards.ui.filter_text import filter_problem, understood
from dashboards.ui.state import EITHER_FILTERS, FLOW_FILTERS, MORE_FILTERS


@pytest.mark.parametrize("name", ["port", "protocol", "country", "address"])
def test_what_is_suggested_is_read_as_a_filter(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suggesting.resources, "flows", Nothing)
    for value, _ in suggesting._pairs(name, {}):
        text = understood(name, value, []) if name == "address" else value
        assert filter_problem(name, text) == "" or "," in value


class Nothing:
    """Logs of which no names are known."""

    def names(self, field: str) -> dict[str, str]:
        """No names."""
        return {}


def test_boxes_of_pages_have_suggestions() -> None:
    boxes = {*EITHER_FILTERS, *FLOW_FILTERS, *MORE_FILTERS} - {"owner"}
    assert {field for field in boxes if not suggesting.list_of(field)} == set()
