"""Thresholds for a budget of alerts a day: the first tried one whose rehearsal keeps to it."""

from __future__ import annotations

import pytest

from tests.alerts.watching import settings_of
from vpcflow_core.alert_settings import AlertSetting
from vpcflow_core.alerts.proposals import FACTORS, proposals
from vpcflow_core.alerts.watch import rehearse
from vpcflow_core.api import FlowLogs
from vpcflow_core.errors import ParameterError
from vpcflow_core.times import Window

pytestmark = [pytest.mark.slow]


def rule_of(**thresholds: float) -> AlertSetting:
    return AlertSetting(detections=["port-scan"], thresholds=thresholds)


def rate(logs: FlowLogs, window: Window, ports: float) -> float:
    """Port scans a day with a threshold, counted on the messages."""
    messages, _ = rehearse(logs, settings_of(rule=rule_of(ports=ports)), window)
    return len([m for m in messages if m.kind == "began"]) / (window.length.total_seconds() / 86400)


def test_the_proposed_threshold_is_the_lowest_tried_one_that_keeps_to_the_budget(
    watched_logs: FlowLogs, evening: Window
) -> None:
    rates = {factor: rate(watched_logs, evening, 4 * factor) for factor in (1.0, *FACTORS)}
    assert list(rates.values()) == sorted(rates.values(), reverse=True)
    budget = (max(rates.values()) + min(rates.values())) / 2
    (found,) = proposals(watched_logs, settings_of(rule=rule_of(ports=4)), evening, budget)
    expected = next(factor for factor in FACTORS if rates[factor] <= budget)
    assert (found.threshold, found.now, found.proposed) == ("ports", 4, 4 * expected)
    assert found.alerts_a_day == pytest.approx(rates[1.0])
    assert found.then_a_day == pytest.approx(rates[expected])


def test_what_keeps_to_the_budget_already_is_left_as_it_is(
    watched_logs: FlowLogs, evening: Window
) -> None:
    (found,) = proposals(watched_logs, settings_of(rule=rule_of()), evening, 1000)
    assert (found.threshold, found.proposed, found.then_a_day) == ("", None, None)
    with pytest.raises(ParameterError, match="0 is no budget"):
        proposals(watched_logs, settings_of(), evening, 0)
