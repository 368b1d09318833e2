"""A question over a damaged or missing file of the store ends in a sentence that names the day."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.store.doubles import START, Memory, key, line, log
from vpcflow_core.api import FlowLogs
from vpcflow_core.errors import StoreError
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import sync


@pytest.mark.parametrize("damage", ["gone", "short", "middle"])
def test_a_question_over_a_damaged_file_names_its_day_and_the_next_step(
    tmp_path: Path, damage: str
) -> None:
    source = Memory()
    for day in (0, 1):
        at = START + timedelta(days=day)
        source.put(key(day), log([line(number, at) for number in range(500)]), at)
    with Store.open(tmp_path / "s") as store:
        sync(store, source)
        file = store.files("flows")[1]
    content = file.path.read_bytes()
    file.path.unlink()
    if damage == "short":
        file.path.write_bytes(content[:-9])
    if damage == "middle":  # the same size, the same footer
        file.path.write_bytes(content[:4] + b"\xff" * 2000 + content[2004:])
    with FlowLogs.open(tmp_path / "s") as logs:
        with pytest.raises(StoreError, match="500 records of 02 Nov 2026 cannot be read") as caught:
            logs.top("srcaddr")
        assert "sync it again" in caught.value.next_step
        with pytest.raises(StoreError, match="02 Nov 2026"):
            logs.sql("SELECT sum(bytes), max(srcaddr), max(interface_id) FROM flows")
