"""Names beside bars as links to what there is to know of the values."""

from __future__ import annotations

from urllib.parse import quote

import pandas as pd
import plotly.graph_objects as go


def with_links(chart: go.Figure, url: str) -> go.Figure:
    """Make each name beside the bars of a chart a link.

    Args:
        chart: Horizontal bars; `customdata` has the value of each, first where it has several.
        url: Of the page of a value, up to where the value stands.
    """
    texts: dict[str, str] = {}
    for bar in chart.select_traces({"type": "bar"}):
        for name, data in zip(bar.y, bar.customdata, strict=True):
            value = data[0] if isinstance(data, (list, tuple)) else data
            link = _link(name, f"{url}{quote(str(value), safe=':/')}")
            texts[name] = f"{name if pd.isna(value) else link}  "
    return chart.update_yaxes(tickvals=list(texts), ticktext=list(texts.values()))


def _link(name: str, url: str) -> str:
    return f'<a href="{url}" target="_blank">{name}</a>'
