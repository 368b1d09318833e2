"""A page's state and its URL: what is written reads back, and nonsense is told, never raised."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qsl

from hypothesis import given
from hypothesis import strategies as st

from dashboards.ui.state import (
    DEFAULT_RANGE,
    FILTER_LABELS,
    PageState,
    filter_problem,
    narrowed,
    parse_state,
)
from vpcflow_core.times import Range, parse_range

VALUES = {
    "srcaddr": ["10.0.0.0/8", "!10.0.0.5", "2001:db8::/32, 203.0.*"],
    "dstport": ["443", "https", "1024-65535", "!22"],
    "protocol": ["tcp", "6, 17"],
    "interface_id": ["eni-0a*"],
    "action": ["ACCEPT", "REJECT"],
}
filters = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(texts) for name, texts in VALUES.items()}
).map(lambda chosen: tuple((n, chosen[n]) for n in FILTER_LABELS if n in chosen))
ranges = st.sampled_from(["1h", "24h", "7d", "2026-11-01T00:00Z/2026-11-02T00:30Z"]).map(
    parse_range
)
states = st.builds(
    PageState, ranges, st.sampled_from(["UTC", "Asia/Kolkata", "America/New_York"]), filters,
    st.sampled_from(["", "s3://central-logs/prod"]),
)  # fmt: skip


@given(states)
def test_a_state_reads_back_from_its_link(state: PageState) -> None:
    assert parse_state(dict(parse_qsl(state.query_string()))) == (state, [])


def test_the_default_state_needs_no_parameters() -> None:
    assert PageState().params() == {}
    assert parse_state({}) == (PageState(), [])


@given(st.dictionaries(st.sampled_from([*FILTER_LABELS, "range", "tz", "v", "x"]), st.text()))
def test_nonsense_in_a_link_is_told_and_left_out(params: dict[str, str]) -> None:
    state, notes = parse_state(params)
    again, none = parse_state(dict(parse_qsl(state.query_string())))
    assert again == state
    assert none == []
    assert all(isinstance(note, str) and note for note in notes)


def test_each_kind_of_nonsense_has_its_sentence() -> None:
    state, notes = parse_state({"range": "soon", "tz": "Mars/Base", "dstport": "70000"})
    assert state == PageState()
    assert len(notes) == 3
    assert "'soon'" in " ".join(notes)
    assert "'Mars/Base'" in " ".join(notes)
    assert "70000" in " ".join(notes)


def test_a_bad_filter_is_told_in_words() -> None:
    assert filter_problem("dstport", "443") == ""
    assert filter_problem("dstport", "") == ""
    assert "70000" in filter_problem("dstport", "70000")
    assert "https" in filter_problem("dstport", "htps")


def test_a_click_narrows_and_keeps_what_is_left_out() -> None:
    assert narrowed("", "443") == "443"
    assert narrowed("80, 443", "443") == "443"
    assert narrowed("10.0.0.0/8, !10.0.0.5", "10.1.2.3") == "10.1.2.3, !10.0.0.5"
    assert narrowed("!443", "443") == "443"


def test_the_default_range_is_a_day() -> None:
    assert Range(length=timedelta(hours=24)) == DEFAULT_RANGE
