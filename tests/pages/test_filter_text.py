"""Chips and clicks change the text of a filter; a click narrows, never widens."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dashboards.ui.chips import items
from dashboards.ui.filter_text import (
    Chip,
    chips_of,
    decision_of,
    excluding,
    filter_problem,
    narrowed,
    suggestion,
    understood,
    without,
)
from vpcflow_core.query.filters import exactly, parse_filter

TEXTS = ["", "443", "80, 443", "!22", "1024-65535, !8080", "https, !443"]


def test_a_bad_filter_is_told_in_words() -> None:
    assert filter_problem("dstport", "443") == ""
    assert filter_problem("dstport", "") == ""
    assert "70000" in filter_problem("dstport", "70000")
    assert "https" in filter_problem("dstport", "htps")


def test_a_click_narrows_and_keeps_what_is_left_out() -> None:
    assert narrowed("dstport", "", "443") == "443"
    assert narrowed("dstport", "80, 443", "443") == "443"
    assert narrowed("srcaddr", "10.0.0.0/8, !10.0.0.5", "10.1.2.3") == "10.1.2.3, !10.0.0.5"
    assert narrowed("dstport", "!443", "443") == "443"


def test_every_value_of_a_list_is_a_chip() -> None:
    assert chips_of("srcaddr", "10.0.0.0/8, country:US, !10.0.0.5") == [
        Chip("srcaddr", "10.0.0.0/8", False),
        Chip("srcaddr", "country:US", False),
        Chip("srcaddr", "10.0.0.5", True),
    ]
    assert [chip.excluded for chip in chips_of("dstport", "!80, 443")] == [True, True]


def test_what_can_be_done_with_a_chips_value_depends_on_what_it_is() -> None:
    port = ["Only this", "Exclude", "Either end", "Open its page", "Copy", "Remove"]
    assert items(Chip("dstport", "443", False)) == port
    assert items(Chip("srcaddr", "country:US", False)) == [i for i in port if "page" not in i]
    assert items(Chip("action", "REJECT", False)) == ["Only this", "Exclude", "Copy", "Remove"]
    without_end = ["Only this", "Open its page", "Copy", "Remove"]
    assert items(Chip("srcaddr", "10.0.0.5", True)) == without_end


@given(st.sampled_from(TEXTS), st.integers(0, 65535).map(str))
def test_excluding_and_removing_undo_each_other(text: str, port: str) -> None:
    excluded = excluding("dstport", text, port)
    assert Chip("dstport", port, True) in chips_of("dstport", excluded)
    left = without("dstport", excluded, port)
    assert Chip("dstport", port, True) not in (chips_of("dstport", left) if left else [])


def test_removing_the_last_value_leaves_no_filter() -> None:
    assert without("dstport", "443", "443") == ""
    assert without("dstport", "80, 443", "443") == "80"
    assert excluding("dstport", "80, 443", "443") == "80, !443"


def test_a_decision_is_one_word_or_none() -> None:
    assert decision_of("ACCEPT") == "ACCEPT"
    assert decision_of("!ACCEPT") == "REJECT"
    assert decision_of("ACCEPT, REJECT") == decision_of("") == ""
    assert excluding("action", "ACCEPT", "ACCEPT") == "REJECT"
    assert without("action", "ACCEPT", "ACCEPT") == ""


@given(st.text(min_size=1).filter(lambda text: text.strip() == text and "\0" not in text))
def test_a_clicked_value_of_any_characters_is_that_value(value: str) -> None:
    text = narrowed("interface_id", "", exactly(value))
    (term,) = parse_filter("interface_id", text).any_of
    assert term == parse_filter("interface_id", exactly(value)).any_of[0]


def test_names_and_countries_typed_plainly_into_a_box_of_addresses_are_understood() -> None:
    names = ["prod-web-1"]
    assert understood("srcaddr", "Germany, !Prod-Web-1, 10.0.0.0/8", names) == (
        "country:DE, !name:Prod-Web-1, 10.0.0.0/8"
    )
    assert understood("address", "elsewhere", names) == "elsewhere"


def test_a_name_that_there_is_not_is_answered_with_those_that_come_close() -> None:
    names = {"eni-0a1b": "prod-web-1", "eni-0a2b": "prod-db-1"}
    assert suggestion("interface_id", "prod-web-1, eni-9, prod-*", names) == ""
    assert suggestion("interface_id", "web", names) == (
        "'web' is no name here. There are: prod-web-1."
    )
    assert suggestion("interface_id", "prod-wbe-1", names).endswith("prod-web-1, prod-db-1.")
    assert suggestion("region", "web", names) == ""
