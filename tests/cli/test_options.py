"""Groups of options: declared once, the same for every command that takes them."""

from __future__ import annotations

import shlex
import subprocess
import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from vpcflow_core.cli.commands import COMMANDS
from vpcflow_core.cli.examples import EXAMPLES
from vpcflow_core.cli.main import app
from vpcflow_core.cli.options import AnswerOptions, SourceOptions, expanded
from vpcflow_core.source_settings import SourceSetting

COMMON = {"--store", "--last", "--from", "--to", "--where", "--once", "--output",
          "--source", "--json", "--csv", "--link"}  # fmt: skip
ANSWERING = ("top", "series", "connections", "outliers", "forecast", "cost", "sql")


@dataclass(frozen=True)
class Words:
    """A group for these tests."""

    loud: Annotated[bool, typer.Option("--loud", help="In capitals.")] = False
    times: Annotated[int, typer.Option("-n", help="How often.")] = 1


def say(words: Words, text: Annotated[str, typer.Argument()], end: str = ".") -> None:
    """Say something."""
    print(((text.upper() if words.loud else text) + end) * words.times)


@pytest.mark.parametrize(("arguments", "said"), [
    (["hi"], "hi.\n"),
    (["hi", "--loud", "-n", "2"], "HI.HI.\n"),
    (["--end", "!", "hi"], "hi!\n"),
])  # fmt: skip
def test_a_command_is_given_its_group_of_options(arguments: list[str], said: str) -> None:
    small = typer.Typer(add_completion=False)
    small.command()(expanded(say))
    done = CliRunner().invoke(small, arguments)
    assert (done.exit_code, done.output) == (0, said)


def names_of(command: str) -> set[str]:
    """The options of a command, as typer has registered them."""
    found = typer.main.get_command(app).commands[command]  # type: ignore[attr-defined]
    return {name for parameter in found.params for name in parameter.opts if name.startswith("-")}


@pytest.mark.parametrize("command", ANSWERING)
def test_every_answering_command_has_the_common_options(command: str) -> None:
    assert names_of(command) >= COMMON
    assert len(COMMON) == len(fields(AnswerOptions))


@pytest.mark.parametrize("command", ["sync", "check"])
def test_every_command_that_reaches_a_source_has_the_options_for_it(command: str) -> None:
    assert names_of(command) >= {"--format", "--profile", "--role", "--endpoint-url", "--region"}


def test_options_of_a_source_win_over_its_settings() -> None:
    known = {"prod": SourceSetting(url="s3://logs", region="eu-west-1", profile="dev")}
    options = SourceOptions(profile="ops", log_format="version")
    assert options.setting("prod", known, ec2=False, requester_pays=None) == SourceSetting(
        url="s3://logs", region="eu-west-1", profile="ops", log_format="version", ec2=False
    )
    assert options.setting("s3://other", known) == SourceSetting(
        url="s3://other", profile="ops", log_format="version"
    )


def test_a_command_is_named_after_its_function_and_explained() -> None:
    registered = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert list(registered) == list(COMMANDS)
    for name, command in registered.items():
        assert command.name == COMMANDS[name].__name__ == name
        assert COMMANDS.summary(name) == command.help.partition("\n")[0]
        assert all(getattr(p, "help", "") for p in command.params), name


def test_every_command_has_examples_with_options_that_it_has() -> None:
    assert set(EXAMPLES) == set(COMMANDS)
    for name, examples in EXAMPLES.items():
        for program, command, *words in map(shlex.split, examples):
            assert (program, command) == ("vpcflow", name)
            options = {word for word in words if word.startswith("-")}
            assert options <= names_of(name), name
    shown = CliRunner().invoke(app, ["top", "--help"], env={"COLUMNS": "60"}).output
    assert f"  {EXAMPLES['top'][0]}\n" in shown


def test_the_list_of_commands_needs_none_of_them() -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from vpcflow_core.cli.main import app;"
        "assert 'connections' in CliRunner().invoke(app, ['--help']).output;"
        "print([m for m in ('pandas', 'duckdb', 'pyarrow', 'sqlalchemy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr


# What other commands need, by the start of its name; each took a part of the time of `vpcflow top`.
OF_OTHERS = (
    *("vpcflow_core.cost", "vpcflow_core.detections", "vpcflow_core.rulesets"),
    *("vpcflow_core.panels.catalogue", "vpcflow_core.links", "vpcflow_core.series"),
    *("vpcflow_core.engines.trino", "vpcflow_core.formats.parse", "vpcflow_core.store.sync"),
    *("vpcflow_core.store.writer", "vpcflow_core.workspace.sync", "vpcflow_core.refusals"),
    *("geoip2", "maxminddb", "yaml", "plotly", "statsmodels", "boto3", "streamlit"),
)


@pytest.mark.slow
def test_a_top_list_imports_nothing_of_what_other_commands_need(sample_store: Path) -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from vpcflow_core.cli.main import app;"
        "done = CliRunner().invoke(app, ['top', 'srcaddr', '-n', '1', '--store', sys.argv[1]]);"
        "assert done.exit_code == 0, done.output;"
        f"print([m for m in sorted(sys.modules) if m.startswith({OF_OTHERS})])"
    )
    words = [sys.executable, "-c", code, str(sample_store)]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr


def test_a_command_that_there_is_not_has_a_hint() -> None:
    done = CliRunner().invoke(app, ["serie"])
    assert done.exit_code == 2
    assert "No such command 'serie'. Did you mean 'series'" in done.output


def test_an_option_in_front_of_its_command_has_a_hint() -> None:
    done = CliRunner().invoke(app, ["--store", "there", "top", "srcaddr"])
    assert done.exit_code == 2
    assert "It stands behind the command: vpcflow top --store ..." in done.output
    assert "stands behind" not in CliRunner().invoke(app, ["--sotre", "there", "top"]).output
