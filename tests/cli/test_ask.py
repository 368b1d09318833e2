"""`vpcflow top`, `series` and `sql`, as people and scripts run them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.commands import Run
from vpcflow_core.api import FlowLogs
from vpcflow_core.flow_logs.notes import EMPTY_STORE
from vpcflow_core.store.store import Store

LOG = """version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status
2 1 eni-1 10.0.0.1 10.0.0.9 50000 443 6 1 9007199254740993 1793491200 1793491260 ACCEPT OK
2 1 eni-1 10.0.0.2 10.0.0.9 50001 22 6 2 10 1793491500 1793491560 REJECT OK
2 1 eni-1 2001:db8::1 2001:db8::2 50002 22 17 3 30 1793491800 1793491860 REJECT OK
2 1 eni-1 - - - - - - - 1793491800 1793491860 - NODATA
"""


@pytest.fixture(autouse=True)
def ask_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "vpcflow.toml").write_text(f'store = "{tmp_path / "store"}"\n')
    monkeypatch.setenv("VPCFLOW_CONFIG", str(tmp_path / "vpcflow.toml"))


@pytest.fixture
def ask_store(tmp_path: Path) -> Path:
    (tmp_path / "a.log").write_text(LOG)
    FlowLogs.open(tmp_path / "a.log", store=tmp_path / "store").close()
    return tmp_path / "store"


@pytest.mark.slow
def test_an_answer_may_be_of_one_source(vpcflow: Run, ask_store: Path, tmp_path: Path) -> None:
    (tmp_path / "vpcflow.toml").write_text(
        f'store = "{ask_store}"\n[sources.mine]\nurl = "{tmp_path / "a.log"}"\n'
    )
    for source in ("mine", tmp_path / "a.log"):
        assert len(rows(vpcflow, "top", "srcaddr", "--source", source)) == 3
    code, _, err = vpcflow("top", "srcaddr", "--source", "other")
    assert code == 2
    assert "'other' is no source of this store." in err


@pytest.mark.slow
def test_the_form_of_an_answer_has_short_names(vpcflow: Run, ask_store: Path) -> None:
    _, out, _ = vpcflow("top", "srcaddr", "--json")
    assert len(json.loads(out)) == 3
    _, out, _ = vpcflow("top", "srcaddr", "--csv")
    assert out.startswith("srcaddr,flows")
    code, _, err = vpcflow("top", "srcaddr", "--csv", "--output", "json")
    assert code == 2
    assert "contradict" in err


def rows(vpcflow: Run, *arguments: object) -> list[dict[str, Any]]:
    code, out, err = vpcflow(*arguments, "--output", "json")
    assert code == 0, err
    answer: list[dict[str, Any]] = json.loads(out)
    return answer


def test_top_gives_exact_numbers(vpcflow: Run, ask_store: Path) -> None:
    assert rows(vpcflow, "top", "srcaddr", "--by", "bytes", "-n", 2, "--store", ask_store) == [
        {"srcaddr": "10.0.0.1", "bytes": 9007199254740993, "flows": 1, "packets": 1},
        {"srcaddr": "2001:db8::1", "bytes": 30, "flows": 1, "packets": 3},
    ]


def test_top_of_fields_together_with_filters(vpcflow: Run, ask_store: Path) -> None:
    where = [
        "--where",
        "dstaddr=10.0.0.0/8",
        "--where",
        "protocol=tcp",
        "--where",
        "dstport=!https",
    ]
    [row] = rows(vpcflow, "top", "srcaddr,dstport", *where)
    assert row == {"srcaddr": "10.0.0.2", "dstport": 22, "flows": 1, "bytes": 10, "packets": 2}


def test_series_are_zero_filled(vpcflow: Run, ask_store: Path) -> None:
    window = ["--from", "2026-11-01T00:00Z", "--to", "2026-11-01T00:15Z"]
    assert rows(vpcflow, "series", "packets", "--every", "5m", *window) == [
        {"bucket": "2026-11-01T00:00:00Z", "value": 1, "complete": False},
        {"bucket": "2026-11-01T00:05:00Z", "value": 2, "complete": False},
        {"bucket": "2026-11-01T00:10:00Z", "value": 3, "complete": False},
    ]
    grouped = rows(vpcflow, "series", "packets", "--every", "1h", "--by", "action", *window)
    assert grouped == [
        {"bucket": "2026-11-01T00:00:00Z", "action": "REJECT", "value": 5, "complete": False},
        {"bucket": "2026-11-01T00:00:00Z", "action": "ACCEPT", "value": 1, "complete": False},
    ]


def test_last_of_old_data_is_told_on_standard_error(vpcflow: Run, ask_store: Path) -> None:
    code, out, err = vpcflow("top", "srcaddr", "--last", "5m", "--output", "csv")
    assert code == 0
    assert next(iter(csv.DictReader(io.StringIO(out))))["srcaddr"] == "2001:db8::1"
    assert err == "The data ends 2026-11-01T00:11Z: these are its last 5m.\n"


def test_sql_answers_and_cuts(vpcflow: Run, ask_store: Path) -> None:
    [row] = rows(vpcflow, "sql", "SELECT count(*) AS n, sum(bytes) AS b FROM flows")
    assert row == {"n": 3, "b": 9007199254740993 + 40}
    assert rows(
        vpcflow, "sql", "SELECT count(*) AS n FROM records", "--where", "log_status=NODATA"
    ) == [{"n": 1}]
    code, out, err = vpcflow(
        "sql", "SELECT bytes FROM flows ORDER BY 1", "--limit", 1, "--output", "csv"
    )
    assert (code, out, err) == (0, "bytes\n10\n", "There are more rows: 1 shown; see --limit.\n")


def test_tables_are_for_people(vpcflow: Run, ask_store: Path) -> None:
    code, out, _ = vpcflow("top", "dstport", "--by", "bytes")
    assert code == 0
    assert "9,007,199,254,740,993" in out


def test_an_empty_store_gives_empty_answers_and_a_note(vpcflow: Run, tmp_path: Path) -> None:
    Store.open(tmp_path / "none").close()
    for arguments in (
        ["top", "srcaddr"],
        ["sql", "SELECT * FROM flows"],
        ["series", "flows", "--by", "action"],
    ):
        code, out, err = vpcflow(*arguments, "--store", tmp_path / "none", "--output", "json")
        assert (code, json.loads(out)) == (0, [])
        assert EMPTY_STORE in err
    code, out, _ = vpcflow(
        "series", "bytes", "--every", "1h", "--store", tmp_path / "none", "--output", "json"
    )
    assert code == 0
    assert {row["value"] for row in json.loads(out)} == {None}


@pytest.mark.parametrize(("arguments", "words"), [
    (["top", "srcadr"], "Did you mean 'srcaddr'"),
    (["top", "srcaddr", "--by", "byts"], "Did you mean 'bytes'"),
    (["top", "srcaddr", "--where", "dstport=htps"], "Did you mean https"),
    (["top", "srcaddr", "--where", "dstport"], "is not a filter"),
    (["top", "srcaddr", "--where", "dstprt=1"], "Did you mean 'dstport'"),
    (["top", "srcaddr", "--last", "soon"], "not a range of time"),
    (["top", "srcaddr", "--last", "1h", "--from", "2026-01-01"], "contradict"),
    (["top", "srcaddr", "--from", "2026-01-01"], "go together"),
    (["top", "srcaddr", "--from", "2026-01-02", "--to", "2026-01-01"], "ends"),
    (["series", "bytes", "--every", "x"], "not a length of time"),
    (["series", "byts"], "Did you mean 'bytes'"),
    (["sql", "DROP VIEW flows"], "DROP statements are not allowed"),
    (["top", "country"], "Group by src_country or dst_country"),
    (["sql", "install httpfs"], "INSTALL statements are not allowed"),
    (["sql", "SELECT * FROM read_csv('/etc/passwd')"], "not allowed"),
    (["sql", "SELECT nope FROM flows"], "nope"),
])  # fmt: skip
def test_misuse_exits_2_with_a_sentence(
    vpcflow: Run, ask_store: Path, arguments: list[str], words: str
) -> None:
    code, out, err = vpcflow(*arguments)
    assert (code, out) == (2, "")
    assert words in err
    assert "Traceback" not in err


def test_failure_exits_1_with_a_sentence(vpcflow: Run, ask_store: Path, tmp_path: Path) -> None:
    code, _, err = vpcflow("top", "vpc-id")
    assert code == 1
    assert "add ${vpc-id} (version 3) to the flow log's format" in err
    code, _, err = vpcflow("top", "srcaddr", "--store", tmp_path / "nowhere")
    assert code == 1
    assert "There is no store" in err


# Two interfaces that log the same flow, and each another one that tells whose address is whose.
PAIR = """version interface-id srcaddr dstaddr protocol packets bytes start end action log-status
2 eni-1 10.0.0.1 10.0.0.2 6 1 100 1793491200 1793491260 ACCEPT OK
2 eni-2 10.0.0.1 10.0.0.2 6 1 100 1793491201 1793491261 ACCEPT OK
2 eni-1 10.0.0.1 192.0.2.1 6 1 10 1793491200 1793491260 ACCEPT OK
2 eni-2 192.0.2.1 10.0.0.2 6 1 1 1793491200 1793491260 ACCEPT OK
"""


@pytest.mark.parametrize(("once", "total"), [([], 211), (["--once"], 111)])
def test_once_leaves_out_the_receivers_copy(
    vpcflow: Run, tmp_path: Path, once: list[str], total: int
) -> None:
    (tmp_path / "b.log").write_text(PAIR)
    FlowLogs.open(tmp_path / "b.log", store=tmp_path / "pair").close()
    store = ("--store", tmp_path / "pair", *once)
    assert sum(row["bytes"] for row in rows(vpcflow, "top", "protocol", *store)) == total
    series = rows(vpcflow, "series", "bytes", "--every", "1m", *store)
    assert sum(row["value"] for row in series) == total
    assert rows(vpcflow, "sql", "SELECT sum(bytes) AS n FROM flows", *store)[0]["n"] == total
    judged = rows(vpcflow, "outliers", "bytes", *store)
    assert sum(row["value"] for row in judged) == total
    code, out, _ = vpcflow("forecast", "--help")
    assert code == 0
    assert "--once" in out


@pytest.mark.slow
def test_connections_have_their_keys_for_scripts(vpcflow: Run, ask_store: Path) -> None:
    first, *others = rows(vpcflow, "connections", "--order", "bytes", "--limit", 2)
    assert first == {
        "client": "10.0.0.1", "server": "10.0.0.9", "service_port": 443, "protocol": 6,
        "interface_id": "eni-1", "vpc_id": None, "first": "2026-11-01T00:00:00Z",
        "last": "2026-11-01T00:01:00Z", "duration": 60, "bytes_out": 9007199254740993,
        "bytes_in": 0, "packets_out": 1, "packets_in": 0, "records": 1, "action": "ACCEPT",
        "initiator_known_by": "service",
    }  # fmt: skip
    assert [row["client"] for row in others] == ["2001:db8::1"]
    narrowed = rows(vpcflow, "connections", "--where", "action=REJECT", "--order", "start")
    assert [row["service_port"] for row in narrowed] == [22, 22]
    assert rows(vpcflow, "connections", "--limit", 10**30) == rows(vpcflow, "connections")
