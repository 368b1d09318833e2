"""Rules: what security groups could be narrowed to, and what proposed rules would have refused."""

from dashboards.ui.navigation import FreePage
from dashboards.ui.tightening import draw

RULES = FreePage(
    "rules",
    "Rules",
    ":material/rule:",
    "What could security groups be narrowed to, and what would that have refused?",
    draw,
)
