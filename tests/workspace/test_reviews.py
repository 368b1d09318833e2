"""Decisions about findings: kept with the store, with a reason, for the incident or for its kind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from vpcflow_core.errors import ParameterError, SettingsError
from vpcflow_core.workspace.reviews import FILE, review, reviews, withdraw


def test_a_decision_is_kept_with_its_reason_until_it_is_withdrawn(tmp_path: Path) -> None:
    review(tmp_path, "a1", "acknowledged", "  our own\n scanner ")
    review(tmp_path, "b2", "muted", "an office")
    kept = reviews(tmp_path)
    assert {key: (one.kind, one.reason) for key, one in kept.items()} == {
        "a1": ("acknowledged", "our own scanner"),
        "b2": ("muted", "an office"),
    }
    withdraw(tmp_path, "a1")
    withdraw(tmp_path, "never")
    assert set(reviews(tmp_path)) == {"b2"}


def test_what_was_acknowledged_is_shown_when_it_begins_anew_and_what_was_muted_is_not(
    tmp_path: Path,
) -> None:
    review(tmp_path, "a1", "acknowledged", "done")
    review(tmp_path, "b2", "muted", "an office")
    later = datetime.now(UTC) + timedelta(hours=1)
    earlier = later - timedelta(hours=3)
    kept = reviews(tmp_path)
    assert [kept["a1"].holds_for(at) for at in (earlier, later)] == [True, False]
    assert [kept["b2"].holds_for(at) for at in (earlier, later)] == [True, True]


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 501])
def test_a_decision_needs_a_reason(tmp_path: Path, reason: str) -> None:
    with pytest.raises(ParameterError, match="needs a reason"):
        review(tmp_path, "a1", "muted", reason)
    assert reviews(tmp_path) == {}


def test_a_damaged_list_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"a1": {}}')
    with pytest.raises(SettingsError, match=r"findings\.json, cannot be read"):
        reviews(tmp_path)
