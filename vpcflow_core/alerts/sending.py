"""Sends what waits to be sent: each channel in order, and not before its receiver wants it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep

from vpcflow_core.alert_settings import ChannelSetting
from vpcflow_core.alerts.delivery import BusyError, RefusedError
from vpcflow_core.alerts.outbox import Entry, State, save
from vpcflow_core.alerts.reports import attached
from vpcflow_core.alerts.rules import is_quiet
from vpcflow_core.errors import FailureError
from vpcflow_core.settings import Settings

# Sends a message by a channel of a name, with what mail has attached.
Send = Callable[..., None]
# Receivers that ask for no more than this together are waited for within a run: Slack takes a
# message a second, and says so with `Retry-After: 1`.
PATIENCE = timedelta(seconds=30)


def send_waiting(
    state: State, settings: Settings, folder: Path, send: Send, now: datetime | None = None
) -> tuple[int, list[str]]:
    """Send what is due; a channel that fails is left for the next run.

    Args:
        state: Its outbox loses what was sent, and is saved after each message.
        settings: Channels, and the quiet hours of rules.
        folder: The store's folder.
        send: Sends one message.
        now: The present; by the clock if left out.

    Returns:
        How many messages were sent, and why others were not, in sentences.
    """
    run = _Run(state, settings, folder, send, now)
    for entry in list(state.outbox):
        quiet = is_quiet(settings.alerts.get(entry.message.rule), run.now)
        if entry.channel not in run.stopped and not quiet:
            run.handle(entry)
    return run.sent, [*run.refused, *run.stopped.values()]


@dataclass(slots=True)
class _Run:
    """One go through the outbox.

    Attributes:
        stopped: Channels that are not asked again in this run, and why.
        refused: Why single messages were not taken.
        patience: How long may still be waited in this run.
    """

    state: State
    settings: Settings
    folder: Path
    send: Send
    at: datetime | None
    sent: int = 0
    stopped: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    patience: timedelta = PATIENCE

    @property
    def now(self) -> datetime:
        return self.at or datetime.now(UTC)

    def handle(self, entry: Entry) -> None:
        """Send one message if its channel may be asked, and keep what came of it."""
        channel = self.settings.channels.get(entry.channel)
        later = self.state.later.get(entry.channel)
        if channel is None:
            self.stopped[entry.channel] = f"There is no channel {entry.channel} any more."
        elif later and later > self.now:
            what = f"Channel {entry.channel} asked for nothing before {later:%H:%M:%S} UTC."
            self.stopped[entry.channel] = what
        else:
            self.state.later.pop(entry.channel, None)
            self._try(entry, channel)
            save(self.folder, self.state)

    def _try(self, entry: Entry, channel: ChannelSetting) -> None:
        try:
            self._send(entry, channel)
        except RefusedError as error:  # the next message may be taken
            self.refused.append(error.what)
        except FailureError as error:
            self.stopped[entry.channel] = error.what
        else:
            self.state.outbox.remove(entry)
            self.sent += 1

    def _send(self, entry: Entry, channel: ChannelSetting) -> None:
        """Send a message, again after the time that its receiver asks for if that is short."""
        link = self.settings.app_url.rstrip("/") + entry.message.link
        message = replace(entry.message, link=link)
        report = attached(self.folder, entry.message)
        more = () if report is None else (report,)
        while True:
            try:
                return self.send(entry.channel, channel, message, *more)
            except BusyError as error:
                entry.tries += 1
                if error.wait > self.patience:
                    self.state.later[entry.channel] = self.now + error.wait
                    raise
                self.patience -= error.wait
                sleep(error.wait.total_seconds())
            except FailureError:
                entry.tries += 1
                raise
