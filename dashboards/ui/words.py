"""Boxes whose word the address bar holds: what they and the words are called; no Streamlit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboards.ui.state import AT_REST
from vpcflow_core.errors import closest
from vpcflow_core.panels.built import DRAWN, LIMITS, MOST
from vpcflow_core.panels.explore import READY
from vpcflow_core.query.dimensions import DIMENSIONS, GROUPED_ONLY
from vpcflow_core.query.measures import MEASURES

NONE = "none"
# A sentence names all words of a box that has no more than these.
FEW = 12
PREFIX = "explore/"
REFRESHES = {
    "off": "Off", "1m": "Every minute", "5m": "Every 5 minutes", "15m": "Every 15 minutes",
}  # fmt: skip
TABS = {"questions": "Questions", "build": "Build your own", "sql": "SQL"}
FIELDS = {name: of.title for name, of in (DIMENSIONS | GROUPED_ONLY).items()}


@dataclass(frozen=True, slots=True)
class Box:
    """One box.

    Attributes:
        label: What it is called.
        titles: What each of its words is called; a store may lack the fields of some.
    """

    label: str
    titles: Mapping[str, str]

    def problem(self, name: str, text: str) -> str:
        """Why a text is none of its words, and what is shown instead; "" if it is one.

        Args:
            name: Of its parameter.
            text: What the address bar says; "" for its default.
        """
        if not text or text in self.titles:
            return ""
        instead = self.titles.get(AT_REST[name], AT_REST[name])
        words = f"Its words: {', '.join(self.titles)}." if len(self.titles) <= FEW else ""
        known = closest(text, self.titles) or words or "Choose one in the box."
        return f"{self.label}: there is no '{text}'. {known} Shown instead: {instead}."


_MORE = {NONE: "nothing else", **FIELDS}
BOXES = {
    "refresh": Box("Automatic refresh", REFRESHES),
    "tab": Box("Way of asking", TABS),
    "ask": Box(
        "Question", {slug.removeprefix(PREFIX): panel.title for slug, panel in READY.items()}
    ),
    "measure": Box("Measure", {name: of.title for name, of in MEASURES.items()}),
    "group": Box("By", FIELDS),
    "group2": Box("And by", _MORE),
    "group3": Box("And then by", _MORE),
    "chart": Box("Drawn as", {str(name): title for name, (title, _, _) in DRAWN.items()}),
    "limit_by": Box(
        "Shown are those with the", {str(name): title for name, title in LIMITS.items()}
    ),
}


def left_out(by: Sequence[str], chart: str) -> str:
    """Which fields a chart has no place for, and which charts have; "" if it shows them all.

    >>> left_out(("srcaddr", "dstport", "vpc_id"), "matrix")
    'Not in this chart: VPC. All are in: Table, Table of changes.'
    >>> left_out(("srcaddr", "dstport"), "table")
    ''
    """
    most = DRAWN[chart][2]  # type: ignore[index]
    if len(by) <= most:
        return ""
    rest = ", ".join(FIELDS[name] for name in by[most:])
    charts = ", ".join(other for other, least, room in DRAWN.values() if least <= len(by) <= room)
    return f"Not in this chart: {rest}. {'Both' if len(by) == 2 else 'All'} are in: {charts}."


def top_problem(text: str) -> str:
    """Why a text is no number of groups; "" if it is one."""
    if not text or (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST):
        return ""
    return f"Top: '{text}' is not a whole number from 1 to {MOST:,}. {AT_REST['top']} are shown."
