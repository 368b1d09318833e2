"""The command line as a whole: every command explains itself, errors are a sentence and a code."""

from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.logs import fill, write_sample
from tests.pages.server import free_port
from vpcflow_core.cli.commands import COMMANDS, Commands
from vpcflow_core.cli.main import app, main
from vpcflow_core.variables import misspelt

ROOT = Path(__file__).parents[2]
TOLD = (ROOT / "README.md").read_text() + (ROOT / "docs" / "python.md").read_text()


def vpcflow(*words: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {n: v for n, v in os.environ.items() if not n.startswith(("VPCFLOW", "AWS_"))}
    environment |= {"XDG_CACHE_HOME": str(home), "XDG_DATA_HOME": str(home)}
    command = [sys.executable, "-m", "vpcflow_core.cli", *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=home, env=environment)


@pytest.fixture(scope="module")
def command_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store `s` and a file that is no log."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "x.log").write_text("hello\n")
    fill(folder / "s", write_sample(folder / "logs", records=300, days=1))
    return folder


def test_a_variable_that_is_nearly_a_setting_is_named_and_stops_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VPCFLOW_STOER", "/srv/store")
    monkeypatch.setenv("VPCFLOW_SORUCES__PROD__URL", "logs")
    done = CliRunner().invoke(app, ["fields", "--output", "json"])
    assert done.exit_code == 0
    assert done.stderr.splitlines() == [
        "The variable VPCFLOW_SORUCES__PROD__URL is no setting and has no effect; "
        "VPCFLOW_SOURCES__PROD__URL is one.",
        "The variable VPCFLOW_STOER is no setting and has no effect; VPCFLOW_STORE is one.",
    ]


@pytest.mark.parametrize(
    "name",
    ["CORPUS", "TRINO_RECORDS", "PORT", "PORT_8501_TCP", "SERVICE_HOST", "OWN_THING", "STORE"],
)
def test_variables_of_others_are_left_alone(name: str) -> None:
    assert misspelt({f"VPCFLOW_{name}": "x"}) == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_is_told_of_in_the_readme(name: str) -> None:
    shown = CliRunner().invoke(app, [name, "--help"])
    assert shown.exit_code == 0
    assert (COMMANDS[name].__doc__ or "").split(".")[0].split("\n")[0][:40] in shown.stdout
    assert f"vpcflow {name}" in TOLD


@pytest.mark.parametrize("collects", [True, False])
def test_garbage_is_collected_as_before_once_a_command_is_loaded(collects: bool) -> None:
    """What is there by then stays, and is not looked through any more."""
    before = gc.isenabled()
    (gc.enable if collects else gc.disable)()
    try:
        assert Commands()["fields"].__name__ == "fields"
        assert gc.isenabled() == collects
        assert gc.get_freeze_count() > 1000
    finally:
        gc.unfreeze()
        (gc.enable if before else gc.disable)()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["top", "srcaddr", "--store", "nowhere"], 1, "There is no store at"),
        (["top", "srcaddr", "--last", "soon", "--store", "s"], 2, "'soon' is not a range of time"),
        (["top", "srcadr", "--store", "s"], 2, "Did you mean 'srcaddr'?"),
        (["top", "srcaddr", "--where", "dstport=htps", "--store", "s"], 2, "https"),
        (["series", "byts", "--store", "s"], 2, "bytes"),
        (["sql", "drop table flows", "--store", "s"], 2, "SELECT"),
        (["read", "nowhere.log"], 1, "nowhere.log"),
        (["read", "--format", "version version", "x.log"], 2, "twice"),
        (["cost", "--by", "vpc", "--store", "s"], 2, "'--by': 'vpc' is not one of 'path'"),
        (["sync", "nowhere"], 1, "nowhere"),
        (["sync", "gopher://x"], 2, "Sources are:"),
        (["sync"], 2, "no source to sync"),
        (["nonsense"], 2, "nonsense"),
    ],
)
def test_errors_are_a_sentence_and_an_exit_code(
    words: list[str],
    code: int,
    told: str,
    command_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(command_home)
    monkeypatch.setattr("sys.argv", ["vpcflow", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    assert ended.value.code == code, said
    assert told in said
    assert "Traceback" not in said


@pytest.mark.slow
def test_the_process_ends_with_the_code_and_the_sentence(command_home: Path) -> None:
    done = vpcflow("top", "srcadr", "--store", "s", home=command_home)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Did you mean 'srcaddr'?" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "sign"), [(["serve"], signal.SIGTERM), (["demo"], signal.SIGINT)]
)
def test_the_dashboards_are_served_at_localhost_until_the_process_is_asked_to_end(
    words: list[str], sign: signal.Signals, tmp_path: Path
) -> None:
    port = free_port()
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    environment["STREAMLIT_SERVER_HEADLESS"] = "true"
    command = [sys.executable, "-m", "vpcflow_core.cli", *words, "--port", str(port)]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        address = f"http://localhost:{port}"
        told = ""
        while address not in told:
            line = process.stdout.readline()
            assert line, told
            told += line
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=20) as answer:
            assert answer.read() == b"ok"
        process.send_signal(sign)  # to this process alone, as a service manager does
        process.communicate(timeout=60)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port)).close()
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=30)
