"""What a click or a drag means, as filters and ranges."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from dashboards.ui import drill
from dashboards.ui.column_widths import WHOLE, fitted, hinted, too_long, wide
from dashboards.ui.filter_text import filter_problem
from dashboards.ui.records_dialog import LIMIT, sentence
from dashboards.ui.state import PageState
from vpcflow_core.panels.catalogue import PANELS
from vpcflow_core.ranges import Range
from vpcflow_core.times import Window


def at(*moment: int) -> datetime:
    return datetime(2026, *moment, tzinfo=UTC)


def test_a_name_among_short_ones_gets_the_room_it_needs() -> None:
    frame = pd.DataFrame(
        {
            "Destination": ["com.amazonaws.eu-central-1.s3", "10.0.0.1", "Internet", None],
            "Interface": ["eni-0ec563ff69d4d36a8", "eni-0b0f9eb059598f932", "eni-1", "eni-2"],
            "Why": ["a sentence of many words that says why this is so, and more", "no", "", ""],
            "Country": ["Germany", "US", "US", "US"],
            "Flows": [1, 22, 333, 4],
        }
    )
    assert wide(frame) == {"Destination": 7 * 29 + 18, "Interface": 7 * 21 + 18}


def test_columns_whose_texts_are_cut_end_in_an_ellipsis_and_ids_are_whole() -> None:
    sentence, id_ = "no rule of its groups lets it in " * 3, "eni-0ec563ff69d4d36a8"
    frame = pd.DataFrame(
        {
            "Why": [sentence], "Source name": ["a name of a host that is far too long"],
            "What": ["Bytes of prod-app-3, Outbound bytes and 7 more"],
            "Network interface": [id_], "Country": ["Germany"], "Flows": [1],
        }
    )  # fmt: skip
    cut = too_long(frame, {"What": 180, "Source name": 162, "Network interface": 100})
    assert cut == {"Why": 70, "Source name": 23, "What": 26, "Network interface": 13}
    shown = {name: fitted(frame[name][0], name, most) for name, most in cut.items()}
    assert all(len(text) <= cut[name] for name, text in shown.items() if text != id_)
    assert shown["Why"] == f"{sentence[:69].rstrip()}…"
    assert shown["Source name"] == "a name of a…ar too long"
    assert shown["Network interface"] == id_


@pytest.mark.parametrize(
    ("slug", "values", "texts"),
    [
        ("overview/top-sources", "10.0.0.5", {"srcaddr": "10.0.0.5"}),
        ("overview/top-sources", ["2001:db8::1"], {"srcaddr": "2001:db8::1"}),
        ("overview/destination-ports", 443, {"dstport": "443"}),
        ("overview/destination-ports", 443.0, {"dstport": "443"}),
        ("overview/source-locations", "US", {"srcaddr": "country:US"}),
        ("overview/source-locations", None, {}),
        ("overview/protocols", None, {}),
        ("traffic/ports-by-action", [443, "REJECT"], {"dstport": "443", "action": "REJECT"}),
        ("security-groups/ports", ["sg-1", None], {"security_group_id": "sg-1"}),
        ("accepts/source-ports", ["10.0.0.5", 0], {"srcaddr": "10.0.0.5", "srcport": "0"}),
        ("rejects/interface-destinations", [pd.NA, "10.0.0.5"], {"dstaddr": "10.0.0.5"}),
    ],
)
def test_what_was_clicked_becomes_filters(slug: str, values: object, texts: dict[str, str]) -> None:
    assert drill.clicked(PANELS[slug], values) == texts
    assert all(filter_problem(field, text) == "" for field, text in texts.items())


def test_every_drill_field_is_a_filter_of_some_page() -> None:
    from dashboards.ui.state import FILTER_LABELS

    for panel in PANELS.values():
        assert set(panel.drill) <= set(FILTER_LABELS), panel.slug


def test_a_click_narrows_besides_the_filters_in_force() -> None:
    state = PageState(filters=(("srcaddr", "10.0.0.0/8, !10.0.0.9"), ("action", "REJECT")))
    after = drill.narrowing(state, {"dstport": "22", "srcaddr": "10.0.0.5"})
    assert after.filters == (
        ("srcaddr", "10.0.0.5, !10.0.0.9"), ("dstport", "22"), ("action", "REJECT"),
    )  # fmt: skip


def test_a_drag_over_wall_clock_is_a_range_in_utc() -> None:
    window = drill.dragged(["2026-11-20 09:30:12.5", "2026-11-20 08:00"], "Asia/Kolkata")
    assert window == Window(at(11, 20, 2, 30), at(11, 20, 4, 1))


def test_a_drag_that_hardly_moved_is_a_minute() -> None:
    same = "2026-11-20 09:30:12"
    assert drill.dragged([same, same], "UTC").length <= timedelta(minutes=2)


def test_a_drag_over_the_hour_that_the_clock_shows_twice_takes_both() -> None:
    window = drill.dragged(["2026-10-25 02:00", "2026-10-25 02:30"], "Europe/Berlin")
    assert window == Window(at(10, 25, 0), at(10, 25, 1, 30))


def test_a_drag_from_an_hour_that_the_clock_skips_still_is_a_range() -> None:
    window = drill.dragged(["2026-03-29 02:15", "2026-03-29 02:45"], "Europe/Berlin")
    assert window.start < window.end


def test_a_violation_is_looked_at_with_its_condition_and_some_context() -> None:
    state = PageState(filters=(("srcaddr", "10.0.0.0/8"),), zone="Asia/Kolkata")
    minute = timedelta(minutes=1)
    shown = drill.looking_at(state, PANELS["outliers/rejected"], at(11, 20, 7), minute)
    assert shown.filters == (("srcaddr", "10.0.0.0/8"), ("action", "REJECT"))
    assert shown.zone == "Asia/Kolkata"
    assert shown.range == Range(fixed=Window(at(11, 20, 6, 45), at(11, 20, 7, 16)))


def test_an_episode_is_shown_with_as_much_around_it_and_narrowed_to_its_maker() -> None:
    state = PageState(filters=(("srcaddr", "!192.0.2.1"),))
    start = datetime(2026, 11, 20, 12, tzinfo=UTC)
    there = drill.narrowed_to(
        state, Window(start, start + timedelta(hours=2)), {"dstport": "22", "action": "REJECT"}
    )
    assert there.range.fixed == Window(start - timedelta(hours=1), start + timedelta(hours=3))
    assert dict(there.filters) == {"srcaddr": "!192.0.2.1", "dstport": "22", "action": "REJECT"}


def test_records_are_said_with_how_many_there_are_and_as_pages_name_fields() -> None:
    state = PageState(filters=(("dstport", "22"),))
    said = sentence(PANELS["rejects/sources"], state, LIMIT, 8012)
    assert said.startswith(f"The newest {LIMIT:,} of 8,012 records behind *Top 10 sources*")
    assert "with Decision REJECT, Destination port 22;" in said
    assert sentence(PANELS["rejects/sources"], state, 3, 3).startswith("All 3 records")


def test_columns_whose_texts_are_cut_say_how_all_of_a_cell_is_seen() -> None:
    frame = pd.DataFrame({"Why": ["a word " * 20], "What": ["a word " * 5], "Flows": [1]})
    known = {"What": {"width": "medium", "help": "Ours"}, "Flows": {"width": "small"}, "Why": "Y"}
    assert hinted(frame, known) == {
        "Why": {"label": "Y", "help": WHOLE},
        "What": {"width": "medium", "help": "Ours"},
        "Flows": {"width": "small"},
    }
    del known["What"]["help"]  # type: ignore[attr-defined]
    assert hinted(frame, known)["What"] == {"width": "medium", "help": WHOLE}
