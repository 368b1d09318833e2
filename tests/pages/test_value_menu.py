"""The menu of a row: what can be done with its values, and that numbers are seen beside it."""

from __future__ import annotations

import pandas as pd

from dashboards.ui import chips, value_menu
from dashboards.ui.filter_text import Chip
from dashboards.ui.panel_table import _order, _spared, _titles
from vpcflow_core.charts import title


def test_a_row_has_a_menu_of_its_values_and_pages_come_first() -> None:
    rows = {
        "srcaddr": ["10.0.0.5", None],
        "dstport": [443, 22],
        "flows": [1, 2],
        "action": "REJECT",
    }
    frame = pd.DataFrame(rows).astype({"srcaddr": "string", "dstport": "Int32"})
    first, second = value_menu.menus(value_menu.of_fields(frame), 2)[value_menu.MENU]
    assert first[:3] == ["All about 10.0.0.5", "All about port 443", "Only 10.0.0.5"]
    assert second == ["All about port 22", "Only 22", "Exclude 22", "Either end: 22", "Copy 22"]


def test_what_was_chosen_in_a_menu_is_an_action_and_the_filter_of_its_own_column() -> None:
    row = {"peer": "10.0.0.0/24", "interface_id": "eni-1", "srcport": 22, "dstport": 22}
    (values,) = value_menu.of_fields(pd.DataFrame([row]))
    choices = value_menu._choices(values)
    assert choices["Exclude eni-1"] == (chips.EXCLUDE, Chip("interface_id", "eni-1", False))
    assert choices["Only 10.0.0.0/24"] == (chips.ONLY, Chip("address", "10.0.0.0/24", False))
    assert choices["Only 22"][1].field == "dstport"
    assert "Either end: eni-1" not in choices


def test_a_table_without_values_that_have_a_page_has_no_menu() -> None:
    frame = pd.DataFrame({"protocol": [6], "flows": [1]})
    assert value_menu.menus(value_menu.of_fields(frame), 1) == {}


def test_texts_of_rules_and_of_sql_have_menus_of_what_they_name_and_of_nothing_else() -> None:
    rows = {
        "security_group_id": ["sg-1", "sg-1", None],
        "source": ["10.0.0.0/8", "0.0.0.0/0", "pl-68a54001"],
        "ports": ["443", "1024-65535", "all"],
        "srcaddr": ["10.0.0.5", "443", "elsewhere"],
        "dstport": [[22], 22, 1.5],
        "flows": ["22", 22, 22],
    }
    first, second, third = value_menu.of_texts(pd.DataFrame(rows), [*rows, "absent"])
    assert {chip.field: chip.value for chip in first} == {
        "security_group_id": "sg-1", "address": "10.0.0.0/8", "port": "443", "srcaddr": "10.0.0.5",
    }  # fmt: skip
    assert [(chip.field, chip.value) for chip in second] == [
        ("security_group_id", "sg-1"), ("dstport", "22"),
    ]  # fmt: skip
    assert third == []
    (menu, *_) = value_menu.menus([first], 3, value_menu.PAGE_OR_COPY)[value_menu.MENU]
    assert [item.split()[0] for item in menu] == ["All"] * 4 + ["Copy"] * 4


def test_an_episode_has_a_menu_of_who_made_it() -> None:
    made_by = (("action", "REJECT"), ("srcaddr", "10.0.0.5"), ("interface_id", "eni-1"))
    (values,) = value_menu.of_filters([made_by])
    assert [chip.value for chip in values] == ["10.0.0.5", "eni-1"]


def test_names_stand_right_of_the_numbers_and_menus_first() -> None:
    shown = [title(name) for name in ("dstaddr", "dst_name", "dstport", "flows", "bytes")]
    order = _order([*shown, value_menu.MENU])
    assert order == [value_menu.MENU, *(shown[n] for n in (0, 2, 3, 4, 1))]
    # Packets say least, and would push names out of narrow tables.
    packets = title("packets")
    assert _order([*shown, packets]) == [*(shown[n] for n in (0, 2, 3, 4, 1)), packets]


def test_ids_give_way_to_numbers_where_every_row_has_a_name() -> None:
    frame = pd.DataFrame({"Security group": ["a", "b"], "Security group ID": ["sg-1", "sg-2"]})
    assert _spared(frame) == ["Security group ID"]
    assert _order([*frame, "Flows"], spared=_spared(frame))[-1] == "Security group ID"
    assert _spared(frame.assign(**{"Security group": ["a", None]})) == []


def test_a_column_without_any_value_leaves_its_room_to_names() -> None:
    frame = pd.DataFrame({"Flows": [0, 1], "Place": ["", None], "Menu": [[], []]}, dtype="object")
    assert _titles(frame, {"Menu"}) == ["Flows", "Menu"]


def test_ends_of_pairs_have_menus_of_what_their_names_stand_for() -> None:
    rows = {
        "source": ["prod-a (subnet-0ec1d38e)", "web (10.0.0.5)", "Internet: US (10 %)"],
        "destination": ["vpc-0a1b", "com.amazonaws.eu-central-1.s3", "S3"],
    }
    first, second, third = value_menu.of_ends(pd.DataFrame(rows))
    assert first == [
        Chip("subnet_id", "subnet-0ec1d38e", excluded=False),
        Chip("vpc_id", "vpc-0a1b", excluded=False),
    ]
    assert second == [Chip("address", "10.0.0.5", excluded=False)]
    assert third == []
    assert value_menu.of_ends(pd.DataFrame({"bytes": [1]})) == []
