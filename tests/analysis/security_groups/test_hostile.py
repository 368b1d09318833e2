"""Sources that scan or are refused often are in no advice to narrow a rule."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.analysis.security_groups.usage_tables import INTERFACES, flow, flow_frame, rule, used
from vpcflow_core.analysis.security_groups.findings import findings
from vpcflow_core.analysis.security_groups.hostile import Hostile, hostile_sources
from vpcflow_core.inventory.tables import frame_of


def refused(source: str, flows: int, rejected: int, destinations: int, ports: int) -> Hostile:
    """What is known of the source by these numbers."""
    row = (source, flows, rejected, destinations, ports)
    columns = ["srcaddr", "flows", "rejected", "destinations", "ports"]
    return hostile_sources(pd.DataFrame([row], columns=columns))


@pytest.mark.parametrize(
    ("numbers", "why"),
    [
        ((400, 400, 1, 200), "refused 400 times at 200 ports"),
        ((60, 60, 30, 1), "refused 60 times at 30 destinations"),
        ((90, 25, 1, 1), "refused 25 times"),
        ((19, 19, 1, 1), ""),
        ((100_000, 40, 2, 3), ""),  # late packets of a client that is let in
    ],
)
def test_who_scans_or_is_refused_often_is_hostile(
    numbers: tuple[int, int, int, int], why: str
) -> None:
    assert refused("198.51.100.9", *numbers).why == ({"198.51.100.9": why} if why else {})


def test_sources_on_watch_lists_are_hostile_too() -> None:
    none = pd.DataFrame(columns=["srcaddr", "flows", "rejected", "destinations", "ports"])
    assert hostile_sources(none, {"192.0.2.7": "threats"}).why == {
        "192.0.2.7": "on watch list threats"
    }
    row = pd.DataFrame([("192.0.2.7", 30, 30, 1, 1)], columns=none.columns)
    assert hostile_sources(row, {"192.0.2.7": "threats"}).why == {
        "192.0.2.7": "refused 30 times, on watch list threats"
    }


def test_the_blocks_seen_leave_out_hostile_sources_which_are_named_beside_them() -> None:
    flows = [
        flow("eni-web", "203.0.113.5", 6, 22, 30),
        flow("eni-web", "198.51.100.0", 6, 22, 60),
        flow("eni-web", "198.51.100.9", 6, 22, 10),
    ]
    foes = Hostile({"198.51.100.9": "refused 30 times", "198.51.100.0": "refused 9 times"})
    (row,) = used(flows, [rule("sg-web", ports=22)], hostile=foes).to_dict("records")
    assert (row["seen_blocks"], row["seen_share"]) == ("203.0.113.5/32", 30.0)
    assert row["hostile"] == "198.51.100.0 (refused 9 times), 198.51.100.9 (refused 30 times)"


def test_where_all_that_came_is_hostile_no_block_is_advised() -> None:
    flows = [flow("eni-web", "198.51.100.9", 6, 22, 10)]
    foe = Hostile({"198.51.100.9": "refused 30 times"})
    (row,) = used(flows, [rule("sg-web", ports=22)], hostile=foe).to_dict("records")
    assert (row["seen_blocks"], row["seen_share"]) == ("", 0.0)


def test_of_rules_that_let_hostile_sources_in_those_for_ssh_stand_before_those_for_the_web() -> (
    None
):
    foe = "198.51.100.9"
    flows = [flow("eni-web", foe, 6, port, flows) for port, flows in ((22, 1), (443, 90), (80, 9))]
    rules = [rule("sg-web", ports=port) for port in (80, 443, 22, 3389)]
    shown = used(flows, rules, hostile=Hostile({foe: "refused 30 times"}))
    assert shown["ports"].tolist() == ["22", "443", "80", "3389"]


def test_open_services_are_sentences_the_hostile_ones_first() -> None:
    flows = [
        flow("eni-web", "203.0.113.5", 6, 3389, 3),
        flow("eni-web", "198.51.100.9", 6, 22, 10),
        flow("eni-web", "203.0.113.6", 6, 22, 10),
        flow("eni-db", "203.0.113.7", 6, 22, 10),  # no group of it is open
        flow("eni-web", "203.0.113.8", 6, 22, 10, reply=True),
    ]
    for one in flows[:4]:
        one["reply"] = False
    rules = [rule("sg-web", ports=3389), rule("sg-web", ports=(20, 25)), rule("sg-web", ports=443)]
    foe = Hostile({"198.51.100.9": "refused 30 times"})
    shown = used(flows, rules, hostile=foe)
    # The rule that let a hostile source in stands before those that nothing used.
    assert shown["ports"].tolist() == ["20-25", "443", "3389"]
    assert findings(shown, flow_frame(flows), frame_of("interfaces", INTERFACES), foe) == [
        "SSH (22) is open to the world: 2 sources seen, 1 of them hostile (198.51.100.9).",
        "RDP (3389) is open to the world: 1 source seen.",
        "Telnet (23) is open to the world: unused.",
    ]
