"""Rejects: what was refused."""

from dashboards.decisions import decision_page

REJECTS = decision_page(
    "rejects",
    "Rejects",
    ":material/block:",
    "What is refused, whom does it come from, and is it more than usual?",
    own=(
        (("rejects/sources-over-time", 2), ("rejects/reasons", 1)),
        (("rejects/why", 1),),
        (("rejects/interface-destinations", 1),),
    ),
)
