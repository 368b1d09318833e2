"""A panel's request is the key of its answer: equal for what answers alike, else different."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from vpcflow_core.panels.catalogue import PANELS, PanelRequest, Parameters
from vpcflow_core.panels.request import ALL_PARAMETERS, DEFAULTS
from vpcflow_core.query.filters import Filters
from vpcflow_core.times import Window

DAY = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC))
CHANGED = Parameters(timedelta(minutes=5), threshold=4.0)
BEFORE = PanelRequest("outliers/bytes", DAY, Filters.parse({"srcaddr": "10.0.0.0/8"}))
OTHERS = {
    "panel": {"slug": "outliers/packets"},
    "window": {"window": DAY.moved(timedelta(minutes=1))},
    "filter": {"filters": Filters.parse({"srcaddr": "10.0.0.0/9"})},
    "excluding filter": {"filters": Filters.parse({"srcaddr": "!10.0.0.0/8"})},
    "field of a filter": {"filters": Filters.parse({"dstaddr": "10.0.0.0/8"})},
    "parameter": {"parameters": CHANGED},
    "source": {"source": "s3://central-logs/prod"},
    "counting": {"once": True},
    "generation": {"generation": 1},
}


def test_a_request_that_says_the_same_is_the_same_key() -> None:
    again = PanelRequest("outliers/bytes", DAY, Filters.parse([("srcaddr", " 10.0.0.0/8 ")]))
    assert (again, hash(again), repr(again)) == (BEFORE, hash(BEFORE), repr(BEFORE))


@pytest.mark.parametrize("other", OTHERS)
def test_whatever_may_change_the_answer_makes_another_key(other: str) -> None:
    after = replace(BEFORE, **OTHERS[other])
    assert after != BEFORE
    assert repr(after) != repr(BEFORE)  # the key of Streamlit's caches


def test_a_pattern_and_the_same_text_in_quotes_are_different_keys() -> None:
    pattern, text = (
        replace(BEFORE, filters=Filters.parse({"interface_id": written}))
        for written in ("eni-0a*", '"eni-0a*"')
    )
    assert pattern != text
    assert repr(pattern) != repr(text)


def test_a_panel_is_asked_again_only_for_parameters_that_it_uses() -> None:
    used = {slug: PANELS[slug].request(DAY, parameters=CHANGED).parameters for slug in PANELS}
    assert used["overview/top-sources"] == DEFAULTS
    assert used["accepts/trend"] == Parameters(timedelta(minutes=5))
    assert used["accepts/bytes-compared"] == Parameters(timedelta(minutes=5))
    compared = replace(CHANGED, compare=("3d",))
    asked = PANELS["accepts/bytes-compared"].request(DAY, parameters=compared).parameters
    assert asked == Parameters(timedelta(minutes=5), compare=("3d",))
    assert PANELS["outliers/bytes"].request(DAY, parameters=compared).parameters == CHANGED
    assert used["outliers/bytes"] == CHANGED
    assert used["outliers/violations"] == CHANGED
    assert PANELS["outliers/violations"].used_parameters == ALL_PARAMETERS
