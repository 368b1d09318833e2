"""Figures as the browser has them in the end, so that it draws each of them once.

Streamlit shows a figure, sets a few modes of it, and shows it again as a copy. Plotly draws it
a second time unless it finds the same: the same modes, lists in place of arrays, which it would
unpack anew, and a `datarevision`, by which it takes the lists of a copy for those that it has.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from plotly.graph_objects import Figure


class Sent(Figure):  # type: ignore[misc]
    """A figure that is sent as it is, again and again.

    Plotly copies the whole of a figure for each page that shows it, and keeps five times as much of
    it as is sent.
    """

    def __init__(self, chart: Figure) -> None:
        # Nothing else of a figure is there: it can be sent and written, but not changed.
        self._sent: dict[str, Any] = chart.to_dict()

    def to_dict(self) -> dict[str, Any]:
        """The figure as a dictionary, which belongs to all who show it."""
        return self._sent


def steady(chart: Figure, clicked: bool) -> Figure:
    """The same figure, changed so that its copy on the page is the same.

    Args:
        chart: What to show; changed in place.
        clicked: Whether clicks are heard.
    """
    for trace in chart.data:
        # As they are: plotly would make arrays of the lists again.
        trace._validate = False
        for name, value in trace.to_plotly_json().items():
            trace[name] = _listed(value)
        trace._validate = True
    layout = chart.layout
    layout.datarevision = "as sent"
    if clicked:
        layout.dragmode = layout.dragmode or "pan"
        layout.clickmode = "event" if layout.dragmode == "select" else "event+select"
    return chart


def _listed(value: Any) -> Any:
    """Arrays of numbers as lists, at any depth; no number is None."""
    if isinstance(value, dict):
        return {name: _listed(part) for name, part in value.items()}
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "iuf":
        return value
    is_number = np.isfinite(value)
    if is_number.all():
        return value.tolist()
    shown = value.astype(object)
    shown[~is_number] = None
    return shown.tolist()
