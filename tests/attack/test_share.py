"""A small share of `make attack`: every SQL escape is tried on the check, cheap files on the judge."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from dashboards.ui.sql import names_files
from tests.attack import sql
from tests.attack.base import sentence_fault
from tests.attack.escapes import DECOYS, ESCAPES, Escape
from tests.attack.ground import SECRET, Ground, ground
from tests.attack.runaways import RUNAWAYS
from tests.attack.uploads import LIMIT, NAMES, UPLOADS, named
from vpcflow_core.engines.duckdb import guard
from vpcflow_core.errors import QueryError, VpcflowError
from vpcflow_core.intake.judge import judge

GROUPS = sorted({escape.group for escape in ESCAPES})


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with ground(tmp_path_factory.mktemp("attacked")) as place:
        yield place


def test_canaries_are_seen_and_heard_where_there_are_no_walls(attacked: Ground) -> None:
    text = attacked.filled("SELECT content FROM read_text('{secret}')")
    assert SECRET in str(duckdb.connect().execute(text).fetchall())
    assert not attacked.was_called()
    with socket.create_connection(attacked.listener.getsockname()):
        assert attacked.was_called()


@pytest.mark.parametrize("group", GROUPS)
def test_no_escape_runs(attacked: Ground, group: str) -> None:
    cursor = attacked.engine._database.cursor()
    passed = [
        escape
        for escape in ESCAPES
        if escape.group == group and _passes(cursor, attacked.filled(escape.sql))
    ]
    tried = [sql.escape(attacked, escape) for escape in passed]
    assert {outcome.name: outcome.fault for outcome in tried if outcome.fault} == {}


def _passes(cursor: duckdb.DuckDBPyConnection, text: str) -> bool:
    """Whether the check lets it pass: it must fail when it is run."""
    try:
        guard.check(cursor, text)
    except QueryError:
        return False
    return True


def test_what_only_looks_like_an_escape_runs(attacked: Ground) -> None:
    assert [(o.name, o.fault) for o in sql.decoys(attacked)] == [(text, "") for text in DECOYS]


def test_an_error_is_short_however_long_the_value_that_it_quotes(attacked: Ground) -> None:
    text = "SELECT strptime(repeat('1', 90000), repeat('%d', 90000))"
    outcome = sql.escape(attacked, Escape("", text))
    assert outcome.fault == ""
    assert len(outcome.held) < 600


EXPLAINED = (
    "EXPLAIN ANALYZE {s}", "explain\tanalyze {s}", ";EXPLAIN\nANALYZE {s}", "EXPLAIN/**/ANALYZE {s}",
    "/**/EXPLAIN ANALYZE {s}", "EXPLAIN\u00a0ANALYZE {s}", "EXPLAIN (ANALYZE) {s}", "EXPLAIN {s}",
    "EXPLAIN (ANALYZE, FORMAT json) {s}", "EXPLAIN --\nANALYZE {s}", "EXPLAIN ANALYZE VERBOSE {s}",
    "{s}", "SELECT filename FROM flows", "SELECT flows FROM flows", "DESCRIBE flows", "SHOW TABLES",
)  # fmt: skip


def test_no_answer_names_files_unless_the_page_of_sql_knows_it(attacked: Ground) -> None:
    for text in EXPLAINED:
        asked = text.replace("{s}", "SELECT srcaddr, count(*) FROM flows GROUP BY srcaddr")
        try:
            found = attacked.engine.run_text(asked).frame.to_csv()
        except VpcflowError as error:
            found = str(error)
        assert names_files(asked) or str(attacked.folder) not in found, text


CHEAP = ("archives", "other files")


@pytest.mark.parametrize("group", CHEAP)
def test_files_that_are_no_logs_are_refused_in_a_sentence(group: str) -> None:
    for name, made in UPLOADS[group].items():
        if "bomb" not in name:
            verdict = judge(name, made(), LIMIT)
            assert bool(verdict.refused) == (name != "a flow log"), name
            assert not verdict.refused or sentence_fault(verdict.refused) == "", name
            assert "server's log" not in verdict.refused, name


def test_no_name_of_an_upload_leads_elsewhere(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    folder.mkdir()
    found = [named(folder, name) for name in NAMES]
    assert {outcome.name: outcome.fault for outcome in found if outcome.fault} == {}


def test_there_are_as_many_attacks_as_are_promised() -> None:
    assert len(ESCAPES) >= 300
    assert sum(map(len, RUNAWAYS.values())) >= 100
    assert sum(map(len, UPLOADS.values())) >= 40
