"""Reports of a day or a week that `vpcflow watch` makes: once each, when all of it has arrived."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from tests.alerts.watching import at, mail_to
from vpcflow_core.alert_settings import AlertSetting, ReportSetting
from vpcflow_core.alerts.reports import WAITING, last_period
from vpcflow_core.alerts.watch import watch
from vpcflow_core.api import FlowLogs
from vpcflow_core.errors import SettingsError
from vpcflow_core.settings import Settings, load_settings
from vpcflow_core.times import Window

pytestmark = [pytest.mark.slow]
QUIET = {"none": AlertSetting(detections=["skipdata"], severity="critical")}


def test_a_report_is_made_once_for_folder_and_mail_and_waits_for_a_mail_server(
    watched_logs: FlowLogs, tmp_path: Path, mail_server: Any
) -> None:
    daily = ReportSetting(pages=["rejects"], folder=tmp_path / "made", send_to=["mail"])
    away = mail_to(mail_server)  # which wants TLS that the server does not have
    settings = Settings(alerts=QUIET, channels={"mail": away}, reports={"daily": daily})
    noon = at(watched_logs, datetime(2026, 11, 20, 11, tzinfo=UTC))
    first = watch(noon, settings, tmp_path)
    (file,) = (tmp_path / "made").iterdir()
    assert file.name == "daily-2026-11-19.html"
    assert "2026-11-19T00:00Z/2026-11-20T00:00Z" in file.read_text()
    assert (first.waiting, len(first.failures)) == (1, 1)
    file.unlink()
    here = {"mail": mail_to(mail_server, encrypted=False)}
    second = watch(noon, settings.model_copy(update={"channels": here}), tmp_path)
    assert (second.sent, second.waiting, list((tmp_path / "made").iterdir())) == (1, 0, [])
    (raw,) = mail_server.got
    mail = message_from_bytes(raw, policy=policy.default)
    assert mail["Subject"].startswith("Report daily: 2026-11-19T00:00Z/2026-11-20T00:00Z")
    (attached,) = mail.iter_attachments()  # type: ignore[attr-defined]
    assert attached.get_filename() == "daily-2026-11-19.html"
    assert "2026-11-19T00:00Z/2026-11-20T00:00Z" in attached.get_content()
    watch(noon, settings, tmp_path)
    assert list((tmp_path / WAITING).iterdir()) == []


def test_a_report_that_cannot_be_made_says_so_and_holds_no_alert_up(
    watched_logs: FlowLogs, tmp_path: Path
) -> None:
    wrong = ReportSetting(pages=["reject"], folder=tmp_path)
    settings = Settings(alerts=QUIET, reports={"daily": wrong})
    noon = at(watched_logs, datetime(2026, 11, 20, 11, tzinfo=UTC))
    said = watch(noon, settings, tmp_path).problems
    assert said == ("The report daily could not be made: 'reject' is no page of reports.",)


def test_days_and_weeks_begin_by_the_clock_of_the_zone(watched_logs: FlowLogs) -> None:
    # Friday 20 November 2026, 11:00 UTC: in Berlin an hour later, in Kiritimati Saturday 01:00.
    friday = at(watched_logs, datetime(2026, 11, 20, 11, tzinfo=UTC))

    def period(every: str, zone: str) -> Window | None:
        return last_period(ReportSetting(every=every, zone=zone, folder=Path()), friday)  # type: ignore[arg-type]

    midnight = datetime(2026, 11, 20, tzinfo=UTC)
    day = timedelta(days=1)
    assert period("day", "UTC") == Window(midnight - day, midnight)
    berlin = midnight - timedelta(hours=1)
    assert period("day", "Europe/Berlin") == Window(berlin - day, berlin)
    kiritimati = midnight + timedelta(hours=10)
    assert period("day", "Pacific/Kiritimati") == Window(kiritimati - day, kiritimati)
    monday = datetime(2026, 11, 16, tzinfo=UTC)
    assert period("week", "UTC") == Window(monday - 7 * day, monday)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[reports.daily]\n", "give folder or send_to"),
        ('[reports.daily]\nfolder = "r"\nzone = "Mars/Base"\n', "'Mars/Base' is no time zone"),
        ('[reports."../x"]\nfolder = "r"\n', "reports"),
        ('[reports.daily]\nsend_to = ["post"]\n', "there is no channel post"),
    ],
)
def test_a_mistake_in_a_report_is_named(
    text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "vpcflow.toml").write_text(text)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match=said):
        load_settings()
