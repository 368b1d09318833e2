"""Sources: where the logs come from, how complete they are, and what could not be read."""

from dashboards.ui.navigation import FreePage
from dashboards.ui.sources.page import draw

SOURCES = FreePage(
    "sources",
    "Sources",
    ":material/database:",
    "Where do the logs come from, how complete are they, and what could not be read?",
    draw,
)
