"""What alerts would have been sent in the page's range, and thresholds for a budget of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from dashboards.ui import resources
from dashboards.ui.answers import KEYS
from dashboards.ui.column_widths import hinted
from dashboards.ui.markdown import inert
from dashboards.ui.resources import Generation
from dashboards.ui.rights import shown
from dashboards.ui.state import PageState
from vpcflow_core.alerts.messages import Message
from vpcflow_core.alerts.proposals import Proposal, proposals
from vpcflow_core.alerts.rules import rules_of
from vpcflow_core.alerts.watch import Decided, rehearse
from vpcflow_core.charts import CONFIG
from vpcflow_core.charts.alerts import alerts_by_day
from vpcflow_core.detections.catalogue import DETECTIONS
from vpcflow_core.errors import VpcflowError
from vpcflow_core.flow_logs.finding import watch_list
from vpcflow_core.panels.catalogue import PANELS
from vpcflow_core.scope import Scope
from vpcflow_core.settings import load_settings
from vpcflow_core.times import Window
from vpcflow_core.workspace.reviews import reviews

ABOUT = (
    "What `vpcflow watch` would have sent in this range by the rules of the settings, or by all "
    "detections where there are none. The filters of the page do not change it."
)


def draw(state: PageState, window: Window) -> None:
    """Draw the section, folded: it is asked once it is opened."""
    with st.expander(
        "Alerts in this range: a rehearsal",
        icon=":material/notifications:",
        key="rehearsal",
        on_change="rerun",
    ) as more:
        if not more.open:
            return
        st.caption(ABOUT)
        try:
            with st.spinner("Rehearsing ...", show_time=True):
                messages, problems = _rehearsed(*_asked(state, window))
        except VpcflowError as error:
            st.warning(shown(error), icon=":material/error:")
            return
        began = [message for message in messages if message.kind == "began"]
        for problem in problems:
            st.caption(inert(problem))
        _days(began, window, state)
        _thresholds(state, window)


def _asked(state: PageState, window: Window) -> tuple[Scope, Window, str, Generation, str]:
    """What an answer depends on."""
    generation = resources.generation()
    return resources.scope(), window, state.source, generation, str(_decided())


def _decided() -> Decided:
    return reviews(resources.store().path)


@st.cache_data(show_spinner=False, max_entries=20, hash_funcs=KEYS)
def _rehearsed(
    scope: Scope, window: Window, source: str, generation: Generation, decided: str
) -> tuple[list[Message], list[str]]:
    logs = resources.logs_within(scope, source, False)
    return rehearse(logs, load_settings(), window, watch_list(), _decided())


@st.cache_data(show_spinner=False, max_entries=20, hash_funcs=KEYS)
def _proposed(
    scope: Scope,
    window: Window,
    source: str,
    generation: Generation,
    decided: str,
    budget: float,
) -> list[Proposal]:
    logs = resources.logs_within(scope, source, False)
    messages, _ = _rehearsed(scope, window, source, generation, decided)
    return proposals(logs, load_settings(), window, budget, watch_list(), _decided(), messages)


def _title(slug: str) -> str:
    """What a detection or an outlier panel is called."""
    return DETECTIONS[slug].title if slug in DETECTIONS else PANELS[slug].title


def _days(began: Sequence[Message], window: Window, state: PageState) -> None:
    """How many alerts there were each day, and which."""
    if not began:
        st.success("No alert in this range.", icon=":material/check_circle:")
        return
    zone = ZoneInfo(state.zone)
    st.markdown(f"**{len(began):,} {'alert' if len(began) == 1 else 'alerts'}**")
    rows = pd.DataFrame(
        {
            "Alert": [pd.Timestamp(m.at).tz_convert(zone).tz_localize(None) for m in began],
            "Severity": [m.severity for m in began],
            "Rule": [m.rule for m in began],
            "What": [str(m.incident["what"]) for m in began],
            "name": [_title(m.incident["detection"]) for m in began],
        }
    )
    days = pd.date_range(_day(window.start, zone), _day(window.end, zone), freq="D")
    counts = rows.groupby([rows["Alert"].dt.normalize(), "name"]).size().unstack(fill_value=0)
    by_day = counts.reindex(days, fill_value=0).rename_axis("day").reset_index()
    tidy = by_day.melt("day", var_name="name", value_name="alerts")
    st.plotly_chart(
        alerts_by_day(tidy, st.context.theme.type == "dark"),
        config=CONFIG,
        key="chart-rehearsal",
        theme=None,
        alt=f"Alerts by day: {len(began)} in all",
    )
    table = rows.drop(columns="name").sort_values("Alert", ascending=False)
    st.dataframe(
        table,
        hide_index=True,
        placeholder="",
        key="table-rehearsal",
        column_config=hinted(
            table, {"Alert": st.column_config.DatetimeColumn(format="ddd D MMM HH:mm")}
        ),
        alt="Alerts, the newest first",
    )


def _day(at: datetime, zone: ZoneInfo) -> pd.Timestamp:
    return pd.Timestamp(at).tz_convert(zone).tz_localize(None).normalize()


def _thresholds(state: PageState, window: Window) -> None:
    """Thresholds that keep to a budget."""
    budget = st.number_input(
        "Most alerts a day of each detection",
        min_value=0.1,
        value=2.0,
        step=1.0,
        format="%g",
        key="budget",
        width=280,
        help="For a detection that gives more, a threshold is looked for by rehearsing it.",
    )
    with st.spinner("Rehearsing thresholds ...", show_time=True):
        found = _proposed(*_asked(state, window), budget)
    over = [each for each in found if each.alerts_a_day > budget]
    if not over:
        st.caption(f"Each detection keeps to {budget:g} a day in this range.")
        return
    rules = len({*rules_of(load_settings())})
    table = pd.DataFrame([_row(each) for each in over])
    st.dataframe(
        table if rules > 1 else table.drop(columns="Rule"),
        hide_index=True,
        placeholder="",
        key="table-proposals",
    )


def _row(each: Proposal) -> dict[str, object]:
    row: dict[str, object] = {
        "Rule": each.rule,
        "Detection": _title(each.detection),
        "Alerts a day": round(each.alerts_a_day, 1),
        "Threshold": each.threshold or "none to change",
        "Now": each.now,
        "Proposed": each.proposed,
        "Alerts a day then": None if each.then_a_day is None else round(each.then_a_day, 1),
    }
    return row
