"""Looks at what has settled since the last run, and sends what began and ended; or rehearses it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from vpcflow_core.alert_settings import AlertSetting
from vpcflow_core.alerts.delivery import send
from vpcflow_core.alerts.messages import Message, advance
from vpcflow_core.alerts.outbox import Entry, State, kept, save, state_folder
from vpcflow_core.alerts.reports import due_reports, sweep
from vpcflow_core.alerts.rules import asked_by, rules_of
from vpcflow_core.alerts.sending import Send, send_waiting
from vpcflow_core.api import FlowLogs
from vpcflow_core.detections.base import DAY, HOUR
from vpcflow_core.detections.catalogue import NOT_LOOKED_FOR, look, names_of, settled
from vpcflow_core.detections.watch_list import NO_LIST, WatchList
from vpcflow_core.errors import FailureError, MissingDataError
from vpcflow_core.panels.lacking import reason, sentences
from vpcflow_core.panels.log_queries import LogQueries
from vpcflow_core.query.filters import Filters
from vpcflow_core.settings import Settings
from vpcflow_core.times import Window
from vpcflow_core.workspace.reviews import Review, reviews

Rules = Mapping[str, AlertSetting]
Decided = Mapping[str, Review]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run.

    Attributes:
        messages: What began and ended.
        sent: How many messages were delivered.
        waiting: How many are still to be sent.
        failures: What is tried again in the next run, and why, in sentences.
        problems: What could not be looked for, likewise.
        until: Up to when the logs were looked at.
    """

    messages: tuple[Message, ...]
    sent: int
    waiting: int
    failures: tuple[str, ...]
    problems: tuple[str, ...]
    until: datetime | None


def watch(
    logs: FlowLogs,
    settings: Settings,
    store: Path,
    *,
    engine_url: str = "",
    now: datetime | None = None,
    watch_list: WatchList = NO_LIST,
    deliver: Send = send,
) -> Outcome:
    """Look at the hours that settled since the last run, and send what there is to say.

    The first run looks at the last settled hour alone.

    Args:
        logs: What answers.
        settings: Rules and channels.
        store: The store's folder, where the state is kept, and what was decided.
        engine_url: URL of the engine beyond this machine that answers; "" where the store does.
        now: The present; by the clock if left out.
        watch_list: The addresses that are watched.
        deliver: Sends one message.

    Raises:
        LockedError: Another one runs.
    """
    rules, folder = rules_of(settings), state_folder(store, engine_url)
    with kept(folder) as state:
        sweep(folder, state)
        decide = partial(reviews, store)
        messages, problems, failures = _look(logs, rules, folder, state, watch_list, decide)
        problems += due_reports(logs, settings, folder, state)
        save(folder, state)
        sent, failed = send_waiting(state, settings, folder, deliver, now)
        return Outcome(
            tuple(messages),
            sent,
            len(state.outbox),
            (*failures, *failed),
            tuple(dict.fromkeys(problems)),
            state.until,
        )


def _look(
    logs: FlowLogs,
    rules: Rules,
    folder: Path,
    state: State,
    watch_list: WatchList,
    decided: Callable[[], Decided],
) -> tuple[list[Message], list[str], list[str]]:
    """What began and ended since the last run, what could not be looked for, and what failed.

    Where a question fails, its hours are looked at anew in the next run.
    """
    messages: list[Message] = []
    problems: list[str] = []
    for hours in _days(_pending(logs, state)):
        going = deepcopy(state.going)
        try:
            made, said = step(logs, rules, state, hours, watch_list, decided())
        except FailureError as error:
            state.going = going
            return messages, problems, [error.what]
        state.until = hours.end
        state.outbox += [Entry(name, each) for each in made for name in rules[each.rule].send_to]
        save(folder, state)  # nothing is sent before it is kept
        messages += made
        problems += said
    return messages, problems, []


def step(
    logs: LogQueries,
    rules: Rules,
    state: State,
    hours: Window,
    watch_list: WatchList = NO_LIST,
    decided: Decided | None = None,
) -> tuple[list[Message], list[str]]:
    """The messages of some hours, in order, and what could not be looked for.

    Changes what goes on in the state. Incidents that were acknowledged or muted give no message.
    """
    messages: list[Message] = []
    missed: dict[str, str] = {}
    names = names_of(logs)
    every = list(asked_by(rules))
    for gone in state.going.keys() - {each.name for each in every}:
        del state.going[gone]  # of rules that are no more
    for each in every:
        filters = Filters.parse(each.setting.where, logs.engine.columns("records"))
        detection = each.detection
        asked = look(logs, detection, hours, filters, watch_list, each.thresholds)
        try:
            signs = detection.signs(asked)
        except MissingDataError as error:
            missed[detection.title] = reason(error)
            continue
        going = state.going.setdefault(each.name, {})
        messages += advance(going, each.rule, detection, signs, hours, names, each.setting.severity)
    sent = [one for one in messages if not _is_decided(one, decided or {})]
    return sorted(sent, key=lambda one: (one.at, one.id)), sentences(missed, NOT_LOOKED_FOR)


def rehearse(
    logs: LogQueries,
    settings: Settings,
    window: Window,
    watch_list: WatchList = NO_LIST,
    decided: Decided | None = None,
) -> tuple[list[Message], list[str]]:
    """The messages that watching hour by hour would have sent in a range, in order."""
    asked = settled(logs, window)
    if asked is None:
        return [], ["No hour of the range is complete yet."]
    state, messages, problems = State(), list[Message](), list[str]()
    for hours in _days(asked):
        made, said = step(logs, rules_of(settings), state, hours, watch_list, decided)
        messages += made
        problems += said
    return messages, list(dict.fromkeys(problems))


def _is_decided(message: Message, decided: Decided) -> bool:
    made = decided.get(message.incident["id"])
    return made is not None and made.holds_for(message.since)


def _pending(logs: LogQueries, state: State) -> Window | None:
    """The settled hours that were not looked at yet."""
    extent = logs.extent
    if extent is None:
        return None
    until = max(extent.end, logs.coverage.nothing_until or extent.end)
    whole = settled(logs, Window(extent.start, until + HOUR))
    if whole is None:
        return None
    start = max(state.until, whole.start) if state.until else whole.end - HOUR
    return Window(start, whole.end) if start < whole.end else None


def _days(window: Window | None) -> Iterator[Window]:
    """A window in parts of a day at most: what is asked at once stays small."""
    at = window.start if window else None
    while window and at and at < window.end:
        end = min(at + DAY, window.end)
        yield Window(at, end)
        at = end
