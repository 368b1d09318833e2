"""Windows and filters that panels are checked under, and the same records by pandas."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from tests.logs import UNTIL
from vpcflow_core.api import FlowLogs
from vpcflow_core.panels.catalogue import PANELS, PanelAnswer
from vpcflow_core.query.filters import Filters
from vpcflow_core.times import Window

DAY = timedelta(days=1)
WINDOWS = {
    "a day": Window(UNTIL - DAY, UNTIL),
    "a week": Window(UNTIL - 7 * DAY, UNTIL),
    "from one odd minute to another": Window(
        datetime(2026, 11, 18, 22, 17, tzinfo=UTC), datetime(2026, 11, 19, 3, 41, tzinfo=UTC)
    ),
}
# What a person writes, and the same in pandas.
FILTERS = {
    "none": ((), lambda f: f["version"].notna()),
    "rejected": ((("action", "REJECT"),), lambda f: f["action"] == "REJECT"),
    "not from 10/8 to https or ssh": (
        (("srcaddr", "!10.0.0.0/8"), ("dstport", "https, 22")),
        lambda f: ~f["srcaddr"].str.startswith("10.") & f["dstport"].isin([443, 22]),
    ),
    "udp between high ports and low": (
        (("protocol", "udp"), ("dstport", "0-1023")),
        lambda f: (f["protocol"] == 17) & (f["dstport"] <= 1023),
    ),
}
# A window and a filter are two conditions beside each other, so that not every pair is tried: each
# window without any filter, and each filter in one window.
PAIRS = [
    *((window, "none") for window in WINDOWS),
    ("from one odd minute to another", "rejected"),
    ("a day", "not from 10/8 to https or ssh"),
    ("a week", "udp between high ports and low"),
]


# Many panels are held against the same records. They are kept too, so that no other frame gets
# their id.
_INSIDE: dict[tuple[int, Window, str, bool], tuple[pd.DataFrame, pd.DataFrame]] = {}


def inside(records: pd.DataFrame, window: Window, case: str, traffic: bool = True) -> pd.DataFrame:
    key = (id(records), window, case, traffic)
    if key not in _INSIDE:
        _INSIDE[key] = records, _inside(records, window, case, traffic)
    return _INSIDE[key][1].copy(deep=False)


def _inside(records: pd.DataFrame, window: Window, case: str, traffic: bool) -> pd.DataFrame:
    found = records[(records["start"] >= window.start) & (records["start"] < window.end)]
    if traffic:
        found = found[found["log-status"] == "OK"]
    return found[FILTERS[case][1](found).astype("boolean").fillna(False).to_numpy(dtype=bool)]


def reaching(window: Window) -> Window:
    """Where records start that may reach into a window; those of the sample last a minute."""
    return Window(window.start - timedelta(minutes=5), window.end)


def over_time(
    found: pd.DataFrame, measure: str, every: timedelta, window: Window
) -> pd.Series[float]:
    """Flows by their start, bytes and packets of each second of a record, by timeslice."""
    starts = found["start"].astype("datetime64[s, UTC]")
    if measure == "flows":
        values = found.groupby(starts.dt.floor(every)).size().astype("float64")
    else:
        lasts = (found["end"] - found["start"]).dt.total_seconds().clip(lower=0).astype("int64")
        # Whole minutes end where the next ones begin, other records with their last second.
        minutes = (found["start"].dt.second == 0) & (found["end"].dt.second == 0)
        lasts += (~minutes | (lasts == 0)).astype("int64")
        places = np.repeat(np.arange(len(found)), lasts)
        nth = np.arange(len(places)) - np.repeat(lasts.cumsum() - lasts, lasts).to_numpy()
        at = starts.iloc[places] + pd.to_timedelta(nth, unit="s")
        share = (found[measure].astype("float64") / lasts).iloc[places]
        values = share.groupby(at.dt.floor(every)).sum()
    buckets = pd.date_range(window.start, window.end, freq=every, inclusive="left")
    return values.reindex(buckets, fill_value=0.0)


def asked(flows: FlowLogs, slug: str, window: Window, case: str) -> PanelAnswer:
    panel = PANELS[slug]
    return panel.answer(panel.request(window, Filters.parse(FILTERS[case][0])), flows)


def shown(flows: FlowLogs, slug: str, window: Window, case: str) -> pd.DataFrame:
    return asked(flows, slug, window, case).frame
