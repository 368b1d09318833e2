"""Filters by name: what is called so, in any case, as it stands on a chart, or like a pattern."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.logs import UNTIL
from vpcflow_core.api import FlowLogs
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.names import with_names
from vpcflow_core.ranges import parse_range

NAMES = {"eni-0a1b": "Web-1", "eni-0a2b": "web-2", "eni-0c3d": "db [1]"}


def ids(text: str) -> list[str]:
    """The terms of a filter of interfaces, names resolved."""
    found = with_names(
        Filters.parse({"interface_id": text}), lambda _: NAMES, lambda _: ("10.0.0.5",)
    )
    return [str(term) for item in found for term in (*item.any_of, *item.none_of)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("web-1", ["web-1", "eni-0a1b"]), ("WEB-2", ["WEB-2", "eni-0a2b"]),
        ("web-*", ["web-*", "eni-0a1b", "eni-0a2b"]), ("!web-1", ["web-1", "eni-0a1b"]),
        ("db [1]", ["db [1]", "eni-0c3d"]), ("db [*", ["db [*", "eni-0c3d"]),
        ("Web-1 (eni-0a1\u2026)", ["Web-1 (eni-0a1\u2026)", "eni-0a1b"]),
        ("eni-0a*", ["eni-0a*"]), ("eni-0a1b", ["eni-0a1b"]), ("api", ["api"]), ("-", ["-"]),
    ],
)  # fmt: skip
def test_a_name_also_means_what_is_called_so(text: str, wanted: list[str]) -> None:
    assert ids(text) == wanted


@pytest.mark.slow
def test_names_find_the_flows_of_interfaces_groups_and_addresses(sample_store: Path) -> None:
    with FlowLogs.open(sample_store) as opened:
        day = opened.between(UNTIL - parse_range("24h").window(UNTIL).length, UNTIL)

        def count(**filters: str) -> int:
            return int(day.where(**filters).top("action")["flows"].sum())

        row = day.known("interfaces").dropna(subset=["name", "instance_id"]).iloc[0]
        assert count(interface_id=row["name"]) == count(interface_id=row["interface_id"]) > 0
        group = row["security_group_ids"][0]
        name = day.names("security_group_id")[group]
        assert count(security_group_id=name) == count(security_group_id=group) > 0
        own = ", ".join([*row["addresses"], *row["public_addresses"]])
        assert count(address=f"name:{row['name']}") == count(address=own) > 0
        assert count(srcaddr="name:nothing-is-called-so") == 0
