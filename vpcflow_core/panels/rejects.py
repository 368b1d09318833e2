"""The panels of Rejects: what was refused, by whom and why, and its outliers."""

from __future__ import annotations

from vpcflow_core.panels.analyses.groups import busiest, reasons
from vpcflow_core.panels.analyses.why import why
from vpcflow_core.panels.base import MINUTE, Panel
from vpcflow_core.panels.decisions import Decision
from vpcflow_core.query.question import Query

REJECT = Decision("rejects", "REJECT", "rejected")

REJECTS: tuple[Panel, ...] = (
    *REJECT.panels(),
    Panel(
        "rejects/sources-over-time",
        "Rejects by source over time",
        "Refused flows of the ten sources that were refused most, and of all others.",
        Query(("flows",), by=("srcaddr",), every=MINUTE, where=REJECT.where, top=10),
        "stacked",
        drill=("srcaddr",),
        analysis=busiest,
        about=REJECT.about,
    ),
    Panel(
        "rejects/interface-destinations",
        "Rejects by interface and destination",
        "Every pair of interface and destination with refused flows.",
        Query(("flows", "bytes", "packets"), by=("interface_id", "dstaddr"), where=REJECT.where),
        "table",
        drill=("interface_id", "dstaddr"),
        about=REJECT.about,
    ),
    Panel(
        "rejects/why",
        "Why refused",
        "Which rule is missing, or which network ACL refuses, by the rules there were then.",
        Query(("flows",), by=("interface_id",), where=REJECT.where, top=50),
        "table",
        drill=("interface_id",),
        analysis=why,
        about=REJECT.about,
    ),
    Panel(
        "rejects/reasons",
        "Why rejected",
        "What refused the flows, by the field reject-reason.",
        Query(("flows",), by=("reject_reason",), where=REJECT.where),
        "donut",
        analysis=reasons,
        about=REJECT.about,
    ),
)
