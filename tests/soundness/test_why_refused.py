"""Why connections were refused: from the log and the snapshots to the answer, by every way to ask."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from tests.engines.duckdb.networks import MINUTE, NOON, V2, flow, stored
from vpcflow_core.analysis.buckets import notes_of
from vpcflow_core.api import FlowLogs
from vpcflow_core.cli.main import app
from vpcflow_core.errors import MissingDataError
from vpcflow_core.inventory.tables import Kind, Snapshot, frame_of

SELF, PEER = "10.2.0.10", "203.0.113.9"
FLAGGED = f"{V2} tcp-flags"
Row = dict[str, Any]


def sent(source: str, port: int, target: str, to: int, at: int, action: str, flags: int = 2) -> Row:
    """A record of `eni-self`, so many minutes after noon."""
    more = {"srcport": str(port), "dstport": str(to), "tcp-flags": str(flags)}
    return flow("eni-self", source, target, 100, NOON + at * MINUTE, action) | more


def shot(minutes: int, *, ssh: bool, entries: list[str]) -> Snapshot:
    """A server that always serves 443, and 22 in some snapshots."""
    ports = [443, *([22] if ssh else [])]
    tables: dict[Kind, list[Row]] = {
        "interfaces": [{"interface_id": "eni-self", "addresses": [SELF], "subnet_id": "subnet-1",
                        "vpc_id": "vpc-1", "security_group_ids": ["sg-a"]}],
        "rules": [
            *({"rule_id": f"in-{port}", "security_group_id": "sg-a", "protocol": "tcp",
               "from_port": port, "to_port": port, "cidr": "0.0.0.0/0"} for port in ports),
            {"rule_id": "out", "security_group_id": "sg-a", "egress": True, "protocol": "-1",
             "cidr": "0.0.0.0/0"},
        ],
        "security_groups": [{"security_group_id": "sg-a", "name": "web"}],
        "subnets": [{"subnet_id": "subnet-1", "cidrs": ["10.2.0.0/24"]}],
        "network_acls": [{"network_acl_id": "acl-1", "subnet_ids": ["subnet-1"],
                          "entries": entries}],
    }  # fmt: skip
    made = {kind: frame_of(kind, rows) for kind, rows in tables.items()}
    return Snapshot("111111111111", "eu-central-1", NOON + minutes * MINUTE, made)


OPEN = ["in 100 allow -1 all 0.0.0.0/0", "out 100 allow -1 all 0.0.0.0/0"]
DENY = ["in 50 deny 6 443-443 203.0.113.0/24", *OPEN]
RECORDS = [
    # No rule for 3389, ever: three sources.
    *(sent(f"203.0.113.{n}", 50000, SELF, 3389, 1, "REJECT") for n in (1, 2, 3)),
    # 22 is let in by the rule until the second snapshot, then refused.
    sent(PEER, 50001, SELF, 22, 1, "ACCEPT"),
    sent(PEER, 50002, SELF, 22, 40, "REJECT"),
    # A connection to 443 that ends, and a packet after it.
    sent(PEER, 50003, SELF, 443, 1, "ACCEPT", 3),
    sent(SELF, 443, PEER, 50003, 1, "ACCEPT", 19),
    sent(PEER, 50003, SELF, 443, 5, "REJECT", 4),
    # The network ACL of the second snapshot refuses 443.
    sent(PEER, 50004, SELF, 443, 41, "REJECT"),
    sent(PEER, 50004, SELF, 443, 42, "REJECT"),
]


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlowLogs]:
    shots = [shot(-60, ssh=True, entries=OPEN), shot(30, ssh=False, entries=DENY)]
    folder = tmp_path_factory.mktemp("refusing")
    with stored(folder, (FLAGGED, RECORDS), shots=shots) as flows:
        yield flows


def told(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    columns = ["cause", "way", "port", "peers", "flows", "missing_rule"]
    return list(frame[columns].itertuples(index=False, name=None))


EXPECTED = [
    ("no rule", "in", 3389, 3, 3, "inbound tcp 3389 from 3 addresses"),
    ("network ACL", "in", 443, 1, 2, ""),
    ("no rule", "in", 22, 1, 1, f"inbound tcp 22 from {PEER}"),
    ("late packet", "in", 443, 1, 1, ""),
]


def test_each_refusal_is_judged_by_the_rules_of_its_time(refusing: FlowLogs) -> None:
    frame = refusing.why()
    assert told(frame) == EXPECTED
    assert frame["why"].tolist()[1] == (
        "The inbound entry 50 of acl-1 refuses tcp 443 from 203.0.113.0/24."
    )
    assert notes_of(frame)[-1].startswith("Of 7 refused flows, by cause: no rule: 4 (57 %)")


def test_filters_narrow_what_is_explained_and_not_what_explains(refusing: FlowLogs) -> None:
    """The accepted record that makes a packet late is found whatever the filter says."""
    late = refusing.where(action="REJECT", srcport="50003").why()
    assert told(late) == [EXPECTED[3]]
    assert told(refusing.why(n=1)) == EXPECTED[:1]


def test_the_panels_of_rejects_and_of_an_entity_say_the_same(refusing: FlowLogs) -> None:
    assert told(refusing.panel("rejects/why").frame) == EXPECTED
    entity = refusing.panel(f"entity/why?entity={PEER}").frame
    assert told(entity) == EXPECTED[1:]


def test_a_network_acl_without_an_entry_for_clients_ports_refuses_the_way_back(
    tmp_path: Path,
) -> None:
    """The request meets an entry, its answer none; groups let answers through."""
    entries = ["in 100 allow 6 443-443 0.0.0.0/0", "out 100 allow 6 443-443 0.0.0.0/0"]
    records = [
        sent(PEER, 50003, SELF, 443, 1, "ACCEPT"),
        sent(SELF, 443, PEER, 50003, 1, "REJECT", 18),
    ]
    shots = [shot(-60, ssh=False, entries=entries)]
    with stored(tmp_path, (FLAGGED, records), shots=shots) as flows:
        (row,) = flows.why().to_dict("records")
    assert (row["cause"], row["way"], row["flows"]) == ("network ACL, way back", "out", 1)
    assert "acl-1" in row["why"]
    assert row["why"].endswith("network ACLs look at each way alone.")


def test_the_command_answers_in_json(refusing: FlowLogs) -> None:
    words = ["why", "--store", str(refusing.store.path), "--json", "--where", "dstport=3389"]
    found = CliRunner().invoke(app, words)
    assert found.exit_code == 0, found.output
    [row] = json.loads(found.stdout)
    assert (row["cause"], row["peers"], row["protocol"]) == ("no rule", 3, 6)
    assert row["first"] == (NOON + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_without_a_snapshot_the_answer_says_what_to_do(tmp_path: Path) -> None:
    message = "No EC2 snapshot in this store has interfaces"
    with (
        stored(tmp_path, (V2, [flow("eni-self", PEER, SELF, action="REJECT")])) as flows,
        pytest.raises(MissingDataError, match=message) as raised,
    ):
        flows.why()
    assert "docs/iam.md" in str(raised.value)
