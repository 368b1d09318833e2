"""`vpcflow watch`: each incident is sent once as it begins and once as it ends, whatever fails."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.alerts.watching import FEW, Covered, at, receiving, run, settings_of
from vpcflow_core.alert_settings import AlertSetting, ChannelSetting
from vpcflow_core.alerts import delivery
from vpcflow_core.alerts import watch as watching
from vpcflow_core.alerts.messages import Message
from vpcflow_core.alerts.watch import rehearse, watch
from vpcflow_core.api import FlowLogs
from vpcflow_core.errors import FailureError, LockedError, ParameterError, SettingsError
from vpcflow_core.flow_log_hours import Silence
from vpcflow_core.settings import load_settings
from vpcflow_core.times import Window
from vpcflow_core.workspace.reviews import reviews

pytestmark = [pytest.mark.slow]
HOUR = timedelta(hours=1)
MANY = AlertSetting(
    detections=["port-scan", "brute-force", "exfiltration", "skipdata"],
    panels=["outliers/bytes"],
    send_to=["ops"],
)


def ids(messages: list[Message]) -> list[str]:
    return [message.id for message in messages]


def test_rehearsal_is_what_watching_hour_by_hour_sends(
    watched_logs: FlowLogs, evening: Window, tmp_path: Path
) -> None:
    got: list[Message] = []
    settings = settings_of(rule=MANY)
    moment = evening.start + HOUR  # the first run looks at the last settled hour
    while moment <= evening.end:
        run(watched_logs, tmp_path, moment, got, settings)
        moment += HOUR
    expected, problems = rehearse(watched_logs, settings, evening)
    assert problems == []
    assert [(m.id, m.at, m.incident) for m in got] == [(m.id, m.at, m.incident) for m in expected]
    began = {m.incident["detection"] for m in expected if m.kind == "began"}
    assert began == {*MANY.detections, *MANY.panels}
    assert len(set(ids(got))) == len(got)
    assert {"began", "ended"} == {m.kind for m in got}


def test_rehearsal_is_what_watching_sends_with_filters_and_once_quiet_hours_are_over(
    watched_logs: FlowLogs, evening: Window, tmp_path: Path
) -> None:
    quiet = f"{evening.start + HOUR:%H:%M}-{evening.end - HOUR:%H:%M}"
    rule = MANY.model_copy(update={"where": {"action": "REJECT"}})
    settings = settings_of(rule=rule.model_copy(update={"quiet_hours": quiet}))
    got: list[Message] = []
    moment = evening.start + HOUR
    while moment <= evening.end:
        run(watched_logs, tmp_path, moment, got, settings)
        if moment < evening.end - HOUR:
            assert got == []
        moment += HOUR
    expected, _ = rehearse(watched_logs, settings, evening)
    unfiltered, _ = rehearse(watched_logs, settings_of(rule=MANY), evening)
    assert ids(got) == ids(expected)
    assert {m.incident["detection"] for m in expected} & set(MANY.panels)
    assert 0 < len(expected) < len(unfiltered)


def test_a_late_run_in_parts_sends_the_same_and_a_second_one_nothing(
    watched_logs: FlowLogs, evening: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, _ = rehearse(watched_logs, settings_of(), evening)
    monkeypatch.setattr(watching, "DAY", 3 * HOUR)  # most hours that are looked at together
    got: list[Message] = []
    run(watched_logs, tmp_path, evening.start + HOUR, got, settings_of())
    run(watched_logs, tmp_path, evening.end, got, settings_of())
    assert ids(got) == ids(expected)
    assert len(got) > 2
    again = run(watched_logs, tmp_path, evening.end, got, settings_of())
    assert (again.messages, again.sent, again.waiting) == ((), 0, 0)


def test_hours_that_are_not_complete_are_not_looked_at(
    watched_logs: FlowLogs, evening: Window, tmp_path: Path
) -> None:
    half = evening.start + HOUR / 2
    first = run(watched_logs, tmp_path, half, [], settings_of())
    assert first.until == evening.start
    assert run(watched_logs, tmp_path, half + HOUR / 3, [], settings_of()).until == evening.start


def test_a_flow_log_that_stops_as_a_whole_is_reported_though_no_record_comes_any_more(
    watched_logs: FlowLogs, evening: Window, tmp_path: Path
) -> None:
    """All flow logs stop; syncs of the next day find nothing new."""
    rule = AlertSetting(detections=["silent-log"], send_to=["ops"])
    whole = watched_logs.coverage
    assert whole.extent is not None
    newest = whole.extent.end
    got: list[Message] = []
    for later in range(12):
        nothing = newest + later * HOUR if later else None
        silences = (Silence("fl-0all", newest, None, 60.0),)
        covered = replace(whole, settled_until=newest, silences=silences, nothing_until=nothing)
        logs = replace(watched_logs, engine=Covered(watched_logs.engine, covered))
        watch(logs, settings_of(rule=rule), tmp_path, deliver=lambda _, __, m: got.append(m))
    (began,) = got
    assert (began.kind, began.incident["who"]) == ("began", {"flow_log": "fl-0all"})
    assert datetime.fromisoformat(began.at) - newest < 4 * HOUR


def test_a_run_that_dies_while_it_sends_loses_and_repeats_nothing(
    watched_logs: FlowLogs, evening: Window, tmp_path: Path
) -> None:
    got: list[str] = []

    def dying(_: str, __: ChannelSetting, message: Message) -> None:
        if len(got) == 2:
            raise KeyboardInterrupt
        got.append(message.id)

    run(watched_logs, tmp_path, evening.start + HOUR, [], settings_of())
    with pytest.raises(KeyboardInterrupt):
        watch(at(watched_logs, evening.end), settings_of(), tmp_path, deliver=dying)
    rest: list[Message] = []
    run(watched_logs, tmp_path, evening.end, rest, settings_of())
    expected, _ = rehearse(watched_logs, settings_of(), evening)
    first = (evening.start + HOUR).isoformat()
    assert got + ids(rest) == [m.id for m in expected if m.at > first]


def test_a_question_that_fails_is_asked_anew_and_holds_no_message_back(
    watched_logs: FlowLogs, evening: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(watched_logs, tmp_path, evening.start + HOUR, [], settings_of())
    asked = watching.advance
    calls: list[str] = []

    def failing(*args: Any) -> list[Message]:
        calls.append(args[1])
        if len(calls) == 2:  # the first detection has begun its incidents by now
            raise FailureError("The query took too long.", "Ask for less.")
        return asked(*args)

    with monkeypatch.context() as patched:
        patched.setattr(watching, "advance", failing)
        got: list[Message] = []
        failed = run(watched_logs, tmp_path, evening.end, got, settings_of())
    assert (failed.failures, got) == (("The query took too long.",), [])
    run(watched_logs, tmp_path, evening.end, got, settings_of())
    expected, _ = rehearse(watched_logs, settings_of(), evening)
    assert ids(got) == [m.id for m in expected if m.at > (evening.start + HOUR).isoformat()]


def test_a_receiver_that_fails_hangs_and_comes_back_gets_each_incident_once(
    watched_logs: FlowLogs, evening: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "TIMEOUT", 3.0)
    with receiving(503, "hang", 400) as receiver:
        settings = settings_of(receiver.url)
        outcomes = [watch(at(watched_logs, evening.start + HOUR), settings, tmp_path)]
        outcomes += [watch(at(watched_logs, evening.end), settings, tmp_path) for _ in range(4)]
    problems = [p for outcome in outcomes for p in outcome.failures]
    for said in ("ops answered 503", "ops was not reached", "ops answered 400"):
        assert any(said in problem for problem in problems), said
    assert not any("t0ken" in p or "k3y" in p for p in problems)
    expected, _ = rehearse(watched_logs, settings, evening)
    # What it refused with 400 held nothing up, and came in the next run.
    assert sorted(receiver.keys) == sorted(ids(expected))
    assert [m["id"] for m in receiver.taken] == receiver.keys
    assert all(receiver.signed)
    assert outcomes[-1].waiting == 0
    assert all(m["link"].startswith("http://localhost:8501/") for m in receiver.taken)


def test_in_quiet_hours_messages_wait(
    watched_logs: FlowLogs, evening: Window, tmp_path: Path
) -> None:
    settings = settings_of(rule=FEW.model_copy(update={"quiet_hours": "00:00-23:59"}))
    run(watched_logs, tmp_path, evening.start + HOUR, [], settings)
    got: list[Message] = []
    held = run(watched_logs, tmp_path, evening.end, got, settings)
    assert got == []
    assert held.waiting > 0
    assert held.failures == ()
    after = evening.end.replace(hour=23, minute=59)
    logs = at(watched_logs, evening.end)
    sent = watch(logs, settings, tmp_path, now=after, deliver=lambda _, __, m: got.append(m))
    assert sent.sent == len(got) == held.waiting


def test_what_was_muted_or_acknowledged_is_not_sent(
    watched_logs: FlowLogs, evening: Window, tmp_path: Path
) -> None:
    expected, _ = rehearse(watched_logs, settings_of(), evening)
    chosen = next(m for m in expected if m.incident["detection"] == "port-scan")
    decided = {"kind": "muted", "reason": "our scanner", "at": "2026-11-01T00:00:00+00:00"}
    key = chosen.incident["id"]
    (tmp_path / "findings.json").write_text(json.dumps({key: decided}))
    run(watched_logs, tmp_path, evening.start + HOUR, [], settings_of())
    got: list[Message] = []
    run(watched_logs, tmp_path, evening.end, got, settings_of())
    rest = [m for m in expected if m.incident["id"] != key]
    assert ids(got) == ids([m for m in rest if m.at > (evening.start + HOUR).isoformat()])
    assert len(rest) < len(expected)
    silent = rehearse(watched_logs, settings_of(), evening, decided=reviews(tmp_path))[0]
    assert ids(silent) == ids(rest)


def test_two_runs_at_once_are_refused(
    watched_logs: FlowLogs, evening: Window, tmp_path: Path
) -> None:
    def second(*_: object) -> None:
        with pytest.raises(LockedError, match="Another vpcflow watch"):
            watch(watched_logs, settings_of(), tmp_path)

    run(watched_logs, tmp_path, evening.start + HOUR, [], settings_of())
    assert watch(at(watched_logs, evening.end), settings_of(), tmp_path, deliver=second).sent > 0


def test_a_rule_that_names_what_there_is_not_is_refused(
    watched_logs: FlowLogs, evening: Window, tmp_path: Path
) -> None:
    for rule, said in (
        (AlertSetting(panels=["outliers/byte"]), "Did you mean 'outliers/bytes'"),
        (AlertSetting(detections=["port-scn"]), "Did you mean 'port-scan'"),
        (AlertSetting(detections=["port-scan"], thresholds={"port": 3}), "has a threshold 'port'"),
    ):
        with pytest.raises(ParameterError, match=said):
            rehearse(watched_logs, settings_of(rule=rule), evening)


def test_a_rule_that_names_no_channel_is_refused_and_secrets_are_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "vpcflow.toml"
    monkeypatch.setenv("VPCFLOW_CONFIG", str(path))
    for text, said in (
        ('[alerts.night]\nsend_to = ["ops"]\n', "there is no channel ops"),
        ('[alerts.night]\ntimeslice = "7m"\n', "an hour must be whole timeslices"),
        ('[channels.ops]\nurl = "ftp://hooks.example/t0ken"\n', "must begin with https"),
        ('[channels.ops]\nkind = "sns"\n', "sns needs topic"),
    ):
        path.write_text(text)
        with pytest.raises(SettingsError, match=said) as refused:
            load_settings()
        assert "t0ken" not in str(refused.value)
    path.write_text('[channels.ops]\nurl = "https://hooks.example/t0ken"\nsecret = "k3y"\n')
    shown = repr(load_settings())
    assert "t0ken" not in shown
    assert "k3y" not in shown


def test_the_settings_of_the_docs_hold_and_their_address_comes_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "alerts.md").read_text()
    (tmp_path / "vpcflow.toml").write_text(page.split("```toml")[1].split("```")[0])
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    assert settings.channels["ops"].address == ""
    monkeypatch.setenv("OPS_WEBHOOK", "https://hooks.example/t0ken")
    assert settings.channels["ops"].address == "https://hooks.example/t0ken"
    assert settings.alerts["scans"].thresholds == {"ports": 50}
