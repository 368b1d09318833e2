"""`vpcflow watch`: exit codes for cron, and what it refuses."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from tests.commands import Run
from vpcflow_core.alerts.outbox import State, read, save, state_folder
from vpcflow_core.api import FlowLogs
from vpcflow_core.engines.open import open_engine
from vpcflow_core.settings import load_settings
from vpcflow_core.store.store import Store

pytestmark = [pytest.mark.slow]
RULES = """
[alerts.scans]
detections = ["port-scan"]
send_to = ["ops"]
[channels.ops]
url = "http://127.0.0.1:9/t0ken"
"""


@pytest.fixture
def ask_watch(troubled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vpcflow: Run) -> Run:
    """Runs `vpcflow watch` over a copy of the designed network; gives code and what it printed."""
    shutil.copytree(troubled / "store", tmp_path / "store")
    monkeypatch.chdir(tmp_path)

    return partial(vpcflow, "watch", "--store", tmp_path / "store")


def test_it_exits_with_3_where_an_incident_began_and_with_1_where_a_message_waits(
    ask_watch: Run, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    save(store, State(datetime(2026, 11, 20, 2, tzinfo=UTC)))
    (tmp_path / "vpcflow.toml").write_text(RULES)
    code, out, err = ask_watch("--json")
    began = [row for row in json.loads(out) if row["kind"] == "began"]
    assert began
    assert {row["rule"] for row in began} == {"scans"}
    assert code == 1
    assert "Channel ops was not reached" in err
    assert "t0ken" not in out + err
    waiting = read(store).outbox
    assert len(waiting) == len(json.loads(out))
    save(store, State(datetime(2026, 11, 20, 2, tzinfo=UTC)))
    (tmp_path / "vpcflow.toml").write_text('[alerts.scans]\ndetections = ["port-scan"]\n')
    assert ask_watch()[0] == 3
    assert ask_watch()[0] == 0


def test_a_rehearsal_changes_no_state_and_proposes_thresholds(
    ask_watch: Run, tmp_path: Path
) -> None:
    (tmp_path / "vpcflow.toml").write_text(RULES)
    code, out, _ = ask_watch("--rehearse", "12h", "--json")
    assert code == 0
    assert {row["kind"] for row in json.loads(out)} == {"began", "ended"}
    code, out, _ = ask_watch("--rehearse", "12h", "--budget", "1", "--json")
    (row,) = json.loads(out)
    assert code == 0
    assert (row["rule"], row["detection"], row["threshold"]) == ("scans", "port-scan", "ports")
    assert row["alerts_a_day"] > 1 >= row["then_a_day"]
    assert read(tmp_path / "store") == State()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--budget", "2"), "--budget looks at the past"),
        (("--last", "24h"), "since its last run"),
        (("--where", "dstport=22"), "go with --rehearse alone"),
    ],
)
def test_what_would_leave_records_out_is_misuse(
    ask_watch: Run, arguments: tuple[str, ...], said: str
) -> None:
    code, _, err = ask_watch(*arguments)
    assert code == 2
    assert said in err


def test_an_engine_beyond_this_machine_is_watched_by_its_url(
    ask_watch: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "store"
    records = Store.open(shutil.copytree(store, tmp_path / "elsewhere"))

    def opened(*_: object, **__: object) -> FlowLogs:
        return FlowLogs(engine=open_engine(load_settings(), records), catalogue=records)

    monkeypatch.setattr(FlowLogs, "open", opened)
    url, own = (
        "trino://ann@data.example:8443/hive/logs",
        State(datetime(2026, 11, 20, 5, tzinfo=UTC)),
    )
    there = state_folder(store, url)
    there.mkdir(parents=True)
    save(there, State(datetime(2026, 11, 20, 2, tzinfo=UTC)))
    save(store, own)
    (tmp_path / "vpcflow.toml").write_text('[alerts.scans]\ndetections = ["port-scan"]\n')
    assert ask_watch("--source", url)[0] == 3
    assert (read(there).until or datetime.min.replace(tzinfo=UTC)).hour > 2
    assert read(store) == own  # what is watched of the store itself goes on where it was
    assert ask_watch("--source", "s3://logs")[0] == 2


def test_each_place_that_is_watched_has_a_state_of_its_own(tmp_path: Path) -> None:
    engine = "athena://AwsDataCatalog.logs?workgroup=w&region=eu-central-1"
    same = [f"{engine}&since=2d", "athena://AwsDataCatalog.logs?region=eu-central-1"]
    others = ["", engine.replace(".logs", ".more"), engine.replace("central", "west"),
              "trino://ann@data.example/hive/logs"]  # fmt: skip
    assert {state_folder(tmp_path, url) for url in same} == {state_folder(tmp_path, engine)}
    assert len({state_folder(tmp_path, url) for url in (engine, *others)}) == 5
    assert state_folder(tmp_path) == tmp_path
