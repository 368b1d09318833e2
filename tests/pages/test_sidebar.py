"""The boxes of the sidebar: each filter has one, with its title and how it is written."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboards.ui.state import FILTER_LABELS, MORE_FILTERS
from vpcflow_core.query.dimensions import DIMENSIONS, filterable


def sidebar(*fields: str) -> AppTest:
    """The sidebar of a page with these filters, as Streamlit draws it."""

    def page(fields: tuple[str, ...]) -> None:
        from dashboards.ui.sidebar import filters

        filters(fields, ())

    app = AppTest.from_function(page, args=(fields,)).run()
    assert not app.exception
    return app


def typed(app: AppTest) -> list[Any]:
    """The boxes that people type into; hidden ones hold what is in force."""
    return [box for box in app.sidebar.text_input if str(box.key).startswith("typed-")]


def test_every_filter_says_how_it_is_written() -> None:
    helps = {name: filterable(name).filter_help for name in FILTER_LABELS}
    assert [name for name, text in helps.items() if not text] == []
    assert {name: filterable(name).title for name in FILTER_LABELS} == FILTER_LABELS
    app = sidebar(*FILTER_LABELS)
    boxes = [*typed(app), *app.sidebar.get("button_group")]
    drawn = {
        box.label if hasattr(box, "label") else box.proto.label: box.proto.help for box in boxes
    }
    assert {name: drawn[title] for name, title in FILTER_LABELS.items()} == helps


def test_a_filter_without_help_is_drawn_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not DIMENSIONS["ecs_task_id"].filter_help
    monkeypatch.setitem(FILTER_LABELS, "ecs_task_id", "ECS task")
    app = sidebar("srcaddr", "ecs_task_id")
    assert [box.label for box in typed(app)] == ["Source address", "ECS task"]
    app.sidebar.text_input(key="typed-ecs_task_id").set_value("task-*").run()
    assert not app.exception
    assert app.session_state["ecs_task_id"] == "task-*"


def test_a_word_that_no_record_can_have_is_refused_below_its_box() -> None:
    app = sidebar("direction")
    app.sidebar.text_input(key="typed-direction").set_value("inbond").run()
    assert "Did you mean 'inbound'?" in app.sidebar.error[0].value


def test_filters_that_are_seldom_needed_are_drawn_once_they_are_unfolded() -> None:
    app = sidebar("srcaddr")
    assert [box.label for box in typed(app)] == ["Source address"]
    app.session_state["more-filters"] = True
    app.run()
    drawn = [box.key.removeprefix("typed-") for box in typed(app)]
    assert drawn == ["srcaddr", *MORE_FILTERS]
    app.sidebar.text_input(key="typed-country").set_value("Germany").run()
    assert not app.sidebar.error
    app.sidebar.text_input(key="typed-country").set_value("Germny").run()
    assert "Did you mean 'Germany'?" in app.sidebar.error[0].value


def test_a_refused_text_stays_in_its_box_and_the_last_good_one_in_force() -> None:
    app = sidebar("dstport")
    for text, in_force, shown in (
        ("22", "22", "22"),
        ("70000", "22", "70000"),
        ("443", "443", "443"),
        ("x y", "443", "x y"),
        ("", "", ""),
    ):
        app.sidebar.text_input(key="typed-dstport").set_value(text).run()
        assert app.session_state["dstport"] == in_force
        assert app.sidebar.text_input(key="typed-dstport").value == shown
        assert len(app.sidebar.error) == (text != in_force)


def test_a_filter_set_elsewhere_takes_the_place_of_a_refused_text() -> None:
    app = sidebar("dstport")
    app.sidebar.text_input(key="typed-dstport").set_value("70000").run()
    app.session_state["dstport"] = "22"  # as a click on a bar does
    app.run()
    assert app.sidebar.text_input(key="typed-dstport").value == "22"
    assert len(app.sidebar.error) == 0
