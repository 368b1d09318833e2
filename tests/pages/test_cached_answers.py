"""Answers and figures are cached for all sessions, each under the request it belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dashboards.ui import answers, resources
from dashboards.ui.figures import figure_of
from tests.charts.frames import usual
from vpcflow_core.api import FlowLogs
from vpcflow_core.panels.catalogue import PANELS, PanelRequest
from vpcflow_core.query.filters import Filters
from vpcflow_core.scope import EVERYTHING, Scope
from vpcflow_core.store.store import Store
from vpcflow_core.times import Window

DAY = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC))
PANEL = PANELS["overview/interfaces"]
Asked = list[tuple[str, bool]]


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    """Source and counting of each time that logs are asked."""
    found: Asked = []
    with FlowLogs(Store.open(tmp_path)) as logs:

        def chosen(_: Scope, source: str, once: bool) -> FlowLogs:
            found.append((source, once))
            return logs

        monkeypatch.setattr(resources, "logs_within", chosen)
        monkeypatch.setattr(resources, "scope", lambda: EVERYTHING)
        yield found
    answers._answer.clear()


def request(text: str, **more: bool | str | int) -> PanelRequest:
    return PANEL.request(DAY, Filters.parse({"interface_id": text}), **more)  # type: ignore[arg-type]


def test_the_logs_are_asked_once_for_equal_requests_and_again_for_others(asked: Asked) -> None:
    for text in ("eni-0a*", " eni-0a* ", '"eni-0a*"'):
        answers.answer(request(text))
    assert len(asked) == 2  # a pattern, and the same text as a plain value
    answers.answer(request("eni-0a*", source="prod", once=True))
    answers.answer(request("eni-0a*", generation=1))
    assert asked[2:] == [("prod", True), ("", False)]


def test_the_logs_are_asked_again_when_a_list_of_addresses_has_changed(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    for state in ("a", "a", "b"):
        monkeypatch.setattr(resources, "lists", lambda state=state: state)
        answers.answer(request("eni-0b*"))
    assert len(asked) == 2


def test_a_figure_is_made_from_the_answer_at_hand_and_found_again(asked: Asked) -> None:
    given = usual(PANEL)
    figure = figure_of(request("eni-1"), given, "UTC")
    assert figure_of(request("eni-1"), given, "UTC") is figure
    assert figure_of(request("eni-2"), given, "UTC") is not figure
    assert figure_of(request("eni-1"), given, "Asia/Tokyo") is not figure
    assert asked == []
