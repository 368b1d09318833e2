"""What an incident says, in words; knows no Streamlit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal
from zoneinfo import ZoneInfo

from vpcflow_core.detections.base import Threshold
from vpcflow_core.detections.incidents import Incident
from vpcflow_core.units import humane, humane_seconds

Color = Literal["red", "orange", "yellow", "gray"]
COLORS: Mapping[str, Color] = {
    "critical": "red", "high": "orange", "medium": "yellow", "low": "gray",
}  # fmt: skip
WORDS = {
    "let_in": "let in afterwards",
    "lasting": "hours",
    "interval": "seconds between calls",
    "hours": "silent hours",
}


def lasting(incident: Incident, zone: ZoneInfo) -> str:
    """From when to when: `Thu 26 Nov 03:00 - 03:44 (44 min)`."""
    since, until = (at.astimezone(zone) for at in (incident.since, incident.until))
    form = "%H:%M" if since.date() == until.date() else "%a %d %b %H:%M"
    length = humane_seconds((until - since).total_seconds())
    return f"{since:%a %d %b %H:%M} - {until:{form}} ({length})"


def evidence(incident: Incident) -> str:
    """The counts: `5,510 ports, 12 destinations`."""
    return ", ".join(
        humane(value, "bytes") if name == "bytes" else f"{value:,} {WORDS.get(name, name)}"
        for name, value in incident.evidence.items()
    )


def threshold(one: Threshold) -> str:
    """A threshold and its reason.

    >>> threshold(Threshold(1e8, "bytes an hour", "Less goes unseen."))
    '100,000,000 bytes an hour: Less goes unseen.'
    """
    number = f"{one.value:,.0f}" if one.value == int(one.value) else f"{one.value:,g}"
    return f"{number} {one.unit}: {one.reason}"


def technique(incident: Incident) -> str:
    """The technique of MITRE ATT&CK; "" without one."""
    return f" · ATT&CK {incident.attack}" if incident.attack else ""
