"""What was answered lately is not asked again, and holds no longer than it is right."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from tests.engines.duckdb.networks import NOON, V2, flow, stored
from tests.store.doubles import Memory, log
from vpcflow_core.engines import kept
from vpcflow_core.engines.duckdb import asked_files
from vpcflow_core.engines.kept import KeptAnswers
from vpcflow_core.query.question import Query
from vpcflow_core.store.sync import sync

FLOWS = Query(("flows",))


def test_a_question_is_asked_once_until_the_store_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    run = asked_files.reader

    def noted(cursor: asked_files.Cursor, one: asked_files.Bound) -> object:
        asked.append(one.sql)
        return run(cursor, one)

    monkeypatch.setattr(asked_files, "reader", noted)
    flows = stored(tmp_path / "s", (V2, [flow("eni-a", "10.0.0.4", "10.0.20.4")]))
    found = flows.between(NOON - timedelta(hours=1), NOON + timedelta(hours=1))
    for _ in range(3):
        assert found.ask(FLOWS).frame["flows"].tolist() == [1]
    assert len(asked) == 1
    assert found.where(dstport="444").ask(FLOWS).frame["flows"].tolist() == [0]
    assert len(asked) == 2
    source = Memory("s3://another/")
    lines = [" ".join(flow("eni-b", "10.0.0.9", "10.0.20.4").values())]
    source.put("b.log", log([V2, *lines]), NOON)
    assert flows.store is not None
    sync(flows.store, source)
    assert found.ask(FLOWS).frame["flows"].tolist() == [2]


def test_changing_an_answer_changes_no_other() -> None:
    answers = KeptAnswers()
    answers.put(("a",), pd.DataFrame({"n": [1, 2]}))
    first = answers.get(("a",))
    assert first is not None
    first.loc[0, "n"] = 99
    first.attrs["notes"] = ("mine",)
    second = answers.get(("a",))
    assert second is not None
    assert second["n"].tolist() == [1, 2]
    assert second.attrs == {}


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame({"n": range(1000)})
    size = int(frame.memory_usage(deep=True).sum())
    monkeypatch.setattr(kept, "MOST_BYTES", 3 * size)
    monkeypatch.setattr(kept, "LARGEST", size)
    answers = KeptAnswers()
    for name in "abc":
        answers.put((name,), frame)
    assert answers.get(("a",)) is not None
    answers.put(("d",), frame)
    assert answers.get(("b",)) is None
    assert answers.get(("a",)) is not None
    answers.put(("e",), pd.DataFrame({"n": range(2000)}))
    assert answers.get(("e",)) is None
