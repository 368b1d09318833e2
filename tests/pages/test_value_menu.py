"""The menu of a row: what can be done with its values, and that numbers are seen beside it."""

from __future__ import annotations

import pandas as pd

from dashboards.ui import chips, value_menu
from dashboards.ui.filter_text import Chip
from dashboards.ui.panel_table import _order, _spared
from vpcflow_core.charts import title


def test_a_row_has_a_menu_of_its_values_and_pages_come_first() -> None:
    rows = {
        "srcaddr": ["10.0.0.5", None],
        "dstport": [443, 22],
        "flows": [1, 2],
        "action": "REJECT",
    }
    frame = pd.DataFrame(rows).astype({"srcaddr": "string", "dstport": "Int32"})
    first, second = value_menu.menus(frame)[value_menu.MENU]
    assert first[:3] == ["All about 10.0.0.5", "All about 443", "Only 10.0.0.5"]
    assert second == ["All about 22", "Only 22", "Exclude 22", "Either end: 22", "Copy 22"]


def test_what_was_chosen_in_a_menu_is_an_action_and_the_filter_of_its_own_column() -> None:
    row = {"peer": "10.0.0.0/24", "interface_id": "eni-1", "srcport": 22, "dstport": 22}
    choices = value_menu._choices(row)
    assert choices["Exclude eni-1"] == (chips.EXCLUDE, Chip("interface_id", "eni-1", False))
    assert choices["Only 10.0.0.0/24"] == (chips.ONLY, Chip("address", "10.0.0.0/24", False))
    assert choices["Only 22"][1].field == "dstport"
    assert "Either end: eni-1" not in choices


def test_a_table_without_values_that_have_a_page_has_no_menu() -> None:
    assert value_menu.menus(pd.DataFrame({"protocol": [6], "flows": [1]})) == {}


def test_names_stand_right_of_the_numbers_and_menus_first() -> None:
    shown = [title(name) for name in ("dstaddr", "dst_name", "dstport", "flows", "bytes")]
    order = _order([*shown, value_menu.MENU])
    assert order == [value_menu.MENU, *(shown[n] for n in (0, 2, 3, 4, 1))]


def test_ids_give_way_to_numbers_where_every_row_has_a_name() -> None:
    frame = pd.DataFrame({"Security group": ["a", "b"], "Security group ID": ["sg-1", "sg-2"]})
    assert _spared(frame) == ["Security group ID"]
    assert _order([*frame, "Flows"], spared=_spared(frame))[-1] == "Security group ID"
    assert _spared(frame.assign(**{"Security group": ["a", None]})) == []
