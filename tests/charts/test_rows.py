"""Rows of a person's own SELECT as charts."""

from __future__ import annotations

import pandas as pd

from vpcflow_core.charts.rows import kinds_of, rows_chart

PORTS = pd.DataFrame({"dstport": [443, 22], "action": ["ACCEPT", "REJECT"], "flows": [5, 7]})


def test_rows_are_drawn_where_there_are_numbers() -> None:
    assert kinds_of(PORTS) == ["Table", "Bars", "Lines"]
    assert kinds_of(PORTS[["action", "flows"]]) == ["Table", "Bars"]
    assert kinds_of(PORTS[["dstport", "action"]]) == ["Table"]
    assert kinds_of(PORTS.head(0)) == ["Table"]


def test_bars_keep_the_order_of_the_rows_and_lines_that_of_the_first_column() -> None:
    (bars,) = rows_chart(PORTS, lines=False, dark=False).data
    assert (list(bars.x), list(bars.y)) == (["443", "22"], [5, 7])
    (line,) = rows_chart(PORTS, lines=True, dark=True).data
    assert (list(line.x), list(line.y)) == ([22, 443], [7, 5])
