"""Incidents: signs of one key that follow one another, as one."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from string import Formatter
from typing import Any

import pandas as pd

from vpcflow_core.detections.base import CALLED, HOUR, SEVERITIES, Detection, Severity
from vpcflow_core.query.filters import exactly
from vpcflow_core.units import humane, one_of

# Parts of keys that are no fields of records: an outlier's is the rule that asked for it.
NO_FIELDS = frozenset({"rule", "flow_log"})
# Fields of keys that pages filter by another name.
FILTERS = {"srcblock": "srcaddr", "dstblock": "dstaddr"}


@dataclass(frozen=True, slots=True)
class Incident:
    """One thing that happened.

    Attributes:
        id: The same for all incidents of this detection and key.
        detection: Slug of the detection.
        title: Of the detection.
        severity: How bad it is.
        attack: Technique in MITRE ATT&CK.
        who: The key: value by field.
        names: What values of the key are called, by field, where that is known.
        what: In a sentence.
        since, until: First and last time that anything was seen of it, UTC.
        hours: The hours in which something was seen.
        going: Whether it has not ended yet.
        evidence: Counts by name.
        next_step: What to do about it.
        page: The page that shows it.
        filters: Conditions of that page, by field.
    """

    id: str
    detection: str
    title: str
    severity: Severity
    attack: str
    who: Mapping[str, str]
    names: Mapping[str, str]
    what: str
    since: datetime
    until: datetime
    hours: int
    going: bool
    evidence: Mapping[str, int]
    next_step: str
    page: str
    filters: tuple[tuple[str, str], ...] = field(default=())

    def as_row(self) -> dict[str, Any]:
        """It as a row of plain values."""
        return {
            "detection": self.detection,
            "severity": self.severity,
            "what": self.what,
            "who": dict(self.who),
            "names": dict(self.names),
            "since": self.since,
            "until": self.until,
            "going": self.going,
            "evidence": dict(self.evidence),
            "attack": self.attack,
            "next_step": self.next_step,
            "filters": dict(self.filters),
            "id": self.id,
        }


def identity(slug: str, key: Mapping[str, str]) -> str:
    """The id of the incidents of a detection and key."""
    text = json.dumps([slug, sorted(key.items())])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def incidents(
    detection: Detection,
    signs: pd.DataFrame,
    until: datetime,
    names: Mapping[str, Mapping[str, str]],
) -> list[Incident]:
    """The incidents that signs make.

    Args:
        detection: The detection that found the signs.
        signs: Its signs.
        until: Up to when the logs were looked at.
        names: What values are called, by field.
    """
    made: list[Incident] = []
    for _, of_key in signs.groupby(list(detection.key), sort=False):
        ordered = of_key.sort_values("bucket")
        apart = ordered["bucket"].diff() >= pd.Timedelta(detection.quiet + HOUR)
        parts = ordered.groupby(apart.cumsum())
        made += [_incident(detection, part, until, names) for _, part in parts]
    return made


def _incident(
    detection: Detection,
    part: pd.DataFrame,
    until: datetime,
    names: Mapping[str, Mapping[str, str]],
) -> Incident:
    who = {name: _plain(part[name].iloc[0]) for name in detection.key}
    found = {name: names.get(name, {}).get(value) for name, value in who.items()}
    if detection.far and CALLED in part:
        found[detection.far] = found[detection.far] or next(filter(None, part[CALLED]), None)
    called = {name: text for name, text in found.items() if text}
    evidence = {name: int(getattr(part[name], how)()) for name, how in detection.counts.items()}
    shown = {**who, **{name: f"{text} ({who[name]})" for name, text in called.items()}}
    counted = {name: _count(name, value) for name, value in evidence.items()}
    last_hour = part["bucket"].iloc[-1].to_pydatetime()
    return Incident(
        id=identity(detection.slug, who),
        detection=detection.slug,
        title=detection.title,
        severity=max(part["severity"], key=SEVERITIES.index),
        attack=detection.attack,
        who=who,
        names=called,
        what=_sentence(detection.what, {**shown, **counted}, evidence),
        since=part["first"].min().to_pydatetime(),
        until=part["last"].max().to_pydatetime(),
        hours=part["bucket"].nunique(),
        going=until - (last_hour + HOUR) < detection.quiet,
        evidence=evidence,
        next_step=detection.next_step,
        page=detection.page,
        filters=(*_filters(who), *detection.where),
    )


def _sentence(what: str, shown: Mapping[str, str], evidence: Mapping[str, int]) -> str:
    """What happened; a clause after a semicolon about what did not happen is left out.

    >>> what = "{host} was asked {asked} times; answered {answered} times"
    >>> _sentence(what, {"host": "web", "asked": "7", "answered": "0"}, {"asked": 7, "answered": 0})
    'web was asked 7 times'
    """
    first, *others = what.split("; ")
    said = [first, *(one for one in others if _counts(one, evidence))]
    return "; ".join(_filled(one, shown, evidence) for one in said)


def _filled(clause: str, shown: Mapping[str, str], evidence: Mapping[str, int]) -> str:
    """A clause with its values; what there is one of stands in the singular.

    >>> _filled("{flows} flows, {tries} times", {"flows": "1", "tries": "2"}, {"flows": 1})
    '1 flow, 2 times'
    """
    text, is_one = "", False
    for literal, name, _, _ in Formatter().parse(clause):
        text += re.sub(r"^ \w+", lambda word: one_of(word[0]), literal) if is_one else literal
        text += shown[name] if name else ""
        is_one = evidence.get(name or "") == 1
    return text


def _counts(clause: str, evidence: Mapping[str, int]) -> bool:
    """Whether a clause has no count, or one that is not zero."""
    names = {name for _, name, _, _ in Formatter().parse(clause) if name}
    counted = names & set(evidence)
    return not counted or any(evidence[name] for name in counted)


def _filters(who: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What narrows a page to a key."""
    for name, value in who.items():
        if name not in NO_FIELDS:
            yield FILTERS.get(name, name), _filter(name, value)


def _filter(name: str, value: str) -> str:
    """The text of the filter for a value of the key."""
    return value if name in FILTERS or name == "country" else exactly(value)


def _plain(value: Any) -> str:
    """A value of the key as text; a port is a whole number."""
    return str(int(value)) if isinstance(value, float) else str(value)


def _count(name: str, value: int) -> str:
    return humane(value, "bytes") if name == "bytes" else f"{value:,}"
