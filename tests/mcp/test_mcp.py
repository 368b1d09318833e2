"""`vpcflow mcp` as a client of the SDK sees it: the real process, over its standard input and output."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest

from tests.sample import once_a_run
from vpcflow_core.api import FlowLogs
from vpcflow_core.cli.main import main
from vpcflow_core.mcp import server
from vpcflow_core.mcp.answers import MOST_CHARACTERS
from vpcflow_core.mcp.tools import TOOLS
from vpcflow_core.panels.catalogue import PANELS
from vpcflow_core.store.store import Store

ROOT = Path(__file__).parents[2]
Calls = list[tuple[str, dict[str, Any]]]
REJECTED = {"where": {"action": "REJECT"}, "range": "24h"}


def asked(store: Path, calls: Calls, *options: str, again: str = "") -> tuple[list[Any], list[Any]]:
    """The tools that a server lists, and what it answers to calls, one after the other.

    Args:
        store: The store of the server.
        calls: Tools and their arguments.
        options: Of the command.
        again: A tool; the SQL of its answer is asked last.
    """
    from mcp import Client, StdioServerParameters, stdio_client

    command = StdioServerParameters(
        command=sys.executable,
        args=["-m", "vpcflow_core.cli", "mcp", "--store", str(store), *options],
        env={"PYTHONPATH": os.environ.get("PYTHONPATH", str(ROOT))},
    )

    async def run() -> tuple[list[Any], list[Any]]:
        async with Client(stdio_client(command)) as client:
            tools = (await client.list_tools()).tools
            found = [await client.call_tool(name, given) for name, given in calls]
            if again:
                told = next(f for f, (name, _) in zip(found, calls, strict=True) if name == again)
                (sql, *_) = told.structured_content["sql"]
                found.append(await client.call_tool("sql", {"text": sql}))
            return tools, found

    return asyncio.run(run())


BASTION = "sg-033129c11d48044c8"
# It lets nobody in.
NOBODY = f"""
resource "aws_vpc_security_group_ingress_rule" "nobody" {{
  security_group_id = "{BASTION}"
  cidr_ipv4         = "192.0.2.1/32"
  ip_protocol       = "-1"
}}
"""
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "about": ("about", {}),
    "fields": ("fields", {}),
    "panels": ("panels", {"limit": 500}),
    "panel": ("panel", {"slug": "rejects/reasons", **REJECTED}),
    "top": ("top", {"fields": "srcaddr", "by": "flows", "limit": 5, **REJECTED}),
    "series": ("series", {"measure": "bytes", "every": "1h", "range": "24h"}),
    "outliers": ("outliers", {"measure": "packets", "range": "6h", "only_violations": False}),
    "episodes": ("episodes", {"range": "24h", "limit": 3}),
    "forecast": ("forecast", {"measure": "bytes", "every": "1h", "periods": 6}),
    "findings": ("findings", {"only": "port-scan,brute-force", "limit": 5}),
    "why": ("why", {"limit": 5, "range": "6h"}),
    "cost": ("cost", {"by": "path", "range": "24h"}),
    "remedies": ("remedies", {"range": "24h"}),
    "collection": ("collection", {}),
    "narrow": ("narrow", {"groups": BASTION, "range": "9d"}),
    "replay": ("replay", {"rules": NOBODY, "range": "9d"}),
    "bad_rules": ("replay", {"rules": "resource {"}),
    "connections": ("connections", {"limit": 5, "range": "6h"}),
    "records": ("records", {"limit": 2, "where": {"dstport": 22}}),
    "sql": ("sql", {"text": "select count(*) as n from flows", **REJECTED}),
    "wide": ("sql", {"text": "select repeat('x', 400) as x from flows", "limit": 1000}),
    "hostile": ("sql", {"text": "select chr(27) || '[31m' || repeat('y', 2000) as t"}),
    "escape": ("sql", {"text": "select * from read_text('/etc/passwd')"}),
    "write": ("sql", {"text": "drop view flows"}),
    "typo": ("top", {"fields": "srcadr"}),
    "many": ("top", {"fields": "srcaddr", "limit": 100000}),
    "unknown": ("series", {"mesure": "bytes"}),
    "no_tool": ("topp", {}),
    "no_range": ("top", {"fields": "srcaddr", "range": "soon"}),
    "no_source": ("top", {"fields": "srcaddr", "source": "s3://other"}),
    "no_panel": ("panel", {"slug": "rejects/reason"}),
}


CALLS_OF_JUDGES = ("findings", "why", "cost", "remedies", "narrow", "replay")


@pytest.fixture(scope="session")
def answers_of_tools(
    sample_store: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What a server says to each call, by its name; "tools": what it lists. Asked once a run."""

    def ask(folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        tools, found = asked(sample_store, list(CALLS.values()), again="top")
        said = {n: one.model_dump() for n, one in zip((*CALLS, "again"), found, strict=True)}
        said["tools"] = [tool.model_dump() for tool in tools]
        (folder / "answers.json").write_text(json.dumps(said))

    folder = once_a_run(tmp_path_factory, "answers-of-tools", ask)
    said: dict[str, Any] = json.loads((folder / "answers.json").read_text())
    return said


@pytest.mark.slow
def test_every_tool_only_reads_and_explains_its_parameters(
    answers_of_tools: dict[str, Any],
) -> None:
    tools = answers_of_tools["tools"]
    assert [tool["name"] for tool in tools] == list(TOOLS)
    for tool in tools:
        assert tool["annotations"]["read_only_hint"] is True
        assert tool["description"]
        for name, said in tool["input_schema"]["properties"].items():
            assert said.get("description"), f"{tool['name']}.{name}"


@pytest.mark.slow
@pytest.mark.parametrize("name", list(TOOLS))
def test_every_answer_has_sql_coverage_and_a_link(
    answers_of_tools: dict[str, Any], name: str
) -> None:
    result = answers_of_tools[name]
    assert not result["is_error"], result["content"][0]["text"]
    answer = result["structured_content"]
    assert json.loads(result["content"][0]["text"]) == answer
    assert answer["rows"]
    assert answer["settled_until"].endswith("Z")
    assert answer["link"].startswith("http://localhost:8501/")
    start, end = map(pd.Timestamp, answer["range"].split("/"))
    assert start < end
    if name not in ("about", "fields", "panels", "collection"):  # which ask no record
        assert answer["sql"]
        assert all("SELECT" in sql.upper() for sql in answer["sql"])


@pytest.mark.slow
def test_answers_are_those_of_the_logs(
    answers_of_tools: dict[str, Any], sample_store: Path
) -> None:
    with Store.open(sample_store) as store, FlowLogs(store) as flows:
        rejected = flows.last("24h").where(action="REJECT")
        raw = rejected.records(limit=10_000_000).frame
        hours = flows.last("24h").records(limit=10_000_000).frame
    counted = raw["srcaddr"].value_counts()
    top = answers_of_tools["top"]["structured_content"]
    assert [row["flows"] for row in top["rows"]] == counted.head(5).tolist()
    assert answers_of_tools["sql"]["structured_content"]["rows"] == [{"n": len(raw)}]
    assert top["filters"] == "action=REJECT"
    series = answers_of_tools["series"]["structured_content"]["rows"]
    sums = hours.groupby(hours["start_time"].dt.floor("h"))["bytes"].sum()
    values = {row["bucket"]: row["value"] for row in series}
    inside = sums.iloc[1:-1]  # the first and the last hour are whole there
    assert [values[f"{hour:%Y-%m-%dT%H:%M:%SZ}"] for hour in inside.index] == inside.tolist()
    assert len(inside) > 20
    assert {row["slug"] for row in answers_of_tools["panels"]["structured_content"]["rows"]} > set(
        PANELS
    )


@pytest.mark.slow
def test_incidents_causes_and_costs_are_those_of_the_logs(
    answers_of_tools: dict[str, Any], sample_store: Path
) -> None:
    with Store.open(sample_store) as store, FlowLogs(store) as flows:
        incidents = flows.findings("port-scan,brute-force")
        causes = flows.last("6h").why(n=5)
        week = flows.last("9d")
        narrower, refused = week.narrower_rules(BASTION), week.replay(NOBODY)
        paths, remedies = flows.last("24h").cost(), flows.last("24h").remedies()
    said = {name: answers_of_tools[name]["structured_content"] for name in CALLS_OF_JUDGES}
    assert [row["id"] for row in said["findings"]["rows"]] == incidents["id"].head(5).tolist()
    assert "brute-force" in said["findings"]["notes"][-1]
    assert [row["why"] for row in said["why"]["rows"]] == causes["why"].tolist()
    dollars = {row["path"]: row["dollars"] for row in said["cost"]["rows"]}
    assert dollars == pytest.approx(dict(zip(paths["path"], paths["dollars"], strict=True)))
    sources = [row["source"] for row in said["narrow"]["rows"]]
    assert sources == narrower["source"].head(50).tolist()
    assert [row["flows"] for row in said["replay"]["rows"]] == refused["flows"].head(50).tolist()
    assert said["replay"]["rows"]
    savings = [row["saving_month"] for row in said["remedies"]["rows"]]
    assert savings == pytest.approx(remedies["saving_month"].tolist())


@pytest.mark.slow
def test_the_sql_of_an_answer_gives_it_again(answers_of_tools: dict[str, Any]) -> None:
    top = answers_of_tools["top"]["structured_content"]
    rows = answers_of_tools["again"]["structured_content"]["rows"]
    assert sorted(r["flows"] for r in rows) == sorted(r["flows"] for r in top["rows"])


@pytest.mark.slow
def test_the_link_shows_the_very_time_and_filters(answers_of_tools: dict[str, Any]) -> None:
    answer = answers_of_tools["panel"]["structured_content"]
    url = urlsplit(answer["link"])
    assert url.path == "/rejects"
    assert parse_qs(url.query)["range"] == [answer["range"]]
    assert parse_qs(url.query)["action"] == ["REJECT"]


@pytest.mark.slow
def test_answers_are_bounded(answers_of_tools: dict[str, Any]) -> None:
    wide = answers_of_tools["wide"]
    assert len(wide["content"][0]["text"]) < MOST_CHARACTERS + 5_000
    answer = wide["structured_content"]
    assert 100 < len(answer["rows"]) < 200
    assert answer["more_rows"] is True
    assert "rows are here" in answer["notes"][0]
    records = answers_of_tools["records"]["structured_content"]
    assert (len(records["rows"]), records["more_rows"]) == (2, True)
    (hostile,) = answers_of_tools["hostile"]["structured_content"]["rows"]
    assert hostile["t"].startswith("\\x1b[31myyy")
    assert len(hostile["t"]) < 600


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("escape", "read_text"),
        ("write", "not allowed"),
        ("typo", "'srcaddr'"),
        ("many", "limit: Input should be less than or equal to 1000"),
        ("unknown", "mesure: Extra inputs"),
        ("no_tool", "There is no tool 'topp'"),
        ("no_range", "'soon'"),
        ("no_source", "is no source here"),
        ("no_panel", "rejects/reasons"),
        ("bad_rules", "ends inside a block"),
    ],
)
def test_errors_are_sentences(answers_of_tools: dict[str, Any], name: str, said: str) -> None:
    result = answers_of_tools[name]
    assert result["is_error"]
    text = result["content"][0]["text"]
    assert said in text
    assert "Traceback" not in text
    assert "pydantic" not in text


@pytest.mark.slow
def test_conditions_of_the_command_hold_for_every_answer(sample_store: Path) -> None:
    calls: Calls = [
        ("sql", {"text": "select distinct action from flows"}),
        ("top", {"fields": "action"}),
        ("top", {"fields": "action", "where": {"action": "ACCEPT"}}),
    ]
    _, (by_hand, top, other) = asked(sample_store, calls, "--where", "action=REJECT")
    assert [row["action"] for row in by_hand.structured_content["rows"]] == ["REJECT"]
    assert [row["action"] for row in top.structured_content["rows"]] == ["REJECT"]
    assert other.structured_content["rows"] == []


def test_without_the_sdk_a_sentence_says_how_to_install_it(
    sample_store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(server, "find_spec", lambda name: None if name == "mcp" else 1)
    said = refused(sample_store, monkeypatch, capsys)
    assert said.startswith("FailureError: vpcflow mcp needs the Python package mcp")
    assert "pip install 'vpcflow[mcp]'" in said


def test_a_store_that_is_not_there_ends_it_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "vpcflow sync" in refused(tmp_path / "none", monkeypatch, capsys)


def refused(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> str:
    """What the command says that fails at once."""
    monkeypatch.setattr(sys, "argv", ["vpcflow", "mcp", "--store", str(store)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    return capsys.readouterr().err
