"""Reports of a day or a week: made once all records of that time have arrived."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from vpcflow_core.alert_settings import ReportSetting
from vpcflow_core.alerts.messages import Message
from vpcflow_core.alerts.outbox import Entry, State
from vpcflow_core.api import FlowLogs
from vpcflow_core.errors import VpcflowError
from vpcflow_core.query.filters import Filters
from vpcflow_core.report.build import PAGES, made, without_server_folders
from vpcflow_core.report.html import report_html
from vpcflow_core.settings import Settings
from vpcflow_core.times import Window

# Where reports lie that wait to be sent, beside the state.
WAITING = "watch-reports"


def due_reports(logs: FlowLogs, settings: Settings, folder: Path, state: State) -> list[str]:
    """Make the reports whose time has come; what is to be sent is added to the outbox.

    A file is written before the state says that it was: a run that dies makes it once more. Of
    several days that were missed the newest alone is made.

    Args:
        logs: What answers.
        settings: The reports.
        folder: Where the state lies.
        state: What was made before; the caller saves it.

    Returns:
        Why some could not be made, in sentences.
    """
    problems: list[str] = []
    for name, setting in settings.reports.items():
        period = last_period(setting, logs)
        if period is None or state.reports.get(name) == period.end.isoformat():
            continue
        try:
            _make(logs, settings, folder, state, name, period)
        except (VpcflowError, OSError) as error:
            what = error.what if isinstance(error, VpcflowError) else type(error).__name__
            problems.append(f"The report {name} could not be made: {what}")
        else:
            state.reports[name] = period.end.isoformat()
    return problems


def last_period(setting: ReportSetting, logs: FlowLogs) -> Window | None:
    """The newest day or week of which all records have arrived; None without any record in it."""
    until, extent = logs.coverage.settled_until, logs.extent
    if until is None or extent is None:
        return None
    zone = ZoneInfo(setting.zone)
    local = until.astimezone(zone)
    today = datetime(local.year, local.month, local.day)
    days = 1 if setting.every == "day" else 7
    end = today - timedelta(days=today.weekday() if setting.every == "week" else 0)
    # By the zone's clock: a day has 23 or 25 hours where clocks change.
    start, end = ((end - timedelta(days=n)).replace(tzinfo=zone) for n in (days, 0))
    period = Window(start, end)
    return period if extent.start < period.end else None


def attached(folder: Path, message: Message) -> bytes | None:
    """The report that belongs to a message; None without one, or where it is gone."""
    path = folder / WAITING / message.file
    return path.read_bytes() if message.file and path.is_file() else None


def sweep(folder: Path, state: State) -> None:
    """Delete reports that no message waits for any more."""
    waiting = {entry.message.file for entry in state.outbox}
    for path in (folder / WAITING).glob("*"):
        if path.name not in waiting:
            path.unlink(missing_ok=True)


def _make(
    logs: FlowLogs, settings: Settings, folder: Path, state: State, name: str, period: Window
) -> None:
    """Make a report, write it where it is to lie, and add what is to be sent."""
    setting = settings.reports[name]
    chosen = logs.between(period.start, period.end)
    filters = Filters.parse(setting.where, chosen.engine.columns("records"))
    report = made(chosen.filtered(filters), setting.pages or PAGES, zone=setting.zone)
    text = report_html(without_server_folders(report))
    file = f"{name}-{period.start.astimezone(ZoneInfo(setting.zone)):%Y-%m-%d}.html"
    if setting.folder is not None:
        _write(setting.folder / file, text)
    if setting.send_to:
        _write(folder / WAITING / file, text)
    message = _message(name, period, file)
    state.outbox += [Entry(channel, message) for channel in setting.send_to]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def _message(name: str, period: Window, file: str) -> Message:
    """What is sent with the report; channels besides mail get its link alone."""
    incident = {
        "severity": "low",
        "what": f"Report {name}: {period}",
        "since": period.start.isoformat(),
        "until": period.end.isoformat(),
        "next_step": "",
    }
    link = f"/overview?range={period}&v=1"
    key = f"report-{file.removesuffix('.html')}"
    return Message(key, f"report {name}", "report", period.end.isoformat(), incident, link, file)
