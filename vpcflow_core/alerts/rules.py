"""Rules of the settings as detections to ask, with what each looks at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time

from vpcflow_core.alert_settings import AlertSetting
from vpcflow_core.alerts.panel_rules import of_panel
from vpcflow_core.detections.base import Detection
from vpcflow_core.detections.catalogue import DETECTIONS, detection
from vpcflow_core.errors import ParameterError, closest
from vpcflow_core.settings import Settings

EVERYTHING: Mapping[str, AlertSetting] = {"all": AlertSetting()}


@dataclass(frozen=True, slots=True)
class Asked:
    """One detection of one rule."""

    rule: str
    setting: AlertSetting
    detection: Detection

    @property
    def name(self) -> str:
        """Under which its incidents are kept."""
        return f"{self.rule}/{self.detection.slug}"

    @property
    def thresholds(self) -> dict[str, float]:
        """The numbers in force: those of the rule win over the detection's own."""
        own = {name: each.value for name, each in self.detection.thresholds.items()}
        return {name: self.setting.thresholds.get(name, value) for name, value in own.items()}

    @property
    def main_threshold(self) -> str:
        """The threshold that decides how often it finds something; "" without any."""
        return next(iter(self.detection.thresholds), "")


def rules_of(settings: Settings) -> Mapping[str, AlertSetting]:
    """The rules of the settings; all detections if there are none."""
    return settings.alerts or EVERYTHING


def asked_by(rules: Mapping[str, AlertSetting]) -> Iterator[Asked]:
    """Every detection of every rule.

    Raises:
        ParameterError: There is no such detection, outlier panel or threshold.
    """
    for rule, setting in rules.items():
        slugs = setting.detections or ([] if setting.panels else list(DETECTIONS))
        asked = [
            *(detection(slug) for slug in slugs),
            *(of_panel(slug, rule, setting) for slug in setting.panels),
        ]
        known = list(dict.fromkeys(name for each in asked for name in each.thresholds))
        for name in setting.thresholds:
            if name not in known:
                raise ParameterError(
                    f"Nothing that the rule {rule} asks has a threshold '{name}'.",
                    f"{closest(name, known)}  There are: {', '.join(known) or 'none'}".strip(),
                )
        yield from (Asked(rule, setting, each) for each in asked)


def is_quiet(rule: AlertSetting | None, at: datetime) -> bool:
    """Whether a rule sends nothing at a time, UTC.

    >>> from datetime import UTC
    >>> night = AlertSetting(quiet_hours="22:00-06:00")
    >>> [is_quiet(night, datetime(2026, 11, 20, hour, tzinfo=UTC)) for hour in (21, 23, 5, 6)]
    [False, True, True, False]
    """
    if rule is None or not rule.quiet_hours:
        return False
    start, end = (time.fromisoformat(text) for text in rule.quiet_hours.split("-"))
    now = at.time()
    return start <= now < end if start <= end else now >= start or now < end
