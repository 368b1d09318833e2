"""What boxes of filters suggest: each its own kind of names, all of them texts that it reads."""

from __future__ import annotations

import pandas as pd
import pytest

from dashboards.ui import suggesting
from dashboards.ui.filter_text import filter_problem, understood
from dashboards.ui.state import EITHER_FILTERS, FLOW_FILTERS, MORE_FILTERS
from vpcflow_core.panels.catalogue import PANELS, PanelAnswer


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


def test_values_of_a_panel_are_suggested_as_filters_of_their_column_and_of_either_end() -> None:
    frame = pd.DataFrame({"srcaddr": ["10.0.0.1", None, "10.0.0.1"], "dstport": [443, 22, 443]})
    names = {"srcaddr": {"10.0.0.1": "<b>"}}
    addresses, ports = suggesting._seen(
        PANELS["overview/top-sources"], PanelAnswer(frame, "", 0, names=names)
    )
    assert 'data-for="srcaddr address"' in addresses
    assert addresses.count("<option") == 1
    assert 'data-value="10.0.0.1">&lt;b&gt;<' in addresses
    assert 'data-for="dstport port"' in ports
    assert 'data-value="443">443 (https)<' in ports


def test_boxes_of_pages_have_suggestions() -> None:
    boxes = {*EITHER_FILTERS, *FLOW_FILTERS, *MORE_FILTERS} - {"owner"}
    assert {field for field in boxes if not suggesting.list_of(field)} == set()
