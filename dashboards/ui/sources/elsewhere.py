"""What the Sources page says where an engine beyond this machine has the records."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import streamlit as st

from dashboards.ui import resources
from dashboards.ui.markdown import code
from vpcflow_core.store.state import SourceState
from vpcflow_core.times import format_instant
from vpcflow_core.units import humane_count


def draw() -> None:
    """Where the records lie, how many there are, and what is not known of them here."""
    st.info(
        f"Every question is answered by {code(resources.elsewhere())}, where the records lie. "
        "Nothing is synced to this machine, so sources cannot be added and files cannot be "
        "uploaded here; objects and lines that could not be read there are not counted.",
        icon=":material/cloud:",
    )
    states = resources.flows().catalogue.sources()
    frame = pd.DataFrame([row(state) for state in states])
    st.table(frame, border="horizontal", hide_index=True, alt="The records of the engine")


def row(state: SourceState) -> dict[str, str]:
    """What is known of the records, as people read it."""
    return {
        "Records": humane_count(state.records),
        "NODATA": humane_count(state.nodata),
        "SKIPDATA": humane_count(state.skipdata),
        "First start": _moment(state.first),
        "Last end": _moment(state.last),
        "Where": code(state.url),
    }


def _moment(at: datetime | None) -> str:
    return format_instant(at) if at else "-"
