"""An outlier panel as a detection: its signs are the hours in which it left its band."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import numpy as np
import pandas as pd

from vpcflow_core.alert_settings import AlertSetting
from vpcflow_core.analysis.outliers import distance
from vpcflow_core.detections.base import HOUR, Detection, Find, Look, Threshold
from vpcflow_core.errors import ParameterError, closest
from vpcflow_core.panels.base import Panel
from vpcflow_core.panels.catalogue import PANELS
from vpcflow_core.panels.request import Parameters
from vpcflow_core.times import format_duration

BANDS: Mapping[str, Panel] = {slug: p for slug, p in PANELS.items() if p.chart == "band"}
# Numbers of deviations have an end: a band without width would make them endless.
FURTHEST = 1_000_000


def of_panel(slug: str, rule: str, setting: AlertSetting) -> Detection:
    """The detection that an outlier panel is, by the parameters of a rule.

    Args:
        slug: Name of the panel.
        rule: Name of the rule, which is the key of its incidents: each rule has filters of its own.
        setting: The rule.

    Raises:
        ParameterError: There is no such panel; names the closest one.
    """
    if slug not in BANDS:
        known = ", ".join(BANDS)
        raise ParameterError(
            f"'{slug}' is no outlier panel.", f"{closest(slug, BANDS)}  There are: {known}".strip()
        )
    panel, page = BANDS[slug], slug.partition("/")[0]
    each = format_duration(setting.timeslice)
    left = f"{panel.title} left the expected band in {{timeslices}} timeslices of {each}"
    return Detection(
        slug,
        f"{panel.title} unusual",
        f"Did {panel.title.lower()} leave the expected band?",
        f"{left}, by up to {{deviations}} deviations",
        "medium",
        "",
        ("rule",),
        {"timeslices": "sum", "deviations": "max"},
        _finder(panel, rule, setting),
        {"threshold": Threshold(setting.threshold, "deviations", "Set by the rule.")},
        "See on its page what was unusual, and who made it.",
        page,
        tuple(setting.where.items()),
    )


def _finder(panel: Panel, rule: str, setting: AlertSetting) -> Find:
    """Finds the hours in which the panel left its band."""

    def find(look: Look) -> pd.DataFrame:
        threshold = look.thresholds["threshold"]
        parameters = Parameters(
            timeslice=setting.timeslice,
            threshold=threshold,
            consecutive=setting.consecutive,
            watch=setting.side,
            method=setting.method,
        )
        request = panel.request(look.window, look.filters, parameters=parameters)
        frame = panel.answer(request, look.logs).frame
        return _signs(frame[frame["violation"]], rule, threshold, setting.timeslice)

    return find


def _signs(violations: pd.DataFrame, rule: str, threshold: float, every: timedelta) -> pd.DataFrame:
    """Violations by the hour."""
    if violations.empty:
        return pd.DataFrame()
    deviations = distance(violations, threshold).replace(np.inf, FURTHEST).fillna(FURTHEST)
    rows = pd.DataFrame(
        {
            "bucket": violations["bucket"].dt.floor(HOUR),
            "first": violations["bucket"],
            "last": violations["bucket"] + every,
            "deviations": deviations.clip(upper=FURTHEST).astype("int64"),
            "timeslices": 1,
        }
    )
    how = {"first": "min", "last": "max", "deviations": "max", "timeslices": "sum"}
    return rows.groupby("bucket", as_index=False).agg(how).assign(rule=rule)
