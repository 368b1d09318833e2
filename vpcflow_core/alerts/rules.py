"""Rules of the settings as detections to ask, with what each looks at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time

from vpcflow_core.alert_settings import AlertSetting
from vpcflow_core.alerts.panel_rules import of_panel
from vpcflow_core.detections.base import Detection
from vpcflow_core.detections.catalogue import DETECTIONS, detection
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


def rules_of(settings: Settings) -> Mapping[str, AlertSetting]:
    """The rules of the settings; all detections if there are none."""
    return settings.alerts or EVERYTHING


def asked_by(rules: Mapping[str, AlertSetting]) -> Iterator[Asked]:
    """Every detection of every rule.

    Raises:
        ParameterError: There is no such detection or outlier panel.
    """
    for rule, setting in rules.items():
        slugs = setting.detections or ([] if setting.panels else list(DETECTIONS))
        for slug in slugs:
            yield Asked(rule, setting, detection(slug))
        for slug in setting.panels:
            yield Asked(rule, setting, of_panel(slug, rule, setting))


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
