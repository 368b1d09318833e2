"""What a statement names is found by one look at each of its parts."""

from __future__ import annotations

from sqlalchemy import column, func, select, table
from sqlalchemy.sql.selectable import FromClause

from vpcflow_core.engines.named import columns_named, nodes_of, relations_named

FLOWS = table("flows", column("srcaddr"), column("bytes"), column("action"))


def test_relations_and_columns_of_a_statement_are_those_it_uses() -> None:
    inner = select(FLOWS.c.srcaddr.label("who"), func.sum(FLOWS.c.bytes).label("total"))
    grouped = inner.where(FLOWS.c.action == "REJECT").group_by(FLOWS.c.srcaddr).cte("grouped")
    question = select(grouped.c.who).where(grouped.c.total > 5)
    assert relations_named(question) == {"flows"}
    assert columns_named(question) >= {"srcaddr", "bytes", "action"}
    assert relations_named(select(table("elsewhere", column("a")))) == set()
    assert columns_named(FLOWS.c.bytes > 1, FLOWS.c.action == "REJECT") == {"bytes", "action"}


def test_a_part_that_many_paths_lead_to_is_looked_at_once() -> None:
    """Each level uses the one below twice: 2 ** 15 paths lead to the lowest."""
    below: FromClause = FLOWS
    for level in range(15):
        other = below.alias(f"other{level}")
        joined = select(below.c.srcaddr, other.c.bytes).join_from(
            below, other, below.c.srcaddr == other.c.srcaddr
        )
        below = joined.cte(f"level{level}")
    question = select(below.c.srcaddr)
    assert sum(1 for _ in nodes_of(question)) < 1000
    assert columns_named(question) >= {"srcaddr", "bytes"}
