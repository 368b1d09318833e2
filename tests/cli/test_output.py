"""Values as JSON has them: whatever pandas, numpy and the engine give."""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from rich.table import Table

from tests.logs import fill, write_sample
from vpcflow_core.cli import output
from vpcflow_core.cli.main import main
from vpcflow_core.cli.output import print_table
from vpcflow_core.json_rows import plain

DAY, TEXT = datetime(2026, 11, 1, tzinfo=UTC), "2026-11-01T00:00:00Z"


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (np.array([1, 2]), [1, 2]),
        (np.array([]), []),
        (np.array(7), 7),
        (np.array(np.nan), None),
        (np.array("2026-11-01", "datetime64[ns]"), TEXT),
        (np.array([[1.0, np.nan], [3.5, 4.0]]), [[1.0, None], [3.5, 4.0]]),
        (np.array([1, "a", None, pd.NA, pd.NaT, np.nan], object), [1, "a", *[None] * 4]),
        (np.array([np.array([1, 2]), [3]], object), [[1, 2], [3]]),
        (np.array(["2026-11-01", "NaT"], "datetime64[ns]"), [TEXT, None]),
        (np.array(["2026-11-01", "NaT"], "datetime64[us]"), [TEXT, None]),
        (np.array([60, "NaT"], "timedelta64[s]"), [60.0, None]),
        (np.array([True, False]), [True, False]),
        (np.ma.masked_array([1, 2], [False, True]), [1, None]),
        (pd.Series([1, None], dtype="Int64"), [1, None]),
        (pd.Series([DAY, pd.NaT]), [TEXT, None]),
        (pd.Index(["a", "b"]), ["a", "b"]),
        (pd.array(["a", None], dtype="string"), ["a", None]),
        ((1, (2, float("nan"))), [1, [2, None]]),
        ({"a": np.array([DAY]), 1: None}, {"a": [TEXT], "1": None}),
        (np.float32(1.5), 1.5),
        (np.int64(2**62), 2**62),
        (np.bool_(True), True),
        (pd.Timestamp(DAY), TEXT),
        (np.datetime64("NaT"), None),
        (timedelta(minutes=1), 60.0),
        (Decimal("1.50"), 1.5),
        (Decimal(3), 3),
        (date(2026, 11, 1), "2026-11-01"),
        (time(10), "10:00:00"),
        (UUID(int=1), str(UUID(int=1))),
        (b"ab", "ab"),
        ("", ""),
        (0, 0),
        (False, False),
    ],
    ids=repr,
)  # fmt: skip
def test_a_value_is_plain(value: Any, wanted: Any) -> None:
    found = plain(value)
    assert found == wanted
    assert json.loads(json.dumps(found)) == found
    assert type(found) is type(wanted)


@pytest.mark.slow
def test_every_type_of_sql_is_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(tmp_path / "s", write_sample(tmp_path / "logs", records=300, days=1))
    text = """SELECT date '2026-11-01' AS b, time '10:00' AS c,
        1.5::decimal(4, 2) AS d, {'x': 1, 'y': NULL} AS f, 'ab'::blob AS g, [1, NULL] AS h,
        [timestamp '2026-11-01'] AS i, [[1], []] AS j, count(*) AS n FROM flows"""
    words = ["vpcflow", "sql", text, "--store", str(tmp_path / "s"), "--output", "json"]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    [row] = json.loads(capsys.readouterr().out)
    assert (row["c"], row["d"], row["g"]) == ("10:00:00", 1.5, "ab")
    assert (row["f"], row["h"], row["i"], row["j"]) == (
        {"x": 1, "y": None},
        [1, None],
        [TEXT],
        [[1], []],
    )


@pytest.mark.parametrize("title", ["", "Two rows"])
@pytest.mark.parametrize("columns", [80, 24])
def test_a_table_looks_as_rich_draws_it(
    title: str, columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "console", lambda: Console(width=columns, highlight=False))
    rows = {"name": ["日本 web", "a" * 9], "flows": [1234567, 8], "addresses": [None, "10.0.0.1"]}
    print_table(pd.DataFrame(rows), title)
    drawn = capsys.readouterr().out
    table = Table(title=title or None, title_justify="left", box=None)
    for name, side in zip(rows, ("left", "right", "left"), strict=True):
        table.add_column(name, justify=side, overflow="fold")  # type: ignore[arg-type]
    table.add_row("日本 web", "1,234,567", "-")
    table.add_row("a" * 9, "8", "10.0.0.1")
    output.console().print(table)
    assert drawn == capsys.readouterr().out
