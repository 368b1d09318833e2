"""A page's state and its URL: what is written reads back, and nonsense is told, never raised."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.ui import links
from dashboards.ui.emptiness import sentence
from dashboards.ui.link_reading import parse_state, problems, tidied
from dashboards.ui.parameters import PARAMETERS, WATCHES, read_parameters, written
from dashboards.ui.state import (
    FILTER_LABELS,
    NAMES,
    PageState,
    at_rest,
)
from vpcflow_core.links import DEFAULT_RANGE
from vpcflow_core.panels.catalogue import PANELS, PanelRequest, Parameters
from vpcflow_core.query.filters import Filters
from vpcflow_core.ranges import Range, parse_range
from vpcflow_core.times import Window

VALUES = {
    "srcaddr": ["10.0.0.0/8", "!10.0.0.5", "2001:db8::/32, 203.0.*", "country:US"],
    "dstport": ["443", "https", "1024-65535", "!22"],
    "protocol": ["tcp", "6, 17"],
    "interface_id": ["eni-0a*"],
    "action": ["ACCEPT", "REJECT"],
    "security_group_id": ["sg-1, sg-2"],
    "direction": ["inbound", "!internal"],
}
filters = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(texts) for name, texts in VALUES.items()}
).map(lambda chosen: tuple((n, chosen[n]) for n in FILTER_LABELS if n in chosen))
ranges = st.sampled_from(["1h", "24h", "7d", "2026-11-01T00:00Z/2026-11-02T00:30Z"]).map(
    parse_range
)
parameters = st.builds(
    Parameters,
    st.integers(1, 86400).map(lambda seconds: timedelta(seconds=seconds)),
    st.integers(2, 500),
    st.integers(1, 400).map(lambda tenths: tenths / 10),
    st.integers(1, 60),
    st.sampled_from(WATCHES),
    compare=st.lists(
        st.integers(1, 60).map(lambda days: f"{days}d"), min_size=1, max_size=4, unique=True
    ).map(tuple),
)
states = st.builds(
    PageState, ranges, st.sampled_from(["UTC", "Asia/Kolkata", "America/New_York"]), filters,
    st.sampled_from(["", "s3://central-logs/prod"]), parameters, st.booleans(),
)  # fmt: skip


def parsed(url: str) -> tuple[PageState, list[str]]:
    return parse_state(dict(parse_qsl(url.partition("?")[2])))


@pytest.mark.slow
@given(states)
def test_a_state_reads_back_from_its_link(state: PageState) -> None:
    assert parsed(f"?{state.query_string()}") == (state, [])
    assert tidied(state.params()) == {}


def test_the_default_state_needs_no_parameters() -> None:
    assert PageState().params() == {}
    assert parse_state({}) == (PageState(), [])


def test_a_link_without_version_or_of_an_older_one_reads_the_same() -> None:
    params = {"range": "7d", "dstport": "443", "threshold": "4.5"}
    for version in ({}, {"v": "0"}, {"v": "1"}):
        assert parse_state(params | version) == parse_state(params)
        assert parse_state(params | version)[1] == []


def test_a_link_of_a_newer_version_is_told() -> None:
    state, notes = parse_state({"range": "7d", "v": "99"})
    assert state == PageState(parse_range("7d"))
    assert "newer vpcflow (v=99)" in notes[0]


@pytest.mark.slow
@given(st.dictionaries(st.sampled_from([*NAMES, "x"]), st.text()))
def test_nonsense_in_a_link_is_told_and_left_out(params: dict[str, str]) -> None:
    state, notes = parse_state(params)
    assert parsed(f"?{state.query_string()}") == (state, [])
    assert all(isinstance(note, str) and note for note in notes)
    assert ("x" in params) <= any("'x' means nothing" in note for note in notes)


def test_each_kind_of_nonsense_has_its_sentence() -> None:
    state, notes = parse_state(
        {
            "range": "soon", "tz": "Mars/Base", "dstport": "70000", "threshold": "-1",
            "timeslice": "2w", "watch": "left", "window": "1", "consecutive": "x",
            "once": "maybe", "srcadr": "10.0.0.1", "v": "one",
        }
    )  # fmt: skip
    assert state == PageState()
    told = " ".join(notes)
    assert len(notes) == 11
    for word in ("soon", "Mars/Base", "70000", "-1", "2w", "left", "'1'", "'x'", "maybe", "one"):
        assert word in told
    assert "Did you mean 'srcaddr'?" in told


@pytest.mark.parametrize(
    ("link", "changed"),
    [
        ({"once": "1"}, {"once": "true"}),
        ({"once": "true"}, {}),
        ({"once": "maybe"}, {"once": ""}),
        ({"action": "reject"}, {"action": "REJECT"}),
        ({"action": "!ACCEPT"}, {"action": "REJECT"}),
        ({"action": "ACCEPT, REJECT"}, {"action": ""}),
        ({"action": "perhaps"}, {"action": ""}),
        ({"range": "soon", "v": "99", "x": "y"}, {"range": "", "v": ""}),
        (
            {"refresh": "9m", "measure": "flow", "top": "0"},
            {"refresh": "", "measure": "", "top": ""},
        ),
        ({"srcaddr": "x"}, {"srcaddr": ""}),
        ({"baseline": "soon", "compare": "1d"}, {"baseline": ""}),
        ({"threshold": "0", "window": "30"}, {"threshold": ""}),
    ],
)
def test_other_spellings_of_a_link_are_brought_into_form(
    link: dict[str, str], changed: dict[str, str]
) -> None:
    assert tidied(link) == changed


@pytest.mark.parametrize(
    ("name", "text", "step"),
    [
        ("tz", "berlin", "Did you mean 'Europe/Berlin'?"),
        ("tz", "Mars", "Choose one beside the range"),
        ("range", "soon", "The last 24 hours are shown."),
        ("srcaddr", "x", "It is not in force."),
        ("compare", "soon", "Compare with: 'soon'"),
        ("threshold", "0", "In force: 3."),
        ("measure", "flow", "Did you mean 'flows'?"),
        ("tab", "x", "Shown instead: Questions."),
        ("top", "0", "10 are shown."),
    ],
)
def test_a_refused_value_of_a_link_has_a_next_step(name: str, text: str, step: str) -> None:
    assert step in problems({name: text})[name]


def test_the_default_range_is_a_day() -> None:
    assert Range(length=timedelta(hours=24)) == DEFAULT_RANGE


@given(parameters)
def test_parameters_read_back_from_their_texts(turned: Parameters) -> None:
    assert read_parameters(written(turned)) == (turned, [])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("timeslice", "0m"), ("timeslice", "2d"), ("window", "1"), ("window", "2.5"),
        ("window", "nan"), ("threshold", "0"), ("threshold", "inf"), ("threshold", "three"),
        ("consecutive", "0"), ("watch", "sideways"), ("compare", "yesterday"),
        ("compare", "1d,2d,3d,4d,5d"), ("compare", ","),
    ],
)  # fmt: skip
def test_a_bad_parameter_is_told_in_words(name: str, text: str) -> None:
    assert text in PARAMETERS[name].problem(text)


def test_a_page_asks_its_panels_for_what_it_shows() -> None:
    filters = (("srcaddr", "10.0.0.0/8"), ("dstport", "https"))
    state = PageState(filters=filters, source="prod", parameters=Parameters(window=20), once=True)
    window = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC))
    assert state.request(PANELS["outliers/bytes"], window, 7) == PanelRequest(
        "outliers/bytes", window, Filters.parse(filters), Parameters(window=20), "prod", True, 7
    )


def test_links_move_with_the_present_or_stand_still() -> None:
    state, url = PageState(parse_range("6h"), "Asia/Kolkata"), "http://host/base/traffic"
    window = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC))
    moving, fixed = links.moving(url, state), links.fixed(url, state, window)
    assert moving == "http://host/base/traffic?range=6h&tz=Asia/Kolkata&v=1"
    assert parsed(fixed)[0].range == Range(fixed=window)
    assert links.moving(url, PageState(Range(fixed=window))) == ""
    more = links.own({"entity": "10.0.0.0/24", "ask": "pairs", "srcaddr": "10.0.0.1"})
    assert more == {"entity": "10.0.0.0/24", "ask": "pairs"}
    there = links.fixed(url, state, window, more)
    assert there.startswith(fixed)
    assert dict(parse_qsl(urlsplit(there).query)).items() >= more.items()
    assert links.beside(url, "outliers", state).startswith("http://host/base/outliers?range=6h")


def test_what_the_address_bar_leaves_out_is_the_default() -> None:
    for name, value in (("threshold", 3.0), ("window", 10), ("timeslice", "auto"), ("tz", "UTC"),
                        ("watch", "both"), ("once", False), ("srcaddr", ""), ("range", None)):  # fmt: skip
        assert at_rest(name, value), name
    for name, value in (("threshold", 3.5), ("window", 100), ("timeslice", "5m"), ("once", True),
                        ("tz", "Asia/Kolkata"), ("range", "6h"), ("action", "REJECT")):  # fmt: skip
        assert not at_rest(name, value), name


def test_a_page_without_records_says_of_which_year() -> None:
    start = datetime(2029, 12, 31, 9, tzinfo=UTC)
    said = sentence("records", PageState(), Window(start, start + timedelta(hours=1)))
    assert said == "No records between 31 Dec 09:00 and 31 Dec 2029 10:00 UTC."
    said = sentence("records", PageState(), Window(start, start + timedelta(days=1)))
    assert said == "No records between 31 Dec 2029 09:00 and 01 Jan 2030 09:00 UTC."
