"""A panel of the dashboards with its answer: rows, SQL and figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from vpcflow_core import notebook
from vpcflow_core.arrow import arrow_table

if TYPE_CHECKING:
    import pyarrow as pa
    from plotly.graph_objects import Figure

    from vpcflow_core.panels.catalogue import Panel, PanelAnswer


@dataclass(frozen=True, slots=True)
class RenderedPanel:
    """A panel and its answer."""

    panel: Panel
    answer: PanelAnswer

    @property
    def frame(self) -> pd.DataFrame:
        """The rows it shows."""
        return self.answer.frame

    @property
    def sql(self) -> str:
        """The query that ran."""
        return self.answer.sql

    def arrow(self) -> pa.Table:
        """The rows as an Arrow table; `polars.from_arrow` makes them a frame of polars."""
        return arrow_table(self.frame)

    def _repr_html_(self) -> str:
        """The first rows, notes and SQL."""
        return notebook.panel_html(self)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """The figure, for notebooks; the rows where none can be drawn."""
        return notebook.panel_bundle(self)

    def figure(self, zone: str = "UTC", dark: bool = False) -> Figure:
        """The plotly figure; show it with `charts.CONFIG`, so that maps need no Internet."""
        from vpcflow_core.charts import figure  # plotly takes a while to import

        return figure(self.panel, self.answer, zone, dark)
