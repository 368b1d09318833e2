"""No command ends in a traceback: every measure, dimension and odd value through every command."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path

import pytest

from tests.logs import fill, write_sample
from vpcflow_core.api import FlowLogs
from vpcflow_core.cli.commands import COMMANDS
from vpcflow_core.cli.main import main
from vpcflow_core.cli.options import QuestionOptions
from vpcflow_core.query.dimensions import DIMENSIONS
from vpcflow_core.query.measures import MEASURES

Run = Callable[..., int]
NOT_UTF_8 = os.fsdecode(b"\xff")
# What typer, names and numbers make of them differs: empty, lists, twice the same, columns of answers.
NAMES = ["", ",", "nope", "flows,bytes", "flows,flows", "srcaddr,srcaddr", "srcaddr,dstport",
         "bytes", "start", "bucket", "value", "first,flows", "é", "'; drop", NOT_UTF_8]  # fmt: skip
NUMBERS = ["-1", "0", "1", str(2**31), str(2**63), str(10**30), "nan", "inf", "x"]
# Two dimensions at a time, as a command may take.
PAIRS = list(map(",".join, zip_longest(*[iter(DIMENSIONS)] * 2, fillvalue="srcport")))
LENGTHS = ["0s", "1s", "90s", "7300d", "20w", "999999999w", "-1m", "1.5h", "x", " ", NOT_UTF_8]
VALUES = ["1", "x", "!", "!1", "1-5", "10.0.0.0/8", "country:US", str(10**30), "'", "%", "tcp",
          NOT_UTF_8]  # fmt: skip
RANGES = [("x", "y"), ("2026-01-01", ""), ("0001-01-01", "9999-12-31"), ("1971-01-01", "2199-01-01"),
          ("1971-01-01", "1971-01-02"), ("2199-12-30", "2199-12-31"), ("2026-11-20", "2026-11-19"),
          ("2026-11-19T12:00:00.1Z", "2026-11-19T12:00:00.2Z")]  # fmt: skip
SELECTS = ["", "SELECT", "SELECT 1; SELECT 2", "SELECT NULL, 1, 1", "SELECT [1], {'a': 1}, 'a'::BLOB",
           "SELECT DATE '2020-01-01', TIME '10:00', INTERVAL 1 DAY", "SELECT 'nan'::double",
           "SELECT TIMESTAMP '0001-01-01', 'infinity'::timestamp", "SELECT error('boom')",
           "SELECT '101'::BIT, uuid(), 1.5::decimal(38, 10)", "SELECT 1 WHERE false", "DROP VIEW flows",
           "SELECT * FROM transit_flows", "\0", NOT_UTF_8]  # fmt: skip
PATHS = ["nowhere", "hello.log", "bytes.log", "empty.log", "none", "/dev/null", "x" * 300,
         NOT_UTF_8 + ".log"]  # fmt: skip


def short(text: str) -> str:
    """The name of a case: pytest's processes hand on UTF-8 alone."""
    return ascii(text)[:40]


@pytest.fixture(scope="module")
def every_field_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of a day with every field, and files that are no logs."""
    folder = tmp_path_factory.mktemp("home")
    fill(folder / "store", write_sample(folder / "logs", records=300, days=1), snapshot=True)
    (folder / "hello.log").write_text("hello\n")
    (folder / "bytes.log").write_bytes(bytes(range(256)) * 4)
    (folder / "empty.log").write_text("")
    (folder / f"{NOT_UTF_8}.log").write_text("version srcaddr\n2 10.0.0.1\n")
    (folder / "none").mkdir()
    (folder / "vpcflow.toml").write_text(f'store = "{folder / "store"}"\n')
    return folder


@pytest.fixture(scope="module")
def every_field_logs(every_field_home: Path) -> Iterator[FlowLogs]:
    with FlowLogs.open(every_field_home / "store") as flows:
        yield flows


@pytest.fixture
def run_argument(
    every_field_home: Path,
    every_field_logs: FlowLogs,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    monkeypatch.setenv("VPCFLOW_CONFIG", str(every_field_home / "vpcflow.toml"))
    monkeypatch.chdir(every_field_home)
    open_anew = QuestionOptions._opened

    @contextmanager
    def opened(options: QuestionOptions) -> Iterator[FlowLogs]:
        """The store of all cases is opened once: to open it takes as long as most answers."""
        if options.store or options.source:
            with open_anew(options) as flows:
                yield flows
        else:
            yield every_field_logs

    monkeypatch.setattr(QuestionOptions, "_opened", opened)

    def call(*arguments: object) -> int:
        """The exit code; any exception but SystemExit fails the test."""
        words = [str(word) for word in arguments]
        monkeypatch.setattr(sys, "argv", ["vpcflow", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        code, said = ended.value.code or 0, capsys.readouterr()
        assert code in {0, 1, 2, 3}, words
        assert (said.err + said.out).strip() or not code, f"{words} says nothing"
        assert "Traceback" not in said.err
        return int(code)

    return call


JSON = ("--output", "json")
HOURS = ("--every", "1h")
OVER_TIME = (["series"], ["series", "--by", "srcaddr", "-n", "3"], ["series", "--compare", "6h"],
             ["outliers"], ["forecast"], ["forecast", "--model", "ar"])  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", dict.fromkeys([*MEASURES, *NAMES]), ids=short)
def test_every_measure(run_argument: Run, name: str) -> None:
    run_argument("top", "srcaddr", "--by", name, *JSON)
    for command, *options in OVER_TIME:
        run_argument(command, name, *options, *HOURS, *JSON)


@pytest.mark.parametrize("name", [n for n, of in MEASURES.items() if of.is_time])
def test_times_are_shown_and_else_refused(run_argument: Run, name: str) -> None:
    codes = [run_argument(command, name, *options, *HOURS) for command, *options in OVER_TIME]
    assert codes == [0, 0, 2, 2, 2, 2]


@pytest.mark.slow
@pytest.mark.parametrize("name", [*PAIRS, *NAMES], ids=short)
def test_every_dimension(run_argument: Run, name: str) -> None:
    run_argument("top", name, *JSON)
    run_argument("series", "last", "--by", name, "--every", "6h")
    run_argument(
        "series", "packets_median", "--by", name, "--every", "6h", "--compare", "12h", *JSON
    )


@pytest.mark.slow
@pytest.mark.parametrize("value", VALUES, ids=short)
def test_every_kind_of_value_to_filter_by(run_argument: Run, value: str) -> None:
    for name in ("srcaddr", "dstport", "protocol", "action", "security_group_id", "direction", "x"):
        run_argument("top", "protocol", "--where", f"{name}={value}")
    run_argument("sql", "SELECT count(*) FROM flows", "--where", value)


@pytest.mark.slow
@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_of_any_size(run_argument: Run, number: str) -> None:
    run_argument("top", "srcaddr", "-n", number, *JSON)
    run_argument("series", "flows", "--by", "protocol", "-n", number, *HOURS)
    run_argument("sql", "SELECT 1", "--limit", number)
    run_argument("connections", "--limit", number, *JSON)
    for option in ("--window", "--threshold", "--consecutive"):
        run_argument("outliers", "packets_max", option, number, *HOURS, *JSON)
    run_argument("forecast", "flows", "--periods", number, *HOURS, *JSON)
    run_argument("read", "hello.log", "-n", number)


@pytest.mark.slow
@pytest.mark.parametrize("length", LENGTHS, ids=short)
def test_lengths_of_time(run_argument: Run, length: str) -> None:
    hours = ("--from", "2026-11-20T10:00", "--to", "2026-11-20T12:00")
    for command in ("series", "outliers", "forecast"):
        run_argument(command, "flows", "--every", length, *hours, *JSON)
    run_argument(
        "series", "flows", "--every", length, "--from", "1971-01-01", "--to", "2199-01-01", *JSON
    )
    run_argument("series", "flows", "--compare", length, *HOURS, *JSON)
    run_argument("top", "protocol", "--last", length)


@pytest.mark.slow
@pytest.mark.parametrize(("start", "end"), RANGES)
def test_ranges(run_argument: Run, start: str, end: str) -> None:
    for command in (["top", "protocol"], ["series", "flows"], ["outliers", "packets_max"],
                    ["forecast", "flows"], ["sql", "SELECT count(*) FROM flows"]):  # fmt: skip
        run_argument(*command, "--from", start, "--to", end, *JSON)


@pytest.mark.parametrize("text", SELECTS, ids=short)
@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_every_kind_of_select(run_argument: Run, text: str, form: str) -> None:
    run_argument("sql", text, "--output", form)


@pytest.mark.parametrize("path", PATHS, ids=short)
def test_every_kind_of_path(run_argument: Run, path: str) -> None:
    for form in ("table", "json", "csv"):
        run_argument("read", path, "--output", form)
        run_argument("inspect", path, "--output", form)
    run_argument("read", path, "--format", "nope nope")
    run_argument("inspect", path, "--format", NOT_UTF_8)
    run_argument("check", path)
    if path != "none":
        run_argument("top", "srcaddr", "--store", path)


@pytest.mark.parametrize("url", ["gopher://x", "s3://", "cloudwatch://x", "file://", "://"])
def test_urls_that_name_hardly_anything(run_argument: Run, url: str) -> None:
    run_argument("check", url)


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_with_what_they_do_not_know(run_argument: Run, command: str) -> None:
    assert run_argument(command, "--nope") == 2
    assert run_argument(command, "--output", "nope", "x", "y") == 2
    assert run_argument(f"{command}x") == 2
