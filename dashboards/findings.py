"""Findings: what of known kinds of trouble there was."""

from dashboards.ui.findings import draw
from dashboards.ui.navigation import FreePage

FINDINGS = FreePage(
    "findings",
    "Findings",
    ":material/notification_important:",
    "What needs attention? Incidents of known kinds, the worst and newest first.",
    draw,
)
