"""What sending a page takes at least: its ready figures and tables, and nothing else.

`python -m benchmarks.sessions` records them of the real app, and runs this one for comparison. May
import Streamlit and what it shows.
"""

from __future__ import annotations

import os
from pathlib import Path

import plotly.graph_objects as go
import plotly.io
import pyarrow as pa
import streamlit as st

# The folder of what was recorded: a folder a page, a file an element.
FOLDER = "VPCFLOW_BENCH_ELEMENTS"


@st.cache_resource
def ready(page: str) -> tuple[list[go.Figure], list[pa.Table]]:
    """The figures and tables of a page."""
    folder = Path(os.environ[FOLDER]) / page
    figures = [plotly.io.from_json(path.read_text()) for path in sorted(folder.glob("*.json"))]
    tables = [pa.ipc.open_stream(path).read_all() for path in sorted(folder.glob("*.arrow"))]
    return figures, tables


def show() -> None:
    """Send a page."""
    figures, tables = ready(st.query_params["page"])
    for place, figure in enumerate(figures):
        st.plotly_chart(figure, key=f"figure-{place}", theme=None)
    for place, table in enumerate(tables):
        st.dataframe(table, key=f"table-{place}")


if __name__ == "__main__":
    show()
