"""What CloudTrail logged of the sample: it becomes notes, and goes with the incidents."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from vpcflow_core.changes.records import read
from vpcflow_core.sources.base import HasTrail
from vpcflow_core.sources.open import open_source
from vpcflow_core.sources.sample.source import generate
from vpcflow_core.sources.sample.trail import sample_trail
from vpcflow_core.store.store import Store
from vpcflow_core.workspace.notes import notes
from vpcflow_core.workspace.sync import load

UNTIL = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.slow
def test_loading_the_sample_makes_notes_of_its_changes_once(tmp_path: Path) -> None:
    source = open_source("sample://?records=2000&days=1&until=2026-11-20T12:00Z", store=tmp_path)
    assert isinstance(source, HasTrail)
    with Store.open(tmp_path / "s") as store:
        load(store, source)
        load(store, source)
        known = {
            row
            for kind in ("security_groups", "network_acls")
            for row in store.known(kind).iloc[:, 0]  # type: ignore[arg-type]
        }
    made = notes(tmp_path / "s")
    assert [note.text.partition(":")[0] for note in made] == [
        "Outbound rule added",  # 23:00 in the evening before the exfiltration
        "Inbound rule added",
        "Network ACL entry added",
        "Network ACL entry added",
    ]
    assert made[1].text.endswith("(tcp 22, 0.0.0.0/0), tom as Developer")
    assert {note.kind for note in made} == {"network"}
    named = {id for note in made for id in re.findall(r"(?:sg|acl)-[0-9a-f]{17}", note.text)}
    assert len(named) == 3
    assert named <= known


def test_changes_go_with_the_incidents(tmp_path: Path) -> None:
    facts = generate(tmp_path, records=5_000, days=1, until=UNTIL)
    when = {each.name: each.window for each in facts.happenings}
    files = sample_trail(7, UNTIL - 9 * DAY, UNTIL)
    changes = sorted(change for file in files for change in read(file).changes)
    assert [change.account for change in changes] == ["123456789012", "210987654321"] + 4 * [
        "123456789012"
    ]
    way_out, opened, *entries = changes[2:]
    assert timedelta() < when["exfiltration"].start - way_out.at < DAY / 4
    # Attempts are refused until five minutes before their end, then let in.
    last = when["brute-force"].end - timedelta(minutes=5)
    assert last - timedelta(minutes=5) < opened.at < last
    assert all(timedelta() < each.at - when["scan"].end < timedelta(hours=1) for each in entries)


def test_a_short_sample_has_the_changes_of_its_own_time() -> None:
    changes = [c for file in sample_trail(7, UNTIL - DAY, UNTIL) for c in read(file).changes]
    assert len(changes) == 4
    assert all(UNTIL - DAY <= change.at < UNTIL for change in changes)
