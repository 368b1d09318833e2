"""What the server sends for a page, panel by panel: read without a browser, which takes a tenth."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.pages.browsing import NOTHING, key

# The kinds of elements in which a panel shows something, and that in which a failure is shown.
TABLES = {"dataframe", "table"}
SHOWS = {"plotly_chart", "metric", "alert", *TABLES}
FAILURE = "exception"


class Sent:
    """A page as it was sent: its elements, the last at each place."""

    def __init__(self, messages: list[ForwardMsg]) -> None:
        self._elements: dict[tuple[int, ...], Any] = {}
        self._panels: dict[str, tuple[int, ...]] = {}
        for message in messages:
            place = tuple(message.metadata.delta_path)
            if message.delta.HasField("new_element"):
                self._elements[place] = message.delta.new_element
            elif found := re.search(r"-(panel-.+)$", message.delta.add_block.id):
                self._panels[found[1]] = place

    @property
    def places(self) -> dict[str, tuple[int, ...]]:
        """Where each panel stands among the elements of the page."""
        return self._panels

    def elements(self, kind: str = "", slug: str = "") -> Iterator[Any]:
        """The elements of a kind, of the page or of one of its panels."""
        inside = self._panels[f"panel-{key(slug)}"] if slug else ()
        for place, element in sorted(self._elements.items()):
            own = element.WhichOneof("type")
            if own and kind in ("", own) and place[: len(inside)] == inside:
                yield getattr(element, own)

    def drawn(self, slug: str) -> list[dict[str, Any]]:
        """The traces of a panel's chart, their arrays decoded; nothing if it has none."""
        charts = [json.loads(chart.spec) for chart in self.elements("plotly_chart", slug)]
        return [
            {name: _decoded(value) for name, value in trace.items()}
            for chart in charts
            for trace in chart["data"]
        ]

    def text(self) -> str:
        """All that stands on the page, to look for words in; what is code is not marked."""
        return "\n".join(map(str, self.elements())).replace("`", "")

    def alerts(self, slug: str = "") -> list[str]:
        """The sentences in boxes."""
        return [alert.body for alert in self.elements("alert", slug)]

    def shows(self, slug: str) -> bool:
        """Whether a panel shows a chart, a table, numbers or a sentence."""
        return any(next(self.elements(kind, slug), None) is not None for kind in SHOWS)

    def unbroken(self) -> bool:
        """Whether nothing failed, and no cell of a table reads as a language's nothing."""
        failed = [alert for alert in self.alerts() if "This panel failed" in alert]
        tables = [table for kind in TABLES for table in self.elements(kind)]
        failed += [str(cells) for cells in map(_nothing, tables) if cells]
        return not failed and next(self.elements(FAILURE), None) is None


def _decoded(value: Any) -> Any:
    """A list, of what plotly writes as bytes."""
    if not isinstance(value, dict) or "bdata" not in value:
        return value
    return np.frombuffer(base64.b64decode(value["bdata"]), value["dtype"]).tolist()


def _nothing(table: Any) -> set[str]:
    """What reads as nothing among the cells of a table; a missing value reads as its placeholder."""
    sent = table.arrow_data
    there = _frame(sent.data).notna()
    words = _frame(sent.styler.display_values or sent.data).where(there.to_numpy())
    found = {str(cell) for column in words for cell in words[column].dropna()} & NOTHING
    return found if table.HasField("placeholder") or there.all(axis=None) else {*found, "None"}


def _frame(arrow: bytes) -> pd.DataFrame:
    return pa.ipc.open_stream(io.BytesIO(arrow)).read_pandas()
