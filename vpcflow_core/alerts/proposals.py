"""Thresholds that keep to a budget of alerts a day, found by rehearsing them."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from vpcflow_core.alert_settings import AlertSetting
from vpcflow_core.alerts.messages import Message
from vpcflow_core.alerts.rules import Asked, asked_by, rules_of
from vpcflow_core.alerts.watch import Decided, rehearse
from vpcflow_core.detections.base import DAY
from vpcflow_core.detections.catalogue import settled
from vpcflow_core.detections.watch_list import NO_LIST, WatchList
from vpcflow_core.errors import ParameterError
from vpcflow_core.panels.log_queries import LogQueries
from vpcflow_core.settings import Settings
from vpcflow_core.times import Window

# Incidents a day of a detection, with another main threshold.
Alerts: TypeAlias = Callable[[Asked, float], float]
# What a threshold is multiplied with; the first that keeps to the budget is proposed.
FACTORS = (1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a detection of a rule gives, and with which threshold it would keep to the budget.

    Attributes:
        rule: Name of the rule.
        detection: Slug of the detection or outlier panel.
        alerts_a_day: Incidents that began, a day.
        threshold: Name of the threshold that is changed; "" where none has to be, or can be.
        now: Its value now; None likewise.
        proposed: The value that keeps to the budget; None if none that was tried does.
        then_a_day: Incidents a day with that value; None likewise.
    """

    rule: str
    detection: str
    alerts_a_day: float
    threshold: str = ""
    now: float | None = None
    proposed: float | None = None
    then_a_day: float | None = None


def proposals(
    logs: LogQueries,
    settings: Settings,
    window: Window,
    budget: float,
    watch_list: WatchList = NO_LIST,
    decided: Decided | None = None,
    messages: Sequence[Message] | None = None,
) -> list[Proposal]:
    """What each detection of each rule gives in a range, with a threshold for a budget.

    Args:
        logs: What answers.
        settings: The rules.
        window: The past to rehearse.
        budget: Most alerts a day of each detection of a rule, over the range.
        watch_list: The addresses that are watched.
        decided: Incidents that were acknowledged or muted.
        messages: What the rules as they are give in the range, if it is known already.

    Raises:
        ParameterError: The budget is not a number of alerts.
    """
    if not budget > 0:
        raise ParameterError(f"{budget:g} is no budget of alerts.", "Give 1, or 0.5 for two days.")
    asked = settled(logs, window)
    days = asked.length / DAY if asked else 1.0
    if messages is None:
        messages, _ = rehearse(logs, settings, window, watch_list, decided)
    counts = Counter((m.rule, str(m.incident["detection"])) for m in messages if m.kind == "began")

    def alerts(each: Asked, value: float) -> float:
        alone = settings.model_copy(update={"alerts": {each.rule: _alone(each, value)}})
        sent, _ = rehearse(logs, alone, window, watch_list, decided)
        return sum(message.kind == "began" for message in sent) / days

    return [
        _proposal(each, budget, counts[each.rule, each.detection.slug] / days, alerts)
        for each in asked_by(rules_of(settings))
    ]


def _proposal(each: Asked, budget: float, now_a_day: float, alerts: Alerts) -> Proposal:
    found = Proposal(each.rule, each.detection.slug, now_a_day)
    if found.alerts_a_day <= budget or not each.main_threshold:
        return found
    now = each.thresholds[each.main_threshold]
    values = [round(now * factor, 6) for factor in FACTORS]
    rates: dict[float, float] = {}

    def fits(value: float) -> bool:
        rates[value] = alerts(each, value)
        return rates[value] <= budget

    # A higher threshold gives fewer alerts: three rehearsals find the first that fits.
    at = bisect_left(values, True, key=fits)
    proposed = values[at] if at < len(values) else None
    then = rates[proposed] if proposed is not None else None
    return replace(
        found, threshold=each.main_threshold, now=now, proposed=proposed, then_a_day=then
    )


def _alone(each: Asked, value: float) -> AlertSetting:
    """The rule with this detection alone, and another threshold."""
    is_panel = each.detection.slug in each.setting.panels
    slugs = [each.detection.slug]
    changed = {
        "detections": [] if is_panel else slugs,
        "panels": slugs if is_panel else [],
        "thresholds": each.thresholds | {each.main_threshold: value},
    }
    return each.setting.model_copy(update=changed)
