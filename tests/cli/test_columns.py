"""What docs/reference/json.md says of an answer's columns is what the commands print."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from vpcflow_core.cli.columns import columns_of
from vpcflow_core.cli.main import app

HOUR = ("--last", "1h")
# Each with an answer, and the columns that stand for the names in capitals.
ASKED: dict[str, tuple[tuple[str, ...], set[str]]] = {
    "fields": ((), set()),
    "read": (("a.log",), {"version", "srcaddr", "bytes"}),
    "inspect": (("a.log",), set()),
    "check": (("a.log",), set()),
    "top": (("srcaddr", "--by", "records", *HOUR), {"srcaddr", "records"}),
    "series": (("bytes", "--by", "srcaddr", "--compare", "1d", *HOUR), {"srcaddr", "value_1d"}),
    "connections": (HOUR, set()),
    "why": (HOUR, set()),
    "narrow": (HOUR, set()),
    "replay": (("rules.tf", "--no-fail", "--last", "24h"), set()),
    "outliers": (("bytes", "--by", "srcaddr", *HOUR), {"srcaddr"}),
    "forecast": (("bytes", "--every", "1h", "--last", "2d"), set()),
    "cost": (("--last", "24h"), {"path"}),
    "findings": (("--last", "24h"), set()),
    "watch": (("--rehearse", "24h"), set()),
    "sql": (("select 1 as one",), {"one"}),
    "sync": (("a.log",), set()),
    "notes": ((), set()),
}
# A bastion that lets in one address of nobody.
NOTHING_IN = """
resource "aws_vpc_security_group_ingress_rule" "none" {
  security_group_id = "sg-033129c11d48044c8"
  cidr_ipv4         = "192.0.2.1/32"
  ip_protocol       = "-1"
}
"""
# Columns that are there under conditions alone.
OPTIONAL = {"sync": {"error", "next_step"}, "cost": {"dollars_before", "change"}}


@pytest.mark.slow
@pytest.mark.parametrize("command", ASKED)
def test_the_columns_of_an_answer_are_those_of_the_reference(
    command: str, sample_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words, own = ASKED[command]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.log").write_text("version srcaddr bytes\n2 10.0.0.1 5\n")
    (tmp_path / "rules.tf").write_text(NOTHING_IN)
    store = tmp_path / "store" if command == "sync" else sample_store
    monkeypatch.setenv("VPCFLOW_STORE", str(store))
    if command == "notes":
        store = tmp_path / "store"
        (tmp_path / "store").mkdir()
        CliRunner().invoke(app, ["note", "web 2.41 out", "--store", str(store)])
        words = ("--store", str(store))
    done = CliRunner().invoke(app, [command, *words, "--output", "json"])
    row = json.loads(done.stdout)[0]
    said = columns_of(command)
    expected = {name for name in said if name.strip("_").upper() != name} - {"value_SHIFT"}
    optional = OPTIONAL.get(command, set())
    assert set(row) == (expected | own) - optional
    assert all(text.endswith(".") for text in said.values())


def test_every_command_with_an_answer_is_among_them() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    answering = {n for n, c in commands.items() if any(p.name == "output" for p in c.params)}
    assert answering == set(ASKED)
