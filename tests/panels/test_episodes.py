"""The episodes of the sample: its five incidents come first, with who made them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.logs import UNTIL
from vpcflow_core.api import FlowLogs
from vpcflow_core.panels.catalogue import Parameters
from vpcflow_core.sources.sample.source import generate
from vpcflow_core.times import Window

pytestmark = pytest.mark.slow


def test_the_samples_incidents_are_among_the_first_ten(tmp_path: Path) -> None:
    facts = generate(tmp_path / "logs", records=300_000, days=4, until=UNTIL)
    wanted = {h.name: h.window for h in facts.happenings if h.name != "nodata"}
    assert set(wanted) == {"scan", "brute-force", "spike", "exfiltration", "skipdata"}
    with FlowLogs.open(tmp_path / "logs", store=tmp_path / "store") as flows:
        found = flows.last("24h").episodes().head(10)
        spans = [Window(r.start, r.end) for r in found.itertuples()]
        for name, window in wanted.items():
            assert any(s.start < window.end and window.start < s.end for s in spans), name
        night = found[(found["start"] < wanted["exfiltration"].end)].iloc[0]
        assert night["measure"] == "bytes"
        assert "destination port 443" in night["made_by"]
        assert {field for field, _ in night["filters"]} >= {"interface_id"}
        plain = flows.last("24h").episodes(Parameters(by=""))
        assert not plain["what"].str.contains(" of ").any()
