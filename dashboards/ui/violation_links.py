"""Below a band: its violations, each a link to the Traffic page at its time."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from dashboards.ui import drill, links
from dashboards.ui.state import PageState
from vpcflow_core.panels.catalogue import Panel, PanelAnswer
from vpcflow_core.times import Window
from vpcflow_core.units import humane

MOST = 20


def draw(panel: Panel, given: PanelAnswer, state: PageState) -> None:
    """A button that lists the violations, the furthest outside first; none without."""
    worst = furthest(given.frame)
    if worst.empty:
        return
    with st.popover(
        "Traffic at a violation",
        key=f"violations-{panel.slug}",
        type="tertiary",
        icon=":material/swap_horiz:",
        on_change="rerun",
    ) as shown:
        if shown.open:
            st.markdown("\n".join(_link(row, panel, given, state) for _, row in worst.iterrows()))


def lead(state: PageState, panel: Panel, bucket: datetime, every: timedelta | None) -> str:
    """The address of the Traffic page at a timeslice that a panel has judged."""
    there = drill.looking_at(state, panel, bucket, every or drill.MINUTE)
    return links.beside(st.context.url or "", "traffic", there)


def episode(state: PageState, row: pd.Series) -> str:
    """The address of the Traffic page at an episode, narrowed to who made it."""
    window = Window(row["start"].to_pydatetime(), row["end"].to_pydatetime())
    there = drill.narrowed_to(state, window, dict(row["filters"]))
    return links.beside(st.context.url or "", "traffic", there)


def furthest(frame: pd.DataFrame) -> pd.DataFrame:
    """The violations furthest outside, in half widths of their band."""
    out = frame[frame["violation"]]
    far = out["error"].abs() / (out["upper"] - out["lower"])
    return out.loc[far.sort_values(ascending=False).index[:MOST]]


def description(row: pd.Series, measure: str, zone: str) -> str:
    """When, how much, and what was expected: `Fri 20 Nov 07:00 · 109 flows, expected 0 to 3`."""
    low, high = (humane(max(float(row[end]), 0), measure) for end in ("lower", "upper"))
    word = "" if measure == "bytes" else f" {measure}"
    value = f"{humane(float(row['value']), measure)}{word}"
    return (
        f"{row['bucket'].astimezone(ZoneInfo(zone)):%a %d %b %H:%M} · {value}, "
        f"expected {low} to {high}"
    )


def _link(row: pd.Series, panel: Panel, given: PanelAnswer, state: PageState) -> str:
    address = lead(state, panel, row["bucket"].to_pydatetime(), given.every)
    return f"- [{description(row, panel.value, state.zone)}]({address})"
