"""Explore: ready questions, questions put together, and SQL."""

from dashboards.ui.explore import draw
from dashboards.ui.navigation import FreePage

EXPLORE = FreePage(
    "explore",
    "Explore",
    ":material/explore:",
    "What else? Ready questions, questions of your own, and SQL.",
    draw,
)
